// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Event reads one event.
func (r *reader) Event(tenant, id string) (*store.Event, error) {
	k, err := r.key(tenant)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, store.ErrNotFound
	}
	got, err := r.first(tenant, sqltext.EventGet, tenant, id)
	if err != nil {
		return nil, err
	}
	if got == nil {
		return nil, store.ErrNotFound
	}
	return decodeEvent(k, tenant, got)
}

// Events yields the events of a tenant, or of one of its resources.
func (r *reader) Events(tenant, resource string) iter.Seq2[*store.Event, error] {
	query := statement(sqltext.Events, tenant)
	if resource != "" {
		query = statement(sqltext.EventsResource, tenant, resource)
	}
	return sequence(r, tenant, query, func(k *seal.Key, got row) (*store.Event, error) { return decodeEvent(k, tenant, got) })
}

func decodeEvent(k *seal.Key, tenant string, r row) (*store.Event, error) {
	e := &store.Event{
		Tenant: tenant, Seq: r.int(0), ID: r.text(1), Resource: r.text(2), ResourceVersion: r.int(3), Type: r.text(4),
		Operation: r.text(5), Company: r.text(6), BookingTMC: r.text(7), At: moment(r.int(8)),
	}
	body, err := k.Open(r.blob(9), eventPlace(e))
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, corrupt(err))
	}
	e.Body = body
	return e, nil
}

func eventPlace(e *store.Event) seal.Place {
	return seal.Place{Table: "event", ID: e.ID, Version: e.Seq}
}

// AppendEvent gives the event its place in the tenant's order.
func (t *tx) AppendEvent(e *store.Event) error {
	k, err := t.makeKey(e.Tenant)
	if err != nil {
		return err
	}
	last, err := t.first(e.Tenant, sqltext.EventLast, e.Tenant)
	if err != nil {
		return err
	}
	placed := *e
	placed.Seq = 1
	if last != nil {
		placed.Seq = last.int(0) + 1
	}
	body, err := t.seal(k, e.Body, eventPlace(&placed))
	if err != nil {
		return err
	}
	n, _, err := t.exec(e.Tenant, sqltext.EventInsert, e.Tenant, placed.Seq, e.ID, e.Resource, e.ResourceVersion, e.Type,
		e.Operation, e.Company, e.BookingTMC, micros(e.At), body)
	if err != nil {
		return err
	}
	if n == 0 {
		return store.ErrExists
	}
	e.Seq = placed.Seq
	return nil
}
