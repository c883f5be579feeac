// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// What a list does not say for certain is an error: nil would have the creation sent again.
func TestLookup(t *testing.T) {
	t.Parallel()
	const mine = `{"externalId":"C-7","name":"Quay Instruments"}`
	var say atomic.Pointer[string]
	var asked atomic.Value
	r := newRig(t)
	r.base = direct{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/v2/auth/oauth2-token" {
			r.fake.ServeHTTP(w, q)
			return
		}
		asked.Store(q.Method + " " + q.URL.RequestURI())
		_, _ = io.WriteString(w, *say.Load())
	})}
	c := r.node(t)
	for name, tc := range map[string]struct {
		answer string
		want   string // "": nothing is there
		fails  bool
	}{
		"there":                      {`{"length":1,"elements":[{"id":"1","name":"Quay"}]}`, `{"id":"1"}`, false},
		"there, with its id":         {`{"elements":[{"id":"1","externalId":"C-7"}]}`, `{"id":"1"}`, false},
		"there, its id not told":     {`{"elements":[{"id":"1","externalId":null}]}`, `{"id":"1"}`, false},
		"not there":                  {`{"length":0,"elements":[]}`, "", false},
		"an empty object":            {`{}`, "", true},
		"another list":               {`{"results":[{"id":"1"}]}`, "", true},
		"no list":                    {`{"elements":null}`, "", true},
		"an object":                  {`{"elements":{"id":"1"}}`, "", true},
		"an array":                   {`[]`, "", true},
		"nothing":                    {``, "", true},
		"null":                       {`null`, "", true},
		"a page":                     {`<p>Please sign in.</p>`, "", true},
		"cut off":                    {`{"elements":[`, "", true},
		"another one":                {`{"elements":[{"id":"1","externalId":"C-8"}]}`, "", true},
		"one with an empty id":       {`{"elements":[{"id":"1","externalId":""}]}`, "", true},
		"one that cannot be named":   {`{"elements":[{"name":"Quay"}]}`, "", true},
		"one that is null":           {`{"elements":[null]}`, "", true},
		"one whose id is a number":   {`{"elements":[{"id":1}]}`, "", true},
		"two":                        {`{"elements":[{"id":"1"},{"id":"2"}]}`, "", true},
		"two, the second is the one": {`{"elements":[{"id":"1","externalId":"C-8"},{"id":"2","externalId":"C-7"}]}`, "", true},
	} {
		say.Store(&tc.answer)
		got, err := c.Lookup(t.Context(), "createLegalEntity", "/v2/companies/a?b c#%2F/legal-entities", []byte(mine))
		if string(got) != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: found %s, %v", name, got, err)
		}
	}
	if want := "GET /v2/companies/a%3Fb%20c%23%252F/legal-entities?externalId=C-7"; asked.Load() != want {
		t.Errorf("asked %s, want %s", asked.Load(), want)
	}
}
