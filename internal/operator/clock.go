// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
)

// farthest is how far one call may advance a clock.
const farthest = 400 * 24 * time.Hour

// Clock is the tenant's clock as clients see it.
type Clock struct {
	Now       time.Time `json:"now"`
	Frozen    bool      `json:"frozen"`
	Offset    int64     `json:"offsetSeconds"` // ahead of real time
	Performed int       `json:"performed"`
}

func (s *Service) show(tenant string, performed int) Clock {
	now := s.o.Clocks.Now(tenant)
	ahead := now.Sub(s.o.Clocks.Base().Now()).Round(time.Second)
	return Clock{Now: now.UTC(), Frozen: s.o.Clocks.State(tenant).Frozen, Offset: int64(ahead / time.Second), Performed: performed}
}

// GetClock reads the clock.
func (s *Service) GetClock(ctx context.Context, _ struct{}) (Clock, error) {
	return s.show(actor.Tenant(ctx), 0), nil
}

// FreezeClock makes it stand.
func (s *Service) FreezeClock(ctx context.Context, _ struct{}) (Clock, error) {
	tenant := actor.Tenant(ctx)
	if err := s.o.Mover.Refresh(ctx, tenant); err != nil {
		return Clock{}, err
	}
	st := s.o.Clocks.State(tenant)
	if !st.Frozen {
		st.Frozen, st.At = true, s.o.Clocks.Now(tenant)
	}
	err := s.o.Mover.Apply(ctx, tenant, st)
	return s.show(tenant, 0), err
}

// ResumeClock lets it run again from where it stood; it does not jump back to real time.
func (s *Service) ResumeClock(ctx context.Context, _ struct{}) (Clock, error) {
	tenant := actor.Tenant(ctx)
	if err := s.o.Mover.Refresh(ctx, tenant); err != nil {
		return Clock{}, err
	}
	st := s.o.Clocks.State(tenant)
	if st.Frozen {
		st = clock.State{Offset: st.At.Sub(s.o.Clocks.Base().Now())}
	}
	err := s.o.Mover.Apply(ctx, tenant, st)
	return s.show(tenant, 0), err
}

// SetIn is the moment to show.
type SetIn struct {
	Body struct {
		Now time.Time `json:"now"`
	} `body:"json"`
}

// SetClock shows another moment: a later one performs what falls due before it, an earlier one
// performs and undoes nothing.
func (s *Service) SetClock(ctx context.Context, in SetIn) (Clock, error) {
	tenant, to := actor.Tenant(ctx), in.Body.Now.UTC()
	if err := s.o.Mover.Refresh(ctx, tenant); err != nil {
		return Clock{}, err
	}
	if !to.Before(s.o.Clocks.Now(tenant)) {
		return s.move(ctx, "/now", to)
	}
	st := s.o.Clocks.State(tenant)
	if st.Frozen {
		st.At = to
	} else {
		st.Offset = to.Sub(s.o.Clocks.Base().Now())
	}
	err := s.o.Mover.Apply(ctx, tenant, st)
	return s.show(tenant, 0), err
}

// AdvanceIn is how far to go.
type AdvanceIn struct {
	Body struct {
		Duration string `json:"duration"`
	} `body:"json"`
}

// AdvanceClock moves the clock forward and performs everything due on the way, in order.
func (s *Service) AdvanceClock(ctx context.Context, in AdvanceIn) (Clock, error) {
	d, ok := parseDuration(in.Body.Duration)
	if !ok {
		return Clock{}, errs.Invalidf("/duration", "format", "duration must be an ISO 8601 duration such as PT24H or P2DT30M")
	}
	if err := s.o.Mover.Refresh(ctx, actor.Tenant(ctx)); err != nil {
		return Clock{}, err
	}
	return s.move(ctx, "/duration", s.o.Clocks.Now(actor.Tenant(ctx)).Add(d))
}

func (s *Service) move(ctx context.Context, pointer string, to time.Time) (Clock, error) {
	tenant := actor.Tenant(ctx)
	if to.Sub(s.o.Clocks.Now(tenant)) > farthest {
		return Clock{}, errs.Invalidf(pointer, "maximum", "the clock moves at most 400 days in one call")
	}
	n, err := s.o.Mover.MoveTo(ctx, tenant, to)
	return s.show(tenant, n), err
}

// parseDuration reads the ISO 8601 form PnDTnHnMnS with whole numbers; a day is 24 hours.
func parseDuration(text string) (time.Duration, bool) {
	date, clk, _ := strings.Cut(strings.TrimPrefix(text, "P"), "T")
	var total time.Duration
	seen := false
	for _, part := range []struct {
		text  string
		units map[byte]time.Duration
	}{
		{date, map[byte]time.Duration{'D': 24 * time.Hour}},
		{clk, map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}},
	} {
		digits := ""
		for i := range len(part.text) {
			c := part.text[i]
			if c >= '0' && c <= '9' {
				digits += string(c)
				continue
			}
			unit, known := part.units[c]
			n, err := strconv.Atoi(digits)
			if !known || err != nil || time.Duration(n) > farthest/unit+1 {
				return 0, false
			}
			total += time.Duration(n) * unit
			digits, seen = "", true
		}
		if digits != "" {
			return 0, false
		}
	}
	return total, seen && strings.HasPrefix(text, "P")
}
