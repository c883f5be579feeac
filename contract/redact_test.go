// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedacted(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, schema, in, want string }{
		{"name", "Name", `{"given":"Lena","family1":"Okafor","suffix":"JR"}`, `{"given":"L.","family1":"O.","suffix":"JR"}`},
		{"card", "Card", `{"number":"4111 1111 1111 1111","cvv":"123","name":"Lena","expiryMonth":12,"type":"CREDIT"}`,
			`{"number":"[card ending 1111]","cvv":"[payment]","name":"L.","expiryMonth":"[payment]","type":"CREDIT"}`},
		{"whole object", "EmergencyContactInfo", `{"address":{"addressLines":["1 Quay"],"regionCode":"IE","isDefault":true}}`,
			`{"address":{"addressLines":["[contact]"],"regionCode":"[contact]","isDefault":true}}`},
		{"document", "Passport", `{"docId":"P123","type":"REGULAR"}`, `{"docId":"[document]","type":"REGULAR"}`},
		{"undeclared", "Name", `{"given":"Lena","nick":"Len","more":{"a":[1,true,null]}}`, `{"given":"L.","nick":"[3 characters]","more":{"a":["[1 characters]",true,null]}}`},
		{"wrong type", "Name", `{"given":{"x":["Lena"]},"family1":7}`, `{"given":{"x":["L."]},"family1":"7."}`},
		{"escapes", "Name", `{"given":"\u0041nna"}`, `{"given":"A."}`},
		{"ticket", "Ticket", `{"ticketNumber":"4012345678901","associatedTicketNumber":"4000056655665556","pan":"4012345678901"}`,
			`{"ticketNumber":"4012345678901","associatedTicketNumber":"4000056655665556","pan":"[13 characters]"}`},
		{"malformed", "Name", `{"given":"Lena"`, ""},
		{"deep", "Name", strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.Schema(tc.schema).Redacted([]byte(tc.in), nil)
			if (err != nil) != (tc.want == "") {
				t.Fatalf("%s %v", got, err)
			}
			if d := cmp.Diff(tc.want, string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestPersonalDataIsMarked: what the reference calls personal is redacted, too, and so are the names that
// always hold such things.
func TestPersonalDataIsMarked(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	always := map[string]bool{"email": true, "phoneNumber": true, "phoneNumbers": true, "dob": true, "cvv": true, "clientSecret": true, "client_secret": true, "docId": true}
	for _, name := range c.Schemas() {
		s := c.Schema(name)
		for i := range s.Properties {
			p := &s.Properties[i]
			leaf := p.Schema.Target().Type
			if (always[p.Name] || p.Schema.PII != "") && leaf != "boolean" && p.Schema.Redact == "" && p.Schema.Target().Redact == "" {
				t.Errorf("%s.%s has no x-redact", s.Name, p.Name)
			}
		}
	}
}

func FuzzRedacted(f *testing.F) {
	c, err := Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"name":{"given":"ZZCANARYZZ"},"phoneNumbers":["ZZCANARYZZ"],"x":"ZZCANARYZZ"}`)
	f.Add(`{"email":"ZZCANARYZZ","dob":{"iso8601":"ZZCANARYZZ"}}`)
	s := c.Schema("UserPersonalInfo")
	f.Fuzz(func(t *testing.T, doc string) {
		out, err := s.Redacted([]byte(doc), nil)
		if err == nil && c.Schema("Name") != nil && strings.Contains(string(out), `"given":"ZZCANARYZZ"`) {
			t.Fatalf("%s", out)
		}
	})
}

// TestRedactedStart cuts a document everywhere: what is answered is the beginning of the whole answer, and holds
// nothing of the value in which it ends.
func TestRedactedStart(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	const doc = `{"ticketNumber":"4012345678901","status":"4000056655665556","refundInfo":{"x":4000056655665556},"ancillaries":[],"amount":{"base":{"amount":4000056655665556}}}`
	mask := func(_, text string) string { return strings.ReplaceAll(text, "4000056655665556", "[card]") }
	s := c.Schema("Ticket")
	whole, err := s.Redacted([]byte(doc), mask)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for n := range len(doc) {
		out, all := s.RedactedStart([]byte(doc[:n]), mask)
		if all || !strings.HasPrefix(string(whole), string(out)) || strings.Contains(string(out), "40000") {
			t.Fatalf("%s became %s, %t", doc[:n], out, all)
		}
		most = max(most, len(out))
	}
	if most < len(whole)/2 || !strings.Contains(string(whole), "4012345678901") {
		t.Errorf("%d of %s", most, whole)
	}
}
