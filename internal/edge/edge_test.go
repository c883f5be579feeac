// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

var loadContract = sync.OnceValues(contract.Load)

// fakes stands for everything behind the edge and counts what reached it.
type fakes struct {
	caller *edge.Caller
	acts   []edge.Act
	then   *edge.Caller // who the token stands for from the second time on that it is asked about
	asked  int
	kept   map[string]edge.Answer
	bodies map[string]string
	runs   int
	audit  error

	refused error // with which a known caller is not let in
}

func (f *fakes) Authenticate(_ context.Context, token string) (*edge.Caller, error) {
	if token != "good" {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid")
	}
	if f.asked++; f.asked > 1 && f.then != nil {
		if f.then.Actor == nil {
			return nil, errs.New(errs.TokenInvalid, "Access Token Invalid")
		}
		return f.then, nil
	}
	return f.caller, f.refused
}

func (f *fakes) Update(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }
func (f *fakes) View(ctx context.Context, fn func(context.Context) error) error   { return fn(ctx) }

func (f *fakes) Record(_ context.Context, a edge.Act) error {
	if f.audit != nil {
		return f.audit
	}
	f.acts = append(f.acts, a)
	return nil
}

func (f *fakes) Find(_ context.Context, client, key string, body []byte) (*edge.Answer, error) {
	a, ok := f.kept[client+key]
	if !ok {
		return nil, nil //nolint:nilnil // the port's way to say "new"
	}
	if f.bodies[client+key] != string(body) {
		return nil, errs.New(errs.IdempotencyReused, "another body")
	}
	return &a, nil
}

func (f *fakes) Keep(_ context.Context, client, key string, body []byte, a edge.Answer) error {
	f.kept[client+key], f.bodies[client+key] = a, string(body)
	return nil
}

func (f *fakes) Forget(_ context.Context, client, key string) error {
	delete(f.kept, client+key)
	return nil
}

type bundle struct {
	mux     *edge.Mux
	options edge.Options
	fakes   *fakes
	log     *bytes.Buffer
	now     time.Time
}

func setup(t testing.TB, change func(*edge.Options)) *bundle {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{log: new(bytes.Buffer), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), fakes: &fakes{
		caller: &edge.Caller{Actor: &actor.Actor{Tenant: "t", ClientID: "c1", Roles: []string{actor.TMCAdmin}}},
		kept:   map[string]edge.Answer{}, bodies: map[string]string{},
	}}
	o := edge.Options{
		Contract: c, Auth: b.fakes, Store: b.fakes, Audit: b.fakes, Replay: b.fakes, MaxBody: 1 << 20,
		Clock: clock.Func(func() time.Time { return b.now }), Log: slog.New(slog.NewJSONHandler(b.log, nil)),
		Ring: telemetry.NewRing(8), BaseURL: func() string { return "http://airside.test" },
		OnViolation: func(op string, status int, body []byte, found []contract.Violation) {
			t.Errorf("%s answered %d outside the contract: %v\n%s", op, status, found, body)
		},
	}
	if change != nil {
		change(&o)
	}
	b.options = o
	b.mux = edge.NewMux(o)
	edge.Handle(b.mux, "createCompany", func(_ context.Context, in struct {
		Doc struct{ Name string } `body:"json"`
	}) (json.RawMessage, error) {
		b.fakes.runs++
		switch in.Doc.Name {
		case "panic":
			panic("secret internals")
		case "internal":
			return nil, io.ErrUnexpectedEOF
		}
		return json.RawMessage(`{"id":"0190a0b0-0000-7000-8000-000000000001"}`), nil
	})
	edge.Handle(b.mux, "listCompanies", func(_ context.Context, in struct {
		Limit  int      `query:"limit"`
		Offset int      `query:"offset"`
		IDs    []string `query:"companyIds"`
	}) (json.RawMessage, error) {
		return json.RawMessage(`{"length":0,"elements":[],"totalNumResults":` + jsonInt(in.Limit) + `}`), nil
	})
	return b
}

func jsonInt(n int) string { b, _ := json.Marshal(n); return string(b) }

type envelope struct {
	DebugIdentifier string
	ErrorMessages   []struct {
		ErrorCode, Message, ErrorDetail string
		ErrorParameters                 []struct{ Name, Value string }
	}
}

func (b *bundle) do(t *testing.T, method, path, body string, header ...string) (*http.Response, envelope, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Authorization", "Bearer good")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	res := w.Result()
	raw, _ := io.ReadAll(res.Body)
	var e envelope
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatalf("%s %s: not JSON: %q", method, path, raw)
		}
	}
	return res, e, string(raw)
}

const company = `{"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"]}`

func TestRefusalsNameTheirReason(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code, param, value       string // one parameter that must be named
	}{
		{"no token", "GET", "/v2/companies", "", []string{"Authorization", ""}, 401, "USER_NOT_AUTHENTICATED", "", ""},
		{"basic auth", "GET", "/v2/companies", "", []string{"Authorization", "Basic x"}, 401, "USER_NOT_AUTHENTICATED", "", ""},
		{"dead token", "GET", "/v2/companies", "", []string{"Authorization", "Bearer bad"}, 401, "ACCESS_TOKEN_INVALID", "", ""},
		{"unknown path", "GET", "/v2/nowhere", "", nil, 404, "ROUTE_NOT_FOUND", "", ""},
		{"odd path", "GET", "/v2//companies", "", nil, 404, "ROUTE_NOT_FOUND", "", ""},
		{"dot path", "GET", "/v3/trips/X/pnrs/.", "", nil, 404, "ROUTE_NOT_FOUND", "", ""},
		{"wrong method", "PATCH", "/v2/companies", "", nil, 405, "METHOD_NOT_ALLOWED", "", ""},
		{"body on GET", "GET", "/v2/companies", "{}", nil, 400, "BODY_NOT_ALLOWED", "", ""},
		{"content type", "POST", "/v2/companies", company, []string{"Content-Type", "text/plain"}, 415, "CONTENT_TYPE_NOT_SUPPORTED", "contentType", "text/plain"},
		{"no body", "POST", "/v2/companies", "", nil, 400, "API_VALIDATION_FAILED", "rule", "required"},
		{"malformed", "POST", "/v2/companies", `{"name":`, nil, 400, "MALFORMED_JSON", "", ""},
		{"duplicate key", "POST", "/v2/companies", `{"name":"a","name":"b"}`, nil, 400, "MALFORMED_JSON", "rule", "duplicateKey"},
		{"deep", "POST", "/v2/companies", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), nil, 400, "MALFORMED_JSON", "rule", "depth"},
		{"too large", "POST", "/v2/companies", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413, "REQUEST_TOO_LARGE", "", ""},
		{"missing member", "POST", "/v2/companies", `{"name":"a","billingCurrency":"EUR"}`, nil, 400, "API_VALIDATION_FAILED", "pointer", "/companyRoles"},
		{"enum", "POST", "/v2/companies", `{"name":"a","billingCurrency":"EUR","companyRoles":["KING"]}`, nil, 400, "API_VALIDATION_FAILED", "pointer", "/companyRoles/0"},
		{"query", "GET", "/v2/companies?limit=many", "", nil, 400, "API_VALIDATION_FAILED", "pointer", "/limit"},
		{"path", "GET", "/v2/users/none/roles", "", nil, 400, "API_VALIDATION_FAILED", "pointer", "/userId"},
		{"not built", "GET", "/v2/users/0190a0b0-0000-7000-8000-000000000001/roles", "", nil, 501, "NOT_IMPLEMENTED", "operation", "getUserRoles"},
		{"panic", "POST", "/v2/companies", strings.Replace(company, "Acme", "panic", 1), nil, 500, "INTERNAL_ERROR", "", ""},
		{"internal", "POST", "/v2/companies", strings.Replace(company, "Acme", "internal", 1), nil, 500, "INTERNAL_ERROR", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			res, e, raw := b.do(t, tc.method, tc.path, tc.body, tc.header...)
			if res.StatusCode != tc.status || len(e.ErrorMessages) == 0 || e.ErrorMessages[0].ErrorCode != tc.code {
				t.Fatalf("%d %s, want %d %s", res.StatusCode, raw, tc.status, tc.code)
			}
			found := tc.param == ""
			for _, m := range e.ErrorMessages {
				for _, p := range m.ErrorParameters {
					found = found || p.Name == tc.param && p.Value == tc.value
				}
			}
			if !found {
				t.Errorf("no parameter %s=%s in %s", tc.param, tc.value, raw)
			}
			if strings.Contains(raw, "secret internals") || strings.Contains(raw, "unexpected EOF") {
				t.Errorf("internals leave: %s", raw)
			}
			if !strings.HasPrefix(e.DebugIdentifier, "http://airside.test/v1/airside/requests/") || e.ErrorMessages[0].ErrorDetail == "" {
				t.Errorf("the envelope does not lead on: %s", raw)
			}
			for _, a := range b.fakes.acts {
				if a.Outcome != "REFUSED" {
					t.Errorf("a refused write left an audit entry as done: %v", a)
				}
			}
			if lines := bytes.Count(b.log.Bytes(), []byte("\n")); lines != 1 {
				t.Errorf("%d log lines for one request", lines)
			}
		})
	}
}

func TestAllowHeader(t *testing.T) {
	t.Parallel()
	res, _, _ := setup(t, nil).do(t, "PATCH", "/v2/companies", "")
	if got := res.Header.Get("Allow"); got != "GET, POST" {
		t.Errorf("Allow: %q", got)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	t.Parallel()
	_, _, raw := setup(t, nil).do(t, "GET", "/v2/companies", "")
	if !strings.Contains(raw, `"totalNumResults":100`) {
		t.Errorf("the contract's default limit did not reach the handler: %s", raw)
	}
}

func TestRolesAndScopes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		roles  []string
		scopes []string
		status int
	}{
		{"role", []string{actor.TMCAdmin}, nil, 201},
		{"global", []string{actor.GlobalAdmin}, nil, 201},
		{"wrong role", []string{actor.CompanyAdmin}, nil, 403},
		{"no role", nil, nil, 403},
		{"scope", []string{actor.TMCAdmin}, []string{"company:write"}, 201},
		{"wrong scope", []string{actor.TMCAdmin}, []string{"company:read"}, 403},
		{"no scope", []string{actor.TMCAdmin}, []string{}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			b.fakes.caller.Actor.Roles, b.fakes.caller.Actor.Scopes = tc.roles, tc.scopes
			res, _, raw := b.do(t, "POST", "/v2/companies", company)
			if res.StatusCode != tc.status {
				t.Errorf("%d %s, want %d", res.StatusCode, raw, tc.status)
			}
			if (b.fakes.runs == 1) != (tc.status == 201) {
				t.Errorf("the handler ran %d times", b.fakes.runs)
			}
		})
	}
}

// TestRightsAreAskedAgain: where other processes change rights too, a write goes by what they are in its transaction, not
// by what they were when it came in. Alone, a process changes them itself and asks once.
func TestRightsAreAskedAgain(t *testing.T) {
	t.Parallel()
	who := func(change func(*edge.Caller)) *edge.Caller {
		c := &edge.Caller{Actor: &actor.Actor{Tenant: "t", ClientID: "c1", Roles: []string{actor.TMCAdmin}}}
		change(c)
		return c
	}
	grants := func(err error) *edge.Application {
		return &edge.Application{Environment: edge.Sandbox,
			Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "p", err },
			Count:  func(context.Context) (time.Duration, error) { return 0, nil }}
	}
	for name, tc := range map[string]struct {
		then      *edge.Caller
		code      string
		challenge string
	}{
		"nothing changed":    {who(func(*edge.Caller) {}), "", ""},
		"the token is dead":  {&edge.Caller{}, "ACCESS_TOKEN_INVALID", `Bearer error="invalid_token"`},
		"the role is gone":   {who(func(c *edge.Caller) { c.Actor.Roles = nil }), "ACCESS_DENIED", ""},
		"the scope is gone":  {who(func(c *edge.Caller) { c.Actor.Scopes = []string{"company:read"} }), "ACCESS_DENIED", ""},
		"the grant is gone":  {who(func(c *edge.Caller) { c.Application = grants(errs.New(errs.OperationNotGranted, "no")) }), "OPERATION_NOT_GRANTED", ""},
		"the grant is there": {who(func(c *edge.Caller) { c.Application = grants(nil) }), "", ""},
	} {
		for _, shared := range []bool{true, false} {
			b := setup(t, func(o *edge.Options) { o.Shared = shared })
			b.fakes.then = tc.then
			res, e, raw := b.do(t, "POST", "/v2/companies", company)
			code, want, runs := "", tc.code, 1
			if len(e.ErrorMessages) > 0 {
				code = e.ErrorMessages[0].ErrorCode
			}
			if !shared {
				want = ""
			}
			if want != "" {
				runs = 0
			}
			if code != want || b.fakes.runs != runs || shared && res.Header.Get("WWW-Authenticate") != tc.challenge {
				t.Errorf("%s, shared %v: %d %s, the handler ran %d times, challenge %q", name, shared, res.StatusCode, raw, b.fakes.runs, res.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

// TestChallenge: who brings no token learns how to bring one, and whose token is dead that it is (RFC 6750, section 3).
func TestChallenge(t *testing.T) {
	t.Parallel()
	for authorization, want := range map[string]string{
		"": "Bearer", "Basic x": "Bearer", "Bearer": "Bearer", "Bearer ": "Bearer", "bearer bad": `Bearer error="invalid_token"`, "bearer good": "",
	} {
		res, _, _ := setup(t, nil).do(t, "GET", "/v2/companies", "", "Authorization", authorization)
		if got := res.Header.Get("WWW-Authenticate"); got != want || (res.StatusCode == 401) != (want != "") {
			t.Errorf("Authorization %q: %d, WWW-Authenticate %q; want %q", authorization, res.StatusCode, got, want)
		}
	}
}

// TestCompanyOfThePath: who belongs to a company reaches no other through the path, however its id is written.
func TestCompanyOfThePath(t *testing.T) {
	t.Parallel()
	const own, other = "0190a0b0-0000-7000-8000-000000000001", "0190a0b0-0000-7000-8000-00000000000a"
	for id, mine := range map[string]bool{own: true, other: false, strings.ToUpper(other): false} {
		b := setup(t, nil)
		b.fakes.caller.Actor.Roles, b.fakes.caller.Actor.Company = []string{actor.CompanyAdmin}, own
		ran := false
		edge.Handle(b.mux, "readCompany", func(context.Context, struct{}) (struct{}, error) {
			ran = true
			return struct{}{}, errs.New(errs.ResourceNotFound, "it has gone")
		})
		res, _, raw := b.do(t, "GET", "/v2/companies/"+id, "")
		if ran != mine || (res.StatusCode == 403) == mine {
			t.Errorf("%s: %d %s, the handler ran %v", id, res.StatusCode, raw, ran)
		}
	}
}

func TestRealAddress(t *testing.T) {
	t.Parallel()
	inside := edge.Networks{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tc := range []struct {
		name    string
		hops    int
		forward string
		status  int
	}{
		{"no proxy, outside", 0, "", 403},
		{"header is not believed without hops", 0, "10.0.0.1", 403},
		{"one hop", 1, "10.0.0.1", 200},
		{"spoofed left entry", 1, "10.0.0.1, 198.51.100.3", 403},
		{"two hops", 2, "10.0.0.1, 203.0.113.9", 200},
		{"chain shorter than trusted", 2, "10.0.0.1", 403},
		{"chain shorter than trusted, and its last proxy would be allowed", 2, "203.0.113.9", 403},
		{"past all proxies", 2, "", 403},
		{"not an address", 1, "unknown", 403},
		{"IPv4 inside IPv6", 1, "::ffff:10.0.0.1", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *edge.Options) { o.TrustedHops, o.Allow = tc.hops, inside })
			res, _, raw := b.do(t, "GET", "/v2/companies", "", "X-Forwarded-For", tc.forward)
			if res.StatusCode != tc.status {
				t.Errorf("%d %s, want %d", res.StatusCode, raw, tc.status)
			}
		})
	}
}

func TestClientNetworks(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.fakes.caller.Networks = edge.Networks{netip.MustParsePrefix("2001:db8::/32")}
	if res, _, _ := b.do(t, "GET", "/v2/companies", ""); res.StatusCode != 403 {
		t.Errorf("an address outside the client's list got %d", res.StatusCode)
	}
	b.fakes.caller.Networks = edge.Networks{netip.MustParsePrefix("192.0.2.0/24")}
	if res, _, _ := b.do(t, "GET", "/v2/companies", ""); res.StatusCode != 200 {
		t.Errorf("an address inside got %d", res.StatusCode)
	}
}

func TestRateLimitRefillsWithTime(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *edge.Options) { o.Rate = edge.Rate{PerSecond: 1, Burst: 2} })
	var got []int
	for range 3 {
		res, _, _ := b.do(t, "GET", "/v2/companies", "")
		got = append(got, res.StatusCode)
	}
	res, e, _ := b.do(t, "GET", "/v2/companies", "")
	if res.Header.Get("Retry-After") != "1" || e.ErrorMessages[0].ErrorCode != "TOO_MANY_REQUESTS" {
		t.Errorf("%v %v", res.Header, e)
	}
	b.now = b.now.Add(time.Second)
	res, _, _ = b.do(t, "GET", "/v2/companies", "")
	if diff := cmp.Diff([]int{200, 200, 429, 200}, append(got, res.StatusCode)); diff != "" {
		t.Error(diff)
	}
}

// TestWhoseBucket: tokens are limited by address whichever client asks, whoever has no client by address, and an
// application by its own rate besides.
func TestWhoseBucket(t *testing.T) {
	t.Parallel()
	one := edge.Rate{PerSecond: 1, Burst: 1}
	token := func(client string) []string {
		return []string{"POST", "/v2/auth/oauth2-token", "grant_type=client_credentials&client_id=" + client + "&client_secret=s"}
	}
	read := []string{"GET", "/v2/companies", ""}
	for name, tc := range map[string]struct {
		change func(*edge.Options)
		rate   edge.Rate // of the application
		calls  [][]string
		want   []bool // held back
	}{
		"tokens from one address":       {func(o *edge.Options) { o.TokenRate = one }, edge.Rate{}, [][]string{token("a"), token("b")}, []bool{false, true}},
		"tokens are not other calls":    {func(o *edge.Options) { o.TokenRate = one }, edge.Rate{}, [][]string{token("a"), read, read}, []bool{false, false, false}},
		"other calls are not tokens":    {func(o *edge.Options) { o.Rate = one }, edge.Rate{}, [][]string{read, token("a"), token("a"), read}, []bool{false, false, false, true}},
		"an application":                {func(*edge.Options) {}, one, [][]string{read, read}, []bool{false, true}},
		"an application without a rate": {func(*edge.Options) {}, edge.Rate{}, [][]string{read, read, read}, []bool{false, false, false}},
	} {
		b := setup(t, tc.change)
		edge.Handle(b.mux, "fetchOauth2Token", func(context.Context, struct{}) (struct{}, error) {
			return struct{}{}, errs.New(errs.CredentialInvalid, "no")
		})
		b.fakes.caller.Application = &edge.Application{Environment: edge.Sandbox, Rate: tc.rate,
			Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "p", nil },
			Count:  func(context.Context) (time.Duration, error) { return 0, nil }}
		var got []bool
		for _, call := range tc.calls {
			header := []string{"Content-Type", "application/x-www-form-urlencoded"}
			if call[0] == "GET" {
				header = nil
			}
			res, e, raw := b.do(t, call[0], call[1], call[2], header...)
			held := res.StatusCode == 429
			if held && (res.Header.Get("Retry-After") != "1" || e.ErrorMessages[0].ErrorCode != "TOO_MANY_REQUESTS") {
				t.Errorf("%s: Retry-After %q, %s", name, res.Header.Get("Retry-After"), raw)
			}
			got = append(got, held)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: held back (-want +got)\n%s", name, diff)
		}
	}
}

type nowhereToGo struct{}

func (nowhereToGo) Find(string) edge.Upstream { return nil }

// TestCredentialsKeepToTheirEnvironment: what is for one environment does nothing in another, whichever way the caller
// says where he believes to be; and where its own is not configured it does nothing here either.
func TestCredentialsKeepToTheirEnvironment(t *testing.T) {
	t.Parallel()
	const form, asJSON = "grant_type=client_credentials&client_id=far&client_secret=s", `{"clientId":"far","clientSecret":"s"}`
	type where struct{ header, listener string }
	for name, tc := range map[string]struct {
		own                string // of the application
		path, body, media  string
		where              where
		reached, elsewhere bool
	}{
		"it does not say":                      {edge.Sandbox, "/v2/companies", company, "application/json", where{}, true, false},
		"it says its own":                      {edge.Sandbox, "/v2/companies", company, "application/json", where{header: edge.Sandbox}, true, false},
		"it says another":                      {edge.Sandbox, "/v2/companies", company, "application/json", where{header: "production"}, false, true},
		"it calls another's listener":          {edge.Sandbox, "/v2/companies", company, "application/json", where{listener: "production"}, false, true},
		"it calls another's, and says its own": {edge.Sandbox, "/v2/companies", company, "application/json", where{edge.Sandbox, "production"}, false, true},
		"it calls its own":                     {edge.Sandbox, "/v2/companies", company, "application/json", where{listener: edge.Sandbox}, true, false},
		"its own is not here":                  {"production", "/v2/companies", company, "application/json", where{}, false, true},
		"its own is not here, and it says so":  {"production", "/v2/companies", company, "application/json", where{header: "production"}, false, true},
		"a token":                              {"", "/v2/auth/oauth2-token", form, "application/x-www-form-urlencoded", where{}, true, false},
		"a token of its own":                   {"", "/v2/auth/oauth2-token", form, "application/x-www-form-urlencoded", where{header: "production"}, true, false},
		"a token of another":                   {"", "/v2/auth/oauth2-token", form, "application/x-www-form-urlencoded", where{header: edge.Sandbox}, false, true},
		"a token in the old way":               {"", "/get-auth-token", asJSON, "application/json", where{header: "production"}, true, false},
		"a token of another in the old way":    {"", "/get-auth-token", asJSON, "application/json", where{listener: edge.Sandbox}, false, true},
	} {
		b := setup(t, func(o *edge.Options) {
			o.Upstreams = nowhereToGo{}
			o.EnvironmentOf = func(id string) string { return map[string]string{"far": "production"}[id] }
		})
		token := func(context.Context, struct{}) (struct{}, error) {
			b.fakes.runs++
			return struct{}{}, errs.New(errs.CredentialInvalid, "no")
		}
		edge.Handle(b.mux, "fetchOauth2Token", token)
		edge.Handle(b.mux, "legacyAuthToken", token)
		b.fakes.caller.Application = &edge.Application{Environment: tc.own,
			Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "p", nil },
			Count:  func(context.Context) (time.Duration, error) { return 0, nil }}
		r := httptest.NewRequestWithContext(edge.WithEnvironment(t.Context(), tc.where.listener), "POST", tc.path, strings.NewReader(tc.body))
		r.RemoteAddr = "192.0.2.7:4711"
		r.Header.Set("Content-Type", tc.media)
		r.Header.Set("Airside-Environment", tc.where.header)
		if tc.own != "" {
			r.Header.Set("Authorization", "Bearer good")
		}
		w := httptest.NewRecorder()
		b.mux.ServeHTTP(w, r)
		if elsewhere := strings.Contains(w.Body.String(), "ENVIRONMENT_"); elsewhere != tc.elsewhere || (b.fakes.runs == 1) != tc.reached {
			t.Errorf("%s: the handler ran %d times, %d %s", name, b.fakes.runs, w.Code, w.Body)
		}
	}
}

// TestOpenInDevelopment: what is open to everybody is so in development, and nothing else is.
func TestOpenInDevelopment(t *testing.T) {
	t.Parallel()
	for _, dev := range []bool{true, false} {
		b := setup(t, func(o *edge.Options) { o.Dev = dev })
		edge.Handle(b.mux, "readCompany", func(context.Context, struct{}) (struct{}, error) {
			return struct{}{}, errs.New(errs.ResourceNotFound, "it was reached")
		}, edge.OpenInDev())
		for path, open := range map[string]bool{"/v2/companies/0190a0b0-0000-7000-8000-000000000001": dev, "/v2/companies": false} {
			if res, _, raw := b.do(t, "GET", path, "", "Authorization", ""); (res.StatusCode == 404) != open || !open && res.StatusCode != 401 {
				t.Errorf("development %v, %s without a token: %d %s", dev, path, res.StatusCode, raw)
			}
			b.fakes.caller.Actor.Roles = []string{"TRAVELER"}
			if res, _, raw := b.do(t, "GET", path, ""); (res.StatusCode == 404) != open || !open && res.StatusCode != 403 {
				t.Errorf("development %v, %s without the role: %d %s", dev, path, res.StatusCode, raw)
			}
		}
	}
}

// TestLargestBody: as many bytes as are taken, and one more, whether their number was announced or not.
func TestLargestBody(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		for more, want := range []int{201, 413} {
			b := setup(t, func(o *edge.Options) { o.MaxBody = 200 })
			text := company + strings.Repeat(" ", 200-len(company)+more)
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/v2/companies", strings.NewReader(text))
			r.Header.Set("Authorization", "Bearer good")
			r.Header.Set("Content-Type", "application/json")
			r.RemoteAddr = "192.0.2.7:4711"
			if !announced {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			b.mux.ServeHTTP(w, r)
			if w.Code != want || b.fakes.runs != 1-more {
				t.Errorf("%d bytes, announced %v: %d %s", len(text), announced, w.Code, w.Body)
			}
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, _, first := b.do(t, "POST", "/v2/companies", company, "Idempotency-Key", "k")
	res, _, again := b.do(t, "POST", "/v2/companies", company, "Idempotency-Key", "k")
	if first != again || res.StatusCode != 201 || res.Header.Get("Idempotency-Replayed") != "true" || b.fakes.runs != 1 {
		t.Errorf("replay: %d %s %s, %d runs", res.StatusCode, first, again, b.fakes.runs)
	}
	res, _, _ = b.do(t, "POST", "/v2/companies", strings.Replace(company, "Acme", "Other", 1), "Idempotency-Key", "k")
	if res.StatusCode != 409 || b.fakes.runs != 1 {
		t.Errorf("another body under the key: %d, %d runs", res.StatusCode, b.fakes.runs)
	}
}

func TestWriteIsAuditedOrRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.do(t, "POST", "/v2/companies", company)
	if len(b.fakes.acts) != 1 || b.fakes.acts[0].Operation != "createCompany" || b.fakes.acts[0].Target != "0190a0b0-0000-7000-8000-000000000001" {
		t.Errorf("audit: %+v", b.fakes.acts)
	}
	b.fakes.audit = io.ErrClosedPipe
	res, e, raw := b.do(t, "POST", "/v2/companies", company)
	if res.StatusCode != 503 || len(e.ErrorMessages) != 1 || e.ErrorMessages[0].ErrorCode != "AUDIT_UNAVAILABLE" {
		t.Errorf("a write that could not be audited got %d %s", res.StatusCode, raw)
	}
}

// TestReadIsAuditedOrRefused: with AuditReads nobody sees what the trail cannot tell of.
func TestReadIsAuditedOrRefused(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		b := setup(t, func(o *edge.Options) { o.AuditReads = on })
		b.do(t, "GET", "/v2/companies", "")
		if got := len(b.fakes.acts); (got == 1) != on || on && (b.fakes.acts[0].Operation != "listCompanies" || b.fakes.acts[0].Detail["class"] != "read") {
			t.Errorf("reads audited %v: %+v", on, b.fakes.acts)
		}
		b.fakes.audit = io.ErrClosedPipe
		res, _, raw := b.do(t, "GET", "/v2/companies", "")
		if (res.StatusCode == 503) != on || on && strings.Contains(raw, "elements") {
			t.Errorf("reads audited %v, and the trail takes nothing: %d %s", on, res.StatusCode, raw)
		}
	}
}

func TestWrongBindingDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, bind := range map[string]func(*edge.Mux){
		"unknown id": func(m *edge.Mux) {
			edge.Handle(m, "nope", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
		},
		"twice": func(m *edge.Mux) {
			edge.Handle(m, "createCompany", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
		},
		"unknown parameter": func(m *edge.Mux) {
			edge.Handle(m, "readCompany", func(context.Context, struct {
				X string `query:"nope"`
			}) (struct{}, error) {
				return struct{}{}, nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := setup(t, nil).mux
			defer func() {
				if recover() == nil {
					t.Error("the binding was accepted")
				}
			}()
			bind(m)
		})
	}
}
