// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const (
	tidyEvery = time.Hour
	tidyBatch = 500 // rows in one transaction: others want to write, too
)

// Tidy deletes what is out of date, notes which secrets there are, and warns of those that sign nothing. It may be
// called often and works once an hour.
func (s *Service) Tidy(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "inbox: tidy")
	now := s.o.Clock.Now().UTC()
	s.mu.Lock()
	due := now.Sub(s.tided) >= tidyEvery
	if due {
		s.tided = now
	}
	s.mu.Unlock()
	if !due || len(s.envs) == 0 {
		return nil
	}
	ctx = actor.With(ctx, &actor.Actor{Tenant: s.o.Tenant, ClientID: "inbox"})
	if err := s.watch(ctx, now); err != nil {
		return err
	}
	for _, old := range []struct {
		kind   string
		before time.Time
	}{{kindReceipt, now.Add(-keepReceipts)}, {kindRefusal, now.Add(-keepRefusals)}, {kindResource, now.Add(-keepReceipts)}} {
		if err := s.remove(ctx, old.kind, old.before); err != nil {
			return err
		}
	}
	return nil
}

// watch notes since when secrets are configured, and warns of silent ones.
func (s *Service) watch(ctx context.Context, now time.Time) error {
	return s.o.Store.Update(ctx, func(ctx context.Context) error {
		tx := store.From(ctx)
		for name, box := range s.envs {
			for _, ref := range box.references() {
				if err := s.note(tx, name, ref, now, time.Time{}); err != nil {
					return err
				}
				_, l, err := readLately(tx, s.o.Tenant, name, ref)
				if err != nil {
					return err
				}
				if l.silent(now) {
					tx.AfterCommit(func() {
						s.o.Log.WarnContext(ctx, "inbox: a signing secret has matched nothing for a week",
							slog.String("environment", name), slog.String("reference", ref))
					})
				}
			}
		}
		return nil
	})
}

// remove deletes records that were last written before a time. They are listed by when they were made, so the
// scan of what can be refreshed goes through all of them.
func (s *Service) remove(ctx context.Context, kind string, before time.Time) error {
	for offset := 0; ; {
		seen, removed := 0, 0
		err := s.o.Store.Update(ctx, func(ctx context.Context) error {
			tx := store.From(ctx)
			seen, removed = 0, 0
			var old []string
			for rec, err := range tx.List(store.Query{Tenant: s.o.Tenant, Kind: kind, Offset: offset, Limit: tidyBatch}) {
				if err != nil {
					return err
				}
				seen++
				if rec.UpdatedAt.Before(before) {
					old = append(old, rec.ID)
				}
			}
			removed = len(old)
			for _, id := range old {
				if err := tx.Remove(s.o.Tenant, kind, id); err != nil {
					return err
				}
			}
			return nil
		})
		offset += seen - removed
		if err != nil || seen < tidyBatch || kind != kindResource && removed == 0 {
			return err
		}
	}
}
