// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
)

// The permissions (PermissionName). What each covers is in permissions; the tree orders them for people
// and grants nothing by itself.
const (
	platformManagement  = "PLATFORM_MANAGEMENT"
	tmcManagement       = "TMC_MANAGEMENT"
	companyManagement   = "COMPANY_MANAGEMENT"
	userManagement      = "USER_MANAGEMENT"
	userProfile         = "USER_PROFILE"
	eventManagement     = "EVENT_MANAGEMENT"
	reportManagement    = "REPORT_MANAGEMENT"
	accessManagement    = "ACCESS_MANAGEMENT"
	tripManagement      = "TRIP_MANAGEMENT"
	agent               = "AGENT"
	developerManagement = "DEVELOPER_PLATFORM_MANAGEMENT"
	noticeManagement    = "THIRD_PARTY_NOTIFICATION_MANAGEMENT"
	deskManagement      = "AGENT_CONTACT_CENTER_MANAGEMENT"
	deskSupport         = "AGENT_CONTACT_CENTER_SUPPORT_MANAGEMENT"
	deskTeam            = "AGENT_CONTACT_CENTER_TEAM_MANAGEMENT"
	deskAnalytics       = "AGENT_CONTACT_CENTER_ANALYTICS_MANAGEMENT"
	deskSettings        = "AGENT_CONTACT_CENTER_SETTINGS_MANAGEMENT"
)

// actions are PermissionAction, in the order in which they are listed.
func actions() []string { return []string{actor.All, "CREATE", "READ", "WRITE", "DELETE", "PURGE"} }

// Permission is the schema AccessPermission.
type Permission struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Parent      string `json:"parentName,omitempty"`
}

func permissions() []Permission {
	return []Permission{
		{platformManagement, "The installation itself, above all travel companies.", ""},
		{tmcManagement, "A travel company: which clients it has and what it charges them.", platformManagement},
		{companyManagement, "A company: its entities, offices, cost centers, policies and settings.", tmcManagement},
		{userManagement, "Who belongs to a company: creating, deactivating and placing people.", companyManagement},
		{userProfile, "What a profile says about a person: documents, preferences, loyalty, means of payment.", userManagement},
		{eventManagement, "Events and who is invited to them.", companyManagement},
		{reportManagement, "Reports about the travel of a company.", companyManagement},
		{accessManagement, "Roles, user groups and who is in them.", companyManagement},
		{tripManagement, "Trips of other people: shopping, booking, changing, approving.", companyManagement},
		{agent, "The tools of a travel agent.", tmcManagement},
		{developerManagement, "Credentials, partner keys, webhooks and the audit trail.", companyManagement},
		{noticeManagement, "What is sent to the systems of third parties.", companyManagement},
		{deskManagement, "The contact center of a travel company.", tmcManagement},
		{deskSupport, "Conversations with travelers.", deskManagement},
		{deskTeam, "Teams of agents and their shifts.", deskManagement},
		{deskAnalytics, "Figures of the contact center.", deskManagement},
		{deskSettings, "Queues, hours and routing of the contact center.", deskManagement},
	}
}

// PermissionList is ListPermissionsResponse.
type PermissionList struct {
	Permissions []Permission `json:"permissions"`
}

// ListPermissions answers the whole tree.
func (s *Service) ListPermissions(context.Context, struct{}) (PermissionList, error) {
	return PermissionList{permissions()}, nil
}

// CompanyIn names a company.
type CompanyIn struct {
	CompanyID string `path:"companyId"`
}

// ListCompanyPermissions answers what roles of the company may hold.
func (s *Service) ListCompanyPermissions(ctx context.Context, in CompanyIn) (PermissionList, error) {
	c, err := s.open(ctx, in.CompanyID)
	if err != nil {
		return PermissionList{}, err
	}
	names := available(c)
	out := PermissionList{Permissions: []Permission{}}
	for _, p := range permissions() {
		if !slices.Contains(names, p.Name) {
			continue
		}
		if !slices.Contains(names, p.Parent) {
			p.Parent = ""
		}
		out.Permissions = append(out.Permissions, p)
	}
	return out, nil
}

// available are the permissions that roles of a company may hold: a client's none of a TMC's, nobody's
// those of the platform.
func available(c *Company) []string {
	var out []string
	for _, p := range permissions() {
		ofTMC := p.Name == tmcManagement || p.Name == agent || p.Name == deskManagement || p.Parent == deskManagement
		if p.Name != platformManagement && (c.IsTMC || !ofTMC) {
			out = append(out, p.Name)
		}
	}
	return out
}
