// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "tenant-a"

// What is kept follows the tenant's clock, and more than one transaction's worth goes at once.
func TestPrune(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clocks := clock.NewTenants(clock.Func(func() time.Time { return now }))
	s := schedule.New(db, clocks, nil, slog.New(slog.DiscardHandler))
	if err := db.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		var problems []error
		for i := range 700 {
			problems = append(problems, tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: strconv.Itoa(i), At: now}))
		}
		for i := range 2 {
			id := strconv.Itoa(i)
			problems = append(problems,
				tx.AppendEvent(&store.Event{Tenant: tenant, ID: id, Resource: "PNR/1", At: now}),
				tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: id, N: 1, At: now}))
		}
		return errors.Join(problems...)
	}); err != nil {
		t.Fatal(err)
	}
	prune := func(after time.Duration) int {
		t.Helper()
		clocks.Set(tenant, clock.State{Offset: after})
		n, err := s.Prune(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const day = 24 * time.Hour
	var got []int
	for _, after := range []time.Duration{day, day + time.Second, 30 * day, 30*day + time.Second, 90 * day, 90*day + time.Second, 900 * day} {
		got = append(got, prune(after))
	}
	if d := cmp.Diff([]int{0, 700, 0, 2, 0, 1, 0}, got); d != "" {
		t.Errorf("deleted after 1, 30 and 90 days and a second more each: %s", d)
	}
}
