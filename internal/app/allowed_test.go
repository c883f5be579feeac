// SPDX-License-Identifier: Apache-2.0

package app

import (
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/config"
)

func TestAllowed(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		list string
		want []string // in the error
		open []string
		shut []string
	}{
		"every one":         {"", nil, []string{"readCompany", "createUser"}, nil},
		"by id":             {"readCompany", nil, []string{"readCompany"}, []string{"createUser"}},
		"by effect":         {"effect:read", nil, []string{"readCompany"}, []string{"createUser"}},
		"by scope":          {"scope:company:read,createUser", nil, []string{"readCompany", "createUser"}, []string{"airCancelPnr"}},
		"unknown":           {"readCompany,nosuchop,scope:bogus", []string{`AIRSIDE_ENV_STAGE_2_OPERATIONS: "nosuchop" is no operation`, "`airside routes` lists them", `"scope:bogus"`}, nil, nil},
		"a letter too many": {"readCompanyy", []string{"did you mean readCompany?"}, nil, nil},
		"another case":      {"readcompany", []string{"did you mean readCompany?"}, nil, nil},
		"no such effect":    {"effect:reads", []string{"did you mean effect:read?"}, nil, nil},
		"no word":           {"readCompany,", []string{`"" is no operation`}, nil, nil},
	} {
		e := config.Environment{Name: "stage-2"}
		if tc.list != "" {
			e.Operations = strings.Split(tc.list, ",")
		}
		open, err := allowed(c, &e)
		if (err != nil) != (tc.want != nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
		for _, id := range tc.open {
			if !open(c.Operation(id)) {
				t.Errorf("%s: %s is shut", name, id)
			}
		}
		for _, id := range tc.shut {
			if open(c.Operation(id)) {
				t.Errorf("%s: %s is open", name, id)
			}
		}
	}
}
