// SPDX-License-Identifier: Apache-2.0

// Package airsidetest starts a real Airside in your test's process: the whole platform in memory,
// seeded with a demo company, its clock in your hands. It listens on loopback and stops with the
// test.
//
//	srv := airsidetest.Start(t)
//	req, _ := http.NewRequest("GET", srv.URL+"/v2/companies", nil)
//	req.Header.Set("Authorization", "Bearer "+srv.Token(t))
//	...
//	srv.Advance(t, 48*time.Hour) // does on the way what falls due
//	srv.Deliver(t)               // returns when every webhook that is due was attempted
//
// Every answer of the server is judged against the contract; one that does not fit fails the test.
// Nothing here needs a type that you cannot name, and no error is returned: what fails, fails the test.
package airsidetest

import (
	"bytes"
	"context"
	"crypto/x509"
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
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
)

// Server is a running Airside.
type Server struct {
	URL  string
	Demo Demo
	app  *app.App
}

// Demo names what a server begins with: a travel company with an administrator's credential, and a company with a
// legal entity and a user.
type Demo struct {
	TMCID         string
	CompanyID     string
	LegalEntityID string
	UserID        string
	ClientID      string
	ClientSecret  string // empty when the data was there already: it is shown once
}

// TMC is a travel company and the credential of its administrator.
type TMC struct {
	ID           string
	ClientID     string
	ClientSecret string
}

// Option changes how the server starts.
type Option func(*options)

type options struct {
	config.Config
	unjudged bool
	environ  []string

	upstreams []string
	log       *slog.Logger
	stdout    io.Writer
	now       func() time.Time
	roots     *x509.CertPool
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

// Log takes what the process says of itself; without it only errors are told, in the test's output.
func Log(l *slog.Logger) Option { return func(c *options) { c.log = l } }

// Stdout takes what sinks of events write to the process's output.
func Stdout(w io.Writer) Option { return func(c *options) { c.stdout = w } }

// Clock is what the process takes for the time, instead of the system's; the clocks of travel companies run
// by it. To move only theirs use Advance.
func Clock(now func() time.Time) Option { return func(c *options) { c.now = now } }

// AlertRoots are the certificate authorities trusted where alerts are sent to.
func AlertRoots(pool *x509.CertPool) Option { return func(c *options) { c.roots = pool } }

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
	o.Stdout, o.AlertRoots = cfg.stdout, cfg.roots
	if cfg.log != nil {
		o.Log = cfg.log
	}
	if cfg.now != nil {
		o.Clock = clock.Func(cfg.now)
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
	return &Server{URL: "http://" + addr, Demo: Demo(demo), app: a}
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

// Now is the time of the demo TMC, which is the time of everything in it.
func (s *Server) Now() time.Time { return s.app.Now(s.Demo.TMCID) }

// Advance moves the demo TMC's clock forward and does on the way what falls due, webhooks included. Access tokens
// expire by that clock too.
func (s *Server) Advance(t testing.TB, d time.Duration) {
	t.Helper()
	if err := s.app.Advance(t.Context(), s.Demo.TMCID, d); err != nil {
		t.Fatal(err)
	}
}

// Deliver returns when every webhook of the demo TMC that is due was attempted, and says how many attempts that took.
// One that failed is due again later, by the clock of the TMC: see Advance.
func (s *Server) Deliver(t testing.TB) int {
	t.Helper()
	n, err := s.app.Deliver(t.Context(), s.Demo.TMCID)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Finding is something suspicious, as a detector tells it. Severity is LOW, MEDIUM, HIGH or CRITICAL.
type Finding struct {
	Rule, Severity string
	Environment    string // may be empty, as may the rest
	Client         string // id of the API user it is about
	Summary        string
	Expected, Seen string   // what is usual, and what was seen instead
	Advice         string   // what to do first
	Events         []string // ids of requests
}

// Raise reports findings about the demo TMC, as a detector does, and answers the alerts they belong to.
func (s *Server) Raise(t testing.TB, findings ...Finding) []string {
	t.Helper()
	told := make([]alert.Finding, len(findings))
	for i, f := range findings {
		told[i] = alert.Finding{Tenant: s.Demo.TMCID, Rule: f.Rule, Severity: f.Severity, Environment: f.Environment, Client: f.Client,
			Summary: f.Summary, Expected: f.Expected, Seen: f.Seen, Advice: f.Advice, Events: f.Events}
	}
	ids, err := s.app.Raise(t.Context(), told...)
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

// Settle waits until the detection has looked at everything that happened before, and told it. For webhooks there is
// Deliver.
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
func (s *Server) TMC(t testing.TB, name string) TMC {
	t.Helper()
	tmc, err := s.app.CreateTMC(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return TMC(tmc)
}
