// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// node is one of several processes on one store. It compares once an hour only, and in its writes: what it knows
// otherwise, it has looked for because it did not know it.
type node struct {
	*App
	t       *testing.T
	token   string // of the administrator
	company string // the path of one
	from    string // the address of callers; 192.0.2.1 unless set
}

// lent is a store that outlives the processes that use it.
type lent struct{ store.Store }

func (lent) Close() error { return nil }

// newNodes starts two processes, which have both met the TMC of the demo, with a real API behind them.
func newNodes(t *testing.T, within time.Duration) (a, b *node) {
	t.Helper()
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/oauth2-token") {
			fmt.Fprint(w, `{"access_token":"far-token","token_type":"Bearer","expires_in":3600}`)
			return
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		fmt.Fprint(w, `{}`)
	}))
	t.Cleanup(far.Close)
	key := ids.Bytes(masterKeySize)
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	environ := []string{
		"AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_ENV_PRODUCTION_BASE_URL=" + far.URL,
		"AIRSIDE_ENV_PRODUCTION_CLIENT_ID=far-client", "AIRSIDE_ENV_PRODUCTION_SECRET=env:FAR_SECRET", `FAR_SECRET={"clientId":"far-client-2","clientSecret":"far-secret"}`,
	}
	cfg, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen, cfg.Database, cfg.Dev, cfg.Rate, cfg.TokenRate, cfg.Follow = "127.0.0.1:0", "memory:", true, 0, 0, within
	var demo Demo
	nodes := make([]*node, 2)
	for i := range nodes {
		app, err := New(t.Context(), cfg, Options{
			Log: slog.New(slog.DiscardHandler), Version: "test", Environ: environ,
			open: func(context.Context, config.Config) (store.Store, []byte, error) { return lent{st}, key, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := app.Close(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
		app.baseURL = "http://airside.example.com" // nothing listens
		if i == 0 {
			if demo, err = app.SeedDemo(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		nodes[i] = &node{App: app, t: t, company: "/v2/companies/" + demo.CompanyID}
	}
	a, b = nodes[0], nodes[1]
	a.token = a.tokenOf(demo.ClientID, demo.ClientSecret)
	b.token = a.token
	b.want(200, "", b.token, "GET", "/v1/airside/applications", nil)
	return a, b
}

// said is an answer.
type said struct {
	status int
	doc    map[string]any
	text   string
}

func (s said) str(name string) string { v, _ := s.doc[name].(string); return v }

// ask makes a call; headers are pairs.
func (n *node) ask(token, method, path string, body any, headers ...string) said {
	n.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		n.t.Fatal(err)
	}
	var r *http.Request
	switch form := body.(type) {
	case nil:
		r = httptest.NewRequest(method, path, nil)
	case url.Values:
		r = httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	default:
		r = httptest.NewRequest(method, path, strings.NewReader(string(raw)))
		r.Header.Set("Content-Type", "application/json")
	}
	if n.from != "" {
		r.RemoteAddr = n.from + ":1234"
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	out := said{status: w.Code, text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out.doc) // not every answer is an object
	return out
}

// want is ask for an answer with a status and, if it is given, a code.
func (n *node) want(status int, code, token, method, path string, body any, headers ...string) said {
	n.t.Helper()
	got := n.ask(token, method, path, body, headers...)
	if got.status != status || !strings.Contains(got.text, code) {
		n.t.Errorf("%s %s answers %d %.300s, want %d %s", method, path, got.status, got.text, status, code)
	}
	return got
}

const tokenPath = "/v2/auth/oauth2-token"

func credentials(id, secret string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
}

func (n *node) tokenOf(id, secret string) string {
	n.t.Helper()
	return n.want(200, "", "", "POST", tokenPath, credentials(id, secret)).str("access_token")
}

// register makes an application; more are settings beside the name and the owner.
func (n *node) register(name string, more map[string]any) (id, secret string) {
	n.t.Helper()
	settings := map[string]any{"name": name, "owner": "lena@example.com"}
	maps.Copy(settings, more)
	got := n.want(201, "", n.token, "POST", "/v1/airside/applications", settings)
	return got.str("clientId"), got.str("clientSecret")
}

func grants(scopes ...string) []map[string]any { return []map[string]any{{"scopes": scopes}} }

// never is a bound that does not pass in a test.
const never = 24 * time.Hour

// An application that was registered at one process has what it was granted at the other one, and nothing else, from its
// first call on, however long that one may remember what it knows.
func TestNewApplicationAtAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := newNodes(t, never)
	id, secret := a.register("reader", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("company:read")})
	token := a.tokenOf(id, secret)
	b.want(403, "OPERATION_NOT_GRANTED", token, "GET", "/v1/airside/applications", nil)
	b.want(403, "OPERATION_NOT_GRANTED", token, "POST", "/v2/companies", map[string]any{"name": "Quay", "billingCurrency": "USD", "companyRoles": []string{"ORG"}})
	b.want(200, "", token, "GET", b.company, nil)

	a.from = "203.0.113.9"
	id, secret = a.register("elsewhere", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("identity:admin"), "networks": []string{"203.0.113.0/24"}})
	b.want(403, "ADDRESS_NOT_ALLOWED", a.tokenOf(id, secret), "GET", "/v1/airside/applications", nil)
	id, secret = a.register("far away", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("identity:admin"), "networks": []string{"203.0.113.0/24"}})
	b.want(403, "CLIENT_CREDENTIALS_INVALID", "", "POST", tokenPath, credentials(id, secret))

	id, secret = a.register("told of", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("company:read")})
	b.tokenOf(id, secret)
	a.want(200, "fetchOauth2Token", a.token, "GET", "/v1/airside/audit?actor="+id, nil) // in the trail of its TMC

	id, secret = a.register("guarded", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("identity:admin"), "requestsPerDay": 1})
	token = a.tokenOf(id, secret)
	b.want(200, "", token, "GET", "/v1/airside/applications", nil)
	b.want(429, "QUOTA_REACHED", token, "GET", "/v1/airside/applications", nil)
}

// The credential of a real API's application never reaches the built-in platform, and is refused where it is used for
// another environment.
func TestNewLiveApplicationAtAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := newNodes(t, never)
	id, secret := a.register("mailer", map[string]any{"environment": "production", "grants": grants("company:read")})
	token := a.tokenOf(id, secret)
	got := b.want(200, "", token, "GET", b.company, nil)
	if got.text != "{}" {
		t.Errorf("the sandbox answers for production: %s", got.text)
	}

	id, secret = a.register("postman", map[string]any{"environment": "production", "grants": grants("company:read")})
	b.want(403, "ENVIRONMENT_NOT_ACCESSIBLE", "", "POST", tokenPath, credentials(id, secret), "Airside-Environment", "sandbox")
	token = b.want(200, "", "", "POST", tokenPath, credentials(id, secret), "Airside-Environment", "production").str("access_token")
	b.want(403, "ENVIRONMENT_NOT_ACCESSIBLE", token, "GET", b.company, nil, "Airside-Environment", "sandbox")
}

// What is taken away at one process is gone at the other one when that compares: within the bound for reads, at once for
// writes.
func TestTakenAwayAtAnotherNode(t *testing.T) {
	t.Parallel()
	for name, within := range map[string]time.Duration{"each call": 0, "writes only": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newNodes(t, within)
			reads := func(want int, code, token string) {
				t.Helper()
				if within == 0 {
					b.want(want, code, token, "GET", b.company, nil)
				}
			}
			made := 0
			writes := func(want int, code, token string) {
				t.Helper()
				made++
				b.want(want, code, token, "POST", "/v2/companies", map[string]any{"name": fmt.Sprint("Quay ", made), "billingCurrency": "USD", "companyRoles": []string{"ORG"}})
			}
			settings := map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("company:read", "company:write")}
			begin := func(name string) (id, secret, token string) {
				t.Helper()
				id, secret = a.register(name, settings)
				token = a.tokenOf(id, secret)
				b.want(200, "", token, "GET", b.company, nil)
				return id, secret, token
			}
			path := func(id string) string { return "/v1/airside/applications/" + id }

			id, secret, token := begin("suspended")
			a.want(200, "", a.token, "POST", path(id)+"/suspend", map[string]any{"reason": "left"})
			b.want(403, "APPLICATION_SUSPENDED", "", "POST", tokenPath, credentials(id, secret))
			reads(403, "APPLICATION_SUSPENDED", token)
			writes(403, "APPLICATION_SUSPENDED", token)

			id, _, token = begin("narrowed")
			a.want(200, "", a.token, "PUT", path(id), map[string]any{"name": "narrowed", "owner": "lena@example.com", "environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("user:read")})
			reads(403, "OPERATION_NOT_GRANTED", token)
			writes(403, "OPERATION_NOT_GRANTED", token)

			id, _, token = begin("ended")
			a.want(204, "", a.token, "POST", path(id)+"/end-tokens", nil)
			reads(401, "ACCESS_TOKEN_INVALID", token)
			writes(401, "ACCESS_TOKEN_INVALID", token)

			id, secret, token = begin("deleted")
			a.want(204, "", a.token, "DELETE", path(id), nil)
			settings["grants"] = grants("user:read")
			again, newer := a.register("deleted", settings) // with less than it had
			reads(401, "ACCESS_TOKEN_INVALID", token)
			writes(401, "ACCESS_TOKEN_INVALID", token)
			b.want(403, "CLIENT_CREDENTIALS_INVALID", "", "POST", tokenPath, credentials(id, secret))
			b.want(403, "OPERATION_NOT_GRANTED", a.tokenOf(again, newer), "GET", b.company, nil)
		})
	}
}

// What narrows the calls to a real API holds for the next write at the other process, whatever that remembers.
func TestNarrowedAtAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := newNodes(t, never)
	b.from = "203.0.113.9"
	settings := func(name string, more map[string]any) map[string]any {
		s := map[string]any{"name": name, "owner": "lena@example.com", "environment": "production", "grants": grants("company:write")}
		maps.Copy(s, more)
		return s
	}
	made := 0
	writes := func(want int, code, token string) {
		t.Helper()
		made++
		b.want(want, code, token, "POST", "/v2/companies", map[string]any{"name": fmt.Sprint("Quay ", made), "billingCurrency": "USD", "companyRoles": []string{"ORG"}})
	}
	id, secret := a.register("narrowed", settings("narrowed", nil))
	token := a.tokenOf(id, secret)
	writes(201, "", token)
	a.want(200, "", a.token, "PUT", "/v1/airside/applications/"+id, settings("narrowed", map[string]any{"networks": []string{"192.0.2.0/24"}}))
	writes(403, "ADDRESS_NOT_ALLOWED", token)

	for _, mode := range []string{"read-only", "dry-run"} {
		a, b = newNodes(t, never)
		id, secret = a.register(mode, settings(mode, nil))
		token = a.tokenOf(id, secret)
		writes(201, "", token)
		a.want(200, "", a.token, "PUT", "/v1/airside/environments/production/mode", map[string]any{"mode": mode, "reason": "maintenance"})
		writes(403, "ENVIRONMENT_READ_ONLY", token)
	}
}

// API users are no applications: another process knows what they may from the credential alone.
func TestNewAPIUserAtAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := newNodes(t, never)
	made := a.want(200, "", a.token, "POST", "/v2/api-users", map[string]any{"role": "COMPANY_ADMIN", "orgId": b.company[len("/v2/companies/"):]})
	token := a.tokenOf(made.str("clientId"), made.str("clientSecret"))
	b.want(200, "", token, "GET", b.company, nil)
	b.want(403, "ACCESS_DENIED", token, "GET", "/v1/airside/applications", nil)
	b.tokenOf(made.str("clientId"), made.str("clientSecret"))
}

// A credential that says it is an application's and whose application nobody knows opens nothing.
func TestCredentialWithoutApplication(t *testing.T) {
	t.Parallel()
	a, b := newNodes(t, never)
	id, secret := a.register("lost", map[string]any{"environment": "sandbox", "role": "TMC_ADMIN", "grants": grants("company:read")})
	token := a.tokenOf(id, secret)
	tenant := a.services.identity.TenantOf(id)
	if err := a.store.Update(t.Context(), func(ctx context.Context) error { return store.From(ctx).Remove(tenant, "application", id) }); err != nil {
		t.Fatal(err)
	}
	b.want(401, "ACCESS_TOKEN_INVALID", token, "GET", b.company, nil)
	b.want(401, "ACCESS_TOKEN_INVALID", token, "GET", "/v1/airside/applications", nil)
	b.want(403, "CLIENT_CREDENTIALS_INVALID", "", "POST", tokenPath, credentials(id, secret))
}

// After rotations by turns the vault holds another client id than the configuration; a process that has fetched no token
// yet names it all the same.
func TestClientOfEnvironmentBeforeItsFirstToken(t *testing.T) {
	t.Parallel()
	_, b := newNodes(t, never)
	got := b.want(200, "far-client-2", b.token, "GET", "/v1/airside/environments", nil)
	if strings.Contains(got.text, `"far-client"`) {
		t.Errorf("the configured client, which was revoked: %s", got.text)
	}
}
