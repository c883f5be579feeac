// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"testing"
)

// Whatever the bytes, a check ends without a panic, the same bytes get the same
// answer, and what encoding/json cannot read is never let through.
func FuzzCheckBody(f *testing.F) {
	c := loaded(f)
	for _, op := range c.Operations() {
		if x := Example(op.ID); x != nil && len(x.Request.Body) > 0 && len(x.Request.Body) < 2000 {
			f.Add([]byte(x.Request.Body))
		}
	}
	for _, s := range []string{`{"a":1,"a":2}`, `[[[[`, `{"x":"\ud800"}`, "\"\xff\"", `1e999`, `{"ſ":1}`, `-`, `{"`, `"\u`} {
		f.Add([]byte(s))
	}
	schemas := []*Schema{c.Schema("UserUpdateRequest"), c.Schema("AirSearchRequest"), c.Schema("FeeInfo"), c.Schema("AddFavoriteRequest")}
	anything := &Schema{contract: c}
	f.Fuzz(func(t *testing.T, body []byte) {
		valid := json.Valid(body)
		for _, s := range append(schemas, anything) {
			found := s.CheckRequest(body)
			if len(found) == 0 && !valid {
				t.Fatalf("%s lets through what is not JSON: %q", s.Name, body)
			}
			if again := s.CheckRequest(body); len(again) != len(found) {
				t.Fatalf("%q: %v, then %v", body, found, again)
			}
			for _, v := range found {
				if v.Rule == RuleContract || v.Message == "" {
					t.Fatalf("%q: %+v", body, v)
				}
			}
		}
		// What is JSON is refused as such only for what doc.go adds to it.
		if valid && len(body) > 0 {
			for _, v := range anything.CheckRequest(body) {
				switch v.Rule {
				case RuleDuplicateKey, RuleDepth, RuleFormat, RuleMore:
				case RuleSyntax:
					var back any
					if json.Unmarshal(body, &back) == nil && sameText(back) {
						t.Fatalf("%q is JSON, but: %v", body, v)
					}
				default:
					t.Fatalf("%q: %v", body, v)
				}
			}
		}
	})
}

// sameText says whether decoding kept every string: it replaces what is not
// UTF-8, or is half a surrogate pair, by U+FFFD.
func sameText(decoded any) bool {
	switch v := decoded.(type) {
	case string:
		for _, r := range v {
			if r == '\ufffd' {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !sameText(e) {
				return false
			}
		}
	case map[string]any:
		for k, e := range v {
			if !sameText(k) || !sameText(e) {
				return false
			}
		}
	}
	return true
}
