// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

func prune(t *testing.T, s store.Store) {
	write(t, s, func(tx store.Tx) error {
		for i := range 6 {
			e := event(fmt.Sprintf("e%d", i+1), "PNR/1")
			e.At = minute(i)
			k := &store.Idempotency{Tenant: tenant, Client: "c", Key: fmt.Sprint(i), Status: 200, At: minute(i)}
			if err := errors.Join(tx.AppendEvent(e), tx.PutIdempotent(k)); err != nil {
				return err
			}
		}
		other := event("e1", "PNR/1")
		other.Tenant = "tenant-b"
		return tx.AppendEvent(other)
	})
	state := func(id string, seq int64, state string, touched int) {
		d := put(t, s, id, "x", "PNR/1", seq, start)
		d.State, d.UpdatedAt = state, minute(touched)
		a := &store.Attempt{Tenant: tenant, DeliveryID: id, N: 1, At: minute(int(seq)), Status: 200}
		write(t, s, func(tx store.Tx) error { return errors.Join(tx.PutDelivery(d), tx.AppendAttempt(a)) })
	}
	state("1", 1, store.Delivered, 1)
	state("2", 2, store.Parked, 2)
	state("3", 3, store.Pending, 3)
	state("4", 4, store.Skipped, 50) // sent again long after
	write(t, s, func(tx store.Tx) error {
		return tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: "gone", N: 1, At: minute(1)})
	})
	left := func() (seqs []int64, deliveries, attempts, keys []string) {
		read(t, s, func(r store.Reader) error {
			for e, err := range r.Events(store.EventQuery{Tenant: tenant}) {
				if err != nil {
					return err
				}
				seqs = append(seqs, e.Seq)
			}
			for d, err := range r.Deliveries(store.DeliveryQuery{Tenant: tenant}) {
				if err != nil {
					return err
				}
				deliveries = append(deliveries, d.ID)
			}
			for _, id := range []string{"1", "2", "3", "4", "gone"} {
				if list, err := r.Attempts(tenant, id); err != nil {
					return err
				} else if len(list) > 0 {
					attempts = append(attempts, id)
				}
			}
			for i := range 6 {
				if _, err := r.Idempotent(tenant, "c", fmt.Sprint(i)); err == nil {
					keys = append(keys, fmt.Sprint(i))
				}
			}
			return nil
		})
		return seqs, deliveries, attempts, keys
	}
	expect := func(what string, before store.Expiry, limit, want int, seqs []int64, deliveries, attempts, keys []string) {
		t.Helper()
		n := 0
		write(t, s, func(tx store.Tx) (err error) { n, err = tx.Prune(tenant, before, limit); return err })
		same(t, what+": deleted", n, want)
		gotSeqs, gotDeliveries, gotAttempts, gotKeys := left()
		same(t, what+": events", gotSeqs, seqs)
		same(t, what+": deliveries", gotDeliveries, deliveries)
		same(t, what+": attempts", gotAttempts, attempts)
		same(t, what+": answers", gotKeys, keys)
	}
	all := []int64{1, 2, 3, 4, 5, 6}
	four := []string{"4", "3", "2", "1"}
	five := []string{"1", "2", "3", "4", "gone"}
	expect("no times", store.Expiry{}, 9, 0, all, four, five, []string{"0", "1", "2", "3", "4", "5"})
	expect("answers, two at once", store.Expiry{Answers: minute(3)}, 2, 2, all, four, five, []string{"2", "3", "4", "5"})
	expect("the rest of them", store.Expiry{Answers: minute(3)}, 2, 1, all, four, five, []string{"3", "4", "5"})
	expect("attempts", store.Expiry{Attempts: minute(9)}, 9, 3, all, four, []string{"2", "3"}, []string{"3", "4", "5"})
	expect("events", store.Expiry{Events: minute(9)}, 9, 3, []int64{2, 3, 4, 6}, []string{"4", "3", "2"}, []string{"2", "3"}, []string{"3", "4", "5"})
	expect("again", store.Expiry{Events: minute(9)}, 9, 0, []int64{2, 3, 4, 6}, []string{"4", "3", "2"}, []string{"2", "3"}, []string{"3", "4", "5"})
	next := event("e7", "PNR/1")
	write(t, s, func(tx store.Tx) error { return tx.AppendEvent(next) })
	same(t, "the next event counts on", next.Seq, 7)
	read(t, s, func(r store.Reader) error {
		_, err := r.Event("tenant-b", "e1")
		return err
	})
}
