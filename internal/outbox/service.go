// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// Options are what a Service needs, and how it sends. The zero value of what is not a port is the
// reference's behaviour on the open net.
type Options struct {
	Store     store.Store
	Clocks    *clock.Tenants
	Companies Companies

	// AllowInsecure lets endpoints be on loopback, by plain http too. For dev only.
	AllowInsecure bool
	// Relays are the brokers that subscriptions may name instead of endpoints; nil: none.
	Relays Relays
	// AllowNetworks are private networks that endpoints may be in, by https; link-local ones stay closed.
	AllowNetworks []netip.Prefix
	// Resolver replaces the system's.
	Resolver *net.Resolver
	// RootCAs replaces the system's certificate authorities.
	RootCAs *x509.CertPool
	// Timeout is for one attempt, from dialling to the status; 40 s when zero (reference: webhook delivery).
	Timeout time.Duration
	// Drain is how long Stop waits for attempts that are under way; 5 s when zero.
	Drain time.Duration
	// Workers bounds the attempts under way, PerEndpoint those to one endpoint; 64 and 16 when zero.
	Workers, PerEndpoint int
	// Patience is how long an attempt counts as one of the workers: what waits longer costs a socket and no
	// work, and must not keep others waiting. 1 s when zero. Waiting bounds how many may; 1024 when zero.
	Patience time.Duration
	Waiting  int
	// Shared says that other processes use the same store: they divide the lanes by leases, and follow each
	// other's changes of subscriptions. Without it this costs nothing.
	Shared bool
	// Lease is how long a silent process keeps its lanes; 15 s when zero. It must be well above the difference
	// of the processes' clocks.
	Lease time.Duration
	// Keep is how many delivered rows are kept for each endpoint; 1000 when zero.
	Keep int
	// Attempted is told of every attempt and whether it delivered; nil: nobody is.
	Attempted func(delivered bool)
	// Log is told about what goes wrong inside; failures of receivers are in their attempts. Nil: nobody is.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Timeout = orDefault(o.Timeout, 40*time.Second)
	o.Drain = orDefault(o.Drain, 5*time.Second)
	o.Workers = orDefault(o.Workers, 64)
	o.PerEndpoint = orDefault(o.PerEndpoint, 16)
	o.Patience = orDefault(o.Patience, time.Second)
	o.Waiting = orDefault(o.Waiting, 1024)
	o.Keep = orDefault(o.Keep, 1000)
	o.Lease = orDefault(o.Lease, 15*time.Second)
	if o.Attempted == nil {
		o.Attempted = func(bool) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Service is the whole of webhooks out. It implements announce.Announcer.
type Service struct {
	store     store.Store
	clocks    *clock.Tenants
	companies Companies
	options   Options
	guard     guard
	cache     cache
	sender    *sender
	courier   *courier
	leases    *leases // nil unless shared
	tokens    tokens
	pruner    pruner
	owned     map[string]map[string]*stored // endpoints of the process itself, by tenant and id
}

// New makes a Service. It announces, answers operations and settles at once; Start makes it send by itself.
func New(o Options) *Service {
	o = o.withDefaults()
	s := &Service{store: o.Store, clocks: o.Clocks, companies: o.Companies, options: o, guard: guard{loopback: o.AllowInsecure, allow: o.AllowNetworks}}
	s.sender = newSender(s.guard, o)
	s.tokens.sender = s.sender
	if o.Shared {
		s.leases = newLeases(o)
	}
	s.courier = newCourier(o, s, s.leases)
	return s
}

// Load reads the subscriptions of all tenants, so that the first announcement need not; the context
// carries a read transaction, and nothing is written meanwhile.
func (s *Service) Load(ctx context.Context) error {
	r := store.Read(ctx)
	tenants, err := r.Tenants()
	if err != nil {
		return fmt.Errorf("outbox: load: %w", err)
	}
	for _, tenant := range tenants {
		all, err := s.endpoints(r, tenant)
		if err != nil {
			return fmt.Errorf("outbox: load %s: %w", tenant, err)
		}
		var change int64
		if s.options.Shared {
			if change, err = changes(r, tenant); err != nil {
				return fmt.Errorf("outbox: load %s: %w", tenant, err)
			}
		}
		s.cache.put(tenant, known{all, change})
	}
	return nil
}

func (s *Service) now(ctx context.Context) time.Time {
	return s.clocks.Now(actor.Tenant(ctx)).UTC()
}
