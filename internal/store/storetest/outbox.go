// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

func event(id, resource string) *store.Event {
	return &store.Event{
		Tenant: tenant, ID: id, Resource: resource, ResourceVersion: 3, Type: "PNR_V3", Operation: "BOOKING_CREATED",
		Company: "acme", BookingTMC: "tmc", At: start, Body: []byte(`{"id":"` + id + `"}`),
	}
}

func events(t *testing.T, s store.Store) {
	var want []*store.Event
	for i, resource := range []string{"PNR/1", "PNR/2", "PNR/1", "PNR/1"} {
		e := event(fmt.Sprintf("e%d", 9-i), resource)
		e.At = minute(i % 3) // clocks may be set back
		write(t, s, func(tx store.Tx) error { return tx.AppendEvent(e) })
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has sequence number %d", i, e.Seq)
		}
		want = append(want, e)
	}
	is(t, "an id twice", try(t, s, func(tx store.Tx) error { return tx.AppendEvent(event("e9", "PNR/5")) }), store.ErrExists)
	other := event("e9", "PNR/1")
	other.Tenant = "tenant-b"
	write(t, s, func(tx store.Tx) error { return tx.AppendEvent(other) })
	if other.Seq != 1 {
		t.Errorf("another tenant starts at %d", other.Seq)
	}
	collect := func(q store.EventQuery) (got []*store.Event) {
		q.Tenant = tenant
		read(t, s, func(r store.Reader) error {
			for e, err := range r.Events(q) {
				if err != nil {
					return err
				}
				got = append(got, e)
			}
			return nil
		})
		return got
	}
	for _, q := range []struct {
		store.EventQuery
		want []*store.Event
	}{
		{store.EventQuery{}, want},
		{store.EventQuery{Limit: 2}, want[:2]},
		{store.EventQuery{Resource: "PNR/1"}, []*store.Event{want[0], want[2], want[3]}},
		{store.EventQuery{Resource: "PNR/1", Limit: 1}, want[:1]},
		{store.EventQuery{From: minute(0)}, []*store.Event{want[0], want[3], want[1], want[2]}},
		{store.EventQuery{From: minute(1)}, []*store.Event{want[1], want[2]}},
		{store.EventQuery{To: minute(1)}, []*store.Event{want[0], want[3]}},
		{store.EventQuery{From: minute(0), To: minute(2), Limit: 2}, []*store.Event{want[0], want[3]}},
		{store.EventQuery{Resource: "PNR/1", From: minute(0), To: minute(2)}, []*store.Event{want[0], want[3]}},
	} {
		same(t, fmt.Sprintf("%+v", q.EventQuery), collect(q.EventQuery), q.want)
	}
	for i, e := range collect(store.EventQuery{Heads: true}) {
		head := *want[i]
		head.Body = nil
		same(t, "head of an event", e, &head)
	}
	read(t, s, func(r store.Reader) error {
		got, err := r.Event(tenant, "e7")
		same(t, "event", got, want[2])
		return err
	})
}

// put makes a pending delivery of event seq.
func put(t *testing.T, s store.Store, id, endpoint, resource string, seq int64, next time.Time) *store.Delivery {
	t.Helper()
	d := &store.Delivery{
		Tenant: tenant, ID: id, EventID: "e" + id, EventSeq: seq, Endpoint: endpoint, Resource: resource,
		State: store.Pending, Since: start, NextAt: next, UpdatedAt: start,
	}
	write(t, s, func(tx store.Tx) error { return tx.PutDelivery(d) })
	return d
}

func deliveries(t *testing.T, s store.Store) {
	a := put(t, s, "a", "x", "PNR/1", 1, start)
	b := put(t, s, "b", "x", "PNR/2", 2, start)
	c := put(t, s, "c", "y", "PNR/1", 3, start)
	a.State, a.Attempt, a.NextAt, a.UpdatedAt = store.Parked, 4, minute(3), minute(2)
	write(t, s, func(tx store.Tx) error { return tx.PutDelivery(a) })
	collect := func(q store.DeliveryQuery) (got []*store.Delivery) {
		q.Tenant = tenant
		read(t, s, func(r store.Reader) error {
			for d, err := range r.Deliveries(q) {
				if err != nil {
					return err
				}
				got = append(got, d)
			}
			return nil
		})
		return got
	}
	for _, q := range []struct {
		store.DeliveryQuery
		want []*store.Delivery
	}{
		{store.DeliveryQuery{}, []*store.Delivery{c, b, a}},
		{store.DeliveryQuery{Endpoint: "x"}, []*store.Delivery{b, a}},
		{store.DeliveryQuery{Resource: "PNR/1"}, []*store.Delivery{c, a}},
		{store.DeliveryQuery{State: store.Parked}, []*store.Delivery{a}},
		{store.DeliveryQuery{State: store.Pending}, []*store.Delivery{c, b}},
		{store.DeliveryQuery{State: "' OR 1=1 --"}, nil},
		{store.DeliveryQuery{Endpoint: "x", Resource: "PNR/2", State: store.Pending}, []*store.Delivery{b}},
		{store.DeliveryQuery{Offset: 1, Limit: 1}, []*store.Delivery{b}},
	} {
		same(t, fmt.Sprintf("%+v", q.DeliveryQuery), collect(q.DeliveryQuery), q.want)
	}
	read(t, s, func(r store.Reader) error {
		got, err := r.Delivery(tenant, "a")
		same(t, "delivery", got, a)
		return err
	})
	b.Attempt, b.Endpoint, b.EventSeq, b.Partition, b.Since = 2, "z", 9, 63, minute(1) // replaced as a whole, whatever changed
	write(t, s, func(tx store.Tx) error {
		for _, id := range []string{"b", "c"} {
			if err := tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: id, N: 1, At: start}); err != nil {
				return err
			}
		}
		if err := tx.RemoveDelivery(tenant, "nothing"); err != nil {
			t.Errorf("removing a delivery that is not there: %v", err)
		}
		if err := tx.PutDelivery(b); err != nil {
			return err
		}
		return tx.RemoveDelivery(tenant, "c")
	})
	same(t, "after changes", collect(store.DeliveryQuery{}), []*store.Delivery{b, a})
	read(t, s, func(r store.Reader) error {
		for id, want := range map[string]int{"b": 1, "c": 0} {
			list, err := r.Attempts(tenant, id)
			if err != nil {
				return err
			}
			same(t, "attempts of "+id, len(list), want)
		}
		return nil
	})
}

func dueDeliveries(t *testing.T, s store.Store) {
	due := func(now time.Time, limit int) (ids []string) {
		read(t, s, func(r store.Reader) error {
			list, err := r.DueDeliveries(store.DueQuery{Tenant: tenant, Now: now, Limit: limit})
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			return err
		})
		return ids
	}
	head := put(t, s, "1", "x", "PNR/1", 1, minute(10)) // waits for its next attempt
	put(t, s, "2", "x", "PNR/1", 2, minute(0))          // behind it
	put(t, s, "3", "y", "PNR/1", 1, minute(1))          // another endpoint
	put(t, s, "4", "x", "PNR/2", 3, minute(0))          // another resource
	put(t, s, "5", "x", "PNR/2", 3, minute(0))          // the same event again
	same(t, "at 0", due(minute(0), 0), []string{"4"})
	same(t, "before the first", due(minute(-1), 0), nil)
	same(t, "at 1", due(minute(1), 0), []string{"4", "3"})
	same(t, "at 1, one of them", due(minute(1), 1), []string{"4"})
	same(t, "at 10", due(minute(10), 0), []string{"4", "3", "1"})
	for _, state := range []string{store.Delivered, store.Parked, store.Skipped} {
		head.State, head.Attempt = state, head.Attempt+1
		write(t, s, func(tx store.Tx) error { return tx.PutDelivery(head) })
		same(t, "with a head that is "+state, due(minute(1), 0), []string{"2", "4", "3"})
	}
	head.State = store.Pending
	write(t, s, func(tx store.Tx) error { return tx.PutDelivery(head) })
	same(t, "with the head back", due(minute(1), 0), []string{"4", "3"})
	write(t, s, func(tx store.Tx) error { return tx.RemoveDelivery(tenant, "4") })
	same(t, "without 4", due(minute(1), 0), []string{"5", "3"})
}

// dueShares looks for heads in some partitions and at some endpoints only.
func dueShares(t *testing.T, s store.Store) {
	for i := range 66 {
		d := put(t, s, fmt.Sprintf("%02d", i), fmt.Sprintf("x%02d", i), "PNR/1", int64(i+1), start)
		d.Partition = i % 64
		write(t, s, func(tx store.Tx) error { return tx.PutDelivery(d) })
	}
	endpoints := func(from, to int) (list []string) {
		for i := from; i < to; i++ {
			list = append(list, fmt.Sprintf("x%02d", i))
		}
		return list
	}
	for _, q := range []struct {
		store.DueQuery
		want []string
	}{
		{store.DueQuery{Partitions: 1}, []string{"00", "64"}},
		{store.DueQuery{Partitions: 1<<63 | 1<<5}, []string{"05", "63"}},
		{store.DueQuery{Partitions: 1<<63 | 1<<5, Skip: []string{"x05"}}, []string{"63"}},
		{store.DueQuery{Partitions: 1<<5 | 1<<6 | 1<<7, Skip: endpoints(5, 7), Limit: 1}, []string{"07"}},
		{store.DueQuery{Skip: endpoints(0, 64)}, []string{"64", "65"}},
		{store.DueQuery{Skip: endpoints(1, 63), Limit: 2}, []string{"00", "63"}},
		{store.DueQuery{Skip: endpoints(1, 66), Limit: 2}, []string{"00", "65"}}, // one more than are heeded
	} {
		q.Tenant, q.Now = tenant, start
		var ids []string
		read(t, s, func(r store.Reader) error {
			list, err := r.DueDeliveries(q.DueQuery)
			for _, d := range list {
				ids = append(ids, d.ID)
			}
			return err
		})
		same(t, fmt.Sprintf("%d endpoints skipped, partitions %x", len(q.Skip), q.Partitions), ids, q.want)
	}
}

func attempts(t *testing.T, s store.Store) {
	var want []*store.Attempt
	for n := range 3 {
		a := &store.Attempt{Tenant: tenant, DeliveryID: "d", N: n + 1, At: minute(n), Status: 500 + n, Error: "no", Took: 1500 * time.Microsecond}
		write(t, s, func(tx store.Tx) error { return tx.AppendAttempt(a) })
		want = append(want, a)
	}
	is(t, "a number twice", try(t, s, func(tx store.Tx) error { return tx.AppendAttempt(want[1]) }), store.ErrExists)
	read(t, s, func(r store.Reader) error {
		got, err := r.Attempts(tenant, "d")
		same(t, "attempts", got, want)
		return err
	})
}
