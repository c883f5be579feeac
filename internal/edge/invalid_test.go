// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each message of an answer is about its own field: with the code of what is wrong there, and without the pointer, which stands beside
// it. The gravest comes first, because clients read the answer's code there.
func TestMessagesSpeakOfTheirOwnField(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want []string
	}{
		"a value": {`{"name":"a","billingCurrency":"EUR","companyRoles":["KING"]}`, []string{"API_VALIDATION_FAILED /companyRoles/0 must be one of"}},
		"a wrong type and too deep": {`{"name":5,"billingCurrency":"EUR","companyRoles":["ORG"],"x":` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 201),
			[]string{"MALFORMED_JSON /x", "API_VALIDATION_FAILED /name must be a string"}},
		"a key twice": {`{"name":"a","name":"b","billingCurrency":7,"companyRoles":["ORG"]}`,
			[]string{"MALFORMED_JSON /name", "API_VALIDATION_FAILED /billingCurrency"}},
		"no JSON": {`{"name":5,`, []string{"MALFORMED_JSON  the body is not JSON", "API_VALIDATION_FAILED /name must be a string"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, e, raw := setup(t, nil).do(t, "POST", "/v2/companies", tc.body)
			var got []string
			for _, m := range e.ErrorMessages {
				at := ""
				for _, p := range m.ErrorParameters {
					if p.Name == "pointer" {
						at = p.Value
					}
				}
				if at != "" && strings.Contains(m.Message, at) {
					t.Errorf("the message names its place again: %s", m.Message)
				}
				got = append(got, m.ErrorCode+" "+at+" "+m.Message)
			}
			for i := range got { // as much as is expected of it
				if i < len(tc.want) && strings.HasPrefix(got[i], tc.want[i]) {
					got[i] = tc.want[i]
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n%s", diff, raw)
			}
		})
	}
}
