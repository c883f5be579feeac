// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// watch is a system clock that the test moves.
type watch struct{ past atomic.Int64 }

func (w *watch) Now() time.Time          { return start.Add(time.Duration(w.past.Load())) }
func (w *watch) advance(d time.Duration) { w.past.Add(int64(d)) }
func (w *watch) tenants() *clock.Tenants { return clock.NewTenants(w) }
func (w *watch) options() outbox.Options {
	return outbox.Options{Shared: true, Lease: 15 * time.Second}
}
func (w *watch) frozen(t *rig, at time.Time) { t.clocks.Set(tenant, clock.State{Frozen: true, At: at}) }

// process is one of several on the same store.
func (w *watch) process(t *testing.T, st store.Store) *rig {
	t.Helper()
	r := &rig{store: st, clocks: w.tenants()}
	w.frozen(r, start)
	o := w.options()
	o.Store, o.Clocks, o.Companies, o.AllowInsecure = st, r.clocks, companies{}, true
	r.Service = outbox.New(o)
	t.Cleanup(r.Stop)
	return r
}

func memory(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
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

func (r *rig) balance(t *testing.T, want int) {
	t.Helper()
	got, err := r.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("holds %d partitions, want %d", got, want)
	}
}

func (r *rig) settleOwn(t *testing.T) int {
	t.Helper()
	n, err := r.SettleOwn(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inOrder fails unless each of the resources told its changes, each first seen after the one before.
func inOrder(t *testing.T, all []got, resources, changes int) {
	t.Helper()
	seen := map[string]int{}
	for i, g := range all {
		var p struct {
			PnrID   string
			Version int
		}
		decode(t, g.event.Payload, &p)
		if p.Version > seen[p.PnrID]+1 {
			t.Fatalf("request %d: %s is at %d after %d", i, p.PnrID, p.Version, seen[p.PnrID])
		}
		seen[p.PnrID] = max(seen[p.PnrID], p.Version)
	}
	for pnr, n := range seen {
		if n != changes {
			t.Errorf("%s ended at %d", pnr, n)
		}
	}
	if len(seen) != resources {
		t.Errorf("%d resources of %d", len(seen), resources)
	}
}

func (r *rig) tellMany(t *testing.T, resources, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		for i := range resources {
			r.tell(t, fmt.Sprint(1_000_000_000+i), n)
		}
	}
}

func TestProcessesShareTheLanes(t *testing.T) {
	t.Parallel()
	w, st, rec := new(watch), memory(t), newReceiver(t, nil)
	a, b := w.process(t, st), w.process(t, st)
	a.balance(t, 64)
	b.balance(t, 0) // nothing is free yet
	a.balance(t, 32)
	b.balance(t, 32)
	c := w.process(t, st)
	c.balance(t, 0)
	a.balance(t, 22)
	b.balance(t, 22)
	c.balance(t, 20)

	a.subscribe(t, rec.URL)
	a.tellMany(t, 60, 1, 2)
	var sent []int
	for _, r := range []*rig{a, b, c} {
		sent = append(sent, r.settleOwn(t))
	}
	if sent[0] == 0 || sent[1] == 0 || sent[2] == 0 || sent[0]+sent[1]+sent[2] != 120 {
		t.Errorf("sent %v", sent)
	}
	inOrder(t, rec.received(), 60, 2)

	// One that leaves hands over at once, one that is silent when its lease is over.
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.balance(t, 32)
	b.balance(t, 32)
	w.advance(16 * time.Second)
	if n := b.settleOwn(t); n != 0 {
		t.Errorf("sent %d after the lease was over", n)
	}
	a.balance(t, 64)
}

// A process that stands still past its lease and goes on: what it had under way is sent by another one,
// what it then writes is refused, and it starts nothing more.
func TestAFrozenProcessLosesAndReordersNothing(t *testing.T) {
	t.Parallel()
	const resources = 40
	ice, frozen := make(chan struct{}), make(chan struct{}, resources)
	var freezing atomic.Bool
	rec := newReceiver(t, func(int, got, http.ResponseWriter) {
		if freezing.Load() {
			frozen <- struct{}{}
			<-ice
		}
	})
	w, st := new(watch), memory(t)
	a, b := w.process(t, st), w.process(t, st)
	a.balance(t, 64)
	b.balance(t, 0)
	a.balance(t, 32)
	b.balance(t, 32)
	a.subscribe(t, rec.URL)
	a.tellMany(t, resources, 1, 3)

	freezing.Store(true)
	var wait sync.WaitGroup
	var byA int
	wait.Go(func() { byA = a.settleOwn(t) })
	for range 16 { // as many as go to one endpoint at once
		<-frozen
	}
	freezing.Store(false)
	w.advance(16 * time.Second)
	b.balance(t, 64)
	byB := b.settleOwn(t)
	if byB != 3*resources {
		t.Errorf("the other one made %d attempts", byB)
	}
	a.tellMany(t, resources, 4, 4)
	close(ice)
	wait.Wait()
	if byA != 0 {
		t.Errorf("%d attempts count of the one that stood still", byA)
	}
	if n := a.settleOwn(t); n != 0 {
		t.Errorf("it made %d more", n)
	}
	b.settleOwn(t)
	all := rec.received()
	if len(all) != 16+4*resources {
		t.Errorf("%d requests", len(all))
	}
	inOrder(t, all, resources, 4)
	for _, d := range b.deliveries(t, outbox.ListDeliveriesIn{Limit: 1000}) {
		if d.State != "DELIVERED" || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
	a.balance(t, 0)
	b.balance(t, 32)
	a.balance(t, 32)
}

// Whoever moves a clock sends everything that falls due, although other processes work on it at the same time.
func TestSettlingEverythingBesideOthers(t *testing.T) {
	t.Parallel()
	const resources, changes = 30, 5
	rec := newReceiver(t, func(n int, _ got, w http.ResponseWriter) {
		if n%20 == 7 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	w, st := new(watch), memory(t)
	a, b := w.process(t, st), w.process(t, st)
	a.balance(t, 64)
	a.subscribe(t, rec.URL)
	a.tellMany(t, resources, 1, changes)
	var wait sync.WaitGroup
	for _, r := range []*rig{a, b} {
		wait.Go(func() { r.settle(t) })
	}
	wait.Wait()
	a.advance(t, time.Hour)
	inOrder(t, rec.received(), resources, changes)
	if pending := a.deliveries(t, outbox.ListDeliveriesIn{State: "PENDING"}); len(pending) > 0 {
		t.Errorf("pending: %+v", pending)
	}
}

// A subscription that one process made or changed counts at once in the others.
func TestSubscriptionsFollowOtherProcesses(t *testing.T) {
	t.Parallel()
	w, st, rec := new(watch), memory(t), newReceiver(t, nil)
	a, b := w.process(t, st), w.process(t, st)
	count := func(when string, want int) {
		t.Helper()
		b.tell(t, "1000000001", 1)
		if n := b.settle(t); n != want {
			t.Errorf("%s: %d sent, want %d", when, n, want)
		}
	}
	count("nobody is subscribed", 0)
	c := a.subscribe(t, rec.URL)
	count("after it was made", 1)
	count("again", 1)
	if _, err := a.update(t, agency, c.ID, `{"isActive":false}`); err != nil {
		t.Fatal(err)
	}
	count("after it was paused", 0)
	if _, err := a.update(t, agency, c.ID, `{"isActive":true}`); err != nil {
		t.Fatal(err)
	}
	count("after it was resumed", 1)
	if _, err := call(t, a, agency, "deleteWebhookSubscription", a.DeleteSubscription, outbox.DeleteSubscriptionIn{ID: c.ID}); err != nil {
		t.Fatal(err)
	}
	count("after it was deleted", 0)
}

// Started processes find what others commit without being told.
func TestStartedProcessesFindTheirShare(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1000)
	rec := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	st := memory(t)
	var all []*rig
	for range 2 {
		r := &rig{store: st, clocks: clock.NewTenants(clock.System())}
		r.Service = outbox.New(outbox.Options{Store: st, Clocks: r.clocks, Companies: companies{}, AllowInsecure: true, Shared: true,
			Lease: time.Second})
		t.Cleanup(r.Stop)
		all = append(all, r)
	}
	all[0].subscribe(t, rec.URL)
	all[0].Start(t.Context())
	all[1].Start(t.Context())
	all[0].tellMany(t, 40, 1, 2)
	await := func(want int) { // a lease that is lost on a slow machine makes duplicates
		for ids := map[string]bool{}; len(ids) < want; {
			<-arrived
			for _, g := range rec.received() {
				ids[g.id] = true
			}
		}
	}
	await(80)
	inOrder(t, rec.received(), 40, 2)
	all[0].Stop()
	all[1].tellMany(t, 40, 3, 3)
	await(120)
	all[1].Stop()
	inOrder(t, rec.received(), 40, 3)
}
