// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airside-travel/airside/internal/store"
)

// Open makes an empty store; it registers the cleanup that closes it.
type Open func(t *testing.T) store.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"InsertAndGet":        insertAndGet,
		"InsertTakenID":       insertTakenID,
		"InsertWithVersion":   insertWithVersion,
		"Update":              update,
		"UpdateWrongVersion":  updateWrongVersion,
		"Remove":              remove,
		"Reseal":              reseal,
		"Walk":                walk,
		"Absent":              absent,
		"OddIDs":              oddIDs,
		"TenantRequired":      tenantRequired,
		"TenantsIsolated":     tenantsIsolated,
		"LargeDocument":       largeDocument,
		"Unique":              unique,
		"UniqueAfterDelete":   uniqueAfterDelete,
		"UniqueIsAtomic":      uniqueIsAtomic,
		"IndexFollowsUpdates": indexFollowsUpdates,
		"FindOldestLive":      findOldestLive,
		"ListOrder":           listOrder,
		"ListFrozenClock":     listFrozenClock,
		"ListPages":           listPages,
		"ListFilters":         listFilters,
		"ListStops":           listStops,
		"ListWhileInserting":  listWhileInserting,
		"RollbackLeavesNone":  rollbackLeavesNothing,
		"PanicIsAnError":      panicIsAnError,
		"Hooks":               hooks,
		"HookPanics":          hookPanics,
		"CanceledBeforeStart": canceledBeforeStart,
		"NestedCalls":         nestedCalls,
		"EndedTransaction":    endedTransaction,
		"ReadsItsOwnWrites":   readsItsOwnWrites,
		"FailureBesideOthers": failureBesideOthers,
		"EverybodyFails":      everybodyFails,
		"SixtyFourWriters":    sixtyFourWriters,
		"Snapshot":            snapshot,
		"CloseWhileBusy":      closeWhileBusy,
		"Events":              events,
		"Deliveries":          deliveries,
		"DueDeliveries":       dueDeliveries,
		"DueShares":           dueShares,
		"Attempts":            attempts,
		"Jobs":                jobs,
		"NextDue":             nextDue,
		"Changes":             changes,
		"Audit":               auditEntries,
		"AuditPrune":          auditPrune,
		"Idempotency":         idempotency,
		"Prune":               prune,
		"Erase":               erase,
		"LongLists":           longLists,
		"Check":               check,
		"Ready":               ready,
		"Model":               model,
		"Linearizable":        linearizable,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

const tenant = "tenant-a"

// start is the first of the times used; store precision is a microsecond.
var start = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

// user is a record with an e-mail address that nobody else may have.
func user(id, email string) *store.Record {
	return &store.Record{
		Tenant: tenant, Kind: "user", ID: id, CreatedAt: start, UpdatedAt: start, Doc: []byte(`{"id":"` + id + `"}`),
		Index: []store.Entry{{Field: "user.email", Value: email, Unique: true}, {Field: "user.company", Value: "acme"}},
	}
}

func write(t *testing.T, s store.Store, fn func(tx store.Tx) error) {
	t.Helper()
	if err := try(t, s, fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func try(t *testing.T, s store.Store, fn func(tx store.Tx) error) error {
	t.Helper()
	return s.Update(t.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) })
}

func read(t *testing.T, s store.Store, fn func(r store.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), func(ctx context.Context) error { return fn(store.Read(ctx)) }); err != nil {
		t.Fatalf("View: %v", err)
	}
}

func insert(t *testing.T, s store.Store, records ...*store.Record) {
	t.Helper()
	write(t, s, func(tx store.Tx) error {
		for _, r := range records {
			if err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// get reads one record, nil when there is none.
func get(t *testing.T, s store.Store, tenant, kind, id string) (rec *store.Record) {
	t.Helper()
	read(t, s, func(r store.Reader) (err error) {
		if rec, err = r.Get(tenant, kind, id); errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return rec
}

// list gives the ids that a query yields, and checks that Count agrees with it.
func list(t *testing.T, s store.Store, q store.Query) []string {
	t.Helper()
	var got []string
	read(t, s, func(r store.Reader) error {
		for rec, err := range r.List(q) {
			if err != nil {
				return err
			}
			got = append(got, rec.ID)
		}
		n, err := r.Count(q)
		if err == nil && q.Offset == 0 && q.Limit == 0 && n != len(got) {
			t.Errorf("Count(%+v) = %d, List yields %d", q, n, len(got))
		}
		return err
	})
	return got
}

func find(t *testing.T, s store.Store, kind, field, value string) string {
	t.Helper()
	var id string
	read(t, s, func(r store.Reader) error {
		rec, err := r.Find(tenant, kind, field, value)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			id = rec.ID
		}
		return err
	})
	return id
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	// Index entries are hashed on the way in and do not come back.
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(store.Record{}, "Index", "Order"), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}
