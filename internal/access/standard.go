// SPDX-License-Identifier: Apache-2.0

package access

import "github.com/airside-travel/airside/internal/audience"

// standardGroup is a user group that every company has without creating it. Only its members change.
type standardGroup struct {
	Name, Description string
	TMC               bool     // of TMCs only, and then for all companies that they book for
	Roles             []string // names of platform roles
}

func standardGroups() []standardGroup {
	return []standardGroup{
		{"TMC Admins", "Administer the travel company and its clients.", true, []string{"TMC Admin"}},
		{"TMC Agents", "Serve the travelers of all clients.", true, []string{"TMC Agent"}},
		{"TMC Developers", "Connect other systems to the travel company.", true, []string{"Developer"}},
		{"Company Admins", "Administer the company.", false, []string{"Company Admin"}},
		{"User Admins", "Look after the people of the company.", false, []string{"User Admin"}},
		{"Travel Arrangers", "Arrange trips and events for everybody in the company.", false, []string{"Company Travel Arranger"}},
		{"Report Viewers", "See where the company travels.", false, []string{"Report Viewer"}},
	}
}

// standardOf are the standard groups of a company, as groups.
func standardOf(c *Company) []*group {
	var out []*group
	for _, g := range standardGroups() {
		if g.TMC && !c.IsTMC {
			continue
		}
		scope := audience.Only(audience.Company, c.ID)
		if g.TMC {
			scope = audience.Only(audience.BookingTMC, c.ID)
		}
		one := &group{
			ID: fixedID("group " + g.Name + " of " + c.ID), CompanyID: c.ID, Name: g.Name, Description: g.Description,
			Standard: true, CreatedAt: c.CreatedAt, UpdatedAt: c.CreatedAt,
		}
		for _, name := range g.Roles {
			one.Assignments = append(one.Assignments, Assignment{fixedID("role " + name), scope})
		}
		out = append(out, one)
	}
	return out
}
