// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// SkipDelivery carries out skipDelivery: the lane goes on without it. One that is under way at this moment
// may still arrive.
func (s *Service) SkipDelivery(ctx context.Context, in DeliveryIn) (Delivery, error) {
	d, err := s.delivery(ctx, in.ID)
	if err != nil {
		return Delivery{}, err
	}
	if d.State == store.Delivered {
		return Delivery{}, errs.New(errs.StateForbids, "delivery %s has arrived already", d.ID)
	}
	d.State, d.UpdatedAt = store.Skipped, s.now(ctx)
	tx := store.From(ctx)
	if err := tx.PutDelivery(d); err != nil {
		return Delivery{}, err
	}
	tx.AfterCommit(func() { s.courier.wake(d.Tenant, d.Endpoint) })
	one, _, _, err := s.describe(ctx, d)
	return one, err
}

// ResumeIn is the request of resumeWebhooks.
type ResumeIn struct {
	ID  string       `path:"subscriptionId"`
	Doc resumeFields `body:"json"`
}

type resumeFields struct {
	Resource string `json:"resource"`
	Parked   bool   `json:"replayParked"`
}

// Queued is the schema WebhookQueued: how many deliveries were put on their way.
type Queued struct {
	N    int  `json:"queued"`
	More bool `json:"more"`
}

// resumeMax is how many deliveries one call puts on their way.
const resumeMax = 10_000

// Resume carries out resumeWebhooks: what waits for a retry, or for the breaker, is due now. With parked
// ones the lanes begin at their oldest again.
func (s *Service) Resume(ctx context.Context, in ResumeIn) (Queued, error) {
	if _, err := s.find(ctx, in.ID); err != nil {
		return Queued{}, err
	}
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now(ctx)
	states := []string{store.Pending}
	if in.Doc.Parked {
		states = append(states, store.Parked)
	}
	var out Queued
	for _, state := range states {
		list, err := deliveries(tx, store.DeliveryQuery{Tenant: tenant, Endpoint: in.ID, Resource: in.Doc.Resource, State: state,
			Limit: resumeMax + 1 - out.N})
		if err != nil {
			return out, err
		}
		for _, d := range list {
			if out.N == resumeMax {
				out.More = true
				break
			}
			if d.State == store.Pending && !d.NextAt.After(now) {
				continue
			}
			if d.State == store.Parked {
				d.Attempt, d.Since = 0, now
			}
			d.State, d.NextAt, d.UpdatedAt = store.Pending, now, now
			if err := tx.PutDelivery(d); err != nil {
				return out, err
			}
			out.N++
		}
	}
	return out, s.insist(ctx, in.ID)
}

// insist closes the endpoint's breaker and has the courier look.
func (s *Service) insist(ctx context.Context, id string) error {
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	tx.AfterCommit(func() { s.courier.insist(tenant, id) })
	rec, h, err := readHealth(tx, tenant, id)
	if err != nil || rec == nil || h.Until.IsZero() {
		return err
	}
	now := s.now(ctx)
	sub, err := s.endpointRecord(tx, tenant, id)
	if err != nil {
		return err
	}
	var told error
	err = keepHealth(tx, tenant, id, now, func(h *health) {
		h.Failures, h.Trips, h.Since, h.Until = 0, 0, time.Time{}, time.Time{}
		told = notify(tx, h, sub, now, breakerClosed, "somebody asked for another try")
	})
	if err == nil {
		err = told
	}
	return err
}
