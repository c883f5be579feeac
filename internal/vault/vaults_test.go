// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

const dataPath = "/v1/secret/data/prod"

// set is a server with a secret, and the set in front of it on the server's clock.
func set(t *testing.T, pause func(ctx context.Context, d time.Duration) error) (*vaulttest.KV, *vault.Vaults) {
	t.Helper()
	srv := newServer(t)
	k := openKV(t, srv, vault.TokenAuth{Token: literal(vaulttest.RootToken)})
	return srv, vault.New(vault.Options{
		Backends: map[vault.Scheme]vault.Backend{vault.SchemeKV: k}, Clock: clock.Func(srv.Now), TTL: time.Minute, MaxStale: time.Hour, Pause: pause,
	})
}

func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func current(t *testing.T, v *vault.Vaults, value string) vault.Held {
	t.Helper()
	h, err := v.Get(t.Context(), parse(t, read), vault.Current)
	if want(t, err, nil); !h.Secret.Equal(secret(value)) {
		t.Fatalf("the current value is not %q", value)
	}
	return h
}

func TestCacheAsksOncePerLifetime(t *testing.T) {
	t.Parallel()
	srv, v := set(t, noPause)
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() { current(t, v, "prod") })
	}
	wg.Wait()
	calls(t, srv, "GET "+dataPath, 1)
	srv.Put("prod", map[string]any{"field": canary + "rotated outside"})
	current(t, v, "prod")
	srv.Advance(61 * time.Second)
	current(t, v, "rotated outside")
	calls(t, srv, "GET "+dataPath, 2)
}

func TestRefreshReadsPastTheCacheOnce(t *testing.T) {
	t.Parallel()
	srv, v := set(t, noPause)
	refused := current(t, v, "prod")
	srv.Put("prod", map[string]any{"field": canary + "new"})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			h, err := v.Refresh(t.Context(), parse(t, read), refused)
			if want(t, err, nil); !h.Secret.Equal(secret("new")) {
				t.Error("an old secret after a refresh")
			}
		})
	}
	wg.Wait()
	calls(t, srv, "GET "+dataPath, 2)
}

func TestOutageServesWhatIsKnown(t *testing.T) {
	t.Parallel()
	srv, v := set(t, noPause)
	known := current(t, v, "prod")
	srv.Fail(vaulttest.Fault{Kind: vaulttest.FailBefore})
	srv.Advance(50 * time.Minute)
	if h := current(t, v, "prod"); !h.Stale {
		t.Error("a secret from memory is not marked")
	}
	_, err := v.Refresh(t.Context(), parse(t, read), known)
	want(t, err, vault.ErrUnavailable)
	srv.Advance(11 * time.Minute)
	_, err = v.Get(t.Context(), parse(t, read), vault.Current)
	want(t, err, vault.ErrUnavailable)
	srv.Heal()
	if h := current(t, v, "prod"); h.Stale {
		t.Error("a fresh secret is marked stale")
	}
}

func TestWithdrawnSecretIsForgotten(t *testing.T) {
	t.Parallel()
	srv, v := set(t, noPause)
	current(t, v, "prod")
	srv.Advance(2 * time.Minute)
	srv.Fail(vaulttest.Fault{Kind: vaulttest.Denied, Path: dataPath})
	_, err := v.Get(t.Context(), parse(t, read), vault.Current)
	want(t, err, vault.ErrDenied)
	srv.Heal()
	srv.Fail(vaulttest.Fault{Kind: vaulttest.Broken, Path: dataPath})
	_, err = v.Get(t.Context(), parse(t, read), vault.Current)
	want(t, err, vault.ErrUnavailable)
}

func TestVerbsAreRepeatedOverShortFailures(t *testing.T) {
	t.Parallel()
	for _, kind := range []vaulttest.FaultKind{vaulttest.FailBefore, vaulttest.FailAfter, vaulttest.Broken} {
		srv, v := set(t, noPause)
		ref, token := parse(t, read), ids.UUID()
		current(t, v, "prod")
		srv.Fail(vaulttest.Fault{Kind: kind, Method: "PUT", Path: dataPath, Times: 2})
		want(t, v.PutPending(t.Context(), ref, secret("two"), token), nil)
		srv.Fail(vaulttest.Fault{Kind: kind, Method: "PUT", Path: dataPath, Times: 2})
		want(t, v.Promote(t.Context(), ref, token), nil)
		current(t, v, "two")
		h, err := v.Get(t.Context(), ref, vault.Previous)
		if want(t, err, nil); !h.Secret.Equal(secret("prod")) {
			t.Error("the previous value is another")
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	polls := make(chan struct{})
	srv, v := set(t, func(ctx context.Context, _ time.Duration) error {
		select {
		case <-polls:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ref := parse(t, read)
	versions, err := v.Watch(ctx, ref)
	want(t, err, nil)
	first := <-versions
	srv.Put("prod", map[string]any{"field": canary + "outside"})
	polls <- struct{}{}
	if second := <-versions; second.ID != first.ID {
		t.Errorf("versions that others write are %q and %q", first.ID, second.ID)
	}
	current(t, v, "outside") // without waiting for the cache to expire
	token := ids.UUID()
	want(t, v.PutPending(ctx, ref, secret("mine"), token), nil)
	want(t, v.Promote(ctx, ref, token), nil)
	if third := <-versions; third.ID != token { // without a poll
		t.Errorf("got %q, want %q", third.ID, token)
	}
	cancel()
	if _, more := <-versions; more {
		t.Error("it goes on after its context ended")
	}
	_, err = v.Watch(t.Context(), parse(t, "env:A"))
	want(t, err, vault.ErrInvalid)
}

// TestOverlaps: two references overlap when writing one changes what the other names.
func TestOverlaps(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		a, b string
		want bool
	}{
		"the same":              {"vault://secret/apps#a", "vault://secret/apps#a", true},
		"another field":         {"vault://secret/apps#a", "vault://secret/apps#b", false},
		"another mount":         {"vault://secret/apps#a", "vault://kv/apps#a", false},
		"a file spelled anew":   {"file:secrets.age#a", "file:./x/../secrets.age#a", true},
		"another file":          {"file:secrets.age#a", "file:others.age#a", false},
		"the whole of a secret": {"aws-sm://apps", "aws-sm://apps#a", true},
		"another scheme":        {"aws-sm://apps#a", "file:apps#a", false},
	} {
		a, err1 := vault.ParseRef(tc.a)
		b, err2 := vault.ParseRef(tc.b)
		if err1 != nil || err2 != nil || a.Overlaps(b) != tc.want || b.Overlaps(a) != tc.want {
			t.Errorf("%s: %v %v, overlap %v", name, err1, err2, a.Overlaps(b))
		}
	}
}
