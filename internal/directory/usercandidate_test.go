// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/json"
	"testing"

	"github.com/go-faster/jx"
	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/store"
)

// FuzzCandidate holds the decoding by hand and encoding/json together.
func FuzzCandidate(f *testing.F) {
	for _, doc := range []string{
		`{"id":"1","externalId":"x","persona":"EMPLOYEE","tier":"SEAT1A","personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"title":"MS","gender":null,
			"email":"a@example.com","preferredPronoun":"SHE_HER_HERS","nationality":"FR","profilePicture":{"url":"u"},"preferredLanguage":"fr"},
			"businessInfo":{"email":"b@example.com","designation":"d","employeeId":"7","organizationRef":{"id":"1","name":"n"},"legalEntityRef":{"id":"2"},
			"officeRef":{"id":"3"},"departmentRef":null,"costCenterRef":{"id":"5"},"other":[1,{}]},"adhocUserInfo":{"isSaved":true}}`,
		`{"externalId":"a\"b\u00e9","persona":"","tier":"","personalInfo":{"email":"x\/y"}}`,
		`{"personalInfo":null,"businessInfo":{},"adhocUserInfo":null,"tier":null}`, `{}`, `{"adhocUserInfo":{"isSaved":false,"profileOwner":{"userId":{"id":"1"}}}}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var got candidate
		if err := got.read(&jx.Decoder{}, &store.Record{Kind: "user", Doc: doc}); err != nil {
			return // the contract's checker has seen every document; this only must not accept others differently
		}
		var want candidateDoc
		if json.Unmarshal(doc, &want) != nil {
			return
		}
		if want.Tier.empty() {
			want.Tier = jsonText(`"BASIC"`)
		}
		if d := cmp.Diff(want, got.doc, cmp.Transformer("raw", func(m json.RawMessage) any {
			var v any
			if len(m) > 0 && json.Unmarshal(m, &v) != nil {
				return string(m)
			}
			return v
		}), cmp.Comparer(func(a, b jsonText) bool { return a.plain() == b.plain() })); d != "" {
			t.Errorf("%s: %s", doc, d)
		}
	})
}
