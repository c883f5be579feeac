// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"net/netip"
	"time"
)

// Event is what one happening left behind. It holds no secret, no body and no card. Texts may be
// whatever a caller sent: they are cut and cleaned before they are kept or shown.
type Event struct {
	ID          string     `json:"id"`
	At          time.Time  `json:"at"` // of the system's clock, not of a tenant's
	Kind        string     `json:"kind"`
	Tenant      string     `json:"tenant,omitempty"`
	Environment string     `json:"environment,omitempty"`
	Client      string     `json:"client,omitempty"`  // client id, as claimed when nothing proves it
	Subject     string     `json:"subject,omitempty"` // who acted: the user or administrator behind the call
	Target      string     `json:"target,omitempty"`  // whom an administrator's act was about
	Company     string     `json:"company,omitempty"` // whose data the call was about
	Address     netip.Addr `json:"address,omitzero"`
	Agent       string     `json:"agent,omitempty"`
	Operation   string     `json:"operation,omitempty"`
	Effect      string     `json:"effect,omitempty"` // read, write, purchase, delete
	Status      int        `json:"status,omitempty"`
	Code        string     `json:"code,omitempty"`   // of package errs
	Reason      string     `json:"reason,omitempty"` // why it was refused, finer than the code
	Object      string     `json:"object,omitempty"` // hash of the id that was asked for
	Bytes       int64      `json:"bytes,omitempty"`  // of the answer
	Amount      int64      `json:"amount,omitempty"` // of a purchase, in minor units of one currency
	Change      string     `json:"change,omitempty"` // what an administrator changed
	Endpoint    string     `json:"endpoint,omitempty"`
	AgeDays     int        `json:"ageDays,omitempty"`  // census: since the secret was made
	IdleDays    int        `json:"idleDays,omitempty"` // census: since the secret was used
}

// The kinds of events.
const (
	Request  = "request"
	Token    = "token"
	Receipt  = "receipt"  // a webhook that came in
	Admin    = "admin"    // a change of rights, credentials or controls
	Upstream = "upstream" // a call that we made to the real API
	Census   = "census"   // once a day for each credential: its age and last use
)

// The reasons that rules know.
const (
	WrongSecret      = "wrong-secret"
	UnknownClient    = "unknown-client"
	RotatedSecret    = "rotated-secret"
	RevokedSecret    = "revoked-secret"
	OtherEnvironment = "other-environment"
	ExpiredToken     = "expired-token"
	UnknownToken     = "unknown-token"
	NetworkRefused   = "network-refused"
	Canary           = "canary" // a credential that exists only to be stolen
	BadSignature     = "bad-signature"
	StaleTimestamp   = "stale-timestamp"
	Replay           = "replay"    // an id that came before, with another body or an old timestamp
	Duplicate        = "duplicate" // the same delivery once more, as senders do
	Drift            = "drift"     // an answer of the upstream that does not fit the contract
)

// The changes that rules know. A change that is none of them is counted and otherwise ignored.
const (
	AdminGranted      = "admin-granted"
	RoleGranted       = "role-granted"
	RoleRevoked       = "role-revoked"
	ScopeWidened      = "scope-widened" // to everything
	PurchaseGranted   = "purchase-granted"
	ControlDisabled   = "control-disabled" // validation, rate limit, audit, approval
	NetworksOpened    = "networks-opened"  // an address list was emptied or covers everything
	CredentialCreated = "credential-created"
	CredentialRevoked = "credential-revoked"
	SecretRotated     = "secret-rotated"
	WebhookChanged    = "webhook-changed"
)

//nolint:gochecknoglobals // constant tables: what may stand in a rule
var (
	kinds        = []string{Request, Token, Receipt, Admin, Upstream, Census}
	effects      = []string{"read", "write", "purchase", "delete"}
	outcomes     = []string{"success", "failure"}
	environments = []string{"sandbox", "production"}
	reasons      = []string{
		WrongSecret, UnknownClient, RotatedSecret, RevokedSecret, OtherEnvironment, ExpiredToken, UnknownToken,
		NetworkRefused, Canary, BadSignature, StaleTimestamp, Replay, Duplicate, Drift,
	}
	changes = []string{
		AdminGranted, RoleGranted, RoleRevoked, ScopeWidened, PurchaseGranted, ControlDisabled, NetworksOpened,
		CredentialCreated, CredentialRevoked, SecretRotated, WebhookChanged,
	}
)

// outcome is success or failure. A drift is found in an answer that was a success.
func (e *Event) outcome() string {
	if e.Status >= 400 || (e.Reason != "" && e.Reason != Drift && e.Reason != Duplicate) {
		return "failure"
	}
	return "success"
}

// network is the block that an address belongs to: /24, or /48 of IPv6. Nobody owns less.
func (e *Event) network() netip.Prefix {
	a := e.Address.Unmap()
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, _ := a.WithZone("").Prefix(bits) //nolint:errcheck // the zero prefix of no address is what is wanted
	return p
}
