// SPDX-License-Identifier: Apache-2.0

package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/inbox"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream/hook"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/webhook"
)

const (
	tenant = "00000000-0000-0000-0000-000000000000"
	target = "20000000-0000-8000-8000-000000000001"

	// Invented keys: 32 bytes of one letter each.
	current  = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
	previous = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
	outward  = "whsec_Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M="
)

var start = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

// rig is an inbox over a real store and outbox, on a clock that a test moves.
type rig struct {
	*inbox.Service
	out   *outbox.Service
	store store.Store
	clock clock.Clock
	at    atomic.Int64 // seconds after start
}

type nobody struct{}

func (nobody) CompanyName(context.Context, string, string) (string, error) {
	return "", store.ErrNotFound
}
func (nobody) TMCName(context.Context, string, string) (string, error) { return "", store.ErrNotFound }

func memory(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// newRig has an inbox "production" that passes on to url; "" to nobody.
func newRig(t testing.TB, st store.Store, url string) *rig {
	t.Helper()
	return newRigOf(t, st, url, nil)
}

// newRigOf has an inbox "production" that is another than usual.
func newRigOf(t testing.TB, st store.Store, url string, change func(*inbox.Environment)) *rig {
	t.Helper()
	r := &rig{store: st}
	r.clock = clock.Func(func() time.Time { return start.Add(time.Duration(r.at.Load()) * time.Second) })
	r.out = outbox.New(outbox.Options{Store: st, Clocks: clock.NewTenants(r.clock), Companies: nobody{}, AllowInsecure: true})
	t.Cleanup(r.out.Stop)
	env := map[string]string{"CURRENT": current, "PREVIOUS": previous, "OUTWARD": outward}
	vaults := vault.New(vault.Options{Clock: r.clock, Backends: map[vault.Scheme]vault.Backend{
		vault.SchemeEnv: vault.Env(func(name string) (string, bool) { v, ok := env[name]; return v, ok }),
	}})
	ref := func(name string) vault.Ref { return vault.Ref{Scheme: vault.SchemeEnv, Path: name} }
	e := inbox.Environment{Name: "production", Verifier: hook.NewVerifier(vaults, []vault.Ref{ref("CURRENT"), ref("PREVIOUS")}), Tolerance: 5 * time.Minute, Bearer: true}
	if url != "" {
		e.Targets = []inbox.Target{{ID: target, URL: url}}
		if err := r.out.Own([]outbox.Owned{{Tenant: tenant, ID: target, URL: url, Name: "consumer", Signer: hook.NewSigner(vaults, ref("OUTWARD"))}}); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(&e)
	}
	r.Service = inbox.New(inbox.Options{Store: st, Clock: r.clock, Tenant: tenant, Outbox: r.out, Log: slog.New(slog.DiscardHandler),
		Environments: []inbox.Environment{e, {Name: "closed"}},
		Bearer: func(_ context.Context, _, token, _ string) (string, error) {
			if token != "good" {
				return "", errs.New(errs.TokenInvalid, "the token is unknown")
			}
			return "as_client_old", nil
		}})
	return r
}

// pnr is an event about a booking at a version.
func pnr(id string, version int, operation string) string {
	return fmt.Sprintf(`{"event_type":"PNR_V3","operation":%q,"payload":{"pnrId":%q,"version":%d},"timestamp":"2026-11-02T09:29:00.000Z"}`, operation, id, version)
}

// send delivers a webhook, signed now with a secret; "" leaves it unsigned. It returns the code of a refusal.
func (r *rig) send(t testing.TB, secret, id, body string, header ...string) errs.Code {
	t.Helper()
	h := r.signed(t, secret, id, body, header...)
	_, err := r.Receive(t.Context(), inbox.ReceiveIn{Environment: "production", Header: h, Address: "198.51.100.7", Body: []byte(body)})
	if err == nil {
		return ""
	}
	e := errs.As(err)
	if e == nil {
		t.Fatalf("%s: %v", id, err)
	}
	return e.Code
}

func (r *rig) view(t testing.TB, fn func(ctx context.Context) error) {
	t.Helper()
	if err := r.store.View(actor.With(t.Context(), &actor.Actor{Tenant: tenant}), fn); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) list(t testing.TB, in inbox.ListIn) (out inbox.ListOut) {
	t.Helper()
	if in.Limit == 0 {
		in.Limit = 1000
	}
	r.view(t, func(ctx context.Context) (err error) {
		out, err = r.List(ctx, in)
		return err
	})
	return out
}

func (r *rig) get(t testing.TB, id string) (out inbox.Detail) {
	t.Helper()
	r.view(t, func(ctx context.Context) (err error) {
		out, err = r.Get(ctx, inbox.GetIn{ID: id})
		return err
	})
	return out
}

func (r *rig) settle(t testing.TB) {
	t.Helper()
	if _, err := r.out.Settle(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
}

// version of the booking that an event shows.
func version(t testing.TB, e webhook.Event) (id string, n int) {
	t.Helper()
	var p struct {
		PnrID   string
		Version int
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		t.Fatal(err)
	}
	return p.PnrID, p.Version
}

func signedIn(t testing.TB, r *rig, id, body string) inbox.ReceiveIn {
	t.Helper()
	h := http.Header{}
	if err := webhook.SetHeaders(h, []string{current}, id, r.clock.Now(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	return inbox.ReceiveIn{Environment: "production", Header: h, Address: "198.51.100.7", Body: []byte(body)}
}

// signed are the headers of a webhook that a secret signs now; "" leaves it unsigned.
func (r *rig) signed(t testing.TB, secret, id, body string, header ...string) http.Header {
	t.Helper()
	h := http.Header{}
	if secret != "" {
		if err := webhook.SetHeaders(h, []string{secret}, id, r.clock.Now(), []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return h
}
