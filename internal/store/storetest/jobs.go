// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

func job(kind, key string, due time.Time) *store.Job {
	return &store.Job{Tenant: tenant, Kind: kind, Key: key, Due: due, Payload: []byte(key)}
}

func jobs(t *testing.T, s store.Store) {
	due := func(now time.Time, limit int) (got []*store.Job) {
		read(t, s, func(r store.Reader) (err error) { got, err = r.DueJobs(tenant, now, limit); return err })
		return got
	}
	hold, ticket, void := job("hold", "1", minute(5)), job("ticket", "1", minute(2)), job("hold", "2", minute(2))
	write(t, s, func(tx store.Tx) error {
		for _, j := range []*store.Job{hold, ticket, void, {Tenant: "tenant-b", Kind: "hold", Key: "1", Due: start}} {
			if err := tx.PutJob(j); err != nil {
				return err
			}
		}
		return nil
	})
	same(t, "too early", due(minute(1), 0), nil)
	same(t, "at one time by kind and key", due(minute(2), 0), []*store.Job{void, ticket})
	same(t, "all", due(minute(9), 0), []*store.Job{void, ticket, hold})
	same(t, "one", due(minute(9), 1), []*store.Job{void})
	ticket.Due, ticket.Payload = minute(7), nil
	write(t, s, func(tx store.Tx) error {
		if err := tx.PutJob(ticket); err != nil {
			return err
		}
		if err := tx.RemoveJob(tenant, "hold", "nothing"); err != nil {
			t.Errorf("removing a job that is not there: %v", err)
		}
		return tx.RemoveJob(tenant, "hold", "2")
	})
	same(t, "after changes", due(minute(9), 0), []*store.Job{hold, ticket})
	read(t, s, func(r store.Reader) error {
		got, err := r.Job(tenant, "ticket", "1")
		same(t, "one job", got, ticket)
		_, gone := r.Job(tenant, "hold", "2")
		is(t, "a job that was removed", gone, store.ErrNotFound)
		return err
	})
}

func nextDue(t *testing.T, s store.Store) {
	next := func(after, want time.Time) {
		t.Helper()
		read(t, s, func(r store.Reader) error {
			got, err := r.NextDue(tenant, after)
			if !got.Equal(want) {
				t.Errorf("NextDue(%v) = %v, want %v", after, got, want)
			}
			return err
		})
	}
	next(start, time.Time{})
	write(t, s, func(tx store.Tx) error { return tx.PutJob(job("hold", "1", minute(8))) })
	next(start, minute(8))
	head := put(t, s, "1", "x", "PNR/1", 1, minute(5))
	put(t, s, "2", "x", "PNR/1", 2, minute(1)) // cannot go before the head of its lane
	next(start, minute(5))
	next(minute(4), minute(5))
	next(minute(5), minute(8))
	next(minute(8), time.Time{})
	head.State = store.Parked
	write(t, s, func(tx store.Tx) error { return tx.PutDelivery(head) })
	next(start, minute(1))
}

func auditEntries(t *testing.T, s store.Store) {
	var want []*store.AuditEntry
	for i := range int64(4) {
		e := &store.AuditEntry{
			Tenant: tenant, Seq: i + 1, At: minute(int(i)), Actor: "client/1", Operation: "updateTrip", Target: "trip/1",
			Outcome: "200", RequestID: "r", Detail: []byte(`{"n":1}`), PrevHash: []byte{byte(i)}, Hash: []byte{byte(i + 1)},
		}
		write(t, s, func(tx store.Tx) error { return tx.AppendAudit(e) })
		want = append(want, e)
	}
	is(t, "a number twice", try(t, s, func(tx store.Tx) error { return tx.AppendAudit(want[3]) }), store.ErrExists)
	read(t, s, func(r store.Reader) error {
		last, err := r.LastAudit(tenant)
		same(t, "last", last, want[3])
		if none, err := r.LastAudit("tenant-b"); none != nil || err != nil {
			t.Errorf("another tenant has %v, %v", none, err)
		}
		var got []*store.AuditEntry
		for e, err := range r.Audit(tenant, 2) {
			if err != nil {
				return err
			}
			got = append(got, e)
		}
		same(t, "from 2 on", got, want[1:])
		return err
	})
}

// The beginning of a chain can be deleted, its end cannot.
func auditPrune(t *testing.T, s store.Store) {
	write(t, s, func(tx store.Tx) error {
		for i := range int64(6) {
			for _, owner := range []string{tenant, "tenant-b"} {
				e := &store.AuditEntry{Tenant: owner, Seq: i + 1, At: start, Hash: []byte{byte(i)}}
				if err := tx.AppendAudit(e); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, step := range []struct {
		upTo        int64
		limit, want int
		left        []int64
	}{{3, 2, 2, []int64{3, 4, 5, 6}}, {3, 2, 1, []int64{4, 5, 6}}, {3, 2, 0, []int64{4, 5, 6}}, {9, 9, 2, []int64{6}}, {9, 9, 0, []int64{6}}} {
		write(t, s, func(tx store.Tx) error {
			n, err := tx.PruneAudit(tenant, step.upTo, step.limit)
			same(t, "deleted", n, step.want)
			return err
		})
		read(t, s, func(r store.Reader) error {
			for owner, want := range map[string][]int64{tenant: step.left, "tenant-b": {1, 2, 3, 4, 5, 6}} {
				var got []int64
				for e, err := range r.Audit(owner, 0) {
					if err != nil {
						return err
					}
					got = append(got, e.Seq)
				}
				same(t, "left of "+owner, got, want)
			}
			return nil
		})
	}
	write(t, s, func(tx store.Tx) error { return tx.AppendAudit(&store.AuditEntry{Tenant: tenant, Seq: 7, At: start}) })
}

func idempotency(t *testing.T, s store.Store) {
	kept := &store.Idempotency{
		Tenant: tenant, Client: "c", Key: "k", RequestHash: []byte{1, 2}, Status: 201, Body: []byte(`{"id":"1"}`), At: start,
	}
	write(t, s, func(tx store.Tx) error { return tx.PutIdempotent(kept) })
	read(t, s, func(r store.Reader) error {
		got, err := r.Idempotent(tenant, "c", "k")
		same(t, "record", got, kept)
		_, missing := r.Idempotent(tenant, "other", "k")
		is(t, "another client", missing, store.ErrNotFound)
		return err
	})
	kept.Status, kept.Body = 409, nil
	write(t, s, func(tx store.Tx) error { return tx.PutIdempotent(kept) })
	read(t, s, func(r store.Reader) error {
		got, err := r.Idempotent(tenant, "c", "k")
		same(t, "record after replacing it", got, kept)
		return err
	})
}
