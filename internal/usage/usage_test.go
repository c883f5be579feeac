// SPDX-License-Identifier: Apache-2.0

package usage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/usage"
)

const tenant, client = "10000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-00000000000c"

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func open(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, MasterKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func call(operation, ip string, status int, at time.Time) *telemetry.Event {
	return &telemetry.Event{Tenant: tenant, ClientID: client, Operation: operation, ClientIP: ip, Status: status, At: at}
}

func of(t testing.TB, st store.Store) (uses map[string]usage.Tally, meta usage.Meta) {
	t.Helper()
	if err := st.View(t.Context(), func(ctx context.Context) (err error) {
		if meta, err = usage.ReadMeta(store.Read(ctx), tenant); err != nil {
			return err
		}
		uses, err = usage.Of(store.Read(ctx), tenant, client)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return uses, meta
}

// What is counted in pieces is the same as what is counted at once, and refusals are no use.
func TestCounts(t *testing.T) {
	t.Parallel()
	st := open(t)
	begun := 0
	r := usage.New(usage.Options{Store: st, Begun: func(context.Context, string) error { begun++; return nil }})
	for n, e := range []*telemetry.Event{
		call("readCompany", "192.0.2.7", 200, start), call("readCompany", "192.0.2.99", 404, start.Add(time.Hour)), call("readCompany", "2001:db8:0:1::9", 200, start.Add(2*time.Hour)),
		call("readCompany", "198.51.100.1", 403, start.Add(3*time.Hour)), call("createCompany", "192.0.2.7", 429, start), call("readCompany", "no address", 200, start.Add(time.Minute)),
		{Tenant: tenant, Operation: "readCompany", Status: 200, At: start}, {ClientID: client, Operation: "readCompany", Status: 200, At: start}, {Tenant: tenant, ClientID: client, Status: 404, At: start},
	} {
		r.Record(e)
		if n%2 == 0 {
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.Stop(t.Context())
	uses, meta := of(t, st)
	want := map[string]usage.Tally{
		"readCompany":   {Count: 4, Refused: 1, First: start, Last: start.Add(2 * time.Hour), Networks: map[string]time.Time{"192.0.2.0/24": start.Add(time.Hour), "2001:db8::/48": start.Add(2 * time.Hour)}},
		"createCompany": {Refused: 1},
	}
	if d := cmp.Diff(want, uses); d != "" {
		t.Error(d)
	}
	if begun != 1 || !meta.Since.Equal(start) {
		t.Errorf("begun %d times, since %s", begun, meta.Since)
	}
}

// Networks are bounded; the latest stay.
func TestManyNetworks(t *testing.T) {
	t.Parallel()
	st := open(t)
	r := usage.New(usage.Options{Store: st})
	for n := range 200 {
		r.Record(call("readCompany", fmt.Sprintf("10.0.%d.1", n), 200, start.Add(time.Duration(n)*time.Second)))
		if n%50 == 0 {
			if err := r.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.Stop(t.Context())
	uses, _ := of(t, st)
	u := uses["readCompany"]
	if len(u.Networks) != usage.MaxNetworks || !u.More || u.Networks["10.0.199.0/24"].IsZero() || !u.Networks["10.0.1.0/24"].IsZero() || u.Count != 200 {
		t.Errorf("%+v", u)
	}
}

// broken is a store that does not take writes.
type broken struct {
	store.Store
	off bool
}

func (b *broken) Update(ctx context.Context, fn func(context.Context) error) error {
	if b.off {
		return errors.New("the disk is full")
	}
	return b.Store.Update(ctx, fn)
}

// A store that fails for a while loses nothing, and what did not fit into memory is told as a gap.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	b := &broken{Store: open(t), off: true}
	r := usage.New(usage.Options{Store: b})
	for n := range 3 {
		r.Record(call("readCompany", "192.0.2.7", 200, start.Add(time.Duration(n)*time.Minute)))
		if err := r.Flush(t.Context()); err == nil {
			t.Fatal("no error")
		}
	}
	for n := range 100_000 {
		r.Record(call(fmt.Sprint("made-up-", n), "192.0.2.7", 200, start.Add(time.Hour)))
	}
	b.off = false
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	uses, meta := of(t, b)
	if uses["readCompany"].Count != 3 || len(uses) != 100_000 {
		t.Errorf("%+v of %d", uses["readCompany"], len(uses))
	}
	if d := cmp.Diff([]usage.Gap{{At: start.Add(time.Hour), Calls: 1}}, meta.Gaps); d != "" {
		t.Error(d)
	}
}

// Requests go on while counts are written; none is lost or counted twice.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	st := open(t)
	r := usage.New(usage.Options{Store: st, Interval: time.Millisecond})
	r.Start(t.Context())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 1000 {
				r.Record(call("readCompany", "192.0.2.7", 200, start.Add(time.Duration(n)*time.Second)))
			}
		})
	}
	all.Wait()
	r.Stop(t.Context())
	if uses, _ := of(t, st); uses["readCompany"].Count != 8000 {
		t.Errorf("%+v", uses["readCompany"])
	}
}

func BenchmarkRecord(b *testing.B) {
	r := usage.New(usage.Options{Store: open(b)})
	events := make([]*telemetry.Event, 1000)
	for n := range events {
		events[n] = &telemetry.Event{Tenant: tenant, ClientID: fmt.Sprint("client-", n%40), Operation: fmt.Sprint("operation-", n%25), ClientIP: fmt.Sprintf("10.0.%d.1", n%7), Status: 200, At: start}
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.Record(events[n%len(events)])
		n++
	}
}
