// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// ErrBroken says that a trail is not in order, so that nothing about it is signed or dropped any more.
var ErrBroken = errors.New("keeper: the audit trail is not in order")

// Options is what a keeper is wired with.
type Options struct {
	Store store.Store
	Clock clock.Clock // system time, as in the entries
	Log   *slog.Logger
	Owner string // the tenant under which the key is kept

	Interval time.Duration // between checkpoints; 0 makes none by itself
	Keep     time.Duration // how old entries may become; 0 keeps all
	Dir      string        // where copies of checkpoints go; none when empty
	URL      string        // where they are sent; nowhere when empty
	Archive  string        // where entries go that are dropped; nowhere when empty
	Client   *http.Client  // for URL; the default one when nil
	// Before is called every minute, and before the last checkpoint: what is still to be written to trails.
	Before func(ctx context.Context) error
	// Failed is told when a trail cannot be signed; broken: because it was tampered with. Nil: nobody is.
	Failed func(tenant string, broken bool, err error)
	// Ticks gives the ticks of an interval and what ends them; those of real time when nil.
	Ticks func(time.Duration) (ticks <-chan time.Time, stop func())
}

const (
	beforeEvery = time.Minute // how often Before is called
	retainEvery = time.Hour   // how often the keeper looks for what is too old
)

// Keeper does it for all tenants.
type Keeper struct {
	o     Options
	sinks []sink

	mu   sync.Mutex
	key  *key
	seen map[string]int64 // tenant -> entries under its newest checkpoint
	told map[string]error // what was said about a tenant that is not in order
	away map[string]said  // what was said about copies, by sink and tenant; passing guards it

	passing sync.Mutex // one pass at once
	stop    context.CancelFunc
	done    chan struct{}
}

// New makes a keeper.
func New(o Options) *Keeper {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: sendFor}
	}
	if o.Ticks == nil {
		o.Ticks = func(d time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(d)
			return t.C, t.Stop
		}
	}
	k := &Keeper{o: o, seen: map[string]int64{}, told: map[string]error{}, away: map[string]said{}}
	if o.Dir != "" {
		k.sinks = append(k.sinks, &folder{dir: o.Dir, done: map[string]string{}})
	}
	if o.URL != "" {
		k.sinks = append(k.sinks, &remote{url: o.URL, client: o.Client, done: map[string]string{}})
	}
	return k
}

// Start makes checkpoints and drops old entries until Stop. A folder for copies that cannot be used is said at once, and
// keeps nothing from going on: when it is there, the copies are made up for.
func (k *Keeper) Start(ctx context.Context) {
	if k.o.Dir != "" && k.o.Interval > 0 {
		if err := Usable(k.o.Dir); err != nil {
			k.o.Log.ErrorContext(ctx, "audit: checkpoints do not leave this machine: the folder for their copies cannot be used; make it or mount it, the copies are made up for then",
				slog.String("folder", k.o.Dir), slog.Any("error", err))
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	k.stop, k.done = cancel, make(chan struct{})
	var running sync.WaitGroup
	if k.o.Interval > 0 {
		running.Go(func() { k.every(ctx, k.o.Interval, k.Pass) })
	}
	if k.o.Before != nil {
		running.Go(func() { k.every(ctx, beforeEvery, k.before) })
	}
	if k.o.Keep > 0 {
		running.Go(func() {
			k.retainAll(ctx)
			k.every(ctx, retainEvery, k.retainAll)
		})
	}
	go func() {
		running.Wait()
		close(k.done)
	}()
}

func (k *Keeper) every(ctx context.Context, interval time.Duration, fn func(context.Context)) {
	ticks, stop := k.o.Ticks(interval)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			fn(ctx)
		}
	}
}

// Stop makes a last checkpoint of everything and ends; before Start it does nothing.
func (k *Keeper) Stop(ctx context.Context) {
	if k.stop == nil {
		return
	}
	k.stop()
	<-k.done
	if k.o.Before != nil {
		k.before(ctx)
	}
	if k.o.Interval > 0 {
		k.Pass(ctx)
	}
}

func (k *Keeper) before(ctx context.Context) {
	if err := k.o.Before(ctx); err != nil && ctx.Err() == nil {
		k.o.Log.WarnContext(ctx, "audit: what was counted could not be written", slog.Any("error", err))
	}
}

// Pass makes the checkpoints that are due and brings their copies away. What fails is tried at the next pass.
func (k *Keeper) Pass(ctx context.Context) {
	k.passing.Lock()
	defer k.passing.Unlock()
	due, tenants, err := k.due(ctx)
	if err != nil {
		if ctx.Err() == nil {
			k.o.Log.WarnContext(ctx, "audit: no checkpoints can be made now", slog.Any("error", err))
		}
		return
	}
	for _, tenant := range due {
		if _, err := k.Checkpoint(ctx, tenant); err != nil {
			k.complain(ctx, tenant, err)
		}
	}
	for i, s := range k.sinks {
		for _, tenant := range tenants {
			err := k.deliver(ctx, s, tenant)
			if ctx.Err() == nil {
				k.copied(ctx, strconv.Itoa(i)+" "+tenant, tenant, err)
			}
		}
	}
}

// due are the tenants with entries since their newest checkpoint, and all that have any.
func (k *Keeper) due(ctx context.Context) (due, all []string, err error) {
	err = k.o.Store.View(ctx, func(ctx context.Context) error {
		due, all = nil, nil
		r := store.Read(ctx)
		tenants, err := r.Tenants()
		for _, tenant := range tenants {
			if err != nil {
				return err
			}
			var last *store.AuditEntry
			last, err = r.LastAudit(tenant)
			if err == nil && last != nil {
				all = append(all, tenant)
			}
			k.mu.Lock()
			if err != nil || last != nil && last.Seq != k.seen[tenant] {
				due = append(due, tenant) // one that cannot be read is for Checkpoint to judge
			}
			k.mu.Unlock()
			if errors.Is(err, store.ErrCorrupt) {
				err = nil
			}
		}
		return err
	})
	return due, all, err
}

// complain logs what is wrong with a tenant's trail once, and other failures each time.
func (k *Keeper) complain(ctx context.Context, tenant string, err error) {
	if ctx.Err() != nil {
		return
	}
	if errors.Is(err, ErrBroken) {
		k.mu.Lock()
		before := k.told[tenant]
		k.told[tenant] = err
		k.mu.Unlock()
		if before != nil && before.Error() == err.Error() {
			return
		}
		k.failed(tenant, true, err)
		k.o.Log.ErrorContext(ctx, "audit: the trail was tampered with; nothing more of it is signed", slog.String("tenant", tenant), slog.Any("error", err))
		return
	}
	k.failed(tenant, false, err)
	k.o.Log.WarnContext(ctx, "audit: no checkpoint", slog.String("tenant", tenant), slog.Any("error", err))
}

func (k *Keeper) failed(tenant string, broken bool, err error) {
	if k.o.Failed != nil {
		k.o.Failed(tenant, broken, err)
	}
}

func missing(seq string) error { return errs.Missing("audit entry", seq) }
