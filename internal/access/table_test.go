// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
)

// TestLegacyRolesPermitWhatTheyOpen holds the table of older roles to the contract: a role that opens an
// operation also permits what the operation asks of a grant, so that both systems say the same.
func TestLegacyRolesPermitWhatTheyOpen(t *testing.T) {
	t.Parallel()
	api, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	forAll := []string{"listErrorCodes", "getErrorCode", "listOperations", "getContract"} // documentation
	for _, op := range api.Operations() {
		if op.Public || op.Permission.Over == contract.OverClient || slices.Contains(forAll, op.ID) {
			continue
		}
		for _, role := range op.Roles {
			if role == actor.Traveler && slices.Contains([]string{"getUserRoles", "getRbacInfo"}, op.ID) {
				continue // one's own rights
			}
			if !slices.ContainsFunc(access.Legacy(role), func(a access.Allowance) bool {
				return a.Permission == op.Permission.Name && (slices.Contains(a.Actions, op.Permission.Action) || slices.Contains(a.Actions, actor.All))
			}) {
				t.Errorf("%s is open to %s, which does not hold %s %s", op.ID, role, op.Permission.Name, op.Permission.Action)
			}
		}
	}
}

func TestPlatformRolesAndStandardGroups(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	roles := map[string]access.RoleShown{}
	names := map[string]bool{}
	for _, r := range must(d, admin(), "listRolesV3", d.s.ListRoles, access.ListRolesIn{CompanyID: acme}).Roles {
		if !ids.IsUUID(r.ID) || names[r.Name] || !r.Platform || len(r.Permissions) == 0 {
			t.Errorf("role %+v", r)
		}
		roles[r.ID], names[r.Name] = r, true
		if got := must(d, admin(), "getRoleV3", d.s.GetRole, access.RoleIn{RoleID: r.ID}); got.Name != r.Name {
			t.Errorf("%s reads as %s", r.Name, got.Name)
		}
	}
	for _, known := range []string{"Agent", "Trip Manager", "User Admin", "Company Management Admin", "Company Management Admin (Read Only)"} {
		if !names[known] {
			t.Errorf("the reference names a role %q", known)
		}
	}
	want := map[string][]string{
		acme: {"Company Admins", "Report Viewers", "Travel Arrangers", "User Admins"},
		tmc:  {"Company Admins", "Report Viewers", "TMC Admins", "TMC Agents", "TMC Developers", "Travel Arrangers", "User Admins"},
	}
	seen := map[string]bool{}
	for company, expected := range want {
		var got []string
		for _, g := range d.groups(company, `{"pagination":{}}`).Groups {
			got = append(got, g.Name)
			if seen[g.ID] || !ids.IsUUID(g.ID) || g.CompanyID != company || !g.Unmodifiable {
				t.Errorf("group %+v", g)
			}
			seen[g.ID] = true
			held := must(d, admin(), "listUserGroupRoles", d.s.ListGroupRoles, access.GroupIn{CompanyID: company, GroupID: g.ID}).Roles
			if len(held) == 0 || roles[held[0].RoleID].Name != held[0].Name || len(held[0].Scope.Audiences) != 1 {
				t.Errorf("%s holds %+v", g.Name, held)
			}
		}
		if !slices.Equal(got, expected) {
			t.Errorf("groups of %s: %v, want %v", company, got, expected)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	whole := must(d, admin(), "listPermissions", d.s.ListPermissions, struct{}{}).Permissions
	if got, want := len(whole), len(d.api.Schema("AccessPermissionName").Enum); got != want {
		t.Errorf("%d permissions, the contract has %d", got, want)
	}
	for company, without := range map[string][]string{
		acme: {"PLATFORM_MANAGEMENT", "TMC_MANAGEMENT", "AGENT", "AGENT_CONTACT_CENTER_MANAGEMENT", "AGENT_CONTACT_CENTER_TEAM_MANAGEMENT"},
		tmc:  {"PLATFORM_MANAGEMENT"},
	} {
		list := must(d, admin(), "listPermissionsForCompany", d.s.ListCompanyPermissions, access.CompanyIn{CompanyID: company}).Permissions
		names := map[string]bool{"": true}
		for _, p := range list {
			names[p.Name] = true
		}
		for _, p := range list {
			if slices.Contains(without, p.Name) || !names[p.Parent] {
				t.Errorf("%s below %q must not be there for %s", p.Name, p.Parent, company)
			}
		}
		if len(list) < 9 {
			t.Errorf("only %d permissions for %s", len(list), company)
		}
	}
}
