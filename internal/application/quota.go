// SPDX-License-Identifier: Apache-2.0

package application

import (
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// day counts the calls of an application in one day (UTC). The count is this process's, and begins anew when
// it starts: a quota keeps a program that runs wild in bounds and is no invoice.
type day struct {
	date  string
	calls int
}

// maxDays bounds the map; there are as many entries as applications that called today.
const maxDays = 100_000

// Count takes one call from the day's quota. QUOTA_REACHED, with the time that is left of the day.
func (s *Service) Count(l *Live) (wait time.Duration, err error) {
	if l.RequestsPerDay <= 0 {
		return 0, nil
	}
	now := s.d.Clock.Now().UTC()
	date := now.Format(time.DateOnly)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.usage[l.ClientID]
	if d == nil || d.date != date {
		if len(s.usage) >= maxDays {
			clear(s.usage)
		}
		d = &day{date: date}
		s.usage[l.ClientID] = d
	}
	if d.calls >= l.RequestsPerDay {
		wait = now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
		return wait, errs.New(errs.QuotaReached, "this application has made its %d calls of today", l.RequestsPerDay)
	}
	d.calls++
	return 0, nil
}
