// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Announce writes the event and a delivery for each subscription that wants it into the running
// transaction, and has them sent once it is committed. Events without a taker are written too: the log
// of a resource is complete.
func (s *Service) Announce(ctx context.Context, n announce.Notice) error {
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	if n.BookingTMC == "" {
		n.BookingTMC = tenant
	}
	all, err := s.subs(tx, tenant)
	if err != nil {
		return fmt.Errorf("outbox: announce %s: %w", n.Operation, err)
	}
	var takers []string
	for id, sub := range all {
		if sub.wants(tenant, &n) {
			takers = append(takers, id)
		}
	}
	slices.Sort(takers)
	_, err = s.publish(ctx, &n, takers)
	return err
}

// publish writes the event and its deliveries, and returns the latter in the order of the takers.
func (s *Service) publish(ctx context.Context, n *announce.Notice, takers []string) ([]*store.Delivery, error) {
	tenant, now := actor.Tenant(ctx), s.now(ctx)
	if len(n.Payload) == 0 {
		return nil, fmt.Errorf("outbox: announce %s of %s: no payload", n.Operation, n.Resource)
	}
	e := &store.Event{
		Tenant: tenant, ID: ids.UUID(), Resource: n.Resource, ResourceVersion: n.Version, Type: n.Type, Operation: n.Operation,
		Company: n.Company, BookingTMC: n.BookingTMC, At: now, Body: envelope(n, now),
	}
	return s.enqueue(ctx, e, takers)
}

// enqueue writes an event with a delivery to each taker, and has them sent once the transaction is committed.
func (s *Service) enqueue(ctx context.Context, e *store.Event, takers []string) ([]*store.Delivery, error) {
	tx, now := store.From(ctx), e.At
	if err := tx.AppendEvent(e); err != nil {
		return nil, fmt.Errorf("outbox: append event: %w", err)
	}
	var out []*store.Delivery
	for _, id := range takers {
		d := &store.Delivery{
			Tenant: e.Tenant, ID: deliveryID(e.ID, id), EventID: e.ID, EventSeq: e.Seq, Endpoint: id, Resource: e.Resource,
			Partition: partition(id, e.Resource), State: store.Pending, Since: now, NextAt: now, UpdatedAt: now,
		}
		if err := tx.PutDelivery(d); err != nil {
			return nil, fmt.Errorf("outbox: queue delivery: %w", err)
		}
		out = append(out, d)
	}
	if len(out) > 0 {
		tx.AfterCommit(func() { s.courier.wake(e.Tenant, takers...) })
	}
	return out, nil
}

var _ announce.Announcer = (*Service)(nil)
