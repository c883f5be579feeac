// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
)

// Rate is a token bucket; the zero Rate does not limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// maxBuckets bounds the memory an attacker can make us hold; past it the whole generation is dropped
// and buckets start full again, which errs on the side of the callers.
const maxBuckets = 50_000

// bucket names what is limited: two words, so that naming it costs nothing.
type bucket struct{ kind, id string }

type limiter struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[bucket]*rate.Limiter
}

func newLimiter(c clock.Clock) *limiter {
	return &limiter{clock: c, buckets: map[bucket]*rate.Limiter{}}
}

// take draws from a bucket and says how long to wait when it is empty.
func (l *limiter) take(key bucket, r Rate) (wait time.Duration) {
	if r.PerSecond <= 0 {
		return 0
	}
	l.mu.Lock()
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			clear(l.buckets)
		}
		b = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
		l.buckets[key] = b
	}
	l.mu.Unlock()
	now := l.clock.Now()
	res := b.ReserveN(now, 1)
	if d := res.DelayFrom(now); d > 0 {
		res.CancelAt(now)
		return d
	}
	return 0
}

// rate limits each client, and each address where there is no client yet. The documented answer is
// 429 TOO_MANY_REQUESTS (error_handling page); Retry-After is ours.
func (m *Mux) rate(c *call) error {
	if c.ep.raw > 0 {
		return nil
	}
	key, r := bucket{"client", c.event.ClientID}, m.o.Rate
	if c.ep.op.Scope == tokenScope {
		key, r = bucket{"token", customer(c.event.ClientIP)}, m.o.TokenRate
	} else if c.event.ClientID == "" {
		key = bucket{"address", customer(c.event.ClientIP)}
	}
	if wait := m.limits.take(key, r); wait > 0 {
		return tooMany(c, wait)
	}
	caller := c.caller
	if caller == nil || caller.Application == nil {
		return nil
	}
	if wait := m.limits.take(bucket{"application", c.event.ClientID}, caller.Application.Rate); wait > 0 {
		return tooMany(c, wait)
	}
	wait, err := caller.Application.Count(c.ctx)
	if wait > 0 {
		c.Header().Set("Retry-After", seconds(wait))
	}
	return err
}

// customer is who an address counts as: of IPv6 the /64, for everybody has as many addresses as they like there.
func customer(ip string) string {
	if !strings.Contains(ip, ":") {
		return ip
	}
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

func tooMany(c *call, wait time.Duration) error {
	s := seconds(wait)
	c.Header().Set("Retry-After", s)
	return errs.New(errs.TooManyRequests, "too many requests; try again in %s s", s).With("retryAfterSeconds", s)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
