// SPDX-License-Identifier: Apache-2.0

package application_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
)

// share is how much of a quota a process takes at once.
func share(quota int) int { return min(max(quota/100, 1), 1000) }

// TestQuotaOfSeveralProcesses: processes that come, end and die on one store let through no call more than the
// quota in a day, and refuse none before the rest could be in the hands of others.
func TestQuotaOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		quota := rapid.SampledFrom([]int{1, 2, 7, 99, 250, 1000}).Draw(rt, "quota")
		nodes := []*application.Service{r.node(t)}
		id := r.make(t, nodes[0], application.Settings{RequestsPerDay: quota})
		defer func() { // so that the next one's processes have little to read
			if err := r.as(t, func(ctx context.Context) error {
				_, err := nodes[0].Delete(ctx, application.IDIn{ClientID: id})
				return err
			}); err != nil {
				rt.Error(err)
			}
		}()
		for range rapid.IntRange(0, 3).Draw(rt, "more nodes") {
			nodes = append(nodes, r.node(t))
		}
		let, lost := 0, 0
		pick := func() int { return rapid.IntRange(0, len(nodes)-1).Draw(rt, "node") }
		rt.Repeat(map[string]func(*rapid.T){
			"calls": func(rt *rapid.T) {
				n := pick()
				for range rapid.IntRange(1, 300).Draw(rt, "calls") {
					wait, err := nodes[n].Count(context.Background(), nodes[n].Find(id))
					switch {
					case err == nil:
						let++
					case code(err) != errs.QuotaReached:
						rt.Fatal(err)
					case let+lost+share(quota)*(len(nodes)-1) < quota:
						rt.Fatalf("refused after %d of %d calls; %d are lost", let, quota, lost)
					case !r.now.Add(wait).Equal(r.now.Truncate(24 * time.Hour).Add(24 * time.Hour)):
						rt.Fatalf("at %s it says to wait %s", r.now, wait)
					}
				}
			},
			"dies": func(*rapid.T) { nodes[pick()], lost = r.node(t), lost+share(quota) },
			"ends": func(rt *rapid.T) {
				n := pick()
				if err := nodes[n].GiveBack(context.Background()); err != nil {
					rt.Fatal(err)
				}
				nodes[n] = r.node(t)
				r.now = r.now.Add(6 * time.Second) // until the others ask again
			},
			"a while": func(*rapid.T) { r.now = r.now.Add(time.Minute) },
			"the next day": func(*rapid.T) {
				r.now, let, lost = r.now.Truncate(24*time.Hour).Add(24*time.Hour), 0, 0
			},
			"": func(rt *rapid.T) {
				if let > quota {
					rt.Fatalf("%d calls were let through, of %d", let, quota)
				}
			},
		})
	})
}

// TestQuotaThatChanges: what counts is the quota of now, of which the calls before are a part.
func TestQuotaThatChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.node(t), r.node(t)
	id := r.make(t, a, application.Settings{RequestsPerDay: 1000})
	r.follow(t, b)
	to := func(quota int) {
		t.Helper()
		if err := r.as(t, func(ctx context.Context) error {
			_, err := a.Update(ctx, application.UpdateIn{ClientID: id, Body: application.Settings{Name: "changed", Owner: "lena@example.com", Environment: "production", RequestsPerDay: quota}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		r.follow(t, b)
	}
	count := func(n int) (let int) {
		for i := range n {
			s := []*application.Service{a, b}[i%2]
			if _, err := s.Count(t.Context(), s.Find(id)); err == nil {
				let++
			}
		}
		return let
	}
	if n := count(30); n != 30 {
		t.Errorf("%d of 30 calls under a quota of 1000", n)
	}
	to(20)
	if n := count(10); n != 0 {
		t.Errorf("%d calls above a quota that is lower now", n)
	}
	to(40)
	if n := count(30); n != 10 {
		t.Errorf("%d more under a quota of 40, of which 30 are used", n)
	}
	to(0)
	if n := count(50); n != 50 {
		t.Errorf("%d of 50 calls without a quota", n)
	}
	to(50)
	if err := r.as(t, func(ctx context.Context) error { _, err := a.Delete(ctx, application.IDIn{ClientID: id}); return err }); err != nil {
		t.Fatal(err)
	}
	id = r.make(t, a, application.Settings{RequestsPerDay: 50})
	r.follow(t, b)
	if n := count(100); n != 50 {
		t.Errorf("%d of the new one's 50", n)
	}
}

// TestQuotaAroundMidnight: processes whose clocks differ a little count the same day, and a clock that was far
// ahead for a while locks nobody out.
func TestQuotaAroundMidnight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ahead := time.Duration(0)
	a := r.node(t)
	id := r.make(t, a, application.Settings{RequestsPerDay: 3})
	b := application.New(application.Deps{Clock: clock.Func(func() time.Time { return r.now.Add(ahead) }), Store: r.store, Credentials: r, Environments: r, Companies: r, Permits: r.engine})
	r.follow(t, b)
	let := func(s *application.Service) bool {
		_, err := s.Count(t.Context(), s.Find(id))
		return err == nil
	}
	r.now, ahead = time.Date(2026, 11, 2, 23, 59, 50, 0, time.UTC), 20*time.Second
	if !let(a) || !let(b) || !let(a) || !let(a) { // the first is of yesterday
		t.Error("three calls of the new day are not three")
	}
	if let(a) || let(b) {
		t.Error("a fourth call of the new day")
	}
	r.now = r.now.Add(20 * time.Second)
	if let(a) || let(b) {
		t.Error("both days are one, and its calls are made")
	}
	ahead = 10 * 365 * 24 * time.Hour
	if !let(b) {
		t.Error("ten years later nothing is left")
	}
	ahead = 0
	r.now = r.now.Add(10 * time.Second) // until it is asked again
	if !let(a) || !let(b) {
		t.Error("a clock that was wrong for a while locked everybody out")
	}
}

// TestQuotaGivenBack: what a process gives back others can use, once, and on the day that it was taken for.
func TestQuotaGivenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.node(t)
	id := r.make(t, a, application.Settings{RequestsPerDay: 1000})
	b := r.node(t)
	count := func(s *application.Service, most int) (let int) {
		for range most {
			if _, err := s.Count(t.Context(), s.Find(id)); err == nil {
				let++
			}
		}
		return let
	}
	back := func(s *application.Service) {
		t.Helper()
		if err := s.GiveBack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count(a, 1)
	back(a)
	back(a)
	if n := count(b, 1100); n != 999 {
		t.Errorf("%d of the 999 that are left", n)
	}
	r.now = r.now.Add(24 * time.Hour)
	count(a, 1) // of a share of ten
	r.now = r.now.Add(24 * time.Hour)
	count(b, 500)
	back(a) // of yesterday
	if n := count(b, 1100); n != 500 {
		t.Errorf("%d of the 500 that are left of today", n)
	}
	r.now = r.now.Add(24 * time.Hour)
	if n := count(a, 1); n != 1 {
		t.Error("no call of a new day")
	}
	back(a)
	if n := count(a, 1100); n != 999 {
		t.Errorf("%d of the 999 that are left, after it gave back and went on", n)
	}
}

type counting struct {
	application.Store
	n    atomic.Int64
	fail atomic.Bool
}

func (c *counting) Update(ctx context.Context, fn func(context.Context) error) error {
	c.n.Add(1)
	if c.fail.Load() {
		return errors.New("the disk is full")
	}
	return c.Store.Update(ctx, fn)
}

// TestQuotaCosts: most calls do not touch the store, whether they are let through or not; and without the store
// nobody is let through.
func TestQuotaCosts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := &counting{Store: r.store}
	s := application.New(application.Deps{Clock: clock.Func(func() time.Time { return r.now }), Store: c, Credentials: r, Environments: r, Companies: r, Permits: r.engine})
	const quota = 5000
	id := r.make(t, s, application.Settings{RequestsPerDay: quota})
	var let atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range quota / 4 {
				if _, err := s.Count(t.Context(), s.Find(id)); err == nil {
					let.Add(1)
				}
			}
		})
	}
	all.Wait()
	if let.Load() != quota || c.n.Load() > 101 {
		t.Errorf("%d of %d calls, with %d transactions", let.Load(), quota, c.n.Load())
	}
	c.fail.Store(true)
	r.now = r.now.Add(24 * time.Hour)
	if _, err := s.Count(t.Context(), s.Find(id)); code(err) != errs.StoreUnavailable {
		t.Errorf("without a store: %v", err)
	}
	c.fail.Store(false)
	if _, err := s.Count(t.Context(), s.Find(id)); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func BenchmarkCount(b *testing.B) {
	r := newRig(b)
	s := r.node(b)
	id := r.make(b, s, application.Settings{RequestsPerDay: 1 << 40})
	l := s.Find(id)
	for b.Loop() {
		if _, err := s.Count(b.Context(), l); err != nil {
			b.Fatal(err)
		}
	}
}
