// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
)

// Processes that share a database sign one audit log with one key, and drop its beginning together.
func TestNodesKeepOneTrail(t *testing.T) {
	t.Parallel()
	url := database(t)
	var now atomic.Int64 // hours
	nodes := []*postgres.Store{open(t, url), open(t, url)}
	var keepers []*keeper.Keeper
	for _, s := range nodes {
		keepers = append(keepers, keeper.New(keeper.Options{
			Store: s, Owner: "platform", Log: slog.New(slog.DiscardHandler), Keep: 24 * time.Hour,
			Clock: clock.Func(func() time.Time { return at.Add(time.Duration(now.Load()) * time.Hour) }),
		}))
	}
	var mu sync.Mutex
	roots := map[int64]tlog.Hash{}
	keys := map[string]bool{}
	sign := func(k *keeper.Keeper) error {
		signed, err := k.Checkpoint(t.Context(), tenant)
		if err != nil || signed == "" {
			return err
		}
		public, err := k.VerifierKey(t.Context())
		if err != nil {
			return err
		}
		v, err := note.NewVerifier(public)
		if err != nil {
			return err
		}
		c, err := checkpoint.Open(signed, v)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		keys[public] = true
		if r, ok := roots[c.Size]; ok && r != c.Root {
			t.Errorf("two roots of %d entries", c.Size)
		}
		roots[c.Size] = c.Root
		return nil
	}
	const rounds, each = 6, 20
	for range rounds {
		var running sync.WaitGroup
		for i := range nodes {
			running.Go(func() {
				for range each {
					if err := nodes[i].Update(t.Context(), func(ctx context.Context) error {
						return audit.Append(store.From(ctx), &store.AuditEntry{Tenant: tenant, At: at.Add(time.Duration(now.Load()) * time.Hour), Operation: "add"})
					}); err != nil {
						t.Error(err)
					}
				}
			})
			running.Go(func() {
				for range each {
					if err := sign(keepers[i]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		if err := sign(keepers[0]); err != nil {
			t.Error(err)
		}
		now.Add(6)
	}
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
	var running sync.WaitGroup
	dropped := make([]keeper.Dropped, len(nodes))
	for i := range keepers {
		running.Go(func() {
			var err error
			if dropped[i], err = keepers[i].Retain(t.Context(), tenant); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if dropped[0].First != 81 || dropped[1].First != 81 || dropped[0].Entries+dropped[1].Entries != 80 {
		t.Errorf("dropped: %+v", dropped)
	}
	for i, s := range nodes {
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.View(t.Context(), func(ctx context.Context) error {
			v, err := keepers[i].Verify(ctx, tenant)
			if !v.Intact || v.From != 81 || v.Count != 2*rounds*each+1 {
				t.Errorf("verified: %+v", v)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}
