// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Event reads one event.
func (r Reader) Event(tenant, id string) (*store.Event, error) {
	return one(r, tenant, event(tenant, false), sqltext.EventGet, tenant, id)
}

// Events yields the events of a tenant, or of one of its resources.
func (r Reader) Events(q store.EventQuery) iter.Seq2[*store.Event, error] {
	text, args := sqltext.Events, []any{q.Tenant}
	timed := !q.From.IsZero() || !q.To.IsZero()
	switch {
	case q.Resource != "" && timed:
		text, args = sqltext.EventsTimeResource, append(args, q.Resource)
	case q.Resource != "":
		text, args = sqltext.EventsResource, append(args, q.Resource)
	case timed:
		text = sqltext.EventsTime
	}
	args = append(args, Bound(q.Limit))
	if timed {
		to := int64(math.MaxInt64)
		if !q.To.IsZero() {
			to = Micros(q.To)
		}
		args = append(args, Micros(q.From), to)
	}
	return sequence(r, q.Tenant, statement(text, args...), event(q.Tenant, q.Heads))
}

func event(tenant string, head bool) func(*seal.Key, Row) (*store.Event, error) {
	return func(k *seal.Key, r Row) (*store.Event, error) {
		e := &store.Event{
			Tenant: tenant, Seq: r.Int(0), ID: r.Text(1), Resource: r.Text(2), ResourceVersion: r.Int(3), Type: r.Text(4),
			Operation: r.Text(5), Company: r.Text(6), BookingTMC: r.Text(7), At: Moment(r.Int(8)),
		}
		if head {
			return e, nil
		}
		body, err := k.Open(r.Blob(9), EventPlace(e))
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.ID, Corrupt(err))
		}
		e.Body = body
		return e, nil
	}
}

// EventPlace is where a body is sealed for.
func EventPlace(e *store.Event) seal.Place {
	return seal.Place{Table: "event", ID: e.ID, Version: e.Seq}
}

// EventArgs are the arguments of sqltext.EventInsert.
func EventArgs(e *store.Event, body []byte) []any {
	return []any{
		e.Tenant, e.Seq, e.ID, e.Resource, e.ResourceVersion, e.Type, e.Operation, e.Company, e.BookingTMC, Micros(e.At), body,
	}
}

// Delivery reads one delivery.
func (r Reader) Delivery(tenant, id string) (*store.Delivery, error) {
	return one(r, tenant, delivery(tenant), sqltext.DeliveryGet, tenant, id)
}

// Deliveries yields deliveries, those of the newest events first.
func (r Reader) Deliveries(q store.DeliveryQuery) iter.Seq2[*store.Delivery, error] {
	args := []any{q.Tenant, Bound(q.Limit), int64(max(q.Offset, 0))}
	if q.Endpoint != "" {
		args = append(args, q.Endpoint)
	}
	if q.Resource != "" {
		args = append(args, q.Resource)
	}
	switch q.State {
	case "", store.Pending, store.Delivered, store.Parked, store.Skipped:
	default: // the state is part of the statement, so only known ones may get there
		return func(func(*store.Delivery, error) bool) {}
	}
	text := sqltext.Deliveries{Endpoint: q.Endpoint != "", Resource: q.Resource != "", State: q.State}.Select()
	return sequence(r, q.Tenant, statement(text, args...), delivery(q.Tenant))
}

// DueDeliveries returns the heads of lanes whose time has come.
func (r Reader) DueDeliveries(q store.DueQuery) ([]*store.Delivery, error) {
	text := sqltext.Due{Partitions: q.Partitions != 0, Skip: min(len(q.Skip), store.DueSkipMax)}.Rounded()
	args := []any{q.Tenant, Micros(q.Now), Bound(q.Limit)}
	if text.Partitions {
		args = append(args, int64(q.Partitions)) //nolint:gosec // bits
	}
	for i := range text.Skip {
		args = append(args, q.Skip[min(i, len(q.Skip)-1)])
	}
	return all(r, q.Tenant, delivery(q.Tenant), text.Select(), args...)
}

func delivery(tenant string) func(*seal.Key, Row) (*store.Delivery, error) {
	return func(_ *seal.Key, r Row) (*store.Delivery, error) {
		return &store.Delivery{
			Tenant: tenant, ID: r.Text(0), EventID: r.Text(1), EventSeq: r.Int(2), Endpoint: r.Text(3), Resource: r.Text(4),
			State: r.Text(5), Attempt: int(r.Int(6)), NextAt: Moment(r.Int(7)), UpdatedAt: Moment(r.Int(8)), Partition: int(r.Int(9)),
			Since: Moment(r.Int(10)),
		}, nil
	}
}

// PutArgs are the arguments of sqltext.DeliveryPut.
func PutArgs(d *store.Delivery) []any {
	return []any{
		d.Tenant, d.ID, d.EventID, d.EventSeq, d.Endpoint, d.Resource, d.State, int64(d.Attempt), Micros(d.NextAt), Micros(d.UpdatedAt),
		int64(d.Partition), Micros(d.Since),
	}
}

// StepArgs are the arguments of sqltext.DeliveryStep.
func StepArgs(d *store.Delivery) []any {
	return []any{
		d.Tenant, d.ID, d.State, int64(d.Attempt), Micros(d.NextAt), Micros(d.UpdatedAt), d.EventID, d.EventSeq, d.Endpoint, d.Resource,
		int64(d.Partition), Micros(d.Since),
	}
}

// Attempts returns the attempts of a delivery, first to last.
func (r Reader) Attempts(tenant, deliveryID string) ([]*store.Attempt, error) {
	return all(r, tenant, func(k *seal.Key, got Row) (*store.Attempt, error) {
		a := &store.Attempt{
			Tenant: tenant, DeliveryID: deliveryID, N: int(got.Int(0)), At: Moment(got.Int(1)),
			Status: int(got.Int(2)), Took: time.Duration(got.Int(3)),
		}
		text, err := k.Open(got.Blob(4), AttemptPlace(a))
		if err != nil {
			return nil, fmt.Errorf("attempt %d of %s: %w", a.N, deliveryID, Corrupt(err))
		}
		a.Error = string(text)
		return a, nil
	}, sqltext.Attempts, tenant, deliveryID)
}

// AttemptPlace is where an error is sealed for.
func AttemptPlace(a *store.Attempt) seal.Place {
	return seal.Place{Table: "attempt", ID: a.DeliveryID, Version: int64(a.N)}
}

// AttemptArgs are the arguments of sqltext.AttemptInsert.
func AttemptArgs(a *store.Attempt, text []byte) []any {
	return []any{a.Tenant, a.DeliveryID, int64(a.N), Micros(a.At), int64(a.Status), int64(a.Took), text}
}
