// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// The states of an alert.
const (
	Open         = "OPEN"
	Acknowledged = "ACKNOWLEDGED"
	Resolved     = "RESOLVED"
)

// The records and what they are found by.
const (
	kindAlert   = "alert"
	kindNotice  = "alert.notice"
	kindSink    = "alert.sink"
	kindSilence = "alert.silence"

	byGroup  = "alert.group"
	byState  = "alert.state"
	byClient = "alert.client"
	byRule   = "alert.rule"
	byOpen   = "alert.open" // the rule of an alert that is not resolved
	byName   = "alert.sink.name"
	bySink   = "alert.notice.sink"
)

// Alert is one thing to look after (schema Alert).
type Alert struct {
	ID          string    `json:"id"`
	Rule        string    `json:"rule"`
	Severity    string    `json:"severity"`
	State       string    `json:"state"`
	Client      string    `json:"clientId,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Summary     string    `json:"summary"`
	Expected    string    `json:"expected,omitempty"`
	Seen        string    `json:"seen,omitempty"`
	Advice      string    `json:"advice,omitempty"`
	Count       int       `json:"count"`
	Events      []string  `json:"eventIds"`
	StartedAt   time.Time `json:"startedAt"`
	LastAt      time.Time `json:"lastAt"`
	CreatedAt   time.Time `json:"createdAt"`
	SilenceHint string    `json:"silenceHint"`
	SilencedBy  string    `json:"silencedBy,omitempty"`
	Step        int       `json:"escalationStep"`
	Incident    string    `json:"incidentId,omitempty"`
	Drill       bool      `json:"drill,omitempty"`

	AcknowledgedAt time.Time `json:"acknowledgedAt,omitzero"`
	AcknowledgedBy string    `json:"acknowledgedBy,omitempty"`
	ResolvedAt     time.Time `json:"resolvedAt,omitzero"`
	ResolvedBy     string    `json:"resolvedBy,omitempty"`

	History   []Entry    `json:"history"`
	Responses []Response `json:"responses"`
}

// Entry is a line of an alert's history.
type Entry struct {
	At   time.Time `json:"at"`
	What string    `json:"what"` // OPENED, RAISED, ESCALATED, ACKNOWLEDGED, ...
	By   string    `json:"by,omitempty"`
	Note string    `json:"note,omitempty"`
}

// stored is an alert with what only this package needs.
type stored struct {
	Alert
	Group  string            `json:"group"`
	Seen64 []string          `json:"dedupe"` // the newest names of occurrences
	Rev    int               `json:"rev"`    // grows with what sinks are told of
	Except string            `json:"exceptSink"`
	Tokens map[string]string `json:"undoTokens,omitempty"` // what the undo of a response needs

	tenant  string
	version int64
}

// historyMax bounds an alert's history; its beginning and its end are kept.
const historyMax = 100

func (a *stored) note(at time.Time, what, by, note string) {
	if len(a.History) == historyMax {
		a.History = append(a.History[:historyMax/2], a.History[historyMax/2+1:]...)
	}
	a.History = append(a.History, Entry{at, what, by, note})
}

func (a *stored) record() (*store.Record, error) {
	doc, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	index := []store.Entry{{Field: byState, Value: a.State}, {Field: byRule, Value: a.Rule}}
	if a.Client != "" {
		index = append(index, store.Entry{Field: byClient, Value: a.Client})
	}
	if a.State != Resolved {
		index = append(index, store.Entry{Field: byOpen, Value: a.Rule})
	}
	// The newest alert of a group has it, resolved or not, so that what comes back is found.
	index = append(index, store.Entry{Field: byGroup, Value: a.Group, Unique: true})
	return &store.Record{Tenant: a.tenant, Kind: kindAlert, ID: a.ID, CreatedAt: a.CreatedAt, UpdatedAt: a.LastAt, Doc: doc, Index: index}, nil
}

// retire gives up the group, for an alert that makes room for a new one of its group.
func (a *stored) retire(tx store.Tx) error {
	r, err := a.record()
	if err != nil {
		return err
	}
	r.Index = r.Index[:len(r.Index)-1]
	return tx.Update(r, a.version)
}

func (a *stored) insert(tx store.Tx) error {
	r, err := a.record()
	if err != nil {
		return err
	}
	err = tx.Insert(r)
	a.version = r.Version
	return err
}

func (a *stored) save(tx store.Tx) error {
	r, err := a.record()
	if err != nil {
		return err
	}
	if retired := a.State == Resolved; retired { // somebody else may have the group by now
		if other, err := tx.Find(a.tenant, kindAlert, byGroup, a.Group); err == nil && other.ID != a.ID {
			r.Index = r.Index[:len(r.Index)-1]
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	err = tx.Update(r, a.version)
	a.version = r.Version
	return store.Explain(err, "alert", a.ID, nil)
}

func decode(r *store.Record) (*stored, error) {
	a := &stored{tenant: r.Tenant, version: r.Version}
	if err := json.Unmarshal(r.Doc, a); err != nil {
		return nil, fmt.Errorf("alert %s is stored broken: %w", r.ID, err)
	}
	return a, nil
}

func load(r store.Reader, tenant, id string) (*stored, error) {
	rec, err := r.Get(tenant, kindAlert, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("alert", id)
	} else if err != nil {
		return nil, err
	}
	return decode(rec)
}

// Change is what observers are told of, in the transaction that makes it.
type Change struct {
	Tenant string
	Alert  Alert
	Entry  Entry // the newest line of its history
	// Join makes the alert part of an incident.
	Join func(incident string)
}

// Observer hears of every change of every alert. Its error undoes the change.
type Observer func(ctx context.Context, c Change) error
