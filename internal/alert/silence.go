// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// silenceMax is the longest silence: whoever wants more has to change the rule.
const silenceMax = 30 * 24 * time.Hour

// silencesMax bounds the silences in force.
const silencesMax = 200

// Silence keeps sinks from being told of some alerts for a while (schema AlertSilence).
type Silence struct {
	ID          string    `json:"id"`
	Rule        string    `json:"rule,omitempty"`
	Client      string    `json:"clientId,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Until       time.Time `json:"until"`
	Reason      string    `json:"reason"`
	CreatedBy   string    `json:"createdBy"`
	CreatedAt   time.Time `json:"createdAt"`
	InForce     bool      `json:"inForce"`
}

func (q *Silence) covers(f Finding, now time.Time) bool {
	return now.Before(q.Until) && (q.Rule == "" || q.Rule == f.Rule) && (q.Client == "" || q.Client == f.Client) &&
		(q.Environment == "" || q.Environment == f.Environment)
}

func silences(r store.Reader, tenant string) (out []Silence, err error) {
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindSilence}) {
		if err != nil {
			return nil, err
		}
		var q Silence
		if err := json.Unmarshal(rec.Doc, &q); err != nil {
			return nil, fmt.Errorf("silence %s is stored broken: %w", rec.ID, err)
		}
		out = append(out, q)
	}
	return out, nil
}

// silence is the id of a silence that covers a finding; empty when there is none.
func (s *Service) silence(r store.Reader, f Finding, now time.Time) (string, error) {
	list, err := silences(r, f.Tenant)
	for _, q := range list {
		if q.covers(f, now) {
			return q.ID, nil
		}
	}
	return "", err
}

// SilenceIn is the input of createAlertSilence.
type SilenceIn struct {
	Body struct {
		Rule        string    `json:"rule"`
		Client      string    `json:"clientId"`
		Environment string    `json:"environment"`
		Until       time.Time `json:"until"`
		Reason      string    `json:"reason"`
	} `body:"json"`
}

// CreateSilence is createAlertSilence. Open alerts that it covers are quiet from now on, too.
func (s *Service) CreateSilence(ctx context.Context, in SilenceIn) (Silence, error) {
	tenant, tx, b := actor.Tenant(ctx), store.From(ctx), in.Body
	now := s.now(tenant)
	switch {
	case b.Rule == "" && b.Client == "":
		return Silence{}, errs.Invalidf("/rule", "required", "a silence is for a rule, a client or both: one for everything would hide the alert that matters")
	case !b.Until.After(now):
		return Silence{}, errs.Invalidf("/until", "minimum", "until must be in the future; it is %s now", now.Format(time.RFC3339))
	case b.Until.Sub(now) > silenceMax:
		return Silence{}, errs.Invalidf("/until", "maximum", "a silence lasts 30 days at most; change the rule instead")
	}
	list, err := silences(tx, tenant)
	if err != nil {
		return Silence{}, err
	}
	n := 0
	for _, q := range list {
		if now.Before(q.Until) {
			n++
		}
	}
	if n >= silencesMax {
		return Silence{}, errs.New(errs.StateForbids, "there are %d silences in force, which is as many as there may be", n)
	}
	q := Silence{
		ID: ids.UUID(), Rule: redact.Text(b.Rule, idMax), Client: redact.Text(b.Client, idMax), Environment: redact.Text(b.Environment, idMax),
		Until: b.Until.UTC(), Reason: redact.Text(b.Reason, lineMax), CreatedBy: by(ctx), CreatedAt: now, InForce: true,
	}
	if err := putSilence(tx, tenant, &q, now, true); err != nil {
		return Silence{}, err
	}
	open, err := unresolved(tx, tenant)
	if err != nil {
		return Silence{}, err
	}
	for _, a := range open {
		if a.SilencedBy == "" && q.covers(Finding{Rule: a.Rule, Client: a.Client, Environment: a.Environment}, now) {
			a.SilencedBy = q.ID
			a.note(now, "SILENCED", q.CreatedBy, q.Reason)
			if err := s.changed(ctx, a); err != nil {
				return Silence{}, err
			}
		}
	}
	return q, nil
}

func putSilence(tx store.Tx, tenant string, q *Silence, now time.Time, isNew bool) error {
	doc, err := json.Marshal(q)
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: tenant, Kind: kindSilence, ID: q.ID, CreatedAt: q.CreatedAt, UpdatedAt: now, Doc: doc}
	if isNew {
		return tx.Insert(r)
	}
	return tx.Update(r, 0)
}

// SilenceList is the answer of listAlertSilences.
type SilenceList struct {
	Silences []Silence `json:"silences"`
}

// ListSilences is listAlertSilences: the newest first, those that are over too.
func (s *Service) ListSilences(ctx context.Context, _ struct{}) (SilenceList, error) {
	tenant := actor.Tenant(ctx)
	list, err := silences(store.Read(ctx), tenant)
	out := SilenceList{Silences: []Silence{}}
	for i := len(list) - 1; i >= 0 && len(out.Silences) < 1000; i-- {
		list[i].InForce = s.now(tenant).Before(list[i].Until)
		out.Silences = append(out.Silences, list[i])
	}
	return out, err
}

// SilenceRef names a silence.
type SilenceRef struct {
	ID string `path:"silenceId"`
}

// EndSilence is endAlertSilence: it stays on record and is over now. Alerts that it kept quiet and that
// are still open are told.
func (s *Service) EndSilence(ctx context.Context, in SilenceRef) (struct{}, error) {
	tenant, tx := actor.Tenant(ctx), store.From(ctx)
	now := s.now(tenant)
	list, err := silences(tx, tenant)
	if err != nil {
		return struct{}{}, err
	}
	for _, q := range list {
		if q.ID != in.ID {
			continue
		}
		if now.Before(q.Until) {
			q.Until, q.InForce = now, false
			if err := putSilence(tx, tenant, &q, now, false); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, s.unmute(ctx, tenant, q.ID, now)
	}
	return struct{}{}, errs.Missing("silence", in.ID)
}

func (s *Service) unmute(ctx context.Context, tenant, silence string, now time.Time) error {
	open, err := unresolved(store.Read(ctx), tenant)
	if err != nil {
		return err
	}
	for _, a := range open {
		if a.SilencedBy != silence {
			continue
		}
		a.SilencedBy = ""
		a.Rev++
		a.note(now, "HEARD", by(ctx), "the silence was ended")
		if err := s.changed(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// unresolved are all alerts that are open or acknowledged.
func unresolved(r store.Reader, tenant string) (out []*stored, err error) {
	for _, state := range []string{Open, Acknowledged} {
		for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindAlert, Field: byState, Value: state}) {
			if err != nil {
				return nil, err
			}
			a, err := decode(rec)
			if err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}
