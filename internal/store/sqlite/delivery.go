// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"iter"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Delivery reads one delivery.
func (r *reader) Delivery(tenant, id string) (*store.Delivery, error) {
	got, err := r.first(tenant, sqltext.DeliveryGet, tenant, id)
	if err != nil {
		return nil, err
	}
	if got == nil {
		return nil, store.ErrNotFound
	}
	return decodeDelivery(tenant, got), nil
}

// Deliveries yields deliveries, those of the newest events first.
func (r *reader) Deliveries(q store.DeliveryQuery) iter.Seq2[*store.Delivery, error] {
	args := []any{q.Tenant, bound(q.Limit), int64(max(q.Offset, 0))}
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
	return sequence(r, q.Tenant, statement(text, args...), func(_ *seal.Key, got row) (*store.Delivery, error) {
		return decodeDelivery(q.Tenant, got), nil
	})
}

// DueDeliveries returns the heads of lanes whose time has come.
func (r *reader) DueDeliveries(tenant string, now time.Time, limit int) ([]*store.Delivery, error) {
	var due []*store.Delivery
	err := r.each(tenant, func(got row) (bool, error) {
		due = append(due, decodeDelivery(tenant, got))
		return true, nil
	}, sqltext.DeliveryDue, tenant, micros(now), bound(limit))
	return due, err
}

func decodeDelivery(tenant string, r row) *store.Delivery {
	return &store.Delivery{
		Tenant: tenant, ID: r.text(0), EventID: r.text(1), EventSeq: r.int(2), Endpoint: r.text(3), Resource: r.text(4),
		State: r.text(5), Attempt: int(r.int(6)), NextAt: moment(r.int(7)), UpdatedAt: moment(r.int(8)),
	}
}

// PutDelivery inserts a delivery or replaces the one with its id.
func (t *tx) PutDelivery(d *store.Delivery) error {
	if _, err := t.makeKey(d.Tenant); err != nil {
		return err
	}
	if d.Attempt > 0 {
		// After an attempt the delivery exists, and its keys in the indexes rarely change.
		n, _, err := t.exec(d.Tenant, sqltext.DeliveryStep, d.Tenant, d.ID, d.State, int64(d.Attempt), micros(d.NextAt),
			micros(d.UpdatedAt), d.EventID, d.EventSeq, d.Endpoint, d.Resource)
		if err != nil || n > 0 {
			return err
		}
	}
	_, _, err := t.exec(d.Tenant, sqltext.DeliveryPut, d.Tenant, d.ID, d.EventID, d.EventSeq, d.Endpoint, d.Resource,
		d.State, int64(d.Attempt), micros(d.NextAt), micros(d.UpdatedAt))
	return err
}

// RemoveDelivery deletes a delivery; its attempts stay.
func (t *tx) RemoveDelivery(tenant, id string) error {
	_, _, err := t.exec(tenant, sqltext.DeliveryDelete, tenant, id)
	return err
}

// Attempts returns the attempts of a delivery, first to last.
func (r *reader) Attempts(tenant, deliveryID string) ([]*store.Attempt, error) {
	k, err := r.key(tenant)
	if err != nil || k == nil {
		return nil, err
	}
	var list []*store.Attempt
	err = r.each(tenant, func(got row) (bool, error) {
		a := &store.Attempt{
			Tenant: tenant, DeliveryID: deliveryID, N: int(got.int(0)), At: moment(got.int(1)),
			Status: int(got.int(2)), Took: time.Duration(got.int(3)),
		}
		text, err := k.Open(got.blob(4), attemptPlace(a))
		if err != nil {
			return false, fmt.Errorf("attempt %d of %s: %w", a.N, deliveryID, corrupt(err))
		}
		a.Error = string(text)
		list = append(list, a)
		return true, nil
	}, sqltext.Attempts, tenant, deliveryID)
	return list, err
}

// AppendAttempt writes an attempt; ErrExists when its number is taken.
func (t *tx) AppendAttempt(a *store.Attempt) error {
	k, err := t.makeKey(a.Tenant)
	if err != nil {
		return err
	}
	text, err := t.seal(k, []byte(a.Error), attemptPlace(a))
	if err != nil {
		return err
	}
	n, _, err := t.exec(a.Tenant, sqltext.AttemptInsert, a.Tenant, a.DeliveryID, int64(a.N), micros(a.At), int64(a.Status),
		int64(a.Took), text)
	if err == nil && n == 0 {
		return store.ErrExists
	}
	return err
}

func attemptPlace(a *store.Attempt) seal.Place {
	return seal.Place{Table: "attempt", ID: a.DeliveryID, Version: int64(a.N)}
}
