// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

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
	letter   letter
	number   int       // of this attempt
	since    time.Time // when its two weeks began
	gone     bool      // nothing to send: the delivery, its event or its subscription is no more
}

// attempt loads a delivery, sends it and writes what came of it. sending is cancelled when the process
// stops; then nothing is written, as if the attempt had not been made.
func (s *Service) attempt(sending, writing context.Context, tenant, id string) (o outcome, err error) {
	p, err := s.load(writing, tenant, id)
	if err != nil || p == nil {
		return outcome{}, err
	}
	if p.gone {
		return outcome{}, s.acknowledge(writing, func(ctx context.Context) error { return s.drop(ctx, tenant, id) })
	}
	a := s.sender.send(sending, &p.letter)
	if a.problem != "" && sending.Err() != nil {
		return outcome{}, nil
	}
	err = s.acknowledge(writing, func(ctx context.Context) (err error) {
		o, err = s.note(ctx, p, a)
		return err
	})
	if o.delivered && s.pruner.due(tenant, p.delivery.Endpoint) {
		s.prune(writing, tenant, p.delivery.Endpoint)
	}
	return o, err
}

// load reads what is to be sent; nil when there is nothing to do.
func (s *Service) load(ctx context.Context, tenant, id string) (p *parcel, err error) {
	err = s.store.View(ctx, func(ctx context.Context) error {
		r := store.Read(ctx)
		d, err := r.Delivery(tenant, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && d.State != store.Pending {
			return nil // deleted or done since it was found
		} else if err != nil {
			return err
		}
		p = &parcel{delivery: *d}
		sub, err := s.subscription(r, tenant, d.Endpoint)
		var e *store.Event
		if err == nil {
			e, err = r.Event(tenant, d.EventID)
		}
		if errors.Is(err, store.ErrNotFound) {
			p.gone = true
			return nil
		} else if err != nil {
			return err
		}
		log, err := r.Attempts(tenant, id)
		if err != nil {
			return err
		}
		p.number, p.since = 1, e.At
		if n := len(log); n > 0 {
			p.number = log[n-1].N + 1
		}
		if d.Attempt < len(log) { // replayed: a new budget begins with the first attempt since
			p.since = s.clocks.Now(tenant)
			if d.Attempt > 0 {
				p.since = log[len(log)-d.Attempt].At
			}
		}
		p.letter = letter{url: sub.URL, headers: sub.Headers, secrets: signing(sub.Secrets, s.clocks.Now(tenant)), id: id, body: e.Body}
		p.letter.traceID, p.letter.spanID = traceIDs(id, p.number)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: load delivery %s: %w", id, err)
	}
	return p, nil
}

func (s *Service) subscription(r store.Reader, tenant, id string) (*stored, error) {
	if known := s.cache.get(tenant); known != nil && known[id] != nil {
		return known[id], nil
	}
	rec, err := r.Get(tenant, kindSubscription, id)
	if err != nil {
		return nil, err
	}
	return decodeSubscription(rec)
}

// outcome is what the courier learns of an attempt.
type outcome struct {
	made      bool // it was tried and written down
	delivered bool
	nextAt    time.Time // of a delivery that failed and is tried again
}

// note writes an attempt and the delivery's new state, unless it was deleted meanwhile.
func (s *Service) note(ctx context.Context, p *parcel, a answer) (outcome, error) {
	tx, d := store.From(ctx), p.delivery
	if now, err := tx.Delivery(d.Tenant, d.ID); errors.Is(err, store.ErrNotFound) || err == nil && now.State != store.Pending {
		return outcome{made: true}, nil
	} else if err != nil {
		return outcome{}, err
	}
	now := s.clocks.Now(d.Tenant).UTC()
	d.Attempt++
	d.UpdatedAt, d.NextAt, d.State = now, now, store.Delivered
	o := outcome{made: true, delivered: a.problem == ""}
	if !o.delivered {
		d.State = store.Parked
		if next, again := nextTry(d.ID, d.Attempt, now, p.since, a.retryAfter); again {
			d.State, d.NextAt, o.nextAt = store.Pending, next, next
		}
	}
	err := tx.AppendAttempt(&store.Attempt{Tenant: d.Tenant, DeliveryID: d.ID, N: p.number, At: now, Status: a.status,
		Error: a.problem, Took: a.took})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return outcome{}, err
	}
	return o, tx.PutDelivery(&d)
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
