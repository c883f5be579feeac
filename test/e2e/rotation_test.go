// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/upstream"
)

// rotating is an Airside in front of another whose credential it can rotate.
type rotating struct {
	*client
	real *client
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	real := start(t)
	box, settings := rotatable(t, real)
	return &rotating{start(t, box.upstream(real, settings...)...), real}
}

// rotatable is where the secret of another Airside lies, with that of an administrator there, and the settings that say so.
func rotatable(t *testing.T, real *client) (*strongbox, []string) {
	t.Helper()
	admin := real.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN", "credentialType": "CLIENT_CREDENTIALS"})
	box := newStrongbox(t, "main="+real.srv.Demo.ClientSecret, "admin="+admin.str("clientSecret"))
	return box, []string{"AIRSIDE_ENV_PRODUCTION_ADMIN_CLIENT_ID=" + admin.str("clientId"), "AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET=" + box.ref("admin")}
}

// trail are the entries about rotations, oldest first.
func (r *rotating) trail() (out []string) {
	r.t.Helper()
	for _, e := range r.call(200, "GET", "/v1/airside/audit?auditClass=security&limit=200", nil).list("entries") {
		if strings.HasPrefix(e.str("operation"), "rotat") {
			actor, _, _ := strings.Cut(e.str("actor"), " ")
			if actor == r.srv.Demo.ClientID {
				actor = "demo"
			}
			text := fmt.Sprint(e.str("outcome"), " ", e.str("operation"), " by ", actor, " on ", e.str("resource"), ": ", e.str("detail"))
			out = append(out, strings.ReplaceAll(text, r.real.srv.Demo.ClientID, "CLIENT"))
		}
	}
	slices.Reverse(out)
	return out
}

// caller keeps the connections that it has opened.
type caller struct{ *http.Transport }

func (c caller) call(t *testing.T, base, token, method, body string) (int, []byte) {
	req, err := http.NewRequestWithContext(t.Context(), method, base+"/v2/companies", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, raw
}

// TestRotationUnderTraffic rotates the credential of an environment while applications read and write through
// it. The real API (another Airside) kills the old secret and every token at once; nobody notices, and what the real API
// holds is what was acknowledged.
func TestRotationUnderTraffic(t *testing.T) {
	t.Parallel()
	front := newRotating(t)
	real := front.real
	a := front.call(201, "POST", "/v1/airside/applications", doc{"name": "traffic", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": []string{"company:read", "company:write"}}}})
	token := front.srv.TokenOf(t, a.str("clientId"), a.str("clientSecret"))

	const callers, rotations = 64, 10
	traffic := caller{&http.Transport{MaxIdleConnsPerHost: callers}}
	defer traffic.CloseIdleConnections()
	var done atomic.Bool
	var mu sync.Mutex
	acknowledged := map[string]int{}
	var running sync.WaitGroup
	for n := range callers {
		running.Go(func() {
			for i := 0; !done.Load(); i++ {
				method, body, name := "GET", "", fmt.Sprintf("Quay %d/%d", n, i)
				if (n+i)%3 == 0 {
					method, body = "POST", fmt.Sprintf(`{"name":%q,"billingCurrency":"USD","companyRoles":["ORG"],"externalId":"R-%d-%d"}`, name, n, i)
				}
				status, raw := traffic.call(t, front.srv.URL, token, method, body)
				if status != http.StatusOK && status != http.StatusCreated {
					t.Errorf("%s answered %d during a rotation: %s", method, status, raw)
					return
				}
				if method == "POST" {
					mu.Lock()
					acknowledged[name]++
					mu.Unlock()
				}
			}
		})
	}
	for range rotations {
		front.call(200, "POST", "/v1/airside/environments/production/rotate", doc{"incident": false})
	}
	done.Store(true)
	running.Wait()

	old := "grant_type=client_credentials&client_id=" + real.srv.Demo.ClientID + "&client_secret=" + real.srv.Demo.ClientSecret
	if got := (&gateway{client: real}).send("", "POST", "/v2/auth/oauth2-token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, old); got.status != 403 {
		t.Errorf("the first secret still works: %d", got.status)
	}
	held := map[string]int{}
	for _, c := range front.companies(token) {
		if strings.HasPrefix(c.str("name"), "Quay ") {
			held[c.str("name")]++
		}
	}
	if diff := gocmp.Diff(acknowledged, held); diff != "" || len(held) == 0 {
		t.Errorf("%d companies were acknowledged and %d are there: %s", len(acknowledged), len(held), diff)
	}
	if n := len(front.trail()); n != 3*rotations {
		t.Errorf("%d entries of %d rotations", n, rotations)
	}
}

// TestTrailOfRotation: a rotation is in the audit trail with how it began and ended, whether somebody asked for it, its age
// did, or it was done while no server ran; and the trail verifies.
func TestTrailOfRotation(t *testing.T) {
	t.Parallel()
	real := start(t)
	box, settings := rotatable(t, real)
	file := filepath.Join(t.TempDir(), "a.db")
	opts := append(box.upstream(real, settings...), airsidetest.Database(file))
	var secret string
	serve := func(t *testing.T, opts ...airsidetest.Option) *rotating {
		srv := airsidetest.Start(t, opts...)
		secret = cmp.Or(srv.Demo.ClientSecret, secret)
		srv.Demo.ClientSecret = secret
		return &rotating{&client{t, srv, srv.Token(t)}, real}
	}
	want := []string{
		"ALLOWED rotateEnvironmentCredential by demo on environment=production: ",
		"ALLOWED rotation.started by demo on environment=production: automatic, on-demand",
		"ALLOWED rotation.done by demo on environment=production: in-place, on-demand: CLIENT",
	}
	t.Run("on demand", func(t *testing.T) {
		front := serve(t, opts...)
		front.call(200, "POST", "/v1/airside/environments/production/rotate", doc{"incident": false})
		if diff := gocmp.Diff(want, front.trail()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("without a server", func(t *testing.T) {
		environ := append(settings, "AIRSIDE_DATABASE_URL=sqlite:"+file, "AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_ENV_PRODUCTION_BASE_URL="+real.srv.URL,
			"AIRSIDE_ENV_PRODUCTION_CLIENT_ID="+real.srv.Demo.ClientID, "AIRSIDE_ENV_PRODUCTION_SECRET="+box.ref("main"), "AIRSIDE_SEAL_KEY_FILE="+box.key)
		var out, errs bytes.Buffer
		m := cli.Main{Args: []string{"rotate"}, Environ: environ, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
		m.Upstreams = func(ctx context.Context, cfg config.Config) ([]upstream.Options, func() error, error) {
			cfg.Dev = true // the real API is on this machine
			return app.Upstreams(environ)(ctx, cfg)
		}
		if m.Run(t.Context()) != 0 {
			t.Fatal(errs.String())
		}
	})
	want = append(want, "ALLOWED rotation.started by operator on environment=production: automatic, on-demand",
		"ALLOWED rotation.done by operator on environment=production: in-place, on-demand: CLIENT")
	t.Run("by age", func(t *testing.T) {
		front := serve(t, append(opts, airsidetest.Clock(func() time.Time { return clock.System().Now().Add(91 * 24 * time.Hour) }))...)
		want = append(want, "ALLOWED rotation.started by airside on environment=production: automatic, scheduled",
			"ALLOWED rotation.done by airside on environment=production: in-place, scheduled: CLIENT")
		got := front.trail()
		for n := 0; len(got) < len(want) && n < 5000; n++ { // a server that starts rotates what is due in the background
			got = front.trail()
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if v := front.call(200, "GET", "/v1/airside/audit/verify", nil); v.at("intact") != true {
			t.Errorf("the trail: %v", v)
		}
	})
}

// TestRotationThatIsRefused: who asks for a rotation that could lose the credential is told which settings are missing.
func TestRotationThatIsRefused(t *testing.T) {
	t.Parallel()
	const admin = "set AIRSIDE_ENV_PRODUCTION_ADMIN_CLIENT_ID and AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET to the credential of a second API user, a TMC admin, or AIRSIDE_ENV_PRODUCTION_ROLE, or AIRSIDE_ENV_PRODUCTION_ROTATE_ALONE=true"
	for name, tc := range map[string]struct {
		without    bool
		says, hint string
	}{
		"nobody who could recover it": {false, "would lock the environment out", admin},
		"nowhere to keep the answer":  {true, "there is no escrow", "set AIRSIDE_SEAL_KEY_FILE or AIRSIDE_SEAL_PASSPHRASE_FILE and AIRSIDE_ESCROW_DIR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			real := start(t)
			opts := newStrongbox(t, "main="+real.srv.Demo.ClientSecret).upstream(real)
			if tc.without {
				opts = []airsidetest.Option{airsidetest.Upstream("production", real.srv.URL, real.srv.Demo.ClientID, real.srv.Demo.ClientSecret)}
			}
			front := &desk{client: start(t, opts...)}
			got := (&gateway{client: front.client}).send(front.token, "POST", "/v1/airside/environments/production/rotate", nil, `{"incident":false}`)
			if got.status != 409 || got.code() != "ROTATION_REFUSED" || !strings.Contains(string(got.body), tc.says) || !strings.Contains(string(got.body), tc.hint) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if exit, _, errs := front.airside("env", "rotate", "production"); exit != cli.ExitConflict || !strings.Contains(errs, tc.hint) {
				t.Errorf("exit %d: %s", exit, errs)
			}
		})
	}
}

// companies reads the whole list with a token.
func (c *client) companies(token string) (all []object) {
	mine := &client{c.t, c.srv, token}
	for {
		page := mine.call(200, "GET", fmt.Sprintf("/v2/companies?limit=100&offset=%d", len(all)), nil).list("elements")
		if all = append(all, page...); len(page) < 100 {
			return all
		}
	}
}
