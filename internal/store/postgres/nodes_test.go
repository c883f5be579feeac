// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
)

// add adds to a counter, and says so in an event and in the audit trail.
func add(ctx context.Context, tenant, id string, n int) error {
	tx := store.From(ctx)
	r, err := tx.Get(tenant, "counter", id)
	if errors.Is(err, store.ErrNotFound) {
		r = &store.Record{Tenant: tenant, Kind: "counter", ID: id, CreatedAt: at, UpdatedAt: at, Doc: []byte("0")}
		err = tx.Insert(r)
	}
	if err != nil {
		return err
	}
	had, err := strconv.Atoi(string(r.Doc))
	if err != nil {
		return err
	}
	r.Doc = []byte(strconv.Itoa(had + n))
	if err := tx.Update(r, r.Version); err != nil {
		return err
	}
	e := &store.Event{Tenant: tenant, ID: fmt.Sprint(id, "-", r.Version), Resource: "COUNTER/" + id, ResourceVersion: r.Version, At: at}
	return errors.Join(tx.AppendEvent(e), audit.Append(tx, &store.AuditEntry{Tenant: tenant, At: at, Operation: "add", Target: id}))
}

// value reads a counter, and checks that its events, in the tenant's order, show every version once.
func value(t *testing.T, s store.Store, tenant, id string) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(ctx context.Context) error {
		r, err := store.Read(ctx).Get(tenant, "counter", id)
		if err != nil {
			return err
		}
		if n, err = strconv.Atoi(string(r.Doc)); err != nil {
			return err
		}
		version, seq := int64(1), int64(0)
		for e, err := range store.Read(ctx).Events(store.EventQuery{Tenant: tenant, Resource: "COUNTER/" + id}) {
			if err != nil {
				return err
			}
			if e.ResourceVersion != version+1 || e.Seq <= seq {
				t.Errorf("event %d shows version %d after %d", e.Seq, e.ResourceVersion, version)
			}
			version, seq = e.ResourceVersion, e.Seq
		}
		if version != r.Version {
			t.Errorf("the last event shows version %d of %d", version, r.Version)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sound checks what must hold for a tenant whatever was done to it.
func sound(t *testing.T, s store.Store, tenant string) {
	t.Helper()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err := s.View(t.Context(), func(ctx context.Context) error {
		n := int64(0)
		for e, err := range store.Read(ctx).Events(store.EventQuery{Tenant: tenant}) {
			if err != nil {
				return err
			}
			if n++; e.Seq != n {
				t.Fatalf("event %d is number %d", n, e.Seq)
			}
		}
		chain, err := audit.Verify(store.Read(ctx), tenant)
		if !chain.Intact || chain.Count != n {
			t.Errorf("%d events, audit chain %+v", n, chain)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Several processes write for the same tenants at once.
func TestNodes(t *testing.T) {
	t.Parallel()
	url := database(t)
	nodes := []*postgres.Store{open(t, url), open(t, url), open(t, url)}
	const callers, each = 24, 10
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			s, tenant := nodes[c%len(nodes)], fmt.Sprint("tenant-", c%2)
			for i := range each {
				err := s.Update(as(t.Context(), tenant), func(ctx context.Context) error {
					return add(ctx, tenant, strconv.Itoa(i%2), 1)
				})
				if err != nil {
					t.Errorf("caller %d: %v", c, err)
				}
			}
		})
	}
	wg.Wait()
	for i, s := range nodes {
		for _, tenant := range []string{"tenant-0", "tenant-1"} {
			if a, b := value(t, s, tenant, "0"), value(t, s, tenant, "1"); a != callers*each/4 || b != callers*each/4 {
				t.Errorf("node %d: counters of %s are %d and %d, want %d", i, tenant, a, b, callers*each/4)
			}
			sound(t, s, tenant)
		}
	}
}

// The key of a tenant that appears at several processes at once is one key.
func TestNewTenantEverywhere(t *testing.T) {
	t.Parallel()
	url := database(t)
	nodes := []*postgres.Store{open(t, url), open(t, url), open(t, url), open(t, url)}
	for round := range 10 {
		tenant := fmt.Sprint("new-", round)
		var wg sync.WaitGroup
		for i, s := range nodes {
			wg.Go(func() {
				err := s.Update(as(t.Context(), tenant), func(ctx context.Context) error {
					return store.From(ctx).Insert(&store.Record{Tenant: tenant, Kind: "user", ID: strconv.Itoa(i), Doc: []byte("x")})
				})
				if err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		for i, s := range append(nodes, open(t, url)) {
			err := s.View(t.Context(), func(ctx context.Context) error {
				for id := range nodes {
					if _, err := store.Read(ctx).Get(tenant, "user", strconv.Itoa(id)); err != nil {
						return fmt.Errorf("record of node %d: %w", id, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("node %d: %v", i, err)
			}
		}
	}
}

// Uniqueness holds between processes, and names the holder.
func TestUniqueEverywhere(t *testing.T) {
	t.Parallel()
	url := database(t)
	nodes := []*postgres.Store{open(t, url), open(t, url)}
	var wg sync.WaitGroup
	var won, refused atomic.Int64
	for c := range 16 {
		wg.Go(func() {
			id := fmt.Sprint("u", c)
			err := nodes[c%2].Update(as(t.Context(), tenant), func(ctx context.Context) error {
				return store.From(ctx).Insert(&store.Record{
					Tenant: tenant, Kind: "user", ID: id, Index: []store.Entry{{Field: "user.email", Value: "ada@example.com", Unique: true}},
				})
			})
			dup, ok := errors.AsType[*store.DuplicateError](err)
			switch {
			case err == nil:
				won.Add(1)
			case ok && dup.ID != id && dup.ID != "":
				refused.Add(1)
			default:
				t.Errorf("caller %d: %v", c, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || refused.Load() != 15 {
		t.Errorf("%d records with one address, %d refused", won.Load(), refused.Load())
	}
}

// Tenants do not wait for each other, although one of them is in the middle of a transaction.
func TestTenantsDoNotWait(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	err := s.Update(as(t.Context(), "slow"), func(ctx context.Context) error {
		if err := add(ctx, "slow", "1", 1); err != nil {
			return err
		}
		return s.Update(as(t.Context(), "quick"), func(ctx context.Context) error { return add(ctx, "quick", "1", 1) })
	})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, s, "slow")
	sound(t, s, "quick")
}

// Transactions that use two tenants in opposite order get through, in one process and between two.
func TestOppositeOrder(t *testing.T) {
	t.Parallel()
	url := database(t)
	nodes := []*postgres.Store{open(t, url), open(t, url)}
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			a, b := "tenant-0", "tenant-1"
			if c%2 == 1 {
				a, b = b, a
			}
			for range 5 {
				err := nodes[c/2%2].Update(as(t.Context(), a), func(ctx context.Context) error {
					return errors.Join(add(ctx, a, "1", 1), add(ctx, b, "1", -1))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if a, b := value(t, nodes[0], "tenant-0", "1"), value(t, nodes[1], "tenant-1", "1"); a != 0 || b != 0 {
		t.Errorf("counters are %d and %d, want 0", a, b)
	}
	sound(t, nodes[0], "tenant-0")
	sound(t, nodes[1], "tenant-1")
}

// Whenever connections are cut, what was acknowledged happened, and happened once.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'airside'
AND pid <> pg_backend_pid() AND pid IN (
SELECT l.pid FROM pg_locks l JOIN pg_class c ON l.relation = c.oid WHERE c.relnamespace = current_schema()::regnamespace)`
	const callers, enough = 8, 12
	var cuts, audited, plain atomic.Int64
	done := make(chan struct{})
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			id := strconv.Itoa(c % 3)
			for cuts.Load() < enough && !t.Failed() {
				count, fn := &audited, func(ctx context.Context) error { return add(ctx, tenant, id, 1) }
				if c%2 == 1 { // no audit entry, so that the process's mark is what proves the commit
					count, fn = &plain, func(ctx context.Context) error { return touch(ctx, id) }
				}
				if err := s.Update(as(t.Context(), tenant), fn); err != nil {
					t.Error(err)
				}
				count.Add(1)
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			cuts.Add(int64(len(query(t, url, cut))))
			continue
		case <-done:
		}
		tick.Stop()
		break
	}
	sum, versions := int64(0), int64(0)
	for i := range 3 {
		sum += int64(value(t, s, tenant, strconv.Itoa(i)))
		err := s.View(t.Context(), func(ctx context.Context) error {
			r, err := store.Read(ctx).Get(tenant, "plain", strconv.Itoa(i))
			if err == nil {
				versions += r.Version
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if sum != audited.Load() || versions != plain.Load() {
		t.Errorf("%d and %d writes happened, %d and %d were acknowledged", sum, versions, audited.Load(), plain.Load())
	}
	sound(t, s, tenant)
}

// touch makes a record, or a new version of it.
func touch(ctx context.Context, id string) error {
	tx := store.From(ctx)
	r, err := tx.Get(tenant, "plain", id)
	if errors.Is(err, store.ErrNotFound) {
		return tx.Insert(&store.Record{Tenant: tenant, Kind: "plain", ID: id})
	}
	if err != nil {
		return err
	}
	return tx.Update(r, r.Version)
}
