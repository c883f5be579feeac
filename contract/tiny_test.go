// SPDX-License-Identifier: Apache-2.0

package contract

import "testing"

// tiny is a contract with one of everything, in two files.
func tiny(t testing.TB) *Contract {
	t.Helper()
	c, err := load([]document{
		{name: "a.json", raw: []byte(`{"openapi":"3.1.0","info":{},"paths":{"/v1/things/{id}":{
  "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","format":"uuid"}}],
  "put":{"operationId":"putThing","tags":["Thing"],"parameters":[
    {"name":"limit","in":"query","schema":{"type":"integer","minimum":0,"maximum":100}},
    {"name":"dry","in":"query","required":true,"schema":{"type":"boolean"}},
    {"name":"kinds","in":"query","schema":{"type":"array","items":{"$ref":"#/components/schemas/Kind"}}},
    {"name":"codes","in":"query","explode":false,"schema":{"type":"array","maxItems":2,"items":{"type":"string","pattern":"^[A-Z]{3}$"}}},
    {"name":"X-Request","in":"header","schema":{"type":"string","format":"uuid"}}],
   "requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},
   "responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"204":{},
     "404":{"$ref":"b.json#/components/responses/Missing"}}},
  "delete":{"operationId":"deleteThing","security":[],"x-effect":"delete","x-roles":["ADMIN"],"responses":{"204":{}}}},
 "/v1/forms":{"post":{"operationId":"postForm","requestBody":{"required":true,"content":{"application/x-www-form-urlencoded":
   {"schema":{"$ref":"#/components/schemas/Form"}}}},"responses":{"200":{}}}}},
 "components":{"schemas":{
  "Kind":{"type":"string","enum":["RED","GREEN"]},
  "Form":{"type":"object","required":["grant"],"properties":{"grant":{"type":"string","enum":["a","b"]},
    "count":{"type":"integer"},"more":{"$ref":"b.json#/components/schemas/Visa"}}},
  "Thing":{"type":"object","required":["id","name"],"properties":{
    "id":{"type":"string","format":"uuid","readOnly":true},
    "name":{"type":"string","minLength":2,"maxLength":5},
    "kind":{"$ref":"#/components/schemas/Kind"},
    "mail":{"type":"string","format":"email"},
    "day":{"type":"string","pattern":"^\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])$"},
    "count":{"type":"integer","format":"int32","minimum":1},
    "rate":{"type":"number","format":"double","maximum":5},
    "tags":{"type":"array","minItems":1,"maxItems":3,"uniqueItems":true,"items":{"type":"string"}},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},
    "sealed":{"type":"object","additionalProperties":false,"properties":{"a/b":{"type":"boolean"}}},
    "maybe":{"type":["string","null"]},
    "free":{"type":"object"},
    "fee":{"$ref":"#/components/schemas/Fee"},
    "paper":{"$ref":"b.json#/components/schemas/Paper"},
    "leg":{"oneOf":[{"type":"object","properties":{"from":{"type":"string"},"to":{"type":"string"}},"required":["to"]},
       {"type":"object","properties":{"index":{"type":"integer"}}}]},
    "things":{"type":"array","items":{"$ref":"#/components/schemas/Thing"}}}},
  "Fee":{"type":"object","discriminator":{"propertyName":"feeType","mapping":{"TRIP":"#/components/schemas/TripFee","FLAT":"#/components/schemas/FlatFee"}},
    "oneOf":[{"$ref":"#/components/schemas/TripFee"},{"$ref":"#/components/schemas/FlatFee"}]},
  "TripFee":{"type":"object","required":["feeType","trip"],"properties":{"feeType":{"type":"string"},"trip":{"type":"string"}}},
  "FlatFee":{"type":"object","required":["feeType"],"properties":{"feeType":{"type":"string"},"amount":{"type":"number"}}}}}}`)},
		{name: "b.json", raw: []byte(`{"openapi":"3.1.0","info":{},"components":{
 "responses":{"Missing":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/ErrorResponse"}}}}},
 "schemas":{
  "ErrorResponse":{"type":"object","required":["debugIdentifier"],"properties":{"debugIdentifier":{"type":"string"}}},
  "Paper":{"type":"object","properties":{"note":{"type":"string"}},"oneOf":[{"$ref":"#/components/schemas/Visa"},
    {"type":"object","properties":{"passport":{"type":"string"}}}]},
  "Visa":{"type":"object","properties":{"visa":{"type":"object","required":["number"],"properties":{"number":{"type":"string"}}}}}}}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(); err != nil {
		t.Fatal(err)
	}
	return c
}
