// SPDX-License-Identifier: Apache-2.0

package permit_test

import (
	"testing"

	"github.com/airside-travel/airside/internal/permit"
)

func TestEverything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grant permit.Grant
		want  bool
	}{
		"every operation":      {permit.Grant{Operations: []string{permit.All}, Reason: "r"}, true},
		"every one, of a kind": {permit.Grant{Operations: []string{permit.All}, Effects: []string{"read"}}, true},
		"only effects":         {permit.Grant{Effects: []string{"read", "write", "delete", "purchase"}}, true},
		"nothing":              {permit.Grant{}, true},
		"operations":           {permit.Grant{Operations: []string{"listCompanies"}}, false},
		"scopes":               {permit.Grant{Scopes: []string{"trip:read"}}, false},
		"scopes and effects":   {permit.Grant{Scopes: []string{"trip:read"}, Effects: []string{"read"}}, false},
	} {
		if got := permit.Everything(c.grant); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
