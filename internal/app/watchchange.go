// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/permit"
)

// changes names what a call would change of rights, credentials and safeguards, by what is in force before it.
func (s *services) changes(op string, path func(string) string, body []byte) string {
	switch op {
	case "createApplication":
		return strings.Join(append([]string{detect.CredentialCreated}, granted(nil, body)...), ",")
	case "updateApplication":
		var was *application.Application
		if l := s.applications.Find(path("clientId")); l != nil {
			was = l.Application
		}
		return strings.Join(granted(was, body), ",")
	case "createApiUser":
		if names(body, "TMC_ADMIN") {
			return detect.CredentialCreated + "," + detect.AdminGranted
		}
		return detect.CredentialCreated
	case "deleteApplication", "deleteApiUser", "revokePartnerPublicKey":
		return detect.CredentialRevoked
	case "rotateApplicationSecret", "rotateClientSecret", "rotateWebhookSecret":
		return detect.SecretRotated
	case "addPartnerPublicKey":
		return detect.CredentialCreated
	case "createWebhookSubscription", "updateWebhookSubscription", "deleteWebhookSubscription", "updateWebhookSettings":
		return detect.WebhookChanged
	case "updateUserRoles", "createRoleV3", "updateRoleV3", "updateUserGroupRolesV3":
		if names(body, "TMC_ADMIN") || names(body, "COMPANY_ADMIN") {
			return detect.AdminGranted
		}
		return detect.RoleGranted
	case "addUserGroupMembers":
		return detect.RoleGranted
	case "removeUserGroupMembers", "deleteRoleV3":
		return detect.RoleRevoked
	case "deleteAlertSink", "applyAuditRetention":
		return detect.ControlDisabled
	case "setEnvironmentMode":
		var in struct{ Mode string }
		if json.Unmarshal(body, &in) == nil && in.Mode == environment.Live && s.environments.Mode(path("environment")) != environment.Live {
			return detect.ControlDisabled
		}
	case "updateApiUserSafeguards":
		var in map[string]any
		if json.Unmarshal(body, &in) == nil && slices.ContainsFunc(values(in), func(v any) bool { return v == false }) {
			return detect.ControlDisabled
		}
	}
	return ""
}

func values(m map[string]any) (out []any) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// names reports whether a word stands in a body as a text of its own.
func names(body []byte, word string) bool { return strings.Contains(string(body), `"`+word+`"`) }

// granted is what the settings of an application give beyond those it had.
func granted(was *application.Application, body []byte) (out []string) {
	var is application.Settings
	if json.Unmarshal(body, &is) != nil {
		return nil // it will be refused
	}
	var before application.Settings
	if was != nil {
		before = was.Settings
	}
	if gives(is.Grants, buys) && !gives(before.Grants, buys) {
		out = append(out, detect.PurchaseGranted)
	}
	if gives(is.Grants, permit.Everything) && !gives(before.Grants, permit.Everything) {
		out = append(out, detect.ScopeWidened)
	}
	if was == nil {
		return out
	}
	if len(before.Networks) > 0 && (len(is.Networks) == 0 || slices.ContainsFunc(is.Networks, anywhere)) && !slices.ContainsFunc(before.Networks, anywhere) {
		out = append(out, detect.NetworksOpened)
	}
	if before.Rate != nil && is.Rate == nil || before.RequestsPerDay > 0 && is.RequestsPerDay == 0 ||
		before.Purchases != nil && is.Purchases == nil || before.RefuseLossy && !is.RefuseLossy || !before.ExpiresAt.IsZero() && is.ExpiresAt.IsZero() {
		out = append(out, detect.ControlDisabled)
	}
	return out
}

func gives(grants []permit.Grant, what func(permit.Grant) bool) bool {
	return slices.ContainsFunc(grants, what)
}

func buys(g permit.Grant) bool { return slices.Contains(g.Effects, "purchase") }

func anywhere(network string) bool { return strings.HasSuffix(network, "/0") }
