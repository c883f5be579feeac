// SPDX-License-Identifier: Apache-2.0

// Package airsidetest starts a real Airside in your test's process: the whole platform in memory,
// seeded with a demo company, its clock in your hands. It listens on loopback and stops with the
// test.
//
//	srv := airsidetest.Start(t)
//	req, _ := http.NewRequest("GET", srv.URL+"/v2/companies", nil)
//	req.Header.Set("Authorization", "Bearer "+srv.Token(t))
//
// Every answer of the server is judged against the contract; one that does not fit fails the test.
package airsidetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/config"
)

// Server is a running Airside.
type Server struct {
	URL  string
	Demo app.Demo
	app  *app.App
}

// Option changes how the server starts.
type Option func(*options)

type options struct {
	config.Config
	unjudged bool
	environ  []string

	upstreams []string
	app       func(*app.Options)
}

// Database keeps the data in a file that outlives the server, instead of memory.
func Database(path string) Option { return func(c *options) { c.Database = "sqlite:" + path } }

// Postgres keeps the data in a PostgreSQL database, which several servers may share. They need the same key file:
// 32 random bytes in base64.
func Postgres(url, masterKeyFile string) Option {
	return func(c *options) { c.Database, c.MasterKey = url, masterKeyFile }
}

// FollowWithin sets how old what a server on PostgreSQL remembers may be before it asks whether another one
// changed it; 0 asks at each request.
func FollowWithin(d time.Duration) Option { return func(c *options) { c.Follow = d } }

// MaxBody sets the largest request body in bytes.
func MaxBody(n int) Option { return func(c *options) { c.MaxBody = n } }

// JWKS lets partners' tokens be checked against the key set behind a URL.
func JWKS(url string) Option { return func(c *options) { c.Config.JWKS = url } }

// Setting sets one of the variables that `airside config` lists, or one that a reference env:NAME names.
func Setting(name, value string) Option {
	return func(c *options) { c.environ = append(c.environ, name+"="+value) }
}

// Upstream puts a real API behind the server, as an environment of that name: another Airside will do.
func Upstream(name, baseURL, clientID, clientSecret string) Option {
	variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	return func(c *options) {
		c.upstreams = append(c.upstreams, name)
		c.environ = append(c.environ, "AIRSIDE_ENV_"+variable+"_BASE_URL="+baseURL, "AIRSIDE_ENV_"+variable+"_CLIENT_ID="+clientID,
			"AIRSIDE_ENV_"+variable+"_SECRET=env:UPSTREAM_"+variable+"_SECRET", "UPSTREAM_"+variable+"_SECRET="+clientSecret)
	}
}

// Secrets are variables of an environment, which references such as env:ALERT_SINK_HOOK name.
func Secrets(values map[string]string) Option {
	return func(c *options) {
		for name, value := range values {
			c.environ = append(c.environ, name+"="+value)
		}
	}
}

// Tune changes what else the process is given, such as who takes first steps for alerts.
func Tune(fn func(*app.Options)) Option { return func(c *options) { c.app = fn } }

// Unjudged leaves the server's answers unchecked, as in production: for benchmarks.
func Unjudged() Option { return func(c *options) { c.unjudged = true } }

// Start starts a server and stops it when the test ends.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	var said options // what options say by variable is read first
	for _, o := range opts {
		o(&said)
	}
	if len(said.upstreams) > 0 {
		said.environ = append(said.environ, "AIRSIDE_ENVIRONMENTS="+strings.Join(said.upstreams, ","))
	}
	loaded, err := config.Load(said.environ)
	if err != nil {
		t.Fatal(err)
	}
	cfg := options{Config: loaded}
	cfg.Listen, cfg.Database, cfg.Dev, cfg.Rate, cfg.TokenRate = "127.0.0.1:0", "memory:", true, 0, 0
	for _, o := range opts {
		o(&cfg)
	}
	level := slog.LevelError
	var out io.Writer = t.Output()
	if os.Getenv("CI") == "" && !testing.Verbose() {
		out = io.Discard
	}
	o := app.Options{Log: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), Version: "test", Environ: said.environ}
	if cfg.app != nil {
		cfg.app(&o)
	}
	if cfg.unjudged {
		cfg.Dev = false
	} else {
		o.OnViolation = func(op string, status int, body []byte, found []contract.Violation) {
			t.Errorf("%s answered %d outside the contract: %v\n%.4000s", op, status, found, body)
		}
	}
	a, err := app.New(t.Context(), cfg.Config, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := a.Close(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	demo, err := a.SeedDemo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	addr, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &Server{URL: "http://" + addr, Demo: demo, app: a}
}

// Token gets an access token of the demo TMC's administrator.
func (s *Server) Token(t testing.TB) string {
	t.Helper()
	return s.TokenOf(t, s.Demo.ClientID, s.Demo.ClientSecret)
}

// TokenOf gets an access token with other credentials.
func (s *Server) TokenOf(t testing.TB, clientID, clientSecret string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {clientSecret}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v2/auth/oauth2-token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body := s.send(t, req)
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &out); err != nil || status != http.StatusOK {
		t.Fatalf("token: %d %s", status, body)
	}
	return out.AccessToken
}

// Call sends a JSON request and answers status and body. token "" sends none.
func (s *Server) Call(t testing.TB, token, method, path string, body any) (int, []byte) {
	t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return s.send(t, req)
}

func (s *Server) send(t testing.TB, req *http.Request) (int, []byte) {
	t.Helper()
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// Handler serves requests without the network, for tests that make very many of them.
func (s *Server) Handler() http.Handler { return s.app.Handler() }

// Raise reports findings about the demo TMC, as a detector does, and answers the alerts they belong to.
func (s *Server) Raise(t testing.TB, findings ...alert.Finding) []string {
	t.Helper()
	for i := range findings {
		if findings[i].Tenant == "" {
			findings[i].Tenant = s.Demo.TMCID
		}
	}
	ids, err := s.app.Raise(t.Context(), findings...)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// ReadApplications carries out the file of applications now; a server does so every ten seconds.
func (s *Server) ReadApplications(t testing.TB) error {
	t.Helper()
	return s.app.ReadApplications(t.Context())
}

// Settle waits until the detection has looked at everything that happened before, and told it.
func (s *Server) Settle(t testing.TB) {
	t.Helper()
	if err := s.app.Settled(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Reload has the detection look at its file of rules now.
func (s *Server) Reload(t testing.TB) {
	t.Helper()
	s.app.ReloadRules(t.Context())
}

// SettleInbox passes on what inboxes received, and returns when everything that is due was sent.
func (s *Server) SettleInbox(t testing.TB) {
	t.Helper()
	if err := s.app.SettleInbox(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// PlatformTrail exports the audit trail of callers whose travel company nobody knows.
func (s *Server) PlatformTrail(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.app.ExportAudit(t.Context(), app.PlatformTrail, time.Time{}, time.Time{}, trailfile.NewWriter(&out)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// At answers the URL of an environment's own listener, as its setting LISTEN asks for.
func (s *Server) At(environment string) string { return "http://" + s.app.Address(environment) }

// Metrics serves what Prometheus reads.
func (s *Server) Metrics() http.Handler { return s.app.Metrics() }

// TMC starts another tenant and answers the credential of its administrator.
func (s *Server) TMC(t testing.TB, name string) app.TMC {
	t.Helper()
	tmc, err := s.app.CreateTMC(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return tmc
}
