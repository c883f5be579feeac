// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Closed is the last state; the others are the phases Detect, Respond and Recover.
const Closed = "CLOSED"

// The records and what they are found by.
const (
	kindIncident = "incident"
	kindEvidence = "incident.evidence"
	kindContact  = "incident.contact"

	byState = "incident.state"
	byOpen  = "incident.open"
)

// Incident is one (schema Incident).
type Incident struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Severity    string    `json:"severity"`
	State       string    `json:"state"`
	Playbook    string    `json:"playbook,omitempty"`
	Commander   string    `json:"commander,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Clients     []string  `json:"clientIds"`
	Alerts      []string  `json:"alertIds"`
	Drill       bool      `json:"drill,omitempty"`
	StartedAt   time.Time `json:"startedAt"` // when it began, as far as is known
	OpenedAt    time.Time `json:"openedAt"`
	RespondedAt time.Time `json:"respondedAt,omitzero"`
	ContainedAt time.Time `json:"containedAt,omitzero"` // when recovery began
	ClosedAt    time.Time `json:"closedAt,omitzero"`

	Tasks     []Task     `json:"tasks"`
	Timeline  []Entry    `json:"timeline"`
	Evidence  []Evidence `json:"evidence"`
	FollowUps []FollowUp `json:"followUps"`

	Resolution string  `json:"resolution,omitempty"`
	RootCause  string  `json:"rootCause,omitempty"`
	Coding     *Coding `json:"coding,omitempty"`
}

// Task is something to do, from the playbook or added.
type Task struct {
	Step
	State  string    `json:"state"` // TODO, DONE, SKIPPED
	Owner  string    `json:"owner,omitempty"`
	Note   string    `json:"note,omitempty"`
	DoneAt time.Time `json:"doneAt,omitzero"`
	DoneBy string    `json:"doneBy,omitempty"`
}

// The states of a task.
const (
	Todo    = "TODO"
	Done    = "DONE"
	Skipped = "SKIPPED"
)

// Entry is a line of the timeline.
type Entry struct {
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"` // ALERT, AUDIT, NOTE, TASK, STATE, EVIDENCE
	By       string    `json:"by,omitempty"`
	Text     string    `json:"text"`
	Alert    string    `json:"alertId,omitempty"`
	AuditSeq int64     `json:"auditSequence,omitempty"`
	// AuditHash ties the line to the entry of the audit chain: it cannot be changed without breaking that.
	AuditHash string `json:"auditHash,omitempty"`
}

// Evidence is what was attached, without its content.
type Evidence struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	MediaType string    `json:"mediaType"`
	Bytes     int       `json:"bytes"`
	SHA256    string    `json:"sha256"`
	AddedAt   time.Time `json:"addedAt"`
	AddedBy   string    `json:"addedBy"`
}

// FollowUp is what remains to be done after the end.
type FollowUp struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title"`
	Owner string `json:"owner"`
	Due   string `json:"due"` // a date
	State string `json:"state,omitempty"`
}

// Coding counts the incident with others, in the words of VERIS.
type Coding struct {
	Actor     string   `json:"actor,omitempty"`
	Actions   []string `json:"actions,omitempty"`
	Assets    []string `json:"assets,omitempty"`
	Attribute []string `json:"attributes,omitempty"`
	Discovery string   `json:"discovery,omitempty"`
	Impact    string   `json:"impact,omitempty"`
}

// stored is an incident with what only this package needs.
type stored struct {
	Incident
	AuditSeen int64 `json:"auditSeen"` // how far the audit trail was looked at

	tenant  string
	version int64
}

// Bounds of what one incident holds.
const (
	timelineMax = 2000
	tasksMax    = 100
	evidenceMax = 100
	alertsMax   = 200
)

func (i *stored) add(e Entry) {
	switch {
	case len(i.Timeline) < timelineMax:
		i.Timeline = append(i.Timeline, e)
	case len(i.Timeline) == timelineMax:
		i.Timeline = append(i.Timeline, Entry{At: e.At, Kind: "STATE", Text: "the timeline is full; the audit trail goes on"})
	}
}

func (i *stored) record(now time.Time) (*store.Record, error) {
	doc, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	index := []store.Entry{{Field: byState, Value: i.State}}
	if i.State != Closed {
		index = append(index, store.Entry{Field: byOpen, Value: "yes"})
	}
	return &store.Record{Tenant: i.tenant, Kind: kindIncident, ID: i.ID, CreatedAt: i.OpenedAt, UpdatedAt: now, Doc: doc, Index: index}, nil
}

func (i *stored) save(tx store.Tx, now time.Time) error {
	r, err := i.record(now)
	if err != nil {
		return err
	}
	err = tx.Update(r, i.version)
	i.version = r.Version
	return store.Explain(err, "incident", i.ID, nil)
}

func decode(r *store.Record) (*stored, error) {
	i := &stored{tenant: r.Tenant, version: r.Version}
	if err := json.Unmarshal(r.Doc, i); err != nil {
		return nil, fmt.Errorf("incident %s is stored broken: %w", r.ID, err)
	}
	return i, nil
}

func load(r store.Reader, tenant, id string) (*stored, error) {
	rec, err := r.Get(tenant, kindIncident, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("incident", id)
	} else if err != nil {
		return nil, err
	}
	return decode(rec)
}

// open is load for what changes an incident. STATE_DOES_NOT_ALLOW once it is closed.
func open(tx store.Tx, tenant, id string) (*stored, error) {
	i, err := load(tx, tenant, id)
	if err == nil && i.State == Closed {
		return nil, errs.New(errs.StateForbids, "the incident is closed; what it says is final")
	}
	return i, err
}
