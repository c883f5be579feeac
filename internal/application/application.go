// SPDX-License-Identifier: Apache-2.0

package application

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// Sandbox is the environment that this process is itself.
const Sandbox = "sandbox"

// The states of an application.
const (
	Active    = "ACTIVE"
	Suspended = "SUSPENDED"
)

// Settings is what an administrator says of an application (schema ApplicationSettings); updates take all
// of it.
type Settings struct {
	Name           string         `json:"name"`
	Owner          string         `json:"owner"` // an e-mail address: who is asked at reviews
	Description    string         `json:"description,omitempty"`
	Environment    string         `json:"environment"`
	Role           string         `json:"role,omitempty"` // inside the sandbox only
	Company        string         `json:"companyId,omitempty"`
	Grants         []permit.Grant `json:"grants"`
	Networks       []string       `json:"networks,omitempty"` // CIDR blocks; empty for anywhere
	Rate           *Rate          `json:"rate,omitempty"`
	RequestsPerDay int            `json:"requestsPerDay,omitempty"` // 0 for no quota; the day is UTC's
	Purchases      *PurchaseCap   `json:"purchases,omitempty"`
	RefuseLossy    bool           `json:"refuseLossyUpdates,omitempty"`
	ExpiresAt      time.Time      `json:"expiresAt,omitzero"`
	SecretRef      string         `json:"secretRef,omitempty"` // the vault into which its secrets are put; nobody sees them
}

// Values says for the audit trail which settings differ, and how; before is nil for a new application.
func Values(before, after *Settings) string {
	text := func(s *Settings) []byte {
		if s == nil {
			return nil
		}
		doc, err := json.Marshal(s)
		if err != nil {
			panic(err) // a struct of plain fields
		}
		return doc
	}
	return revision.Difference(text(before), text(after))
}

// Rate is a token bucket.
type Rate struct {
	PerSecond float64 `json:"perSecond"`
	Burst     int     `json:"burst"`
}

// Check refuses what is no rate: NaN and infinity would let everything pass, and are no JSON.
func (r Rate) Check() error {
	if r.PerSecond >= 0 && r.PerSecond <= maxRate && r.Burst >= 0 {
		return nil
	}
	return fmt.Errorf("must be 0 to %d calls a second, and no fewer than 0 at once", maxRate)
}

// maxRate is what the contract says of ApplicationRate.
const maxRate = 100_000

// PurchaseCap is how much an application may buy in a day (UTC).
type PurchaseCap struct {
	Count  *int   `json:"countPerDay,omitempty"`
	Amount *Money `json:"amountPerDay,omitempty"`
}

// Money is an amount in the currency's minor unit.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Suspension says why an application may not call.
type Suspension struct {
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Application is one as it is stored and shown (schema Application).
type Application struct {
	ClientID string `json:"clientId"`
	Settings
	State           string      `json:"state"`
	Suspension      *Suspension `json:"suspension,omitempty"`
	ManagedBy       string      `json:"managedBy,omitempty"` // CONFIGURATION, when a file declares it
	CreatedAt       time.Time   `json:"createdAt"`
	UpdatedAt       time.Time   `json:"updatedAt"`
	SecretRotatedAt time.Time   `json:"secretRotatedAt"`
	PreviousUntil   time.Time   `json:"previousSecretUntil,omitzero"`
	LastCallAt      time.Time   `json:"lastCallAt,omitzero"` // only shown, never stored

	tenant   string
	declared json.RawMessage // what the file said last
}

// stored is an application as it is kept.
type stored struct {
	*Application
	Declared json.RawMessage `json:"declared,omitempty"`
}

const (
	kind   = "application"
	byName = "application.name"
)

func (a *Application) record() *store.Record {
	doc, err := json.Marshal(stored{a, a.declared})
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return &store.Record{Tenant: a.tenant, Kind: kind, ID: a.ClientID, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Doc: doc,
		Index: []store.Entry{{Field: byName, Value: a.Name, Unique: true}}}
}

func read(r *store.Record) (*Application, error) {
	s := stored{Application: new(Application)}
	if err := json.Unmarshal(r.Doc, &s); err != nil {
		return nil, fmt.Errorf("application %s is stored broken: %w", r.ID, err)
	}
	s.tenant, s.declared = r.Tenant, s.Declared
	return s.Application, nil
}

// Live is what counts for a caller: compiled, and never changed.
type Live struct {
	*Application
	Set      *permit.Set // nil when its environment is not configured in this process
	Prefixes []netip.Prefix
}
