// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

const (
	kindEndpoint = "outbox.endpoint"
	// What is told of endpoints goes to the event log, where no subscription asks for it.
	typeEndpoint = "WEBHOOK_ENDPOINT"
	noticesMax   = 20
)

// The states of an endpoint's breaker (schema WebhookEndpoint).
const (
	breakerClosed   = "CLOSED"
	breakerOpen     = "OPEN"
	breakerHalfOpen = "HALF_OPEN"
)

// health is what the store keeps of an endpoint, written when its breaker changes.
type health struct {
	Failures   int       `json:"failures,omitempty"`
	Trips      int       `json:"trips,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until,omitzero"` // zero: closed
	LastStatus int       `json:"lastStatus,omitempty"`
	LastError  string    `json:"lastError,omitempty"`
	Notices    []Notice  `json:"notices,omitempty"` // the newest first
	Pruned     int64     `json:"pruned,omitempty"`  // up to this event rows of delivered ones are gone
}

// Notice is the schema WebhookEndpointNotice: a change of the breaker that was told.
type Notice struct {
	At     string `json:"at"`
	State  string `json:"breaker"`
	Reason string `json:"reason"`
}

// readHealth gives the record too, nil when there is none.
func readHealth(r store.Reader, tenant, id string) (rec *store.Record, h health, err error) {
	rec, err = r.Get(tenant, kindEndpoint, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, h, nil
	}
	if err == nil {
		err = json.Unmarshal(rec.Doc, &h)
	}
	if err != nil {
		return nil, h, fmt.Errorf("outbox: endpoint %s: %w", id, err)
	}
	return rec, h, nil
}

// keepHealth changes what is kept; the subscription exists.
func keepHealth(tx store.Tx, tenant, id string, now time.Time, alter func(*health)) error {
	rec, h, err := readHealth(tx, tenant, id)
	if err != nil {
		return err
	}
	alter(&h)
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if rec == nil {
		return tx.Insert(&store.Record{Tenant: tenant, Kind: kindEndpoint, ID: id, CreatedAt: now, UpdatedAt: now, Doc: doc})
	}
	rec.Doc, rec.UpdatedAt = doc, now
	return tx.Update(rec, rec.Version)
}

// noteBreaker writes what an attempt did to a breaker, and tells when it opened or closed.
func (s *Service) noteBreaker(ctx context.Context, tenant, id string, c change, b breaker, o outcome) error {
	err := s.store.Update(as(ctx, tenant), func(ctx context.Context) error {
		tx, now := store.From(ctx), s.clocks.Now(tenant).UTC()
		sub, err := s.endpointRecord(tx, tenant, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		var told error
		err = keepHealth(tx, tenant, id, now, func(h *health) {
			h.Failures, h.Trips, h.Since, h.Until = b.failures, b.trips, b.since, b.until
			h.LastStatus, h.LastError = o.status, o.problem.String()
			switch {
			case c == closed:
				told = notify(tx, h, sub, now, breakerClosed, "an attempt succeeded")
			case b.trips == 1:
				told = notify(tx, h, sub, now, breakerOpen, fmt.Sprintf("%d attempts failed in a row: %s", b.failures, o.problem.text))
			}
		})
		return errors.Join(err, told)
	})
	if c == closed {
		err = errors.Join(err, s.release(ctx, tenant, id))
	}
	if c == opened && b.trips == 1 {
		s.options.Log.WarnContext(ctx, "outbox: an endpoint fails whatever it is sent", slog.String("subscription", id),
			slog.String("tenant", tenant), slog.String("error", o.problem.String()))
	}
	return err
}

// notify puts a notice into the list and the event log.
func notify(tx store.Tx, h *health, sub *store.Record, now time.Time, state, reason string) error {
	n := Notice{At: stamp(now), State: state, Reason: reason}
	h.Notices = append([]Notice{n}, h.Notices...)
	h.Notices = h.Notices[:min(len(h.Notices), noticesMax)]
	body, err := json.Marshal(struct {
		Subscription string `json:"subscriptionId"`
		Notice
	}{sub.ID, n})
	if err != nil {
		return err
	}
	return tx.AppendEvent(&store.Event{Tenant: sub.Tenant, ID: ids.UUID(), Resource: "WEBHOOK_ENDPOINT/" + sub.ID,
		ResourceVersion: sub.Version, Type: typeEndpoint, Operation: "BREAKER_" + state, Company: sub.Parent, At: now, Body: body})
}
