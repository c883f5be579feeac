// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
)

// far is a stand-in for a real API that does what a test says.
type far struct {
	*httptest.Server
	calls  atomic.Int64
	handle atomic.Pointer[http.HandlerFunc]
}

func newFar(t testing.TB) *far {
	t.Helper()
	f := &far{}
	f.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"length":0,"elements":[]}`) })
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/auth/oauth2-token" {
			answerJSON(w, 200, `{"access_token":"far-token","expires_in":3600,"token_type":"Bearer"}`)
			return
		}
		f.calls.Add(1)
		(*f.handle.Load())(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *far) does(h http.HandlerFunc) { f.handle.Store(&h) }

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// gateway is a server with an upstream environment, and its administrator.
type gateway struct {
	*client
	far *far
}

func startGateway(t testing.TB, opts ...airsidetest.Option) *gateway {
	t.Helper()
	f := newFar(t)
	opts = append(opts, airsidetest.Upstream("production", f.URL, "far-client", "far-secret-canary"))
	return &gateway{start(t, opts...), f}
}

// application registers one and gets it a token. Its networks count from then on, so that a test can call from elsewhere.
func (g *gateway) application(settings doc) (id, token string) {
	g.t.Helper()
	s := doc{"name": fmt.Sprintf("app %d", g.far.calls.Add(0)+int64(len(g.call(200, "GET", "/v1/airside/applications", nil).list("applications")))),
		"owner": "lena.okafor@example.com", "environment": "production", "grants": []doc{{"scopes": []string{"company:read", "company:write", "user:read"}}}}
	maps.Copy(s, settings)
	networks := s["networks"]
	delete(s, "networks")
	a := g.call(201, "POST", "/v1/airside/applications", s)
	token = g.srv.TokenOf(g.t, a.str("clientId"), a.str("clientSecret"))
	if networks != nil {
		s["networks"] = networks
		g.call(200, "PUT", "/v1/airside/applications/"+a.str("clientId"), s)
	}
	return a.str("clientId"), token
}

type answered struct {
	status int
	header http.Header
	body   []byte
}

func (a answered) code() string {
	var e struct{ ErrorMessages []struct{ ErrorCode string } }
	if json.Unmarshal(a.body, &e) != nil || len(e.ErrorMessages) == 0 {
		return ""
	}
	return e.ErrorMessages[0].ErrorCode
}

func (g *gateway) send(token, method, path string, header http.Header, body string) answered {
	g.t.Helper()
	got, err := g.sendIn(g.t.Context(), token, method, path, header, body)
	if err != nil {
		g.t.Fatal(err)
	}
	return got
}

// sendIn is send for a caller who may go away.
func (g *gateway) sendIn(ctx context.Context, token, method, path string, header http.Header, body string) (answered, error) {
	r, err := http.NewRequestWithContext(ctx, method, g.srv.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return answered{}, err
	}
	maps.Copy(r.Header, header)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answered{}, err
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		return answered{}, err
	}
	return answered{res.StatusCode, res.Header, out}, nil
}

const company = `{"name":"Quay Instruments","billingCurrency":"USD","companyRoles":["ORG"]}`

// TestGatewayRefuses goes through everything that keeps a call from the real API. Each refusal has a code of
// its own, and nothing is sent.
func TestGatewayRefuses(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_TRUSTED_HOPS", "1"))
	_, plain := g.application(nil)
	_, buyer := g.application(doc{"grants": []doc{{"scopes": []string{"air:book"}}}})
	_, near := g.application(doc{"networks": []string{"127.0.0.0/8"}})
	_, away := g.application(doc{"networks": []string{"192.0.2.0/24", "2001:db8::/32"}})
	quota, quotaToken := g.application(doc{"requestsPerDay": 1})
	_ = quota
	gone, goneToken := g.application(nil)
	g.call(200, "POST", "/v1/airside/applications/"+gone+"/suspend", doc{"reason": "left"})
	g.send(quotaToken, "GET", "/v2/companies", nil, "")
	capped, cappedToken := g.application(doc{
		"grants":    []doc{{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}},
		"purchases": doc{"amountPerDay": doc{"minor": 100000, "currency": "USD"}},
	})
	_ = capped
	_, never := g.application(doc{"grants": []doc{{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}}, "purchases": doc{"countPerDay": 0}})
	sent := g.far.calls.Load()
	in := func(env string) http.Header { return http.Header{"Airside-Environment": {env}} }
	from := func(ip string) http.Header { return http.Header{"X-Forwarded-For": {ip}} }
	for name, tc := range map[string]struct {
		token, method, path string
		header              http.Header
		body                string
		status              int
		code                string
	}{
		"a production credential on the sandbox":  {plain, "GET", "/v2/companies", in("sandbox"), "", 403, "ENVIRONMENT_NOT_ACCESSIBLE"},
		"a sandbox credential on production":      {g.token, "GET", "/v2/companies", in("production"), "", 403, "ENVIRONMENT_NOT_ACCESSIBLE"},
		"an operation that was not granted":       {plain, "GET", "/v3/trips/1234567890/detail", nil, "", 403, "OPERATION_NOT_GRANTED"},
		"a purchase whose effect was not granted": {buyer, "POST", "/v2/air/create-pnr", nil, `{"bookingId":"b"}`, 403, "PURCHASE_NOT_GRANTED"},
		"a purchase under a cap without a price":  {cappedToken, "POST", "/v2/air/create-pnr", nil, `{"bookingId":"b"}`, 403, "PRICE_UNKNOWN"},
		"a purchase above the count":              {never, "POST", "/v2/air/create-pnr", nil, `{"bookingId":"b"}`, 403, "SPEND_CAP_REACHED"},
		"a suspended application":                 {goneToken, "GET", "/v2/companies", nil, "", 403, "APPLICATION_SUSPENDED"},
		"a quota that is used up":                 {quotaToken, "GET", "/v2/companies", nil, "", 429, "QUOTA_REACHED"},
		"an address outside the list":             {near, "GET", "/v2/companies", from("198.51.100.7"), "", 403, "ADDRESS_NOT_ALLOWED"},
		"an address outside, with a spoofed hop":  {away, "GET", "/v2/companies", from("192.0.2.7, 198.51.100.7"), "", 403, "ADDRESS_NOT_ALLOWED"},
		"a bad request":                           {plain, "POST", "/v2/companies", nil, `{"name":7}`, 400, "API_VALIDATION_FAILED"},
		"a wrong content type":                    {plain, "POST", "/v2/companies", http.Header{"Content-Type": {"text/plain"}}, company, 415, "CONTENT_TYPE_NOT_SUPPORTED"},
		"what belongs to this server":             {plain, "GET", "/v1/airside/audit", nil, "", 403, "ACCESS_DENIED"},
		"a token that is none":                    {"ast_nothing", "GET", "/v2/companies", nil, "", 401, "ACCESS_TOKEN_INVALID"},
	} {
		got := g.send(tc.token, tc.method, tc.path, tc.header, tc.body)
		if got.status != tc.status || got.code() != tc.code {
			t.Errorf("%s: %d %s, want %d %s: %s", name, got.status, got.code(), tc.status, tc.code, got.body)
		}
	}
	if now := g.far.calls.Load(); now != sent {
		t.Errorf("%d calls reached the real API", now-sent)
	}
	for name, ip := range map[string]string{"IPv4": "192.0.2.7", "IPv4 written as IPv6": "::ffff:192.0.2.7", "IPv6": "2001:db8::7", "a hop that the caller wrote itself": "10.0.0.1, 192.0.2.9"} {
		if got := g.send(away, "GET", "/v2/companies", from(ip), ""); got.status != 200 {
			t.Errorf("%s inside the list: %d %s", name, got.status, got.body)
		}
	}
}

// TestGatewayModes switches an environment: reads only, then a rehearsal, then live again.
func TestGatewayModes(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	for _, tc := range []struct {
		mode, method string
		status       int
		code         string
	}{
		{"read-only", "GET", 200, ""}, {"read-only", "POST", 403, "ENVIRONMENT_READ_ONLY"},
		{"dry-run", "GET", 409, "DRY_RUN"}, {"dry-run", "POST", 409, "DRY_RUN"},
		{"live", "POST", 201, ""},
	} {
		g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": tc.mode, "reason": "incident 12, \"" + tc.method + "\""})
		body := ""
		if tc.method == "POST" {
			body = company
			g.far.does(func(w http.ResponseWriter, _ *http.Request) {
				answerJSON(w, 201, `{"id":"0190a0b0-0000-7000-8000-000000000001"}`)
			})
		}
		got := g.send(token, tc.method, "/v2/companies", nil, body)
		if got.status != tc.status || got.code() != tc.code {
			t.Errorf("%s %s: %d %s, want %d %s", tc.mode, tc.method, got.status, got.code(), tc.status, tc.code)
		}
	}
	if ids := g.call(200, "GET", "/v1/airside/ids?id=0190a0b0-0000-7000-8000-000000000001", nil).list("matches"); len(ids) != 1 || ids[0].str("environment") != "production" {
		t.Errorf("the ledger has %v of what the real API issued", ids)
	}
	var modes []string
	for _, e := range g.call(200, "GET", "/v1/airside/audit?operation=setEnvironmentMode", nil).list("entries") {
		modes = append(modes, e.str("detail"))
	}
	if diff := cmp.Diff([]string{
		`mode: "dry-run" -> "live"; reason: "incident 12, \"POST\""`, `mode: "dry-run" -> "dry-run"; reason: "incident 12, \"POST\""`,
		`mode: "read-only" -> "dry-run"; reason: "incident 12, \"GET\""`, `mode: "read-only" -> "read-only"; reason: "incident 12, \"POST\""`,
		`mode: "live" -> "read-only"; reason: "incident 12, \"GET\""`,
	}, modes); diff != "" {
		t.Errorf("the trail of the modes: %s", diff)
	}
	outcomes := map[string]int{}
	for _, e := range g.call(200, "GET", "/v1/airside/audit?operation=createCompany", nil).list("entries") {
		outcomes[e.str("outcome")]++
	}
	if outcomes["INTENT"] != 1 || outcomes["ALLOWED"] != 1 || outcomes["DRY_RUN"] != 1 {
		t.Errorf("the audit trail has %v", outcomes)
	}
}

// TestGatewayFaults lets the real API do everything that APIs do.
func TestGatewayFaults(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TIMEOUT", "300ms"))
	_, token := g.application(nil)
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"half":`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	slow := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that its caller left once it has read the body
		<-r.Context().Done()
	}
	gateway502 := func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 502, `{}`) }
	const named = `{"name":"Quay Instruments","billingCurrency":"USD","companyRoles":["ORG"],"externalId":"C-7"}`
	// lookUp does one thing for creations and answers the list with what is said to be there.
	lookUp := func(create http.HandlerFunc, elements string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" {
				answerJSON(w, 200, `{"elements":[`+elements+`]}`)
				return
			}
			create(w, r)
		}
	}
	const there = `{"id":"0190a0b0-0000-7000-8000-000000000009","name":"Quay Instruments"}`
	for _, tc := range []struct {
		name, method, body string
		far                http.HandlerFunc
		status             int
		code               string
		calls              int64
	}{
		{"a read that is slow", "GET", "", slow, 504, "UPSTREAM_TIMEOUT", 1},
		{"a read that something in between refuses", "GET", "", gateway502, 502, "", 3},
		{"a write that is slow, without a way to look", "POST", company, slow, 409, "OUTCOME_UNKNOWN", 1},
		{"a write that breaks off, and was carried out", "POST", named, lookUp(cut, there), 201, "", 2},
		{"a write that breaks off, and was not", "POST", named, lookUp(cut, ""), 409, "OUTCOME_UNKNOWN", 4},
		{"a refusal of the API itself", "POST", company, func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 400, `{"debugIdentifier":"far-1","errorMessages":[{"errorCode":"FAR","message":"no"}]}`)
		}, 400, "FAR", 1},
		{"too many calls", "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			answerJSON(w, 429, `{"debugIdentifier":"far-2","errorMessages":[{"errorCode":"TOO_MANY_REQUESTS","message":"slow down"}]}`)
		}, 429, "TOO_MANY_REQUESTS", 1},
		{"an answer in another type", "GET", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>maintenance</p>")
		}, 200, "", 1},
	} {
		g.far.does(tc.far)
		before := g.far.calls.Load()
		got := g.send(token, tc.method, "/v2/companies", nil, tc.body)
		if got.status != tc.status || got.code() != tc.code || g.far.calls.Load()-before != tc.calls {
			t.Errorf("%s: %d %s after %d calls, want %d %s after %d: %s", tc.name, got.status, got.code(), g.far.calls.Load()-before, tc.status, tc.code, tc.calls, got.body)
		}
		if tc.status == 429 && got.header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
		}
	}
	// A stream that breaks off is cut for the caller, too: half an answer must not look whole.
	g.far.does(cut)
	r, err := http.NewRequestWithContext(t.Context(), "GET", g.srv.URL+"/v2/companies", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looked whole")
	}
	// What came in another type was passed on and noted.
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, 200, `{"length":"one","elements":[]}`)
	})
	got := g.send(token, "GET", "/v2/companies", nil, "")
	story := g.call(200, "GET", "/v1/airside/requests/"+got.header.Get("X-Request-Id"), nil)
	if raw, _ := json.Marshal(story); !strings.Contains(string(raw), "/length type") {
		t.Errorf("the drift is not in the story of the request: %s", raw)
	}
	g.far.Close()
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 503 || got.code() != "UPSTREAM_UNAVAILABLE" {
		t.Errorf("an API that is down: %d %s", got.status, got.code())
	}
	if got := g.send(token, "POST", "/v2/companies", nil, company); got.status != 503 || got.code() != "UPSTREAM_UNAVAILABLE" {
		t.Errorf("a write to an API that is down: %d %s", got.status, got.code())
	}
}

// TestGatewayKeepsItsCredential: nothing that a caller writes into headers reaches the real API in place of
// what the edge puts there, nor takes it away.
func TestGatewayKeepsItsCredential(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	var seen http.Header
	g.far.does(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		answerJSON(w, 200, `{"length":0,"elements":[]}`)
	})
	g.send(token, "GET", "/v2/companies", http.Header{
		"Connection": {"authorization, x-request-id, keep-alive"}, "X-Forwarded-For": {"10.9.9.9"}, "Forwarded": {"for=10.9.9.9"},
		"Cookie": {"session=1"}, "Proxy-Authorization": {"Basic eA=="}, "X-Request-Id": {"chosen"},
	}, "")
	if got := seen.Get("Authorization"); got != "Bearer far-token" {
		t.Errorf("the real API got Authorization %q", got)
	}
	if id := seen.Get("X-Request-Id"); id == "" || id == "chosen" {
		t.Errorf("the real API got the request id %q", id)
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Cookie", "Proxy-Authorization", "Connection"} {
		if v := seen.Get(name); v != "" {
			t.Errorf("%s reached the real API: %s", name, v)
		}
	}
}

// TestGatewayRepeats: the same Idempotency-Key is answered once, whatever the real API would do.
func TestGatewayRepeats(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, 201, `{"id":"0190a0b0-0000-7000-8000-000000000001"}`)
	})
	key := http.Header{"Idempotency-Key": {"k-1"}}
	first := g.send(token, "POST", "/v2/companies", key, company)
	again := g.send(token, "POST", "/v2/companies", key, company)
	other := g.send(token, "POST", "/v2/companies", key, strings.Replace(company, "Quay", "Pier", 1))
	if first.status != 201 || !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" || g.far.calls.Load() != 1 {
		t.Errorf("first %d %s, again %d %s, after %d calls", first.status, first.body, again.status, again.body, g.far.calls.Load())
	}
	if other.code() != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another body under the key: %d %s", other.status, other.code())
	}
}

// TestGatewaySafeUpdates: an application that asked for it cannot lose members by leaving them out.
func TestGatewaySafeUpdates(t *testing.T) {
	t.Parallel()
	real := start(t)
	front := start(t, airsidetest.Upstream("production", real.srv.URL, real.srv.Demo.ClientID, real.srv.Demo.ClientSecret))
	a := front.call(201, "POST", "/v1/airside/applications", doc{"name": "hr", "owner": "lena.okafor@example.com", "environment": "production",
		"refuseLossyUpdates": true, "grants": []doc{{"scopes": []string{"user:read", "user:write"}}}})
	c := &client{t, front.srv, front.srv.TokenOf(t, a.str("clientId"), a.str("clientSecret"))}
	user := c.call(201, "POST", "/v2/users", fullUser(real.srv)).str("id")
	whole := c.call(200, "GET", "/v2/users/"+user, nil)
	less := doc(whole)
	delete(less, "externalId")
	status, raw := front.srv.Call(t, c.token, "PUT", "/v2/users/"+user, less)
	if status != 409 || !strings.Contains(string(raw), "LOSSY_UPDATE") || !strings.Contains(string(raw), "/externalId") {
		t.Errorf("a lossy update: %d %s", status, raw)
	}
	if got := c.call(200, "GET", "/v2/users/"+user, nil).str("externalId"); got != "E-2001" {
		t.Errorf("the external id is %q now", got)
	}
}

// TestGatewayFraming: a request that two programs could read differently is refused with the envelope, and its
// story can be read.
func TestGatewayFraming(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(g.srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v2/companies HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answered{res.StatusCode, res.Header, body}
	if got.status != 400 || got.code() != "REQUEST_NOT_WELL_FORMED" {
		t.Errorf("%d %s", got.status, body)
	}
	var e struct{ DebugIdentifier string }
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	g.call(200, "GET", strings.TrimPrefix(e.DebugIdentifier, g.srv.URL), nil)
}

// TestGatewayListeners: an environment's own listener takes its own credentials only, tokens included.
func TestGatewayListeners(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_LISTEN", "127.0.0.1:0"))
	_, token := g.application(nil)
	main := g.srv.URL
	g.srv.URL = g.srv.At("production")
	defer func() { g.srv.URL = main }()
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 200 {
		t.Errorf("its own credential: %d %s", got.status, got.body)
	}
	if got := g.send(g.token, "GET", "/v2/companies", nil, ""); got.code() != "ENVIRONMENT_NOT_ACCESSIBLE" {
		t.Errorf("a sandbox token on production's listener: %d %s", got.status, got.body)
	}
	form := "grant_type=client_credentials&client_id=" + g.srv.Demo.ClientID + "&client_secret=" + g.srv.Demo.ClientSecret
	if got := g.send("", "POST", "/v2/auth/oauth2-token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form); got.code() != "ENVIRONMENT_NOT_ACCESSIBLE" {
		t.Errorf("a sandbox credential at production's token endpoint: %d %s", got.status, got.body)
	}
}

// TestApplicationsCanBeSentBack: what was read of an application is the complete update that changes nothing, with
// everything set; and what an update leaves out is gone.
func TestApplicationsCanBeSentBack(t *testing.T) {
	t.Parallel()
	c := start(t)
	full := doc{"name": "full", "owner": "lena.okafor@example.com", "description": "Everything set.", "environment": "sandbox", "role": "COMPANY_ADMIN",
		"companyId": c.srv.Demo.CompanyID, "grants": []doc{{"operations": []string{"*"}, "effects": []string{"read"}, "reason": "audits"}, {"scopes": []string{"air:book"}, "effects": []string{"purchase"}}},
		"networks": []string{"127.0.0.0/8", "2001:db8::/32"}, "rate": doc{"perSecond": 2.5, "burst": 5}, "requestsPerDay": 100,
		"purchases": doc{"countPerDay": 3, "amountPerDay": doc{"minor": 250000, "currency": "USD"}}, "refuseLossyUpdates": true, "expiresAt": "2040-01-01T00:00:00Z"}
	path := "/v1/airside/applications/" + c.call(201, "POST", "/v1/airside/applications", full).str("clientId")
	first := c.call(200, "GET", path, nil)
	for member := range full {
		if first[member] == nil {
			t.Errorf("%s was sent and is not there", member)
		}
	}
	c.call(200, "PUT", path, first)
	second := c.call(200, "GET", path, nil)
	delete(first, "updatedAt")
	delete(second, "updatedAt")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("changed by sending it back (-before +after):\n%s", diff)
	}
	c.call(200, "PUT", path, doc{"name": "full", "owner": "lena.okafor@example.com", "role": "COMPANY_ADMIN", "companyId": c.srv.Demo.CompanyID, "grants": []doc{{"scopes": []string{"trip:read"}}}})
	for member, v := range c.call(200, "GET", path, nil) {
		if full[member] != nil && member != "name" && member != "owner" && member != "role" && member != "companyId" && member != "grants" && member != "environment" {
			t.Errorf("%s was left out and is still %v", member, v)
		}
	}
	c.refuse(400, "API_VALIDATION_FAILED", "PUT", path, doc{"name": "full", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": []doc{{"scopes": []string{"trip:read"}}}})
	c.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/applications", doc{"name": "x", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": []doc{{"operations": []string{"*"}}}})
	c.refuse(400, "DUPLICATE_VALUE", "POST", "/v1/airside/applications", doc{"name": "full", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": []doc{{"scopes": []string{"trip:read"}}}})
}

// TestGatewayReadsAreAudited: who read what at the real API is in the trail when that is switched on, refusals too; and
// what is of class money is there in any case.
func TestGatewayReadsAreAudited(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"false", "true"} {
		g := startGateway(t, airsidetest.Setting("AIRSIDE_AUDIT_READS", on))
		id, token := g.application(doc{"grants": []doc{{"scopes": []string{"company:read", "trip:read"}}}})
		g.far.does(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v2/companies/") {
				answerJSON(w, 404, `{"debugIdentifier":"far-1","errorMessages":[{"errorCode":"RESOURCE_NOT_FOUND","message":"no such company"}]}`)
				return
			}
			answerJSON(w, 200, `{"length":0,"elements":[]}`)
		})
		g.send(token, "GET", "/v2/companies", nil, "")
		g.send(token, "GET", "/v2/companies/0190a0b0-0000-7000-8000-000000000001", nil, "")
		g.send(token, "GET", "/v2/trips/1234567890/booker-email/lena.okafor%40example.com/partner-info", nil, "")
		var got []string
		for _, e := range g.call(200, "GET", "/v1/airside/audit?actor="+id, nil).list("entries") {
			got = append(got, e.str("auditClass")+" "+e.str("operation")+" "+e.str("outcome"))
		}
		slices.Sort(got)
		want := []string{"money fetchTripPartnerInfo ALLOWED", "security fetchOauth2Token ALLOWED"}
		if on == "true" {
			want = slices.Insert(want, 1, "read listCompanies ALLOWED", "read readCompany REFUSED")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("AIRSIDE_AUDIT_READS=%s (-want +got):\n%s", on, d)
		}
	}
}
