// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
)

// RbacInfo is GetRbacInfoResponse.
type RbacInfo struct {
	OthersTrips bool         `json:"hasOthersTripAccess"`
	Permissions []Permission `json:"permissions"`
}

// Permission is a platform resource with what may be done to it.
type Permission struct {
	Name    string   `json:"permission"`
	Actions []string `json:"actions"`
}

// The actions (PermissionAction), in the order in which they are listed.
func actionOrder() []string { return []string{"ALL", "CREATE", "READ", "WRITE", "DELETE", "PURGE"} }

// grants says what a role permits. The reference leaves the mapping to us; the names are PermissionName.
func grants(role string) []Permission {
	all, read := []string{"ALL"}, []string{"READ"}
	write := []string{"CREATE", "READ", "WRITE"}
	switch role {
	case actor.Traveler:
		return []Permission{{"USER_PROFILE", []string{"READ", "WRITE"}}, {"TRIP_MANAGEMENT", write}}
	case actor.Arranger:
		return []Permission{{"TRIP_MANAGEMENT", all}, {"EVENT_MANAGEMENT", read}}
	case actor.CompanyArranger:
		return []Permission{{"USER_MANAGEMENT", read}, {"TRIP_MANAGEMENT", all}, {"EVENT_MANAGEMENT", write}}
	case actor.ReportAdmin:
		return []Permission{{"REPORT_MANAGEMENT", all}}
	case actor.CompanyAdmin:
		return []Permission{
			{"COMPANY_MANAGEMENT", []string{"READ", "WRITE"}}, {"USER_MANAGEMENT", all}, {"USER_PROFILE", all},
			{"EVENT_MANAGEMENT", all}, {"REPORT_MANAGEMENT", all}, {"ACCESS_MANAGEMENT", all}, {"TRIP_MANAGEMENT", all},
			{"DEVELOPER_PLATFORM_MANAGEMENT", read}, {"THIRD_PARTY_NOTIFICATION_MANAGEMENT", all},
		}
	case actor.TMCAgent, actor.GlobalAgent:
		return []Permission{
			{"AGENT", all}, {"COMPANY_MANAGEMENT", read}, {"USER_MANAGEMENT", write}, {"USER_PROFILE", all},
			{"EVENT_MANAGEMENT", all}, {"TRIP_MANAGEMENT", all}, {"AGENT_CONTACT_CENTER_MANAGEMENT", read},
			{"AGENT_CONTACT_CENTER_SUPPORT_MANAGEMENT", write},
		}
	case actor.TMCAdmin:
		return append([]Permission{
			{"TMC_MANAGEMENT", all}, {"COMPANY_MANAGEMENT", all}, {"AGENT", all}, {"DEVELOPER_PLATFORM_MANAGEMENT", all},
			{"AGENT_CONTACT_CENTER_MANAGEMENT", all}, {"AGENT_CONTACT_CENTER_SUPPORT_MANAGEMENT", all},
			{"AGENT_CONTACT_CENTER_TEAM_MANAGEMENT", all}, {"AGENT_CONTACT_CENTER_ANALYTICS_MANAGEMENT", all},
			{"AGENT_CONTACT_CENTER_SETTINGS_MANAGEMENT", all},
		}, grants(actor.CompanyAdmin)...)
	case actor.GlobalAdmin:
		return append([]Permission{{"PLATFORM_MANAGEMENT", all}}, grants(actor.TMCAdmin)...)
	}
	return nil
}

// reachesOthers reports whether a role shows the trips of other people.
func reachesOthers(role string) bool { return role != actor.Traveler && role != actor.ReportAdmin }

// GetRbacInfo answers what the roles of a user permit, as one flat list.
func (s *Service) GetRbacInfo(ctx context.Context, in UserIn) (RbacInfo, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return RbacInfo{}, err
	}
	roles, err := s.Roles(ctx, p.rec.ID)
	if err != nil {
		return RbacInfo{}, err
	}
	names := []string{actor.Traveler}
	for _, r := range roles {
		names = append(names, r.Type)
	}
	return Permissions(names), nil
}

// Permissions is the union of what the roles permit; ALL stands for every action.
func Permissions(roles []string) RbacInfo {
	out := RbacInfo{Permissions: []Permission{}}
	for _, role := range roles {
		out.OthersTrips = out.OthersTrips || reachesOthers(role)
		for _, g := range grants(role) {
			i := slices.IndexFunc(out.Permissions, func(p Permission) bool { return p.Name == g.Name })
			if i < 0 {
				out.Permissions = append(out.Permissions, g)
				continue
			}
			have := out.Permissions[i].Actions
			out.Permissions[i].Actions = slices.DeleteFunc(actionOrder(), func(a string) bool {
				return !slices.Contains(have, a) && !slices.Contains(g.Actions, a)
			})
		}
	}
	for i, p := range out.Permissions {
		if slices.Contains(p.Actions, "ALL") {
			out.Permissions[i].Actions = []string{"ALL"}
		}
	}
	return out
}
