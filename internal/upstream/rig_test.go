// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

const tenant = "00000000-0000-0000-0000-000000000000"

// rig is one environment in front of the fake, its secret in a sealed file.
type rig struct {
	*fake
	env    upstream.Environment
	store  store.Store
	vaults *vault.Vaults
	base   http.RoundTripper
	escrow string
	key    *vault.SealKey
	step   func(step string) error
	pause  func(ctx context.Context, d time.Duration) error

	mu     sync.Mutex
	events []upstream.Event
}

// memory opens a store; in a bubble of simulated time it has to be closed in it.
func memory(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func sealKey(t *testing.T) *vault.SealKey {
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

func ref(t *testing.T, text string) vault.Ref {
	t.Helper()
	r, err := vault.ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newRig makes API users "prod" and "admin" and an environment that uses them.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{fake: newFake(), store: memory(t), escrow: t.TempDir(), key: sealKey(t)}
	sealed := vault.NewSealed(*r.key, clock.System())
	file := filepath.Join(t.TempDir(), "secrets.age")
	fields := map[string]string{"prod": r.user("prod"), "admin": r.user("admin")}
	if err := sealed.Create(t.Context(), file, fields); err != nil {
		t.Fatal(err)
	}
	r.vaults = vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{vault.SchemeFile: sealed}, Clock: clock.System()})
	r.base = direct{r.fake}
	r.env = upstream.Environment{
		Name: "production", BaseURL: "https://api.example.com", ClientID: "prod", Secret: ref(t, "file:"+file+"#prod"),
		AdminClientID: "admin", AdminSecret: ref(t, "file:"+file+"#admin"), Mode: upstream.Live, Loopback: true,
	}
	return r
}

func (r *rig) options() upstream.Options {
	return upstream.Options{
		Environment: r.env, Vaults: r.vaults, Store: r.store, Tenant: tenant, Clock: clock.System(), Base: r.base,
		Escrow: r.escrow, Key: r.key, Step: r.step, Pause: r.pause,
		Event: func(_ context.Context, e upstream.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
		},
	}
}

// node starts another process, so to say, that shares store and vault.
func (r *rig) node(t *testing.T) *upstream.Client {
	t.Helper()
	c, err := upstream.New(t.Context(), r.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *upstream.Client) {
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
