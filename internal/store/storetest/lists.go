// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

func listOrder(t *testing.T, s store.Store) {
	for i, id := range []string{"9", "1", "5"} {
		r := user(id, id)
		r.CreatedAt = minute(i)
		insert(t, s, r)
	}
	late := user("3", "3")
	late.CreatedAt = minute(-1) // an import: older, written last
	insert(t, s, late)
	write(t, s, func(tx store.Tx) error { return tx.Update(user("9", "9"), 0) })
	for _, q := range []store.Query{{}, {Field: "user.company", Value: "acme"}} {
		q.Tenant, q.Kind = tenant, "user"
		want := []string{"3", "9", "1", "5"}
		same(t, "oldest first", list(t, s, q), want)
		q.Newest = true
		slices.Reverse(want)
		same(t, "newest first", list(t, s, q), want)
	}
}

// While a tenant's clock is frozen all times are equal; order is then the order of writing.
func listFrozenClock(t *testing.T, s store.Store) {
	want := []string{"7", "3", "9", "1", "4"}
	for _, id := range want {
		insert(t, s, user(id, id))
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), want)
	same(t, "by entry", list(t, s, store.Query{Tenant: tenant, Kind: "user", Field: "user.company", Value: "acme"}), want)
	slices.Reverse(want)
	same(t, "newest first", list(t, s, store.Query{Tenant: tenant, Kind: "user", Newest: true}), want)
}

func listPages(t *testing.T, s store.Store) {
	var all []string
	for i := range 25 {
		r := user(fmt.Sprint(i), fmt.Sprint(i))
		r.CreatedAt = minute(i)
		insert(t, s, r)
		all = append(all, r.ID)
	}
	for _, page := range []struct{ offset, limit, from, to int }{
		{0, 10, 0, 10}, {10, 10, 10, 20}, {20, 10, 20, 25}, {25, 10, 25, 25}, {40, 1, 25, 25}, {3, 0, 3, 25}, {0, 0, 0, 25},
	} {
		got := list(t, s, store.Query{Tenant: tenant, Kind: "user", Offset: page.offset, Limit: page.limit})
		same(t, fmt.Sprintf("%+v", page), got, all[page.from:page.to])
	}
	read(t, s, func(r store.Reader) error {
		n, err := r.Count(store.Query{Tenant: tenant, Kind: "user", Offset: 5, Limit: 3, Newest: true})
		if n != 25 {
			t.Errorf("Count = %d, want 25 whatever the page", n)
		}
		return err
	})
}

func listFilters(t *testing.T, s store.Store) {
	for i, r := range []struct {
		id, parent, company string
		deleted             bool
	}{{"1", "p", "acme", false}, {"2", "p", "zen", false}, {"3", "q", "acme", false}, {"4", "p", "acme", true}, {"5", "", "acme", false}} {
		insert(t, s, &store.Record{
			Tenant: tenant, Kind: "trip", ID: r.id, Parent: r.parent, Deleted: r.deleted, CreatedAt: minute(i),
			Index: []store.Entry{{Field: "trip.company", Value: r.company}},
		})
	}
	insert(t, s, &store.Record{Tenant: tenant, Kind: "pnr", ID: "1", Parent: "p", Index: []store.Entry{{Field: "trip.company", Value: "acme"}}})
	for _, c := range []struct {
		q    store.Query
		want []string
	}{
		{store.Query{}, []string{"1", "2", "3", "5"}},
		{store.Query{Deleted: true}, []string{"1", "2", "3", "4", "5"}},
		{store.Query{Parent: "p"}, []string{"1", "2"}},
		{store.Query{Parent: "p", Deleted: true}, []string{"1", "2", "4"}},
		{store.Query{Only: true}, []string{"4"}},
		{store.Query{Parent: "p", Only: true}, []string{"4"}},
		{store.Query{Parent: "q", Only: true}, nil},
		{store.Query{Field: "trip.company", Value: "acme", Only: true}, []string{"4"}},
		{store.Query{Parent: "p", Newest: true}, []string{"2", "1"}},
		{store.Query{Parent: "x"}, nil},
		{store.Query{Field: "trip.company", Value: "acme"}, []string{"1", "3", "5"}},
		{store.Query{Field: "trip.company", Value: "acme", Parent: "p"}, []string{"1"}},
		{store.Query{Field: "trip.company", Value: "acme", Parent: "p", Deleted: true, Newest: true}, []string{"4", "1"}},
		{store.Query{Field: "trip.company", Value: "ACME"}, nil},
		{store.Query{Field: "trip.other", Value: "acme"}, nil},
	} {
		c.q.Tenant, c.q.Kind = tenant, "trip"
		same(t, fmt.Sprintf("%+v", c.q), list(t, s, c.q), c.want)
		read(t, s, func(r store.Reader) error {
			n, err := r.Count(c.q)
			if n != len(c.want) {
				t.Errorf("%+v: counted %d, want %d", c.q, n, len(c.want))
			}
			return err
		})
	}
}

func listStops(t *testing.T, s store.Store) {
	for i := range 5 {
		insert(t, s, user(fmt.Sprint(i), fmt.Sprint(i)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.View(ctx, func(ctx context.Context) error {
		r, n := store.Read(ctx), 0
		for range r.List(store.Query{Tenant: tenant, Kind: "user"}) {
			if n++; n == 2 {
				break
			}
		}
		if _, err := r.Get(tenant, "user", "1"); err != nil {
			t.Errorf("Get after leaving a loop: %v", err)
		}
		cancel()
		for _, err := range r.List(store.Query{Tenant: tenant, Kind: "user"}) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	is(t, "listing after the caller has gone", err, context.Canceled)
}

// What is listed while others insert is a prefix of the final order, and Count agrees with it.
func listWhileInserting(t *testing.T, s store.Store) {
	const writers, each = 8, 20
	var wg sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				if err := try(t, s, func(tx store.Tx) error { return tx.Insert(user(id, id)) }); err != nil {
					t.Errorf("insert %s: %v", id, err)
				}
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	q := store.Query{Tenant: tenant, Kind: "user"}
	var seen [][]string
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		seen = append(seen, list(t, s, q))
	}
	final := list(t, s, q)
	if len(final) != writers*each {
		t.Fatalf("%d records, want %d", len(final), writers*each)
	}
	for _, got := range seen {
		if !slices.Equal(got, final[:len(got)]) {
			t.Fatalf("%d records were listed that are not the first of the final order", len(got))
		}
	}
}
