// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

const tenant = "00000000-0000-0000-0000-000000000000"

// rig is one environment in front of the fake, its secrets in a vault.
type rig struct {
	*fake
	env    upstream.Environment
	store  store.Store
	open   func() *vault.Vaults // a process's own view of the vault
	vaults *vault.Vaults        // the operator's
	base   http.RoundTripper
	escrow string
	key    *vault.SealKey
	step   func(step string) error
	pause  func(ctx context.Context, d time.Duration) error
	ahead  atomic.Int64 // how much the nodes' clock is ahead of the machine's

	mu     sync.Mutex
	events []upstream.Event
	trail  []string // of what was recorded
	full   bool     // the trail takes nothing
}

// TestMain lets the store's compressor make its channels before a bubble of simulated time could make them its own.
func TestMain(m *testing.M) {
	warm := func() error {
		ctx := context.Background()
		st, err := sqlite.Open(ctx, sqlite.Options{Memory: true})
		if err != nil {
			return err
		}
		defer func() { _ = st.Close() }()
		err = st.Update(ctx, func(ctx context.Context) error {
			now := clock.System().Now()
			return store.From(ctx).Insert(&store.Record{
				Tenant: tenant, Kind: "warm", ID: "warm", CreatedAt: now, UpdatedAt: now, Doc: []byte(`"` + strings.Repeat("compress me ", 1000) + `"`),
			})
		})
		if err != nil {
			return err
		}
		return st.View(ctx, func(ctx context.Context) error {
			_, err := store.Read(ctx).Get(tenant, "warm", "warm")
			return err
		})
	}
	if err := warm(); err != nil {
		panic(err)
	}
	m.Run()
}

// memory opens a store; in a bubble of simulated time it has to be closed in it.
func memory(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func sealKey(t testing.TB) *vault.SealKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := vault.NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	k, err := vault.KeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

func ref(t testing.TB, text string) vault.Ref {
	t.Helper()
	r, err := vault.ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newRig makes API users "prod" and "admin" and an environment that uses them, with sealed files as the vault.
func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, sealedFile)
}

// place is a kind of vault: it takes the two secrets and gives their references and how a process opens it.
type place func(t testing.TB, now clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend)

func sealedFile(t testing.TB, now clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend) {
	t.Helper()
	key, file := sealKey(t), filepath.Join(t.TempDir(), "secrets.age")
	open = func() vault.Backend { return vault.NewSealed(*key, now) }
	if err := vault.NewSealed(*key, now).Create(t.Context(), file, map[string]string{"prod": prod, "admin": admin}); err != nil {
		t.Fatal(err)
	}
	return ref(t, "file:"+file+"#prod"), ref(t, "file:"+file+"#admin"), open
}

func newRigOn(t *testing.T, at place) *rig {
	t.Helper()
	f := newFake()
	r := newRigWith(t, at, f.user("prod"), f.user("admin"))
	r.fake, r.base = f, direct{f}
	return r
}

// newRigWith is for another upstream than the fake.
func newRigWith(t testing.TB, at place, prodSecret, adminSecret string) *rig {
	t.Helper()
	r := &rig{store: memory(t), escrow: t.TempDir(), key: sealKey(t)}
	prod, admin, open := at(t, r.clock(), prodSecret, adminSecret)
	r.open = func() *vault.Vaults {
		return vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{prod.Scheme: open()}, Clock: r.clock(), Pause: r.pause})
	}
	r.vaults = r.open()
	r.env = upstream.Environment{
		Name: "production", BaseURL: "https://api.example.com", ClientID: "prod", Secret: prod,
		AdminClientID: "admin", AdminSecret: admin, Loopback: true,
	}
	return r
}

func (r *rig) clock() clock.Clock {
	return clock.Func(func() time.Time { return clock.System().Now().Add(time.Duration(r.ahead.Load())) })
}

// hasty lets waits be short; the clock goes on all the same.
func (r *rig) hasty() {
	r.pause = func(ctx context.Context, d time.Duration) error {
		r.ahead.Add(int64(d))
		t := time.NewTimer(min(d, time.Millisecond))
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.vaults = r.open()
}

func (r *rig) options() upstream.Options {
	return upstream.Options{
		Environment: r.env, Vaults: r.open(), Store: r.store, Tenant: tenant, Clock: r.clock(), Base: r.base,
		Escrow: r.escrow, Key: r.key, Step: r.step, Pause: r.pause,
		Event: func(_ context.Context, e upstream.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		},
		Record: func(ctx context.Context, e upstream.Event) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if store.From(ctx) == nil || r.full {
				return errors.New("the trail is full")
			}
			r.trail = append(r.trail, fmt.Sprintf("%s %s %s %s %s, %s %s", e.Environment, e.Kind, e.Strategy, e.Reason, e.Step, e.Tenant, e.By))
			return nil
		},
	}
}

// node starts another process, so to say, that shares store and vault.
func (r *rig) node(t testing.TB) *upstream.Client {
	t.Helper()
	c, err := upstream.New(t.Context(), r.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t testing.TB, c *upstream.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// saw gives the details of the events of a kind.
func (r *rig) saw(kind upstream.EventKind) (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == kind {
			out = append(out, e.Detail)
		}
	}
	return out
}

// call sends through c; a body makes it a POST.
func call(ctx context.Context, c http.RoundTripper, base, body string) (int, string, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, base+"/v2/companies", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.GetBody = nil // as a request that a server received
	res, err := c.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	if got := res.Request.Header.Get("Authorization"); got != "" {
		return 0, "", fmt.Errorf("the answer's request shows the bearer")
	}
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func (r *rig) call(t *testing.T, c http.RoundTripper, body string) {
	t.Helper()
	status, text, err := call(t.Context(), c, r.env.BaseURL, body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, text, err)
	}
}
