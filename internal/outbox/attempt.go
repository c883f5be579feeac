// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// The acknowledge write is tried again through trouble of the store, such as a failover: without it
// the receiver gets the delivery twice.
const (
	ackWait    = 10 * time.Millisecond // doubling
	ackWaitMax = 2 * time.Second
)

// parcel is a delivery with all that sending it takes.
type parcel struct {
	delivery store.Delivery
	event    *store.Event
	sub      *stored
	letter   letter
	number   int   // of this attempt
	fence    int64 // 0: none asked for
	again    bool  // on request of the laboratory: send it a second time
	gone     bool  // nothing to send: the delivery, its event or its subscription is no more
}

// attempt loads a delivery, sends it and writes what came of it. sending is cancelled when the process
// stops; then nothing is written, as if the attempt had not been made.
func (s *Service) attempt(sending, writing context.Context, h head) (o outcome, err error) {
	writing = as(writing, h.Tenant)
	p, err := s.load(writing, h)
	if err != nil || p == nil {
		return outcome{}, err
	}
	if p.gone {
		return outcome{}, s.acknowledge(writing, func(ctx context.Context) error { return s.drop(ctx, h.Tenant, h.ID) })
	}
	if p.event.Purged {
		return outcome{}, s.acknowledge(writing, func(ctx context.Context) error { return s.bury(ctx, p) })
	}
	if !p.sub.Active && !isTest(h.Resource) {
		err = s.acknowledge(writing, func(ctx context.Context) (err error) {
			o, err = s.rest(ctx, p)
			return err
		})
		return o, err
	}
	if p.sub.Lab != nil {
		if o, done, err := s.experiment(writing, p); done || err != nil {
			return o, err
		}
	}
	if p.fence != 0 && s.leases.fence(h.Partition) != p.fence {
		return outcome{}, nil // this process stood still, and another one works on the lane
	}
	a := s.deliver(sending, p)
	if a.problem == (problem{}) && p.again {
		s.deliver(sending, p)
	}
	if a.problem != (problem{}) && sending.Err() != nil {
		return outcome{}, nil
	}
	s.options.Attempted(a.problem == (problem{}))
	err = s.acknowledge(writing, func(ctx context.Context) (err error) {
		o, err = s.note(ctx, p, a)
		return err
	})
	if o.delivered && s.pruner.due(h.Tenant, h.Endpoint) {
		s.prune(writing, h.Tenant, h.Endpoint)
	}
	return o, err
}

// as makes a context for the tenant's own business, by which engines tell what may be written side by side.
func as(ctx context.Context, tenant string) context.Context {
	return actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: "outbox"})
}

// load reads what is to be sent; nil when there is nothing to do.
func (s *Service) load(ctx context.Context, h head) (p *parcel, err error) {
	tenant, id := h.Tenant, h.ID
	err = s.store.View(ctx, func(ctx context.Context) error {
		r := store.Read(ctx)
		d, err := r.Delivery(tenant, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && d.State != store.Pending {
			return nil // deleted or done since it was found
		} else if err != nil {
			return err
		}
		p = &parcel{delivery: *d, fence: h.fence, number: 1}
		all, err := s.subs(r, tenant)
		if err == nil {
			p.event, err = r.Event(tenant, d.EventID)
		}
		if p.sub = all[d.Endpoint]; errors.Is(err, store.ErrNotFound) || err == nil && p.sub == nil {
			p.gone = true
			return nil
		} else if err != nil {
			return err
		}
		log, err := r.Attempts(tenant, id)
		if err != nil {
			return err
		}
		if n := len(log); n > 0 {
			p.number = log[n-1].N + 1
		}
		p.letter = letter{url: p.sub.URL, headers: p.sub.Headers, secrets: signing(p.sub.Secrets, s.clocks.Now(tenant)),
			standard: p.sub.Settings.Style == styleStandard, id: id, body: p.event.Body, signer: p.sub.signer}
		p.letter.traceID, p.letter.spanID = traceIDs(id, p.number)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: load delivery %s: %w", id, err)
	}
	return p, nil
}

// bury ends a delivery whose event went with a person who was purged: it is skipped, and the lane goes on.
func (s *Service) bury(ctx context.Context, p *parcel) error {
	tx := store.From(ctx)
	d, err := tx.Delivery(p.delivery.Tenant, p.delivery.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.State != store.Pending {
		return nil
	} else if err != nil {
		return err
	}
	now := s.clocks.Now(d.Tenant).UTC()
	err = tx.AppendAttempt(&store.Attempt{Tenant: d.Tenant, DeliveryID: d.ID, N: p.number, At: now, Error: purgedText})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	d.State, d.UpdatedAt = store.Skipped, now
	if err := tx.PutDelivery(d); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.courier.wake(d.Tenant, d.Endpoint) })
	return nil
}

// purgedText is what became of an event that told of somebody who was purged.
const purgedText = "not sent: the event was about a person who was purged; nothing of it is left"

// outcome is what the courier learns of an attempt.
type outcome struct {
	made      bool // it was tried and written down
	delivered bool
	more      bool      // the lane goes on to another delivery
	nextAt    time.Time // of a delivery that is tried again
	status    int
	problem   problem
}

// note writes an attempt and the delivery's new state. What another process or an operator did to the
// delivery meanwhile stands, and under an old fence nothing is written at all.
func (s *Service) note(ctx context.Context, p *parcel, a answer) (outcome, error) {
	tx := store.From(ctx)
	if p.fence != 0 {
		if err := s.leases.prove(tx, p.delivery.Partition, p.fence); errors.Is(err, errFenced) {
			return outcome{}, nil
		} else if err != nil {
			return outcome{}, err
		}
	}
	o := outcome{made: true, delivered: a.problem == (problem{}), status: a.status, problem: a.problem}
	d, err := tx.Delivery(p.delivery.Tenant, p.delivery.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.State != store.Pending || d.Attempt != p.delivery.Attempt) {
		o.more = true
		return o, nil
	} else if err != nil {
		return outcome{}, err
	}
	now := s.clocks.Now(d.Tenant).UTC()
	d.Attempt++
	d.UpdatedAt, d.NextAt, d.State = now, now, store.Delivered
	if !o.delivered {
		d.State = store.Parked
		if next, again := nextTry(d.ID, d.Attempt, now, d.Since, a.retryAfter); again {
			d.State, d.NextAt, o.nextAt = store.Pending, next, next
		}
	}
	err = tx.AppendAttempt(&store.Attempt{Tenant: d.Tenant, DeliveryID: d.ID, N: p.number, At: now, Status: a.status,
		Error: a.problem.String(), Took: a.took})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return outcome{}, err
	}
	if err := tx.PutDelivery(d); err != nil || d.State == store.Pending {
		return o, err
	}
	rest, err := deliveries(tx, store.DeliveryQuery{Tenant: d.Tenant, Endpoint: d.Endpoint, Resource: d.Resource, State: store.Pending, Limit: 1})
	o.more = len(rest) > 0
	return o, err
}

// rest puts off what was queued before its subscription became inactive. Activating it makes that due again.
func (s *Service) rest(ctx context.Context, p *parcel) (o outcome, err error) {
	tx := store.From(ctx)
	d, err := tx.Delivery(p.delivery.Tenant, p.delivery.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.State != store.Pending {
		return o, nil
	} else if err != nil {
		return o, err
	}
	now := s.clocks.Now(d.Tenant).UTC()
	if sub, err := tx.Get(d.Tenant, kindSubscription, d.Endpoint); err == nil {
		if fresh, err := decodeSubscription(sub); err == nil && fresh.Active {
			return outcome{more: true}, nil // activated meanwhile
		}
	}
	d.NextAt, d.UpdatedAt = now.Add(slowMax), now
	return outcome{nextAt: d.NextAt}, tx.PutDelivery(d)
}

// drop removes a delivery that may be gone already.
func (s *Service) drop(ctx context.Context, tenant, id string) error {
	if err := store.From(ctx).RemoveDelivery(tenant, id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// acknowledge writes until it succeeds, the store is closed or there is no more time.
func (s *Service) acknowledge(ctx context.Context, fn func(context.Context) error) error {
	for wait := ackWait; ; wait = min(2*wait, ackWaitMax) {
		err := s.store.Update(ctx, fn)
		if err == nil || errors.Is(err, store.ErrClosed) || ctx.Err() != nil {
			return err
		}
		s.options.Log.WarnContext(ctx, "outbox: an attempt could not be written down, trying again", slog.Any("error", err))
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}
