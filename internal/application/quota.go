// SPDX-License-Identifier: Apache-2.0

package application

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// kindQuota is how much of its day's quota was given out to processes, one record for each application.
const kindQuota = "application.quota"

// Store is where the shares of quotas are taken from, and what goes ahead of a transaction looks.
type Store interface {
	Update(ctx context.Context, fn func(ctx context.Context) error) error
	View(ctx context.Context, fn func(ctx context.Context) error) error
}

// A process takes shares of a quota from the store and counts them down in memory, so that the calls of all
// processes together are never more than the quota, and a restart gives no fresh one. What a process holds
// unused, nobody else can use: at most the hundredth part, and never more than largestShare.
const (
	shares       = 100
	largestShare = 1000
)

// askAgain is how long a process believes that a quota is used up: another process may give something back.
const askAgain = 5 * time.Second

// share is what this process holds of an application's quota.
type share struct {
	mu    sync.Mutex
	day   int64 // since 1970, UTC
	quota int   // of which it was taken
	left  int
	on    int64     // the day that it was counted for in the store
	again time.Time // when the store is asked next, after it had nothing left
}

// given is what the store knows of a quota.
type given struct {
	Day   int64 `json:"day"`
	Calls int   `json:"calls"`
}

// Count takes one call from the day's quota (UTC). QUOTA_REACHED, with the time that is left of the day;
// STORE_UNAVAILABLE when no share can be taken.
func (s *Service) Count(ctx context.Context, l *Live) (wait time.Duration, err error) {
	if l.RequestsPerDay <= 0 {
		return 0, nil
	}
	now := s.d.Clock.Now().UTC()
	day := now.Unix() / int64(24*time.Hour/time.Second)
	h := s.share(l.ClientID)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.day != day || h.quota != l.RequestsPerDay || h.left == 0 && !now.Before(h.again) {
		if err := s.take(ctx, l, h, day); err != nil {
			return 0, err
		}
		h.again = time.Time{}
		if h.left == 0 {
			h.again = now.Add(askAgain)
		}
	}
	if h.left == 0 {
		wait = now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
		return wait, errs.New(errs.QuotaReached, "this application has made its %d calls of today", l.RequestsPerDay).
			With("requestsPerDay", strconv.Itoa(l.RequestsPerDay))
	}
	h.left--
	return 0, nil
}

func (s *Service) share(client string) *share {
	s.mu.RLock()
	h := s.held[client]
	s.mu.RUnlock()
	if h != nil {
		return h
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h = s.held[client]; h == nil {
		h = &share{}
		s.held[client] = h
	}
	return h
}

// take gets a share of the day; h is locked. What is left of one that was taken before goes back.
func (s *Service) take(ctx context.Context, l *Live, h *share, day int64) error {
	got, on := 0, day
	err := s.d.Store.Update(ctx, func(ctx context.Context) error {
		g, r, err := s.given(ctx, l.tenant, l.ClientID)
		if err != nil {
			return err
		}
		on = day
		switch {
		case g.Day == day+1: // it is tomorrow already where it was taken last
			on = g.Day
		case g.Day != day:
			g = given{Day: day}
		}
		if h.on == on {
			g.Calls -= h.left
		}
		got = max(0, min(min(max(l.RequestsPerDay/shares, 1), largestShare), l.RequestsPerDay-g.Calls))
		g.Calls += got
		if got == 0 && h.left == 0 {
			return nil
		}
		return s.give(ctx, l.tenant, l.ClientID, g, r)
	})
	if err != nil {
		if errs.As(err) != nil {
			return err
		}
		return errs.New(errs.StoreUnavailable, "the quota of this application cannot be looked at now").Because(err)
	}
	h.day, h.on, h.quota, h.left = day, on, l.RequestsPerDay, got
	return nil
}

func (s *Service) given(ctx context.Context, tenant, client string) (g given, r *store.Record, err error) {
	r, err = store.From(ctx).Get(tenant, kindQuota, client)
	if errors.Is(err, store.ErrNotFound) {
		return g, nil, nil
	} else if err != nil {
		return g, nil, err
	}
	return g, r, json.Unmarshal(r.Doc, &g)
}

func (s *Service) give(ctx context.Context, tenant, client string, g given, r *store.Record) error {
	g.Calls = max(g.Calls, 0)
	doc, err := json.Marshal(g)
	if err != nil {
		return err
	}
	now := s.d.Clock.Now()
	next := &store.Record{Tenant: tenant, Kind: kindQuota, ID: client, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if r == nil {
		return store.From(ctx).Insert(next)
	}
	next.CreatedAt = r.CreatedAt
	return store.From(ctx).Update(next, r.Version)
}

// GiveBack returns what this process holds of quotas; it is for when the process ends. One that is killed loses it.
func (s *Service) GiveBack(ctx context.Context) error {
	s.mu.RLock()
	held := maps.Clone(s.held)
	s.mu.RUnlock()
	var problems []error
	for client, h := range held {
		if l := s.Find(client); l != nil {
			problems = append(problems, s.giveBack(ctx, l, h))
		}
	}
	return errors.Join(problems...)
}

func (s *Service) giveBack(ctx context.Context, l *Live, h *share) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left == 0 {
		return nil
	}
	err := s.d.Store.Update(ctx, func(ctx context.Context) error {
		g, r, err := s.given(ctx, l.tenant, l.ClientID)
		if err != nil || r == nil || g.Day != h.on {
			return err
		}
		g.Calls -= h.left
		return s.give(ctx, l.tenant, l.ClientID, g, r)
	})
	if err == nil {
		h.left, h.day = 0, 0
	}
	return err
}
