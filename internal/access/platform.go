// SPDX-License-Identifier: Apache-2.0

package access

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/airside-travel/airside/internal/actor"
)

// fixedID is the id of something that exists without having been created: the same on every
// installation, a UUID of version 8.
func fixedID(what string) string {
	h := sha256.Sum256([]byte("airside access " + what))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	s := hex.EncodeToString(h[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// platformRoles are the roles that every company can give. Names the reference shows are kept: Agent,
// Trip Manager, User Admin, Company Management Admin and its read-only form.
func platformRoles() []*role {
	one := func(name, text string, permissions ...Allowance) *role {
		return &role{ID: fixedID("role " + name), Name: name, Description: text, Platform: true, Permissions: permissions}
	}
	same := func(name, text, legacy string) *role {
		r := one(name, text, merge(Legacy(legacy))...)
		r.legacy = legacy
		return r
	}
	return []*role{
		same("Platform Admin", "Everything, of every travel company.", actor.GlobalAdmin),
		same("Platform Agent", "What an agent does, for every travel company.", actor.GlobalAgent),
		same("TMC Admin", "Everything of a travel company and of its clients.", actor.TMCAdmin),
		same("TMC Agent", "Serves travelers: people, trips, events.", actor.TMCAgent),
		same("Company Admin", "Everything of a company.", actor.CompanyAdmin),
		same("Company Travel Arranger", "Arranges the trips and events of a company.", actor.CompanyArranger),
		same("Travel Arranger", "Arranges trips for others.", actor.Arranger),
		same("Report Admin", "Reports and the trips they are about.", actor.ReportAdmin),
		one("Agent", "Books and changes trips of travelers with an agent's tools.",
			Allowance{userProfile, []string{"READ", "WRITE"}}, Allowance{tripManagement, all()}, Allowance{agent, all()}),
		one("Company Management Admin", "A company's structure, policies and settings.",
			Allowance{companyManagement, all()}),
		one("Company Management Admin (Read Only)", "Sees a company's structure, policies and settings.",
			Allowance{companyManagement, read()}),
		one("User Admin", "Adds, changes and deactivates people.",
			Allowance{userManagement, all()}, Allowance{userProfile, all()}),
		one("Access Admin", "Gives roles through user groups.",
			Allowance{userProfile, read()}, Allowance{accessManagement, all()}),
		one("Trip Manager", "Sees and manages all trips.",
			Allowance{userProfile, read()}, Allowance{tripManagement, all()}),
		one("Event Manager", "Plans events and invites people.",
			Allowance{userProfile, read()}, Allowance{eventManagement, all()}),
		one("Report Viewer", "Reads reports and the trips they are about.",
			Allowance{reportManagement, read()}, Allowance{tripManagement, read()}),
		one("Developer", "Connects other systems: keys, webhooks, audit.",
			Allowance{companyManagement, read()}, Allowance{developerManagement, all()}, Allowance{noticeManagement, all()}),
		one("Contact Center Manager", "Runs the contact center.",
			Allowance{deskManagement, all()}, Allowance{deskSupport, all()}, Allowance{deskTeam, all()}, Allowance{deskAnalytics, all()}, Allowance{deskSettings, all()}),
	}
}

// legacyRole is the platform role that equals one of the older roles; nil for a type that is not known.
func (s *Service) legacyRole(name string) *role {
	for _, r := range s.platform {
		if r.legacy == name {
			return r
		}
	}
	return nil
}
