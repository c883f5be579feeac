// SPDX-License-Identifier: Apache-2.0

package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

type quiet struct{}

func (quiet) Settle(context.Context, string) (int, error) { return 0, nil }
func (quiet) Wake(string)                                 {}

// Two processes that move one clock at once do each job once, and neither moves it back.
func TestTwoMoversOfOneClock(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const jobs = 40
	if err := db.Update(t.Context(), func(ctx context.Context) error {
		var problems []error
		for i := range jobs {
			problems = append(problems, store.From(ctx).PutJob(&store.Job{Tenant: tenant, Kind: "count", Key: strconv.Itoa(i), Due: start.Add(time.Duration(i) * time.Minute)}))
		}
		return errors.Join(problems...)
	}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	done := map[string]int{}
	var wg sync.WaitGroup
	for i := range 2 {
		clocks := clock.NewTenants(clock.Func(func() time.Time { return start }))
		p := peers.New(db, 0)
		s := schedule.New(p, clocks, quiet{}, slog.New(slog.DiscardHandler))
		p.Register(peers.Clock, s.Follow)
		s.Share(p)
		s.Register("count", func(ctx context.Context, j *store.Job) error {
			store.From(ctx).AfterCommit(func() {
				mu.Lock()
				defer mu.Unlock()
				done[j.Key]++
			})
			return nil
		})
		wg.Go(func() {
			if _, err := s.MoveTo(t.Context(), tenant, start.Add(time.Duration(2-i)*time.Hour)); err != nil {
				t.Error(err)
			}
			if err := s.Refresh(t.Context(), tenant); err != nil {
				t.Error(err)
			}
			if now := clocks.Now(tenant); now.Before(start.Add(time.Hour)) {
				t.Errorf("it is %v after a move to %v at least", now, start.Add(time.Hour))
			}
		})
		defer func() {
			if err := s.Refresh(t.Context(), tenant); err != nil {
				t.Error(err)
			}
			if now := clocks.Now(tenant); !now.Equal(start.Add(2 * time.Hour)) {
				t.Errorf("process %d shows %v, want two hours later than %v", i, now, start)
			}
		}()
	}
	wg.Wait()
	for i := range jobs {
		if n := done[strconv.Itoa(i)]; n != 1 {
			t.Errorf("job %d was done %d times", i, n)
		}
	}
}
