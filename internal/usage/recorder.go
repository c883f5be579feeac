// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// maxPending bounds the pairs of client and operation that wait in memory.
const maxPending = 100_000

// Options are what a Recorder needs.
type Options struct {
	Store    store.Store
	Interval time.Duration // between two writes; a minute when zero
	// Begun is called in the transaction that writes a tenant's very first use; nil: nothing is done.
	Begun func(ctx context.Context, tenant string) error
	Log   *slog.Logger
}

// owner is whose calls a record is about.
type owner struct{ tenant, client string }

// Recorder takes requests in.
type Recorder struct {
	o       Options
	mu      sync.Mutex
	pending map[owner]map[string]*Tally
	pairs   int
	lost    map[string]Gap // by tenant
	nets    map[string]string

	writing sync.Mutex // one Flush at once
	stop    context.CancelFunc
	done    chan struct{}
}

// New makes a recorder; Start makes it write by itself.
func New(o Options) *Recorder {
	if o.Interval == 0 {
		o.Interval = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Recorder{o: o, pending: map[owner]map[string]*Tally{}, lost: map[string]Gap{}, nets: map[string]string{}}
}

// Record counts one request that was answered.
func (r *Recorder) Record(e *telemetry.Event) {
	if e.ClientID == "" || e.Tenant == "" || e.Operation == "" {
		return // nobody known, or no operation: there is no grant that it could have used
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	who := owner{e.Tenant, e.ClientID}
	ops := r.pending[who]
	u := ops[e.Operation]
	if u == nil {
		if r.pairs >= maxPending {
			r.lost[e.Tenant] = Gap{e.At.UTC(), r.lost[e.Tenant].Calls + 1}
			return
		}
		if ops == nil {
			ops = map[string]*Tally{}
			r.pending[who] = ops
		}
		u = &Tally{}
		ops[e.Operation] = u
		r.pairs++
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		u.Refused++
		return
	}
	u.add(e.At.UTC(), r.network(e.ClientIP))
}

// network is what addresses are counted by: /24 of IPv4, /48 of IPv6. r is locked.
func (r *Recorder) network(ip string) string {
	if n, ok := r.nets[ip]; ok {
		return n
	}
	if len(r.nets) >= maxPending {
		clear(r.nets)
	}
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	r.nets[ip] = p.String()
	return r.nets[ip]
}

// Start writes at each interval until Stop.
func (r *Recorder) Start(ctx context.Context) {
	ctx, r.stop = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		tick := time.NewTicker(r.o.Interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.complain(ctx, r.Flush(ctx))
			}
		}
	}()
}

// Stop ends the writing with what is left; stopping before Start writes only.
func (r *Recorder) Stop(ctx context.Context) {
	if r.stop != nil {
		r.stop()
		<-r.done
	}
	r.complain(ctx, r.Flush(ctx))
}

func (r *Recorder) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.o.Log.ErrorContext(ctx, "usage", slog.Any("error", err))
	}
}

// Flush writes what is pending, one transaction for each tenant. What cannot be written stays pending.
func (r *Recorder) Flush(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	pending, lost := r.pending, r.lost
	r.pending, r.lost, r.pairs = map[owner]map[string]*Tally{}, map[string]Gap{}, 0
	r.mu.Unlock()
	byTenant := map[string]map[string]map[string]*Tally{}
	for who, ops := range pending {
		if byTenant[who.tenant] == nil {
			byTenant[who.tenant] = map[string]map[string]*Tally{}
		}
		byTenant[who.tenant][who.client] = ops
	}
	for tenant := range lost {
		if byTenant[tenant] == nil {
			byTenant[tenant] = nil
		}
	}
	var problems []error
	for tenant, clients := range byTenant {
		if err := r.o.Store.Update(ctx, func(ctx context.Context) error { return r.write(ctx, tenant, clients, lost[tenant]) }); err != nil {
			problems = append(problems, err)
			r.again(tenant, clients, lost[tenant])
		}
	}
	return errors.Join(problems...)
}

// again puts back what could not be written.
func (r *Recorder) again(tenant string, clients map[string]map[string]*Tally, lost Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost[tenant] = Gap{later(lost.At, r.lost[tenant].At), lost.Calls + r.lost[tenant].Calls}
	for client, ops := range clients {
		who := owner{tenant, client}
		if r.pending[who] == nil {
			r.pending[who] = map[string]*Tally{}
		}
		for id, u := range ops {
			if have := r.pending[who][id]; have != nil {
				have.merge(u)
			} else if r.pairs < maxPending {
				r.pending[who][id] = u
				r.pairs++
			} else {
				r.lost[tenant] = Gap{later(u.Last, r.lost[tenant].At), r.lost[tenant].Calls + int(u.Count)}
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
