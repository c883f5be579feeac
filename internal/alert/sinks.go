// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// sinksMax bounds the sinks of a tenant.
const sinksMax = 32

// sinks are all that a tenant's alerts may go to: the process's own, then the tenant's.
func (s *Service) sinks(r store.Reader, tenant string) ([]sink.Config, error) {
	out := append([]sink.Config{}, s.o.Configured...)
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindSink}) {
		if err != nil {
			return nil, err
		}
		var c sink.Config
		if err := json.Unmarshal(rec.Doc, &c); err != nil {
			return nil, fmt.Errorf("alert sink %s is stored broken: %w", rec.ID, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// SinkShown is a sink with how it answers (schema AlertSink).
type SinkShown struct {
	sink.Config
	Failures  int       `json:"failures"`
	LastError string    `json:"lastError,omitempty"`
	DownSince time.Time `json:"downSince,omitzero"`
	Waiting   int       `json:"waiting"` // alerts it is still to be told of
}

func (s *Service) showSink(r store.Reader, tenant string, c sink.Config) (SinkShown, error) {
	out := SinkShown{Config: c}
	h, err := getHealth(r, tenant, c.ID)
	if err != nil {
		return out, err
	}
	out.Failures, out.LastError = h.Failures, h.LastError
	if h.Failures >= downAfter {
		out.DownSince = h.Since
	}
	out.Waiting, err = r.Count(store.Query{Tenant: tenant, Kind: kindNotice, Field: bySink, Value: c.ID})
	return out, err
}

// SinkList is the answer of listAlertSinks.
type SinkList struct {
	Sinks []SinkShown `json:"sinks"`
}

// ListSinks is listAlertSinks.
func (s *Service) ListSinks(ctx context.Context, _ struct{}) (SinkList, error) {
	tenant, r := actor.Tenant(ctx), store.Read(ctx)
	out := SinkList{Sinks: []SinkShown{}}
	list, err := s.sinks(r, tenant)
	if err != nil {
		return out, err
	}
	for _, c := range list {
		one, err := s.showSink(r, tenant, c)
		if err != nil {
			return out, err
		}
		out.Sinks = append(out.Sinks, one)
	}
	return out, nil
}

// SinkRef names a sink.
type SinkRef struct {
	ID string `path:"sinkId"`
}

// one finds a sink by id or by name. RESOURCE_NOT_FOUND.
func (s *Service) one(r store.Reader, tenant, id string) (sink.Config, error) {
	list, err := s.sinks(r, tenant)
	for _, c := range list {
		if c.ID == id || strings.EqualFold(c.Name, id) {
			return c, nil
		}
	}
	return sink.Config{}, cmp.Or(err, error(errs.Missing("alert sink", id)))
}

// GetSink is getAlertSink. RESOURCE_NOT_FOUND.
func (s *Service) GetSink(ctx context.Context, in SinkRef) (SinkShown, error) {
	tenant, r := actor.Tenant(ctx), store.Read(ctx)
	c, err := s.one(r, tenant, in.ID)
	if err != nil {
		return SinkShown{}, err
	}
	return s.showSink(r, tenant, c)
}

// SinkIn is a sink as it is made or replaced.
type SinkIn struct {
	ID   string   `path:"sinkId"`
	Body sinkBody `body:"json"`
}

// NewSinkIn is the input of createAlertSink.
type NewSinkIn struct {
	Body sinkBody `body:"json"`
}

type sinkBody struct {
	sink.Config
	Enabled *bool `json:"enabled"`
}

// CreateSink is createAlertSink. DUPLICATE_VALUE for a name that is taken.
func (s *Service) CreateSink(ctx context.Context, in NewSinkIn) (SinkShown, error) {
	tenant, tx := actor.Tenant(ctx), store.From(ctx)
	n, err := tx.Count(store.Query{Tenant: tenant, Kind: kindSink})
	if err != nil {
		return SinkShown{}, err
	}
	if n >= sinksMax {
		return SinkShown{}, errs.New(errs.StateForbids, "there are %d sinks, which is as many as there may be", n)
	}
	return s.putSink(ctx, ids.UUID(), in.Body, nil)
}

// UpdateSink is updateAlertSink: the complete sink. RESOURCE_NOT_FOUND, STATE_DOES_NOT_ALLOW for one of the configuration.
func (s *Service) UpdateSink(ctx context.Context, in SinkIn) (SinkShown, error) {
	r, err := s.ownSink(ctx, in.ID)
	if err != nil {
		return SinkShown{}, err
	}
	return s.putSink(ctx, r.ID, in.Body, r)
}

func (s *Service) putSink(ctx context.Context, id string, b sinkBody, old *store.Record) (SinkShown, error) {
	tenant, tx := actor.Tenant(ctx), store.From(ctx)
	now := s.now(tenant)
	c := b.Config
	c.ID, c.Source, c.Enabled = id, sink.FromAPI, b.Enabled == nil || *b.Enabled
	if c.Name != redact.Text(c.Name, idMax) {
		return SinkShown{}, errs.Invalidf("/name", "pattern", "the name has characters that cannot be seen, or looks like a secret")
	}
	if err := c.Check(s.o.Insecure); err != nil {
		return SinkShown{}, err
	}
	mayName := func(prefix string) bool { return prefix != "" && strings.HasPrefix(c.SecretRef, prefix) }
	if c.SecretRef != "" && !slices.ContainsFunc(s.o.References, mayName) {
		return SinkShown{}, errs.Invalidf("/secretRef", "reference",
			"sinks that are made by the API may not name this secret; AIRSIDE_ALERT_SECRETS says what references to theirs begin with: %s", strings.Join(s.o.References, ", "))
	}
	for _, o := range s.o.Configured {
		if strings.EqualFold(o.Name, c.Name) {
			return SinkShown{}, errs.OnField(errs.DuplicateValue, "/name", "unique", "a sink of the configuration has this name")
		}
	}
	doc, err := json.Marshal(c)
	if err != nil {
		return SinkShown{}, err
	}
	key := store.Key{Entry: store.Entry{Field: byName, Value: strings.ToLower(c.Name), Unique: true}, Pointer: "/name"}
	rec := &store.Record{Tenant: tenant, Kind: kindSink, ID: id, CreatedAt: now, UpdatedAt: now, Doc: doc, Index: []store.Entry{key.Entry}}
	if old == nil {
		err = tx.Insert(rec)
	} else {
		rec.CreatedAt = old.CreatedAt
		err = tx.Update(rec, old.Version)
	}
	if err := store.Explain(err, "alert sink", id, []store.Key{key}); err != nil {
		return SinkShown{}, err
	}
	if old != nil { // it may have been mended: try at once
		if err := putHealth(tx, tenant, id, health{}, now); err != nil {
			return SinkShown{}, err
		}
		if err := s.clearIn(ctx, sinkDown(tenant, &c, health{}), "the sink was changed"); err != nil {
			return SinkShown{}, err
		}
		if err := s.release(tx, tenant, id, now); err != nil {
			return SinkShown{}, err
		}
	}
	return s.showSink(tx, tenant, c)
}

func (s *Service) ownSink(ctx context.Context, id string) (*store.Record, error) {
	for _, c := range s.o.Configured {
		if c.ID == id {
			return nil, errs.New(errs.StateForbids, "the sink %s is part of the configuration; change AIRSIDE_ALERT_SINKS_FILE", c.Name)
		}
	}
	r, err := store.From(ctx).Get(actor.Tenant(ctx), kindSink, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("alert sink", id)
	}
	return r, err
}

// DeleteSink is deleteAlertSink: what it was still to be told is forgotten.
func (s *Service) DeleteSink(ctx context.Context, in SinkRef) (struct{}, error) {
	r, err := s.ownSink(ctx, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	if err := s.clearIn(ctx, sinkDown(r.Tenant, &sink.Config{ID: r.ID}, health{}), "the sink was deleted"); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, store.From(ctx).Remove(r.Tenant, kindSink, r.ID) // pending notices find no sink and go
}

// Tested is the answer of testAlertSink.
type Tested struct {
	Sink     string `json:"sink"`
	Accepted bool   `json:"accepted"`
	Error    string `json:"error,omitempty"`
	Millis   int64  `json:"tookMillis"`
}

// TestSink is testAlertSink: it tells the sink of an alert that is none, now, once. It has transactions of
// its own. That the sink does not take it is an answer, not an error.
func (s *Service) TestSink(ctx context.Context, in SinkRef) (Tested, error) {
	tenant := actor.Tenant(ctx)
	var c sink.Config
	err := s.o.Store.View(ctx, func(ctx context.Context) (err error) {
		c, err = s.one(store.Read(ctx), tenant, in.ID)
		return err
	})
	if err != nil {
		return Tested{}, err
	}
	now := s.now(tenant)
	m := &sink.Message{
		ID: ids.UUID(), Rev: 1, At: now, Tenant: tenant, Rule: "alert-sink-test", Severity: Info, State: Open, Count: 1, First: true,
		Summary: "This is a test: the sink works", Expected: "a message arrives", Seen: "you are reading it", StartedAt: now, LastAt: now, Test: true,
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	began := clock.System().Now()
	err = s.o.Sender.Send(ctx, c, m)
	out := Tested{Sink: c.Name, Accepted: err == nil, Millis: clock.System().Now().Sub(began).Milliseconds()}
	if err != nil {
		out.Error = redact.Text(err.Error(), lineMax)
	}
	return out, nil
}
