// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/clock"
)

// trail are what the audit trail has of one request, oldest first: outcome, code, what decided, and the reason where it
// is known. What the server's own trail has of it, since nobody knows whose request it was, comes last.
func (g *gateway) trail(request string) (out []string) {
	g.t.Helper()
	for _, e := range g.call(200, "GET", "/v1/airside/audit?limit=200", nil).list("entries") {
		if e.str("requestId") != request {
			continue
		}
		out = append(out, strings.Join(strings.Fields(e.str("outcome")+" "+e.str("detail")+" "+e.str("reason")), " "))
	}
	slices.Reverse(out)
	for line := range bytes.SplitSeq(bytes.TrimSpace(g.srv.PlatformTrail(g.t)), []byte("\n")) {
		var e struct {
			Outcome, RequestID, Detail string
		}
		if err := json.Unmarshal(line, &e); err != nil {
			g.t.Fatal(err)
		}
		if e.RequestID == request {
			d := detailOf(g.t, e.Detail)
			out = append(out, strings.Join(strings.Fields("server: "+e.Outcome+" "+d.Code+" "+d.Rule), " "))
		}
	}
	return out
}

type refusal struct{ Code, Rule, Stage string }

// detailOf reads the detail of an entry as a file of the trail has it.
func detailOf(t testing.TB, text string) (d refusal) {
	t.Helper()
	if text != "" {
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// documented holds a table of docs/gateway.md to what a test saw.
func documented(t *testing.T, name string, rows []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "<!-- "+name+" -->\n")
	table, _, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatalf("docs/gateway.md has no table <!-- %s -->", name)
	}
	if diff := cmp.Diff(rows, strings.Split(table, "\n")[2:]); diff != "" {
		t.Errorf("the table of docs/gateway.md (-seen +documented):\n%s\n%s", diff, strings.Join(rows, "\n"))
	}
}

// row is a line of the table of refusals.
func row(name string, status int, code string, trail []string) string {
	kept := "–"
	if len(trail) > 0 {
		kept = "`" + strings.Join(trail, "`, `") + "`"
	}
	return fmt.Sprintf("| %s | %d `%s` | %s |", name, status, code, kept)
}

// TestMatrixOfRefusals: everything that keeps a call from the real API, or its answer from the caller, has a code of
// its own and entries in the trail; what is to be tried again says when.
func TestMatrixOfRefusals(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	policies := filepath.Join(t.TempDir(), "policies.cedar")
	if err := os.WriteFile(policies, []byte(`@id("no reading of employers") forbid (principal, action == Action::"getBusinessInfo", resource);
		@id("too far to count") forbid (principal, action == Action::"getUserInfo", resource) when { context.hour + 9223372036854775807 + 1 > 0 };`), 0o600); err != nil {
		t.Fatal(err)
	}
	g := startGateway(t, airsidetest.Setting("AIRSIDE_TRUSTED_HOPS", "1"), airsidetest.Setting("AIRSIDE_POLICY_FILE", policies),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_OPERATIONS", "scope:company:read,scope:company:write,scope:user:read,scope:air:book,scope:hotel:book,scope:hotel:shop,scope:trip:read"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TIMEOUT", "300ms"),
		airsidetest.Clock(func() time.Time { return clock.System().Now().Add(time.Duration(later.Load())) }))
	_, plain := g.application(nil)
	_, all := g.application(doc{"grants": []doc{{"operations": []string{"*"}, "reason": "the matrix"}}})
	_, away := g.application(doc{"networks": []string{"192.0.2.0/24", "2001:db8::/32", "::ffff:203.0.113.0/120"}})
	_, few := g.application(doc{"requestsPerDay": 1})
	g.send(few, "GET", "/v2/companies", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, "")
	_, away6 := g.application(doc{"networks": []string{"192.0.2.0/24"}}) // the trail has three alike of one, and counts the rest
	_, buyer := g.application(doc{"grants": []doc{{"scopes": []string{"air:book"}}}})
	purchases := []doc{{"scopes": []string{"air:book", "hotel:book", "hotel:shop"}, "effects": []string{"purchase", "read"}}}
	_, capped := g.application(doc{"grants": purchases, "purchases": doc{"countPerDay": 1}})
	_, poor := g.application(doc{"grants": purchases, "purchases": doc{"amountPerDay": doc{"minor": 100, "currency": "USD"}}})
	gone, suspended := g.application(nil)
	_, expiring := g.application(doc{"expiresAt": clock.System().Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)})
	g.call(200, "POST", "/v1/airside/applications/"+gone+"/suspend", doc{"reason": "left"})

	type step = func(h http.Header)
	from := func(ip string) step { return func(h http.Header) { h.Set("X-Forwarded-For", ip) } }
	env := func(name string) step { return func(h http.Header) { h.Set("Airside-Environment", name) } }
	none := func(http.Header) {}
	answers := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			if status == 429 || status == 503 {
				w.Header().Set("Retry-After", "7")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	halfClosed := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = conn.(*net.TCPConn).CloseWrite() // it says no more, and listens on
		_, _ = io.Copy(io.Discard, conn)
	}
	slow := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	const pnr, hotel, companies = "/v2/air/create-pnr", "/v2/hotel/create-pnr", "/v2/companies"
	fine := answers(201, "application/json", `{"id":"0190a0b0-0000-7000-8000-000000000001"}`)
	bought := answers(200, "application/json", `{"pnrId":"1234567890"}`)
	var rows []string
	for _, tc := range []struct {
		name, token, method, path, body string
		with                            step
		far                             http.HandlerFunc
		status                          int
		code                            string
		trail                           []string
		sent                            int64
		wait                            string
	}{
		{"another environment", plain, "GET", companies, "", env("sandbox"), fine, 403, "ENVIRONMENT_NOT_ACCESSIBLE", []string{"REFUSED ENVIRONMENT_NOT_ACCESSIBLE other-environment"}, 0, ""},
		{"a credential of the sandbox", g.token, "GET", companies, "", env("production"), fine, 403, "ENVIRONMENT_NOT_ACCESSIBLE", []string{"REFUSED ENVIRONMENT_NOT_ACCESSIBLE other-environment"}, 0, ""},
		{"an address outside", away, "GET", companies, "", from("198.51.100.7"), fine, 403, "ADDRESS_NOT_ALLOWED", []string{"REFUSED ADDRESS_NOT_ALLOWED (client allow-list) network-refused"}, 0, ""},
		{"an address outside behind one that is written to the left", away, "GET", companies, "", from("192.0.2.7, 198.51.100.7"), fine, 403, "ADDRESS_NOT_ALLOWED", []string{"REFUSED ADDRESS_NOT_ALLOWED (client allow-list) network-refused"}, 0, ""},
		{"an address outside as IPv6", away, "GET", companies, "", from("::ffff:198.51.100.7"), fine, 403, "ADDRESS_NOT_ALLOWED", []string{"REFUSED ADDRESS_NOT_ALLOWED (client allow-list) network-refused"}, 0, ""},
		{"IPv6 that only looks like one inside", away6, "GET", companies, "", from("64:ff9b::192.0.2.7"), fine, 403, "ADDRESS_NOT_ALLOWED", []string{"REFUSED ADDRESS_NOT_ALLOWED (client allow-list) network-refused"}, 0, ""},
		{"no address at all", away, "GET", companies, "", from("unknown"), fine, 403, "ADDRESS_NOT_ALLOWED", []string{"server: REFUSED ADDRESS_NOT_ALLOWED"}, 0, ""},
		{"an operation that was not granted", plain, "GET", "/v3/trips/1234567890/detail", "", none, fine, 403, "OPERATION_NOT_GRANTED", []string{"REFUSED OPERATION_NOT_GRANTED"}, 0, ""},
		{"an operation that the environment does not let through", all, "GET", "/v2/event-templates/0190a0b0-0000-7000-8000-000000000001", "", none, fine, 403, "OPERATION_NOT_OFFERED", []string{"REFUSED OPERATION_NOT_OFFERED"}, 0, ""},
		{"a policy that forbids it", all, "GET", "/v2/users/0190a0b0-0000-7000-8000-000000000001/business-info", "", none, fine, 403, "FORBIDDEN_BY_POLICY", []string{"REFUSED FORBIDDEN_BY_POLICY (no reading of employers)"}, 0, ""},
		{"a policy that cannot be judged", all, "GET", "/v2/users/0190a0b0-0000-7000-8000-000000000001", "", none, fine, 403, "POLICY_UNDECIDED", []string{"REFUSED POLICY_UNDECIDED (too far to count)"}, 0, ""},
		{"a purchase without its effect", buyer, "POST", pnr, `{"bookingId":"b"}`, none, fine, 403, "PURCHASE_NOT_GRANTED", []string{"REFUSED PURCHASE_NOT_GRANTED"}, 0, ""},
		{"a purchase", capped, "POST", pnr, `{"bookingId":"b"}`, none, bought, 200, "", []string{"INTENT", "ALLOWED"}, 1, ""},
		{"a purchase too many", capped, "POST", pnr, `{"bookingId":"b"}`, none, bought, 403, "SPEND_CAP_REACHED", []string{"REFUSED SPEND_CAP_REACHED"}, 0, ""},
		{"a purchase nobody knows the price of", poor, "POST", pnr, `{"bookingId":"b"}`, none, bought, 403, "PRICE_UNKNOWN", []string{"REFUSED PRICE_UNKNOWN"}, 0, ""},
		{"a suspended application", suspended, "GET", companies, "", none, fine, 403, "APPLICATION_SUSPENDED", []string{"REFUSED APPLICATION_SUSPENDED"}, 0, ""},
		{"an operation on credentials", plain, "POST", "/v2/api-users", `{"role":"TMC_ADMIN"}`, none, fine, 403, "NOT_FORWARDED", []string{"REFUSED NOT_FORWARDED"}, 0, ""},
		{"an operation on credentials, although everything is granted", all, "POST", "/v2/api-users", `{"role":"TMC_ADMIN"}`, none, fine, 403, "NOT_FORWARDED", []string{"REFUSED NOT_FORWARDED"}, 0, ""},
		{"a quota that is used up", few, "GET", companies, "", none, fine, 429, "QUOTA_REACHED", nil, 0, "DAY"},
		{"a body of another type", plain, "POST", companies, company, func(h http.Header) { h.Set("Content-Type", "text/plain") }, fine, 415, "CONTENT_TYPE_NOT_SUPPORTED", nil, 0, ""},
		{"an API that is slow", plain, "POST", companies, company, none, slow, 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"a connection that is half closed", plain, "POST", companies, company, none, halfClosed, 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"a read of which the connection is half closed", plain, "GET", companies, "", none, halfClosed, 502, "UPSTREAM_ANSWER_BROKEN", nil, 3, ""},
		{"a page of something in between", plain, "POST", companies, company, none, answers(201, "text/html", "<p>Please sign in.</p>"), 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"an answer of another type that says what is meant", plain, "POST", companies, company, none, answers(201, "text/plain", `{"id":"0190a0b0-0000-7000-8000-000000000002"}`), 201, "", []string{"INTENT", "ALLOWED"}, 1, ""},
		{"too many calls", plain, "POST", companies, company, none, answers(429, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"TOO_MANY_REQUESTS","message":"slow down"}]}`), 429, "TOO_MANY_REQUESTS", []string{"INTENT", "REFUSED TOO_MANY_REQUESTS"}, 1, "7"},
		{"too many reads", plain, "GET", companies, "", none, answers(429, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"TOO_MANY_REQUESTS","message":"slow down"}]}`), 429, "TOO_MANY_REQUESTS", nil, 1, "7"},
		{"an API that says when it is back, in words of its own", plain, "GET", companies, "", none, answers(503, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"DOWN","message":"back soon"}]}`), 503, "DOWN", nil, 1, "7"},
		{"a stay whose price nobody saw", poor, "POST", hotel, string(contract.Example("hotelCreatePnr").Request.Body), none, bought, 403, "PRICE_UNKNOWN", []string{"REFUSED PRICE_UNKNOWN"}, 0, ""},
	} {
		g.far.does(tc.far)
		h, before := http.Header{}, g.far.calls.Load()
		tc.with(h)
		got := g.send(tc.token, tc.method, tc.path, h, tc.body)
		trail := g.trail(got.header.Get("X-Request-Id"))
		if wait := got.header.Get("Retry-After"); tc.wait == "DAY" && wait != "" {
			tc.wait = wait // until midnight
		}
		if tc.code != "" {
			rows = append(rows, row(tc.name, tc.status, tc.code, tc.trail))
		}
		if got.status != tc.status || got.code() != tc.code || g.far.calls.Load()-before != tc.sent || got.header.Get("Retry-After") != tc.wait {
			t.Errorf("%s: %d %s after %d calls, Retry-After %q: %s", tc.name, got.status, got.code(), g.far.calls.Load()-before, got.header.Get("Retry-After"), got.body)
		}
		if diff := cmp.Diff(tc.trail, trail); diff != "" {
			t.Errorf("%s: the trail: %s", tc.name, diff)
		}
	}
	g.far.does(fine)
	if got := g.send(away, "GET", companies, http.Header{"X-Forwarded-For": {"203.0.113.9"}}, ""); got.status != 200 && got.status != 201 {
		t.Errorf("inside a block that was written as IPv6: %d %s", got.status, got.body)
	}
	last := func(name, token, method, body string, status int, code, wait string, want ...string) {
		t.Helper()
		rows = append(rows, row(name, status, code, want))
		got := g.send(token, method, companies, nil, body)
		if got.status != status || got.code() != code || got.header.Get("Retry-After") != wait {
			t.Errorf("%s: %d %s, Retry-After %q: %s", name, got.status, got.code(), got.header.Get("Retry-After"), got.body)
		}
		if diff := cmp.Diff(want, g.trail(got.header.Get("X-Request-Id"))); diff != "" {
			t.Errorf("%s: the trail: %s", name, diff)
		}
	}
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "dry-run"})
	last("a rehearsal", plain, "POST", company, 409, "DRY_RUN", "", "DRY_RUN")
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "read-only"})
	last("reads only", plain, "POST", company, 403, "ENVIRONMENT_READ_ONLY", "", "REFUSED ENVIRONMENT_READ_ONLY")
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "live"})
	g.far.Close()
	last("an API that is down", plain, "POST", company, 503, "UPSTREAM_UNAVAILABLE", "1", "INTENT", "REFUSED UPSTREAM_UNAVAILABLE")
	last("a read while it is down", plain, "GET", "", 503, "UPSTREAM_UNAVAILABLE", "1")
	later.Store(int64(11 * time.Minute))
	last("an application whose access ended", expiring, "GET", "", 403, "APPLICATION_EXPIRED", "", "REFUSED APPLICATION_EXPIRED")
	documented(t, "TestMatrixOfRefusals", rows)
}

// TestForwardedForWithoutHops: where no proxy is trusted, what callers say of their address is not heard.
func TestForwardedForWithoutHops(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, away := g.application(doc{"networks": []string{"192.0.2.0/24"}})
	_, near := g.application(doc{"networks": []string{"127.0.0.0/8"}})
	for _, ip := range []string{"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7, 192.0.2.8"} {
		h := http.Header{"X-Forwarded-For": {ip}, "Forwarded": {"for=" + ip}, "X-Real-Ip": {ip}}
		got := g.send(away, "GET", "/v2/companies", h, "")
		if got.status != 403 || got.code() != "ADDRESS_NOT_ALLOWED" || !strings.Contains(string(got.body), "AIRSIDE_TRUSTED_HOPS is 0") || !strings.Contains(string(got.body), "127.0.0.1") || strings.Contains(string(got.body), "192.0.2") {
			t.Errorf("somebody who says to be %s: %d %s", ip, got.status, got.body)
		}
		if diff := cmp.Diff([]string{"REFUSED ADDRESS_NOT_ALLOWED (client allow-list) network-refused"}, g.trail(got.header.Get("X-Request-Id"))); diff != "" {
			t.Errorf("the trail: %s", diff)
		}
	}
	if got := g.send(near, "GET", "/v2/companies", http.Header{"X-Forwarded-For": {"198.51.100.7"}}, ""); got.status != 200 {
		t.Errorf("who is near and says to be far: %d %s", got.status, got.body)
	}
}

// TestTokenEndpointThatWaits: what the real API's token endpoint says about waiting reaches the caller.
func TestTokenEndpointThatWaits(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"too many": 429, "down": 503} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFar(t)
			f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "90")
				w.WriteHeader(status)
			})
			g := &gateway{start(t, airsidetest.Upstream("production", f.URL, "far-client", "far-secret-canary")), f}
			_, token := g.application(nil)
			for _, method := range []string{"GET", "POST", "GET"} {
				body := ""
				if method == "POST" {
					body = company
				}
				got := g.send(token, method, "/v2/companies", nil, body)
				var wait int
				if _, err := fmt.Sscan(got.header.Get("Retry-After"), &wait); err != nil || got.status != 503 || got.code() != "UPSTREAM_UNAVAILABLE" || wait < 60 || wait > 90 {
					t.Errorf("%s: %d, Retry-After %q: %s", method, got.status, got.header.Get("Retry-After"), got.body)
				}
			}
		})
	}
}

// TestGatewaySmuggling: what two programs could read as different requests is refused with one code and the name of the
// rule, is in the trail of the server and in the log with it, and nothing of it reaches the real API.
func TestGatewaySmuggling(t *testing.T) {
	t.Parallel()
	var log safe
	var rows, kept, lines []string
	t.Run("requests", func(t *testing.T) {
		g := startGateway(t, airsidetest.Log(slog.New(slog.NewJSONHandler(&log, nil))))
		_, token := g.application(nil)
		auth := "Host: a\r\nAuthorization: Bearer " + token + "\r\n"
		const get, post = "GET /v2/companies HTTP/1.1\r\n", "POST /v2/companies HTTP/1.1\r\n"
		for _, tc := range []struct{ name, rule, request string }{
			{"Content-Length beside Transfer-Encoding", "content-length-with-transfer-encoding", post + auth + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"},
			{"two Content-Lengths", "content-length-twice", post + auth + "Content-Length: 6\r\nContent-Length: 5\r\n\r\n0\r\n\r\nG"},
			{"a Content-Length that is no number", "bad-content-length", post + auth + "Content-Length: +6\r\n\r\n0\r\n\r\nG"},
			{"a coding nobody knows", "transfer-encoding-not-chunked", post + auth + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
			{"a chunk longer than it says", "chunk-longer-than-its-size", post + auth + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
			{"a bare line feed", "bare-lf", get + auth + "X-A: b\nContent-Length: 3\r\n\r\n"},
			{"a carriage return inside a line", "bare-cr", get + auth + "X-A: b\rc\r\n\r\n"},
			{"a folded line", "obsolete-fold", get + auth + "X-A: b\r\n Content-Length: 3\r\n\r\n"},
			{"a space before the colon", "bad-header-name", get + auth + "Content-Length : 3\r\n\r\nabc"},
			{"two credentials", "authorization-twice", get + auth + "Authorization: Bearer y\r\n\r\n"},
			{"a control character in a value", "bad-header-value", get + auth + "X-A: b\x01\r\n\r\n"},
			{"an unknown expectation", "unknown-expectation", get + auth + "Expect: foo\r\n\r\n"},
			{"a head above 64 KiB", "head-too-long", get + auth + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 66) + "\r\n"},
			{"an empty line first", "empty-line", "\r\n" + get + auth + "\r\n"},
			{"a Host that is none", "bad-host", get + "Host: a/b@c\r\n\r\n"},
			{"a target with another Host", "host-differs", "GET http://b/v2/companies HTTP/1.1\r\n" + auth + "\r\n"},
			{"no Host", "no-host", get + "Authorization: Bearer " + token + "\r\n\r\n"},
			{"two Hosts", "host-twice", get + auth + "Host: b\r\n\r\n"},
			{"a request line that is none", "bad-request-line", "GET /v2/companies /v2/users HTTP/1.1\r\n" + auth + "\r\n"},
		} {
			rows = append(rows, fmt.Sprintf("| %s | `%s` |", tc.name, tc.rule))
			kept = append(kept, "REFUSED REQUEST_NOT_WELL_FORMED framing "+tc.rule)
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(g.srv.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, tc.request) // it may be cut off before all is written
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := (answered{res.StatusCode, res.Header, body}); got.status != 400 || got.code() != "REQUEST_NOT_WELL_FORMED" || !strings.Contains(string(body), tc.rule) {
				t.Errorf("%s: %d %s", tc.name, got.status, body)
			}
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("%s: the connection goes on: %q", tc.name, rest)
			}
			conn.Close()
			lines = append(lines, `"stages":{"framing":"refused `+tc.rule+`","audit":"written REFUSED"},"code":"REQUEST_NOT_WELL_FORMED"`)
		}
		var got []string
		for line := range bytes.SplitSeq(bytes.TrimSpace(g.srv.PlatformTrail(t)), []byte("\n")) {
			var e struct{ Outcome, Detail string }
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if d := detailOf(t, e.Detail); d.Stage == "framing" {
				got = append(got, e.Outcome+" "+d.Code+" "+d.Stage+" "+d.Rule)
			}
		}
		if diff := cmp.Diff(kept, got); diff != "" {
			t.Errorf("the trail of the server: %s", diff)
		}
		if n := g.far.calls.Load(); n > 0 {
			t.Errorf("%d calls reached the real API", n)
		}
	})
	for _, line := range lines { // the server has stopped, so they are written
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %s", line)
		}
	}
	documented(t, "TestGatewaySmuggling", rows)
}
