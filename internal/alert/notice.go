// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/store"
)

// The states of a notice.
const (
	Pending = "PENDING"
	Told    = "TOLD"
	Parked  = "PARKED" // given up after a week
)

// notice is what one sink is to know of one alert: the newest revision, not each on the way. It is the
// queue: as long as it is pending a job exists that brings it back.
type notice struct {
	Alert     string    `json:"alert"`
	Sink      string    `json:"sink"`
	Rev       int       `json:"rev"`  // what it is to be told
	Told      int       `json:"told"` // what it was told last; 0 for nothing
	State     string    `json:"state"`
	Attempts  int       `json:"attempts"`
	Failures  int       `json:"failures"` // in a row
	Since     time.Time `json:"since"`    // when its time to be tried began
	NextAt    time.Time `json:"nextAt,omitzero"`
	ToldAt    time.Time `json:"toldAt,omitzero"`
	LastError string    `json:"lastError,omitempty"`
	Waits     bool      `json:"waits,omitempty"` // for a sink that is away, not for the end of quiet hours
	Lease     time.Time `json:"lease,omitzero"`  // until when some process has it in hand
}

func (n *notice) id() string { return n.Alert + "/" + n.Sink }

// lease is how long a notice is in hand before its job brings it back: longer than any attempt.
const lease = 2 * time.Minute

// giveUp is how long a sink is tried.
const giveUp = 7 * 24 * time.Hour

// refresh is how often an Alertmanager hears of an alert that goes on; it forgets what it is not reminded of.
const refresh = 6 * time.Hour

// wait is how long after so many failures in a row it is tried again.
func wait(failures int) time.Duration {
	steps := []time.Duration{2 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	return steps[min(failures, len(steps))-1]
}

func getNotice(r store.Reader, tenant, id string) (*notice, error) {
	rec, err := r.Get(tenant, kindNotice, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing there is no failure here
	} else if err != nil {
		return nil, err
	}
	return readNotice(rec)
}

func readNotice(rec *store.Record) (*notice, error) {
	n := &notice{}
	if err := json.Unmarshal(rec.Doc, n); err != nil {
		return nil, fmt.Errorf("notice %s is stored broken: %w", rec.ID, err)
	}
	return n, nil
}

func putNotice(tx store.Tx, tenant string, n *notice, now time.Time) error {
	doc, err := json.Marshal(n)
	if err != nil {
		return err
	}
	r := &store.Record{
		Tenant: tenant, Kind: kindNotice, ID: n.id(), Parent: n.Alert, CreatedAt: now, UpdatedAt: now, Doc: doc,
	}
	if n.State == Pending {
		r.Index = []store.Entry{{Field: bySink, Value: n.Sink}}
	}
	err = tx.Update(r, 0)
	if errors.Is(err, store.ErrNotFound) {
		return tx.Insert(r)
	}
	return err
}

// queue makes a notice pending at a time: at once when that is now, else by its job.
func (s *Service) queue(tx store.Tx, tenant string, n *notice, now, at time.Time) error {
	if n.State != Pending {
		n.Since, n.Failures = now, 0
	}
	n.State, n.NextAt, n.Lease = Pending, at, time.Time{}
	due := at
	if !at.After(now) {
		due = now.Add(lease)
		n.Lease = due
		tx.AfterCommit(func() { s.courier.add(task{tenant, JobNotice, n.id()}) })
	}
	if err := putNotice(tx, tenant, n, now); err != nil {
		return err
	}
	return tx.PutJob(&store.Job{Tenant: tenant, Kind: JobNotice, Key: n.id(), Due: due})
}

// tell queues what sinks are to know of an alert: those that know it hear of every change, those that
// do not are added as far as severity, step and silence allow.
func (s *Service) tell(ctx context.Context, a *stored) error {
	if a.Drill {
		return nil
	}
	tx, now := store.From(ctx), s.now(a.tenant)
	cfg, err := settings(tx, a.tenant)
	if err != nil {
		return err
	}
	sinks, err := s.sinks(tx, a.tenant)
	if err != nil {
		return err
	}
	last := 0
	for _, c := range sinks {
		if !c.Enabled || c.ID == a.Except || rank(a.Severity) < rank(c.MinSeverity) {
			continue
		}
		last = max(last, c.Step)
		n, err := getNotice(tx, a.tenant, a.ID+"/"+c.ID)
		if err != nil {
			return err
		}
		if n == nil {
			everybody := a.Except != "" // that a sink is down is for all others
			if a.State != Open || a.SilencedBy != "" || c.Step > a.Step && !everybody {
				continue
			}
			n = &notice{Alert: a.ID, Sink: c.ID}
		}
		if n.Rev == a.Rev {
			continue
		}
		n.Rev = a.Rev
		at := now
		if a.State == Open {
			at = cfg.Quiet.until(a.Severity, now)
		}
		if n.State == Pending && n.NextAt.After(at) && n.Waits {
			at = n.NextAt // it is waiting for a sink that is away
		}
		if err := s.queue(tx, a.tenant, n, now, at); err != nil {
			return err
		}
	}
	if a.State != Open {
		return tx.RemoveJob(a.tenant, JobEscalate, a.ID)
	}
	if a.SilencedBy != "" || a.Step >= last || cfg.EscalateAfter == 0 {
		return nil
	}
	from := cfg.Quiet.until(a.Severity, now)
	return tx.PutJob(&store.Job{Tenant: a.tenant, Kind: JobEscalate, Key: a.ID, Due: from.Add(time.Duration(cfg.EscalateAfter) * time.Minute)})
}

// escalate tells the next step, because nobody has acknowledged.
func (s *Service) escalate(ctx context.Context, j *store.Job) error {
	a, err := load(store.Read(ctx), j.Tenant, j.Key)
	if err != nil || a.State != Open || a.SilencedBy != "" {
		return ignoreMissing(err)
	}
	return s.nextStep(ctx, a, "nobody acknowledged it")
}

// nextStep lets the sinks of the next step know, if there are any.
func (s *Service) nextStep(ctx context.Context, a *stored, why string) error {
	sinks, err := s.sinks(store.Read(ctx), a.tenant)
	if err != nil {
		return err
	}
	var steps []int
	for _, c := range sinks {
		if c.Step > a.Step && c.Enabled {
			steps = append(steps, c.Step)
		}
	}
	if len(steps) == 0 {
		return nil
	}
	a.Step = slices.Min(steps)
	a.Rev++
	a.note(s.now(a.tenant), "ESCALATED", me, fmt.Sprintf("to step %d: %s", a.Step, why))
	return s.changed(ctx, a)
}

// message is what a sink is told.
func (s *Service) message(a *stored, n *notice, now time.Time) *sink.Message {
	m := &sink.Message{
		ID: a.ID, Rev: n.Rev, At: now, Tenant: a.tenant, Rule: a.Rule, Severity: a.Severity, State: a.State, Client: a.Client,
		Environment: a.Environment, Summary: a.Summary, Expected: a.Expected, Seen: a.Seen, Advice: a.Advice, Count: a.Count, Events: a.Events,
		StartedAt: a.StartedAt, LastAt: a.LastAt, ResolvedAt: a.ResolvedAt, Silence: a.SilenceHint, Incident: a.Incident, First: n.Told == 0,
	}
	if s.o.Link != nil {
		m.Link = s.o.Link(a.tenant, a.ID)
	}
	for _, e := range slices.Backward(a.History) {
		if e.What != "OPENED" && e.What != "TOLD" {
			m.Last, m.By, m.Note = e.What, e.By, e.Note
			break
		}
	}
	return m
}
