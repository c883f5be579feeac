// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
)

// MaxBody is how large a webhook may be, in bytes. The reference's own receiver takes as much.
const MaxBody = 1 << 20

// How long things are kept. Bodies are events of the outbox and go as those do.
const (
	keepReceipts = 90 * 24 * time.Hour // above the two weeks for which a webhook is sent again
	keepRefusals = 14 * 24 * time.Hour
	unmatched    = 7 * 24 * time.Hour // without a match a secret is reported
)

// Verifier says which of an environment's secrets signed (package upstream/hook).
type Verifier interface {
	References() []string
	Verify(ctx context.Context, h http.Header, body []byte, now time.Time, tolerance time.Duration) (ref string, err error)
}

// Bearer decides about a sender of the older way, who has a token of this server: it returns the client, or why
// it may not. The store may be read.
type Bearer func(ctx context.Context, environment, token, address string) (client string, err error)

// Outbox passes events on. It is *outbox.Service.
type Outbox interface {
	Forward(ctx context.Context, f *outbox.Foreign, endpoints []string) (eventID string, err error)
	ForwardAgain(ctx context.Context, tenant, event string, endpoints []string) error
	Progress(r store.Reader, tenant, event, endpoint string) (state string, attempts int, err error)
}

// Target is a consumer that webhooks are passed on to.
type Target struct{ ID, URL string }

// Environment is one inbox.
type Environment struct {
	Name      string
	Verifier  Verifier // nil: no secrets are configured
	Tolerance time.Duration
	Targets   []Target
	Bearer    bool // senders of the older way are let in
}

// Options are what a Service needs.
type Options struct {
	Store        store.Store
	Clock        clock.Clock // system time: senders sign with theirs
	Tenant       string      // under whom receipts are kept: inboxes are the process's
	Outbox       Outbox
	Bearer       Bearer
	Environments []Environment
	Log          *slog.Logger
}

// Service is all inboxes.
type Service struct {
	o    Options
	envs map[string]*inbox

	mu    sync.Mutex
	tided time.Time
}

// inbox is an environment with what is counted in this process.
type inbox struct {
	Environment
	ids []string // of the targets

	mu       sync.Mutex
	since    time.Time
	minute   time.Time
	written  int // refusals written in this minute
	withheld int // refusals that were counted only
	counts   map[string]int
	matched  map[string]time.Time // when a match of a secret was written down last
}

// New makes a Service; configuration was checked.
func New(o Options) *Service {
	s := &Service{o: o, envs: map[string]*inbox{}}
	for _, e := range o.Environments {
		if e.Verifier == nil && !e.Bearer {
			continue
		}
		in := &inbox{Environment: e, since: o.Clock.Now(), counts: map[string]int{}, matched: map[string]time.Time{}}
		for _, t := range e.Targets {
			in.ids = append(in.ids, t.ID)
		}
		s.envs[e.Name] = in
	}
	return s
}

// count notes what came of a webhook in this process.
func (in *inbox) count(result string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.counts[result]++
}

// refusalsAMinute is how many refused receipts of an environment are written in one minute: anybody can cause
// them. Further ones are counted, and the next that is written tells how many there were.
const refusalsAMinute = 60

// room reports whether one more refusal is written, and how many were not since the last one.
func (in *inbox) room(now time.Time) (withheld int, write bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if now.Sub(in.minute) >= time.Minute || now.Before(in.minute) {
		in.minute, in.written = now, 0
	}
	if in.written == refusalsAMinute {
		in.withheld++
		return 0, false
	}
	in.written++
	withheld, in.withheld = in.withheld, 0
	return withheld, true
}
