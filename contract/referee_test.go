// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
)

// The checker and an independent JSON Schema library give the same verdict on
// thousands of bodies, good and spoiled. The library reads a copy of the
// contract in which the rules of doc.go are spelled out as JSON Schema; the
// copy is made from the raw document, not from what the checker compiled.
func TestSameVerdictAsTheReferee(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	referee := newReferee(t, c)
	good, spoiled, total := 0, 0, 0
	for _, name := range []string{
		"UserUpdateRequest", "UserCreateRequest", "AirSearchRequest", "AirSearchResponse", "PnrData",
		"CreatePolicyRequest", "Policy", "CreateCompanyRequest", "Company", "TripV3DetailsResponse",
		"HotelSearchParams", "FeeInfo", "AirLeg", "EntityMetadata", "Money", "RoleMetadataV2",
		"AirEditPnrRequest", "ListUsersV3Request", "WebhookEvent", "TransactionItem", "PolicyConstValue",
		"TripFilters", "PaymentSourceDescriptor", "AddFavoriteRequest", "LegalEntity", "CreateEventRequest",
	} {
		s := c.Schema(name)
		if s == nil {
			t.Fatalf("no schema %s", name)
		}
		judge, err := referee.Compile("contract.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for pick := range 3 {
			body, other := fullest(s, pick), fullest(s, pick+1)
			for _, m := range append(mutants(body), graft(body, other)) {
				total++
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(m))
				if err != nil {
					t.Fatal(err)
				}
				want, have := judge.Validate(value), s.Check(m)
				if (want == nil) != (len(have) == 0) {
					t.Errorf("%s: the referee says %v, the checker %v, of %.600s", name, want, have, m)
				}
				if want == nil {
					good++
				} else {
					spoiled++
				}
			}
		}
	}
	t.Logf("%d good, %d spoiled", good, spoiled)
	if good < 1000 || spoiled < 3000 {
		t.Errorf("judged %d bodies, %d good and %d spoiled: too few to mean anything", total, good, spoiled)
	}
}

// fullest is the deepest body of a schema that is still quick to judge often.
func fullest(s *contract.Schema, pick int) []byte {
	const quick = 6000 // bytes
	for depth := 3; ; depth-- {
		if b := sample.Value(s, sample.Options{Depth: depth, Pick: pick, Items: 2}); len(b) < quick || depth == 0 {
			return b
		}
	}
}

func newReferee(t *testing.T, c *contract.Contract) *jsonschema.Compiler {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Document()))
	if err != nil {
		t.Fatal(err)
	}
	schemas := doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for name, s := range schemas {
		spellOut(schemas, s.(map[string]any), name)
	}
	referee := jsonschema.NewCompiler()
	referee.AssertFormat()
	for name, good := range map[string]string{"country": `^([A-Z]{2}|[A-Z]{3})$`, "country-alpha2": `^[A-Z]{2}$`, "currency": `^[A-Z]{3}$`} {
		shape := regexp.MustCompile(good)
		referee.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if text, ok := v.(string); ok && !shape.MatchString(text) {
				return errors.New("not a " + name)
			}
			return nil
		}})
	}
	referee.RegisterFormat(&jsonschema.Format{Name: "timezone", Validate: func(v any) error {
		text, ok := v.(string)
		if !ok {
			return nil
		}
		if text == "" || strings.EqualFold(text, "local") {
			return errors.New("no time zone")
		}
		_, err := time.LoadLocation(text)
		return err
	}})
	if err := referee.AddResource("contract.json", map[string]any{"components": map[string]any{"schemas": schemas}}); err != nil {
		t.Fatal(err)
	}
	return referee
}

// spellOut writes the deliberate readings of doc.go into a schema.
func spellOut(all, s map[string]any, at string) {
	props, _ := s["properties"].(map[string]any)
	for name, p := range props {
		spellOut(all, p.(map[string]any), at+"."+name)
	}
	for _, part := range []string{"items", "additionalProperties"} {
		if sub, ok := s[part].(map[string]any); ok {
			spellOut(all, sub, at)
		}
	}
	switch {
	case s["type"] != nil || s["$ref"] != nil:
	case props != nil || s["oneOf"] != nil || s["allOf"] != nil:
		s["type"] = "object"
	case s["items"] != nil:
		s["type"] = "array"
	}
	switch {
	case s["format"] == "int32":
		bound(s, math.MinInt32, math.MaxInt32)
	case s["type"] == "integer":
		bound(s, math.MinInt64, math.MaxInt64)
	case s["format"] == "byte":
		s["pattern"] = `^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`
	}
	if required, ok := s["required"].([]any); ok {
		s["required"] = slices.DeleteFunc(required, func(name any) bool {
			return slices.Contains(undeclaredNames, at+"."+name.(string))
		})
	}
	if _, ok := s["oneOf"]; ok {
		spellOutUnion(all, s)
	}
}

var undeclaredNames = []string{
	"InvoiceDataRequest.invoices", "ManualVerificationIntent.reason", "MiscPnrSummary.rate",
	"PnrCancelRequest.cancelType", "PnrCancelRequest.cancelDetails", "SimpleFlightInfo.departureDateTime",
	"SimpleFlightInfo.arrivalDatetime", "SimpleHotelPnrInfo.checkOutDateTime", "Ticket.llfInfo.reason_code",
	"TripBudgetInfo.isMaskedBudget",
}

func bound(s map[string]any, low, high int64) {
	if s["minimum"] == nil {
		s["minimum"] = json.Number(jsonOf(low))
	}
	if s["maximum"] == nil {
		s["maximum"] = json.Number(jsonOf(high))
	}
}

func spellOutUnion(all, s map[string]any) {
	alts := s["oneOf"].([]any)
	delete(s, "oneOf")
	var arms []any
	discriminator, _ := s["discriminator"].(map[string]any)
	if discriminator != nil {
		property := discriminator["propertyName"].(string)
		optional := len(alts) == 1 && !slices.Contains(asList(target(all, alts[0])["required"]), any(property))
		for value, ref := range discriminator["mapping"].(map[string]any) {
			arms = append(arms, map[string]any{"$ref": ref, "required": []any{property},
				"properties": map[string]any{property: map[string]any{"const": value}}})
		}
		if optional {
			absent := map[string]any{"$ref": alts[0].(map[string]any)["$ref"],
				"not": map[string]any{"required": []any{property}}}
			arms = append(arms, absent)
		}
		s["oneOf"] = arms
		return
	}
	if len(alts) == 1 {
		parts, _ := s["allOf"].([]any)
		s["allOf"] = append(parts, alts[0])
		return
	}
	for i, alt := range alts {
		var others []any
		for j, other := range alts {
			if j != i {
				others = append(others, hasKey(target(all, other))...)
			}
		}
		arms = append(arms, map[string]any{"allOf": []any{alt}, "anyOf": hasKey(target(all, alt)),
			"not": map[string]any{"anyOf": others}})
	}
	s["oneOf"] = arms
}

func hasKey(s map[string]any) (out []any) {
	for name := range s["properties"].(map[string]any) {
		out = append(out, map[string]any{"required": []any{name}})
	}
	return out
}

func target(all map[string]any, s any) map[string]any {
	node := s.(map[string]any)
	if ref, ok := node["$ref"].(string); ok {
		return target(all, all[strings.TrimPrefix(ref, "#/components/schemas/")])
	}
	return node
}

func asList(v any) []any { list, _ := v.([]any); return list }

func jsonOf(v any) string { b, _ := json.Marshal(v); return string(b) }

// mutants spoils a body at many places, one place and one way at a time; the
// body itself comes first. Which way a place is spoiled turns with its number.
func mutants(body []byte) [][]byte {
	const most = 40
	out := [][]byte{body}
	n := countPlaces(body)
	step := max(n/most, 1)
	for at := 0; at < n; at += step {
		out = append(out, spoil(body, at, at/step), spoil(body, at, at/step+7), spoil(body, at, at/step+2))
	}
	return out
}

func countPlaces(body []byte) int {
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			n += len(v)
			for _, x := range v {
				walk(x)
			}
		case []any:
			n += len(v)
			for _, x := range v {
				walk(x)
			}
		}
	}
	var v any
	_ = json.Unmarshal(body, &v)
	walk(v)
	return n
}

// spoil changes the at-th member or element of a body.
func spoil(body []byte, at, way int) []byte {
	var root any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	_ = d.Decode(&root)
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				sub := v[key]
				if n == at {
					spoilMember(v, key, way)
				}
				n++
				walk(sub)
			}
		case []any:
			for i, sub := range v {
				if n == at {
					v[i] = junk(way)
				}
				n++
				walk(sub)
			}
		}
	}
	walk(root)
	return []byte(jsonOf(root))
}

func spoilMember(m map[string]any, key string, way int) {
	switch way % 4 {
	case 0:
		delete(m, key)
	case 1:
		m[key+"Renamed"] = m[key]
		delete(m, key)
	case 2:
		if list, ok := m[key].([]any); ok && len(list) > 0 {
			m[key] = append(list, list[0])
			if way%8 == 2 {
				m[key] = []any{}
			}
			return
		}
		m["somethingNew"] = m[key]
	default:
		m[key] = junk(way * 5 / 4)
	}
}

func junk(way int) any {
	all := []any{nil, "spoiled", json.Number("1.5"), json.Number("-7"), json.Number("99999999999"), true,
		[]any{}, map[string]any{}, "", "2027-13-45", []any{nil}, json.Number("0"), "X", "ABC"}
	return all[way%len(all)]
}

// graft lays one body over another, which puts keys of two union alternatives
// into one object.
func graft(a, b []byte) []byte {
	var x, y any
	_ = json.Unmarshal(a, &x)
	_ = json.Unmarshal(b, &y)
	return []byte(jsonOf(lay(x, y)))
}

func lay(x, y any) any {
	m, ok := x.(map[string]any)
	o, also := y.(map[string]any)
	if !ok || !also {
		return y
	}
	for key, v := range o {
		m[key] = lay(m[key], v)
	}
	return m
}
