// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/vault"
)

// Options is what a Client is made of.
type Options struct {
	Environment Environment
	Vaults      *vault.Vaults
	Store       store.Store // shared by all nodes
	Tenant      string      // whose state it is; the platform's
	Clock       clock.Clock
	Event       func(ctx context.Context, e Event) // quick, and must not call the client; may be nil
	// Record writes an event into the audit trail, in the transaction that ctx carries; its error undoes what the event is
	// about. It hears of a rotation that is started, resumed (once it gets on), done, undone, failed (once for each reason)
	// or needs a person, and of each orphan. May be nil.
	Record func(ctx context.Context, e Event) error

	// Escrow is where the answer to a rotation is kept, sealed with Key, until the vault has it: a directory of this
	// node. Without them nothing is rotated.
	Escrow string
	Key    *vault.SealKey

	Names map[Need]string // what the configuration calls them, for hints; may be nil

	Node string            // the name of this process; drawn when empty
	Base http.RoundTripper // what sends; the tuned transport when nil
	// Pause waits; a timer when nil.
	Pause func(ctx context.Context, d time.Duration) error
	// Step is called before each act of a rotation and stops it by an error, as a crash would: for tests.
	Step func(step string) error
}

// Client is one upstream environment. It is an http.RoundTripper, and safe for concurrent use.
type Client struct {
	o      Options
	env    Environment
	host   string // scheme, host and port that a bearer may be sent to
	state  *state
	base   http.RoundTripper // for tokens and for managing API users
	calls  sender            // for everything else
	gate   *gate
	slots  chan struct{}
	rate   *rate.Limiter // nil: no limit
	broker *broker
	admin  *broker // nil without an admin credential

	life    context.Context
	end     context.CancelFunc
	started atomic.Bool
	running sync.WaitGroup
	one     chan struct{} // holds one element while this node rotates
	kept    atomic.Pointer[kept]

	sent, replayed, refused atomic.Int64
}

// New makes a client; nothing is called yet. What it does in the background ends with ctx or Stop. ErrInvalid.
func New(ctx context.Context, o Options) (*Client, error) {
	if err := o.Environment.Validate(); err != nil {
		return nil, err
	}
	if o.Vaults == nil || o.Store == nil || o.Clock == nil || o.Tenant == "" {
		return nil, fmt.Errorf("upstream: vaults, store, tenant and clock are needed: %w", ErrInvalid)
	}
	env := o.Environment.withDefaults()
	u, err := url.Parse(env.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("upstream: base URL: %w", ErrInvalid)
	}
	if o.Node == "" {
		o.Node = ids.UUID()
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	if o.Step == nil {
		o.Step = func(string) error { return nil }
	}
	c := &Client{
		o: o, env: env, host: hostPort(u), state: &state{o.Store, o.Tenant, o.Clock}, base: o.Base, gate: newGate(),
		slots: make(chan struct{}, env.Limits.Connections), one: make(chan struct{}, 1),
	}
	if c.calls = (whole{c.base}); c.base == nil {
		c.base, c.calls = newTransport(env), newPool(env, u)
	}
	if env.Limits.Rate > 0 {
		c.rate = rate.NewLimiter(rate.Limit(env.Limits.Rate), env.Limits.Burst)
	}
	c.life, c.end = context.WithCancel(ctx)
	c.broker = c.newBroker(env.Name, env.ClientID, env.Secret)
	c.broker.rotating, c.broker.spare = c.rotationIsOn, c.inEscrow
	if (env.AdminSecret != vault.Ref{}) {
		c.admin = c.newBroker(env.Name+"/admin", env.AdminClientID, env.AdminSecret)
		c.admin.taken, c.admin.refusedAs = EventAdminToken, EventAdmin
	}
	return c, nil
}

func (c *Client) newBroker(key, client string, ref vault.Ref) *broker {
	return &broker{
		key: key, node: c.o.Node, state: c.state, pause: c.o.Pause, life: c.life, patience: c.env.Timeouts.Hold + c.env.Timeouts.Token,
		source: &source{c.o.Vaults, ref, client, c.env.Name},
		endpoint: &endpoint{
			base: c.base, url: c.env.TokenURL, audience: c.env.Audience, name: c.env.Name, timeout: c.env.Timeouts.Token, clock: c.o.Clock,
		},
		rotating: func(context.Context) bool { return false },
		spare:    func(context.Context) (credential, bool) { return credential{}, false },
		event:    c.event, taken: EventToken, refusedAs: EventCredential,
	}
}

// newTransport is for the few calls that fetch tokens and manage API users.
func newTransport(env Environment) *http.Transport {
	t := env.Timeouts
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: t.Connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   t.Connect,
		ForceAttemptHTTP2:     true,
		MaxConnsPerHost:       4,
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: t.Response,
		DisableCompression:    true,
	}
}

// Stop ends what runs in the background and waits for it until ctx ends. A rotation stops between two steps and
// is taken up again by the next process. Stopping twice is harmless.
func (c *Client) Stop(ctx context.Context) error {
	c.end()
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		c.broker.stop()
		if c.admin != nil {
			c.admin.stop()
		}
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if t, ok := c.base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	c.calls.CloseIdle()
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
