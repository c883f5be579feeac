// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// changes are counted by thing and tenant, once for each commit and not at all for what was rolled back.
func changes(t *testing.T, s store.Store) {
	counted := func(what, tenant string, want map[string]int64) {
		t.Helper()
		read(t, s, func(r store.Reader) error {
			got, err := r.Changes(tenant)
			same(t, what, got, want)
			return err
		})
	}
	count := func(name string, want int64) {
		t.Helper()
		write(t, s, func(tx store.Tx) error {
			n, err := tx.Change(tenant, name)
			if n != want {
				t.Errorf("change %d of %s is number %d", want, name, n)
			}
			return err
		})
	}
	counted("of a tenant that has nothing", tenant, nil)
	count("clock", 1)
	count("clock", 2)
	count("seats", 1)
	refused := errors.New("refused")
	err := try(t, s, func(tx store.Tx) error {
		_, err := tx.Change(tenant, "clock")
		return errors.Join(err, refused)
	})
	is(t, "a change that was rolled back", err, refused)
	counted("after the commits", tenant, map[string]int64{"clock": 2, "seats": 1})
	counted("of another tenant", "tenant-b", nil)
	write(t, s, func(tx store.Tx) error {
		got, err := tx.Changes(tenant)
		same(t, "in a write", got, map[string]int64{"clock": 2, "seats": 1})
		return err
	})

	const callers, each = 8, 5
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]int{}
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				var n int64
				err := s.Update(t.Context(), func(ctx context.Context) (err error) {
					n, err = store.From(ctx).Change(tenant, "busy")
					if err == nil && (c+i)%3 == 0 {
						err = refused
					}
					return err
				})
				if err == nil {
					mu.Lock()
					seen[n]++
					mu.Unlock()
				} else if !errors.Is(err, refused) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for n := range int64(len(seen)) {
		if seen[n+1] != 1 {
			t.Errorf("%d commits have the number %d of %d", seen[n+1], n+1, len(seen))
		}
	}
	counted("after many at once", tenant, map[string]int64{"clock": 2, "seats": 1, "busy": int64(len(seen))})
}
