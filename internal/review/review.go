// SPDX-License-Identifier: Apache-2.0

package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/store"
)

// The states of a review, and of an item in it.
const (
	Open   = "OPEN"
	Closed = "CLOSED"

	Undecided = "UNDECIDED"
	Decided   = "DECIDED"
	Applied   = "APPLIED"
	Conflict  = "CONFLICT" // what was decided about is not what is there any more
)

// The kinds of items, and what can be decided.
const (
	KindApplication = "APPLICATION"
	KindAPIUser     = "API_USER"

	Keep   = "KEEP"
	Reduce = "REDUCE"
	Revoke = "REVOKE"
	Extend = "EXTEND"
)

// Review is one as it is shown in lists (schema AccessReview).
type Review struct {
	ID            string    `json:"id"`
	Title         string    `json:"title"`
	State         string    `json:"state"`
	StartedAt     time.Time `json:"startedAt"` // the time of the snapshot
	StartedBy     string    `json:"startedBy"`
	Since         time.Time `json:"since,omitzero"`         // the snapshot of the review before; zero for the first
	ObservedSince time.Time `json:"observedSince,omitzero"` // when use began to be recorded
	ClosedAt      time.Time `json:"closedAt,omitzero"`
	ClosedBy      string    `json:"closedBy,omitempty"`
	NextDue       time.Time `json:"nextDue,omitzero"`
	Items         int       `json:"items"`
	Open          int       `json:"openItems"` // without a decision, or in conflict
	Findings      int       `json:"findings"`
	SHA256        string    `json:"evidenceSha256,omitempty"`
}

// Detail is a review with everything in it (schema AccessReviewDetail).
type Detail struct {
	Review
	Snapshot Snapshot `json:"snapshot"`
	Access   []Item   `json:"access"`
}

// Snapshot is what surrounds the credentials.
type Snapshot struct {
	Roles        []access.HeldRole  `json:"roles"`
	Groups       []access.HeldGroup `json:"groups"`
	Environments []Environment      `json:"environments"`
	References   []Reference        `json:"vaultReferences"` // where secrets are, never what they are
	Networks     []string           `json:"networks"`        // from which anybody may call; empty for anywhere
	Policies     *Policies          `json:"policies,omitempty"`
	Findings     []Finding          `json:"findings"`
}

// Environment is where calls go.
type Environment struct {
	Name            string    `json:"name"`
	Live            bool      `json:"live"`
	Mode            string    `json:"mode"`
	ClientID        string    `json:"clientId,omitempty"`
	CredentialSince time.Time `json:"credentialSince,omitzero"`
}

// Reference is a setting that names a secret.
type Reference struct {
	Setting   string `json:"setting"`
	Reference string `json:"reference"`
}

// Policies is the operator's policy file.
type Policies struct {
	SHA256 string `json:"sha256"`
	Text   string `json:"text"`
}

// Item is one credential (schema AccessReviewItem).
type Item struct {
	ID          string                   `json:"id"` // its client id
	Kind        string                   `json:"kind"`
	Name        string                   `json:"name"`
	Status      string                   `json:"status"`
	Application *application.Application `json:"application,omitempty"`
	APIUser     *identity.UserFacts      `json:"apiUser,omitempty"`
	LastUsed    time.Time                `json:"lastUsedAt,omitzero"`
	Used        []Used                   `json:"used"`     // since the last review
	Networks    []string                 `json:"networks"` // from which it called
	Opens       int                      `json:"opens"`    // operations that it may call
	Findings    []Finding                `json:"findings"`
	Proposal    Proposal                 `json:"proposal"`
	Decision    *Decision                `json:"decision,omitempty"`
	Result      *Result                  `json:"result,omitempty"`
	Problem     string                   `json:"problem,omitempty"`
}

// Used is one operation that was called.
type Used struct {
	Operation string    `json:"operation"`
	Scope     string    `json:"scope,omitempty"`
	Effect    string    `json:"effect"`
	Count     int64     `json:"count"`
	Refused   int64     `json:"refused,omitempty"`
	Last      time.Time `json:"lastUsedAt,omitzero"`
	Networks  int       `json:"networks"`
}

// Finding is something that a reviewer should look at.
type Finding struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Proposal is what would suffice.
type Proposal struct {
	Decision string         `json:"decision"`
	Why      string         `json:"why"`
	Grants   []permit.Grant `json:"grants,omitempty"`  // that would have sufficed
	Removes  []string       `json:"removes,omitempty"` // operations that are open now and would not be
}

// Decision is a reviewer's.
type Decision struct {
	Decision  string         `json:"decision"`
	Reviewer  string         `json:"reviewer"`
	Reason    string         `json:"reason"`
	Grants    []permit.Grant `json:"grants,omitempty"`
	ExpiresAt time.Time      `json:"expiresAt,omitzero"`
	At        time.Time      `json:"at"`
	By        string         `json:"by"` // the API user of the call
	Entry     int64          `json:"auditEntry"`
}

// Result is what closing did.
type Result struct {
	At     time.Time      `json:"at"`
	Change string         `json:"change"`
	Before []permit.Grant `json:"before,omitempty"`
	After  []permit.Grant `json:"after,omitempty"`
	Entry  int64          `json:"auditEntry"`
}

const (
	kind     = "review"
	kindItem = "review.item"
	byState  = "review.state"
)

// storedReview is a review in the store.
type storedReview struct {
	Review
	Snapshot Snapshot `json:"snapshot"`

	tenant  string
	version int64
}

// storedItem is an item in the store.
type storedItem struct {
	Item
	Print  string           `json:"fingerprint"` // of what was decided about
	Totals map[string]int64 `json:"totals"`      // counts at the snapshot since recording began

	review  string
	version int64
}

func loadReview(r store.Reader, tenant, id string) (*storedReview, error) {
	rec, err := r.Get(tenant, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("access review", id)
	} else if err != nil {
		return nil, err
	}
	return decodeReview(rec)
}

func decodeReview(rec *store.Record) (*storedReview, error) {
	v := &storedReview{tenant: rec.Tenant, version: rec.Version}
	if err := json.Unmarshal(rec.Doc, v); err != nil {
		return nil, fmt.Errorf("access review %s is stored broken: %w", rec.ID, err)
	}
	return v, nil
}

func (v *storedReview) save(tx store.Tx, now time.Time) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: v.tenant, Kind: kind, ID: v.ID, CreatedAt: v.StartedAt, UpdatedAt: now, Doc: doc,
		Index: []store.Entry{{Field: byState, Value: v.State}}}
	if v.version == 0 {
		err = tx.Insert(r)
	} else {
		err = tx.Update(r, v.version)
	}
	v.version = r.Version
	return err
}

func itemID(review, client string) string { return review + "/" + client }

func decodeItem(rec *store.Record) (*storedItem, error) {
	i := &storedItem{review: rec.Parent, version: rec.Version}
	if err := json.Unmarshal(rec.Doc, i); err != nil {
		return nil, fmt.Errorf("access review item %s is stored broken: %w", rec.ID, err)
	}
	return i, nil
}

func loadItem(r store.Reader, tenant, review, id string) (*storedItem, error) {
	rec, err := r.Get(tenant, kindItem, itemID(review, id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("item of the access review", id)
	} else if err != nil {
		return nil, err
	}
	return decodeItem(rec)
}

func (i *storedItem) save(tx store.Tx, tenant string, now time.Time) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: tenant, Kind: kindItem, ID: itemID(i.review, i.ID), Parent: i.review, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if i.version == 0 {
		err = tx.Insert(r)
	} else {
		err = tx.Update(r, i.version)
	}
	i.version = r.Version
	return err
}

// items are those of a review in the order of the snapshot.
func items(r store.Reader, tenant, review string) ([]*storedItem, error) {
	var out []*storedItem
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindItem, Parent: review}) {
		if err != nil {
			return nil, err
		}
		i, err := decodeItem(rec)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return sorted(out), nil
}
