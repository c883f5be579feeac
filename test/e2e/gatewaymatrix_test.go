// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/clock"
)

// trail are what the audit trail has of one request, oldest first: outcome, code, and the reason where it is known.
func (g *gateway) trail(request string) (out []string) {
	g.t.Helper()
	for _, e := range g.call(200, "GET", "/v1/airside/audit?limit=200", nil).list("entries") {
		if e.str("requestId") != request {
			continue
		}
		out = append(out, strings.Join(strings.Fields(e.str("outcome")+" "+e.str("detail")+" "+e.str("reason")), " "))
	}
	slices.Reverse(out)
	return out
}

// TestMatrixOfRefusals: everything that keeps a call from the real API, or its answer from the caller, has a code of
// its own and entries in the trail; what is to be tried again says when.
func TestMatrixOfRefusals(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	g := startGateway(t, airsidetest.Setting("AIRSIDE_TRUSTED_HOPS", "1"), airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TIMEOUT", "300ms"),
		airsidetest.Tune(func(o *app.Options) {
			o.Clock = clock.Func(func() time.Time { return clock.System().Now().Add(time.Duration(later.Load())) })
		}))
	_, plain := g.application(nil)
	_, away := g.application(doc{"networks": []string{"192.0.2.0/24", "2001:db8::/32", "::ffff:203.0.113.0/120"}})
	_, away6 := g.application(doc{"networks": []string{"192.0.2.0/24"}}) // the trail has three alike of one, and counts the rest
	_, buyer := g.application(doc{"grants": []doc{{"scopes": []string{"air:book"}}}})
	_, all := g.application(doc{"grants": []doc{{"operations": []string{"*"}, "reason": "the tests"}}})
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
		{"an address outside", away, "GET", companies, "", from("198.51.100.7"), fine, 403, "ACCESS_DENIED", []string{"REFUSED ACCESS_DENIED network-refused"}, 0, ""},
		{"an address outside behind one that is written to the left", away, "GET", companies, "", from("192.0.2.7, 198.51.100.7"), fine, 403, "ACCESS_DENIED", []string{"REFUSED ACCESS_DENIED network-refused"}, 0, ""},
		{"an address outside as IPv6", away, "GET", companies, "", from("::ffff:198.51.100.7"), fine, 403, "ACCESS_DENIED", []string{"REFUSED ACCESS_DENIED network-refused"}, 0, ""},
		{"IPv6 that only looks like one inside", away6, "GET", companies, "", from("64:ff9b::192.0.2.7"), fine, 403, "ACCESS_DENIED", []string{"REFUSED ACCESS_DENIED network-refused"}, 0, ""},
		{"no address at all", away, "GET", companies, "", from("unknown"), fine, 403, "ACCESS_DENIED", nil, 0, ""},
		{"an operation that was not granted", plain, "GET", "/v3/trips/1234567890/detail", "", none, fine, 403, "OPERATION_NOT_GRANTED", []string{"REFUSED OPERATION_NOT_GRANTED"}, 0, ""},
		{"a purchase without its effect", buyer, "POST", pnr, `{"bookingId":"b"}`, none, fine, 403, "PURCHASE_NOT_GRANTED", []string{"REFUSED PURCHASE_NOT_GRANTED"}, 0, ""},
		{"a purchase", capped, "POST", pnr, `{"bookingId":"b"}`, none, bought, 200, "", []string{"INTENT", "ALLOWED"}, 1, ""},
		{"a purchase too many", capped, "POST", pnr, `{"bookingId":"b"}`, none, bought, 403, "SPEND_CAP_REACHED", []string{"REFUSED SPEND_CAP_REACHED"}, 0, ""},
		{"a purchase nobody knows the price of", poor, "POST", pnr, `{"bookingId":"b"}`, none, bought, 403, "PRICE_UNKNOWN", []string{"REFUSED PRICE_UNKNOWN"}, 0, ""},
		{"a suspended application", suspended, "GET", companies, "", none, fine, 403, "APPLICATION_SUSPENDED", []string{"REFUSED APPLICATION_SUSPENDED"}, 0, ""},
		{"an operation on credentials", plain, "POST", "/v2/api-users", `{"role":"TMC_ADMIN"}`, none, fine, 403, "OPERATION_NOT_GRANTED", []string{"REFUSED OPERATION_NOT_GRANTED"}, 0, ""},
		{"an operation on credentials for whom all is granted", all, "POST", "/v2/api-users", `{"role":"TMC_ADMIN","credentialType":"CLIENT_CREDENTIALS"}`, none, fine, 403, "NOT_FORWARDED", []string{"REFUSED NOT_FORWARDED"}, 0, ""},
		{"an API that is slow", plain, "POST", companies, company, none, slow, 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"a connection that is half closed", plain, "POST", companies, company, none, halfClosed, 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"a read of one", plain, "GET", companies, "", none, halfClosed, 502, "UPSTREAM_ANSWER_BROKEN", nil, 3, ""},
		{"a page of something in between", plain, "POST", companies, company, none, answers(201, "text/html", "<p>Please sign in.</p>"), 409, "OUTCOME_UNKNOWN", []string{"INTENT", "UNKNOWN OUTCOME_UNKNOWN"}, 1, ""},
		{"an answer of another type that says what is meant", plain, "POST", companies, company, none, answers(201, "text/plain", `{"id":"0190a0b0-0000-7000-8000-000000000002"}`), 201, "", []string{"INTENT", "ALLOWED"}, 1, ""},
		{"too many calls", plain, "POST", companies, company, none, answers(429, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"TOO_MANY_REQUESTS","message":"slow down"}]}`), 429, "TOO_MANY_REQUESTS", []string{"INTENT", "REFUSED TOO_MANY_REQUESTS"}, 1, "7"},
		{"too many reads", plain, "GET", companies, "", none, answers(429, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"TOO_MANY_REQUESTS","message":"slow down"}]}`), 429, "TOO_MANY_REQUESTS", nil, 1, "7"},
		{"an API that says when it is back", plain, "GET", companies, "", none, answers(503, "application/json", `{"debugIdentifier":"d","errorMessages":[{"errorCode":"DOWN","message":"back soon"}]}`), 503, "DOWN", nil, 1, "7"},
		{"a stay whose price nobody saw", poor, "POST", hotel, string(contract.Example("hotelCreatePnr").Request.Body), none, bought, 403, "PRICE_UNKNOWN", []string{"REFUSED PRICE_UNKNOWN"}, 0, ""},
	} {
		g.far.does(tc.far)
		h, before := http.Header{}, g.far.calls.Load()
		tc.with(h)
		got := g.send(tc.token, tc.method, tc.path, h, tc.body)
		trail := g.trail(got.header.Get("X-Request-Id"))
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
	last("a read of one that is down", plain, "GET", "", 503, "UPSTREAM_UNAVAILABLE", "1")
	later.Store(int64(11 * time.Minute))
	last("an application whose access ended", expiring, "GET", "", 403, "APPLICATION_EXPIRED", "", "REFUSED APPLICATION_EXPIRED")
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
		if got.status != 403 || got.code() != "ACCESS_DENIED" {
			t.Errorf("somebody who says to be %s: %d %s", ip, got.status, got.body)
		}
		if diff := cmp.Diff([]string{"REFUSED ACCESS_DENIED network-refused"}, g.trail(got.header.Get("X-Request-Id"))); diff != "" {
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

// TestGatewaySmuggling: what two programs could read as different requests is refused with the same code, is in the
// trail of the server, and nothing of it reaches the real API.
func TestGatewaySmuggling(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	auth := "Host: a\r\nAuthorization: Bearer " + token + "\r\n"
	for name, request := range map[string]string{
		"two lengths of one body":     "POST /v2/companies HTTP/1.1\r\n" + auth + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
		"two different lengths":       "POST /v2/companies HTTP/1.1\r\n" + auth + "Content-Length: 6\r\nContent-Length: 5\r\n\r\n0\r\n\r\nG",
		"a coding nobody knows":       "POST /v2/companies HTTP/1.1\r\n" + auth + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"a bare line feed":            "GET /v2/companies HTTP/1.1\r\n" + auth + "X-A: b\nContent-Length: 3\r\n\r\n",
		"a folded line":               "GET /v2/companies HTTP/1.1\r\n" + auth + "X-A: b\r\n Content-Length: 3\r\n\r\n",
		"space before the colon":      "GET /v2/companies HTTP/1.1\r\n" + auth + "Content-Length : 3\r\n\r\nabc",
		"a carriage return in a line": "GET /v2/companies HTTP/1.1\r\n" + auth + "X-A: b\rc\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(g.srv.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, request) // it may be cut off before all is written
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := (answered{res.StatusCode, res.Header, body}); got.status != 400 || got.code() != "REQUEST_NOT_WELL_FORMED" {
				t.Errorf("%d %s", got.status, body)
			}
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("the connection goes on: %q", rest)
			}
		})
	}
	if n := g.far.calls.Load(); n > 0 {
		t.Errorf("%d calls reached the real API", n)
	}
}
