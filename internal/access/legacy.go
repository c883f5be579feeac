// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"

	"github.com/airside-travel/airside/internal/actor"
)

// Allowance is a permission with the actions it is held for: the schema RolePermission.
type Allowance struct {
	Permission string   `json:"permission"`
	Actions    []string `json:"actions"`
}

func all() []string    { return []string{actor.All} }
func read() []string   { return []string{"READ"} }
func manage() []string { return []string{"CREATE", "READ", "WRITE", "DELETE"} }

// Legacy is what one of the older roles (RoleTypeEnum), or being a traveler, permits. The reference leaves the
// mapping to us; a test holds x-roles and x-permission of the contract to it.
func Legacy(role string) []Allowance {
	switch role {
	case actor.Traveler:
		return []Allowance{{userProfile, manage()}, {eventManagement, []string{"READ", "WRITE"}}, {tripManagement, manage()}}
	case actor.Arranger:
		return []Allowance{{userProfile, []string{"READ", "WRITE"}}, {eventManagement, []string{"READ", "WRITE"}}, {tripManagement, manage()}}
	case actor.CompanyArranger:
		return []Allowance{{userProfile, []string{"READ", "WRITE"}}, {eventManagement, manage()}, {tripManagement, manage()}}
	case actor.ReportAdmin:
		return []Allowance{{reportManagement, all()}, {tripManagement, read()}}
	case actor.CompanyAdmin:
		return []Allowance{
			{companyManagement, manage()}, {userManagement, all()}, {userProfile, all()}, {eventManagement, all()},
			{reportManagement, all()}, {accessManagement, all()}, {tripManagement, all()}, {developerManagement, all()},
			{noticeManagement, all()},
		}
	case actor.TMCAgent, actor.GlobalAgent:
		return []Allowance{
			{companyManagement, read()}, {userManagement, manage()}, {userProfile, manage()}, {eventManagement, manage()},
			{accessManagement, read()}, {tripManagement, all()}, {agent, all()}, {deskManagement, read()},
			{deskSupport, []string{"CREATE", "READ", "WRITE"}},
		}
	case actor.TMCAdmin, actor.GlobalAdmin:
		var out []Allowance
		for _, p := range permissions() {
			if p.Name != platformManagement || role == actor.GlobalAdmin {
				out = append(out, Allowance{p.Name, all()})
			}
		}
		return out
	}
	return nil
}

// wide reports whether an older role holds for the whole TMC rather than for the user's company.
func wide(role string) bool {
	switch role {
	case actor.TMCAdmin, actor.TMCAgent, actor.GlobalAdmin, actor.GlobalAgent:
		return true
	}
	return false
}

// merge is the union of allowances in the order of permissions; ALL stands for every action.
func merge(list []Allowance) []Allowance {
	out := []Allowance{}
	for _, p := range permissions() {
		var have []string
		for _, a := range list {
			if a.Permission == p.Name {
				have = append(have, a.Actions...)
			}
		}
		if len(have) > 0 {
			out = append(out, Allowance{p.Name, tidy(have)})
		}
	}
	return out
}

// tidy lists actions once each, in their order, ALL alone.
func tidy(have []string) []string {
	if slices.Contains(have, actor.All) {
		return all()
	}
	return slices.DeleteFunc(actions(), func(a string) bool { return !slices.Contains(have, a) })
}
