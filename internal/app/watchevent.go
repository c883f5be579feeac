// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/telemetry"
)

// act is what the detection has to know of an operation.
type act struct{ token, admin bool }

// mapper turns what the edge has seen into what the detection looks at.
type mapper struct {
	acts     map[string]act
	tenantOf func(clientID string) string
}

func newMapper(c *contract.Contract, tenantOf func(string) string) *mapper {
	m := &mapper{acts: map[string]act{}, tenantOf: tenantOf}
	for _, op := range c.Operations() {
		token := op.Scope == "identity:token"
		m.acts[op.ID] = act{token, op.Audit == contract.AuditSecurity && op.Effect != contract.Read && !token}
	}
	return m
}

// each gives the events that a request left behind: the call itself, what it changed of rights and
// safeguards, and what the real API answered.
func (m *mapper) each(e *telemetry.Event, give func(detect.Event)) {
	if e.Operation == receiveWebhook {
		give(receipt(e, e.Environment, receiptReasons[errs.Code(e.ErrorCode)]))
		return
	}
	a := m.acts[e.Operation]
	addr, _ := netip.ParseAddr(e.ClientIP) // the zero address is none
	ev := detect.Event{
		ID: e.ID, At: e.At, Kind: detect.Request, Tenant: e.Tenant, Environment: e.Environment, Client: e.ClientID, Subject: e.UserID,
		Company: e.Company, Address: addr, Agent: e.UserAgent, Operation: e.Operation, Effect: e.Effect, Status: e.Status, Code: e.ErrorCode,
		Reason: reasonOf(e.ErrorCode, e.Reason), Object: e.Object, Bytes: int64(e.BytesOut), Amount: e.AmountMinor,
	}
	if a.token && e.Status < http.StatusInternalServerError { // our own failures say nothing about who asks
		ev.Kind, ev.Effect = detect.Token, ""
		if shut(errs.Code(e.ErrorCode)) { // it had the right secret, so nobody tries one: a call that is refused
			ev.Kind = detect.Request
		}
		if ev.Tenant == "" && ev.Client != "" {
			ev.Tenant = m.tenantOf(ev.Client)
		}
	}
	give(ev)
	if a.admin && (e.Status < 400 || e.Status == http.StatusForbidden) && e.ClientID != "" {
		m.admin(e, ev, give)
	}
	if u := e.Upstream; u != nil {
		up := detect.Event{ID: e.ID, At: e.At, Kind: detect.Upstream, Environment: e.Environment, Operation: e.Operation, Effect: e.Effect, Status: u.Status}
		if u.Status == 0 {
			up.Status, up.Code = http.StatusGatewayTimeout, e.ErrorCode
		} else if len(u.Drift) > 0 {
			up.Reason = detect.Drift
		}
		give(up)
	}
}

// shut reports the refusals of applications that may not call at all.
func shut(code errs.Code) bool {
	return code == errs.ApplicationSuspended || code == errs.ApplicationExpired
}

// admin gives the acts behind a call: one for each change it made or would have made.
func (m *mapper) admin(e *telemetry.Event, ev detect.Event, give func(detect.Event)) {
	ev.Kind, ev.Effect, ev.Target = detect.Admin, "", e.Target
	if ev.Subject == "" {
		ev.Subject = e.ClientID
	}
	for change := range strings.SplitSeq(e.Change, ",") {
		ev.Change = change
		give(ev)
	}
}

// receiveWebhook is the operation of the inboxes.
const receiveWebhook = "receiveWebhook"

// receiptReasons is what the refusal of a webhook means.
//
//nolint:gochecknoglobals // constant table
var receiptReasons = map[errs.Code]string{
	errs.WebhookUnsigned: detect.BadSignature, errs.WebhookForged: detect.BadSignature, errs.WebhookStale: detect.StaleTimestamp,
}

// receipt is the event of a webhook that came in; reason is one of detect's, "" for one that is in order.
func receipt(e *telemetry.Event, endpoint, reason string) detect.Event {
	addr, _ := netip.ParseAddr(e.ClientIP) // as above
	return detect.Event{
		ID: e.ID, At: e.At, Kind: detect.Receipt, Tenant: e.Tenant, Environment: e.Environment, Address: addr, Agent: e.UserAgent,
		Status: e.Status, Code: e.ErrorCode, Reason: reason, Endpoint: endpoint, Bytes: int64(e.BytesIn),
	}
}

// reasonOf is why a call was refused: what the stage that refused it said, else what its code means.
func reasonOf(code, said string) string {
	switch {
	case said == identity.ReasonRotatedToken: // whoever was rotated asks once or twice with what it has
		return detect.ExpiredToken
	case said != "":
		return said
	case code == string(errs.EnvironmentForeign):
		return detect.OtherEnvironment
	case code == string(errs.CredentialInvalid):
		return detect.WrongSecret
	case code == string(errs.TokenInvalid):
		return detect.UnknownToken
	}
	return ""
}
