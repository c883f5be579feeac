// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// Who is not let in, or not let do something, is in the trail.
func TestRefusalsAreAudited(t *testing.T) {
	t.Parallel()
	closed := func(o *edge.Options) { o.Allow = edge.Networks{netip.MustParsePrefix("10.0.0.0/8")} }
	for name, tc := range map[string]struct {
		change        func(*edge.Options)
		caller        func(*edge.Caller)
		method, path  string
		body, media   string
		token         string
		code          string
		tenant, actor string
		operation     string
	}{
		"no token":       {method: "GET", path: "/v2/companies", code: "USER_NOT_AUTHENTICATED", operation: "listCompanies"},
		"dead token":     {method: "GET", path: "/v2/companies", token: "bad", code: "ACCESS_TOKEN_INVALID", operation: "listCompanies"},
		"global network": {change: closed, method: "GET", path: "/v2/companies", token: "good", code: "ADDRESS_NOT_ALLOWED"},
		"client network": {
			caller: func(c *edge.Caller) { c.Networks = edge.Networks{netip.MustParsePrefix("10.0.0.0/8")} },
			method: "GET", path: "/v2/companies", token: "good", code: "ADDRESS_NOT_ALLOWED", tenant: "t-1", actor: "client-1", operation: "listCompanies",
		},
		"role": {
			caller: func(c *edge.Caller) { c.Actor.Roles = []string{"TRAVELER"} },
			method: "POST", path: "/v2/companies", body: company, media: "application/json", token: "good", code: "ACCESS_DENIED", tenant: "t-1", actor: "client-1", operation: "createCompany",
		},
		"wrong secret": {
			method: "POST", path: "/v2/auth/oauth2-token", body: "grant_type=client_credentials&client_id=client-9&client_secret=canary",
			media: "application/x-www-form-urlencoded", code: "CLIENT_CREDENTIALS_INVALID", tenant: "t-9", actor: "client-9", operation: "fetchOauth2Token",
		},
		"unknown client": {
			method: "POST", path: "/v2/auth/oauth2-token", body: "grant_type=client_credentials&client_id=client-8&client_secret=canary",
			media: "application/x-www-form-urlencoded", code: "CLIENT_CREDENTIALS_INVALID", operation: "fetchOauth2Token",
		},
		"wrong secret in the old way": {
			method: "POST", path: "/get-auth-token", body: `{"clientId":"client-9","clientSecret":"canary"}`,
			media: "application/json", code: "CLIENT_CREDENTIALS_INVALID", tenant: "t-9", actor: "client-9", operation: "legacyAuthToken",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *edge.Options) {
				o.TenantOf = func(id string) string { return map[string]string{"client-9": "t-9"}[id] }
				if tc.change != nil {
					tc.change(o)
				}
			})
			refuse := func(context.Context, struct{}) (struct{}, error) {
				return struct{}{}, errs.New(errs.CredentialInvalid, "no")
			}
			edge.Handle(b.mux, "fetchOauth2Token", refuse)
			edge.Handle(b.mux, "legacyAuthToken", refuse)
			b.fakes.caller.Actor.ClientID, b.fakes.caller.Actor.Tenant = "client-1", "t-1"
			if tc.caller != nil {
				tc.caller(b.fakes.caller)
			}
			authorization := ""
			if tc.token != "" {
				authorization = "Bearer " + tc.token
			}
			_, e, raw := b.do(t, tc.method, tc.path, tc.body, "Authorization", authorization, "Content-Type", tc.media)
			if len(e.ErrorMessages) != 1 || e.ErrorMessages[0].ErrorCode != tc.code {
				t.Fatalf("answered %s", raw)
			}
			if len(b.fakes.acts) != 1 {
				t.Fatalf("%d entries: %+v", len(b.fakes.acts), b.fakes.acts)
			}
			got := b.fakes.acts[0]
			if got.Tenant != tc.tenant || got.Actor != tc.actor || got.Operation != tc.operation || got.Outcome != "REFUSED" ||
				got.Detail["code"] != tc.code || got.Detail["ip"] != "192.0.2.7" || got.RequestID == "" {
				t.Errorf("the entry is %+v", got)
			}
			if strings.Contains(fmt.Sprint(got), "canary") {
				t.Error("the entry holds the secret")
			}
		})
	}
}

// Whoever calls from outside of a list learns which address was seen and how, and nothing of the list.
func TestAddressNotAllowed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hops                  int
		forwarded, list, says string
	}{
		"the connection":             {0, "203.0.113.9", "global allow-list", "this server saw 192.0.2.7, the address of the connection itself, since AIRSIDE_TRUSTED_HOPS is 0;"},
		"a hop":                      {1, "10.0.0.1, 203.0.113.9", "client allow-list", "this server saw 203.0.113.9, read through one trusted hop (AIRSIDE_TRUSTED_HOPS);"},
		"a hop that names nobody":    {1, "unknown", "", "the entry of X-Forwarded-For that far from its right end is no address"},
		"an IPv4 address in an IPv6": {2, "::ffff:203.0.113.9, 10.1.1.1", "client allow-list", "this server saw 203.0.113.9, read through 2 trusted hops"},
	} {
		b := setup(t, func(o *edge.Options) {
			o.TrustedHops = tc.hops
			if tc.hops == 0 {
				o.Allow = edge.Networks{netip.MustParsePrefix("10.0.0.0/8")}
			}
		})
		b.fakes.caller.Networks = edge.Networks{netip.MustParsePrefix("10.0.0.0/8")}
		_, e, raw := b.do(t, "GET", "/v2/companies", "", "X-Forwarded-For", tc.forwarded)
		if len(e.ErrorMessages) != 1 || e.ErrorMessages[0].ErrorCode != "ADDRESS_NOT_ALLOWED" || !strings.Contains(e.ErrorMessages[0].ErrorDetail, tc.says) || strings.Contains(raw, "10.0.0.0") {
			t.Errorf("%s: %s", name, raw)
		}
		if len(b.fakes.acts) != 1 || b.fakes.acts[0].Detail["rule"] != tc.list {
			t.Errorf("%s: the entry is %+v", name, b.fakes.acts)
		}
	}
}

// What cannot be read as one request is in the trail of the server, as is whom a limit held back, who is known and not
// let in, and what a caller may not do at all.
func TestRefusalsOfOthersAreAudited(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *edge.Options) { o.Rate = edge.Rate{PerSecond: 1, Burst: 2} })
	body := b.mux.NotWellFormed(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 1}, "bare-lf", "a line ends in LF without CR")
	if len(b.fakes.acts) != 1 || !strings.Contains(string(body), "REQUEST_NOT_WELL_FORMED") || !strings.Contains(string(body), "bare-lf") {
		t.Fatalf("%s, and %+v", body, b.fakes.acts)
	}
	if a := b.fakes.acts[0]; a.Tenant != "" || a.Outcome != "REFUSED" || a.Detail["code"] != "REQUEST_NOT_WELL_FORMED" || a.Detail["ip"] != "192.0.2.9" || a.Detail["stage"] != "framing" || a.Detail["rule"] != "bare-lf" {
		t.Errorf("the entry is %+v", a)
	}
	b.fakes.acts = nil
	left := 1
	b.fakes.caller.Application = &edge.Application{Environment: edge.Sandbox,
		Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "p", nil },
		Count: func(context.Context) (time.Duration, error) {
			if left--; left < 0 {
				return 90 * time.Minute, errs.New(errs.QuotaReached, "no more")
			}
			return 0, nil
		}}
	var got []string
	for range 4 {
		res, e, _ := b.do(t, "GET", "/v2/companies", "")
		code := ""
		if len(e.ErrorMessages) > 0 {
			code = e.ErrorMessages[0].ErrorCode
		}
		got = append(got, strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", code, " ", res.Header.Get("Retry-After"))))
	}
	want := []string{"200", "429 QUOTA_REACHED 5400", "429 TOO_MANY_REQUESTS 1", "429 TOO_MANY_REQUESTS 1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the answers: %s", d)
	}
	if err := b.mux.FlushRefusals(t.Context()); err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, a := range b.fakes.acts {
		got = append(got, a.Actor+" "+a.Detail["code"]+" "+a.Detail["count"])
	}
	if d := cmp.Diff([]string{"c1 QUOTA_REACHED 1", "c1 TOO_MANY_REQUESTS 2"}, got); d != "" {
		t.Errorf("the trail: %s", d)
	}
	b.fakes.acts, b.now = nil, b.now.Add(time.Minute)
	b.fakes.refused = errs.New(errs.ApplicationSuspended, "suspended")
	res, _, raw := b.do(t, "GET", "/v2/companies", "")
	if res.StatusCode != 403 || res.Header.Get("WWW-Authenticate") != "" || len(b.fakes.acts) != 1 || b.fakes.acts[0].Actor != "c1" || b.fakes.acts[0].Tenant != "t" {
		t.Errorf("%d %s, and %+v", res.StatusCode, raw, b.fakes.acts)
	}
}

// A flood of refusals leaves few entries, and they add up.
func TestFloodOfRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *edge.Options) { o.TrustedHops = 1 })
	const flood = 5000
	sum := func() (entries, refusals int) {
		for _, a := range b.fakes.acts {
			n, err := strconv.Atoi(a.Detail["count"])
			if a.Detail["count"] == "" {
				n, err = 1, nil
			}
			if err != nil {
				t.Error(err)
			}
			refusals += n
		}
		return len(b.fakes.acts), refusals
	}
	for minute := range 3 {
		b.fakes.acts = nil
		for i := range flood {
			from := fmt.Sprintf("198.51.%d.%d", i%100, i%250)
			b.do(t, "GET", "/v2/companies", "", "Authorization", "Bearer bad", "X-Forwarded-For", from)
		}
		b.now = b.now.Add(time.Minute)
		if err := b.mux.FlushRefusals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if entries, refusals := sum(); entries > 61 || refusals != flood {
			t.Errorf("minute %d: %d entries tell of %d refusals", minute, entries, refusals)
		}
	}
	edge.Handle(b.mux, "rotateClientSecret", func(context.Context, struct{}) (struct{}, error) {
		return struct{}{}, errs.Missing("API user", "x")
	})
	b.fakes.acts = nil
	for range flood {
		b.do(t, "POST", "/v2/api-users/rotate", `{"clientId":"0190a0b0-0000-7000-8000-000000000001"}`)
	}
	if err := b.mux.FlushRefusals(t.Context()); err != nil {
		t.Fatal(err)
	}
	if entries, refusals := sum(); entries != 201 || refusals != flood {
		t.Errorf("of a known caller: %d entries tell of %d refusals", entries, refusals)
	}
	b.fakes.acts = nil
	if err := b.mux.FlushRefusals(t.Context()); err != nil || len(b.fakes.acts) > 0 {
		t.Errorf("with nothing to tell: %v, %v", b.fakes.acts, err)
	}
}

// A write that cannot be audited is undone, one with transactions of its own does not begin, and what is audited
// when it is read is not shown.
func TestNothingWithoutAnEntry(t *testing.T) {
	t.Parallel()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b := setup(t, func(o *edge.Options) { o.Store = s })
	put := func(ctx context.Context, id string) error {
		return store.From(ctx).Insert(&store.Record{Tenant: "t-1", Kind: "thing", ID: id, CreatedAt: b.now, UpdatedAt: b.now, Doc: []byte(`{}`)})
	}
	count := func() (n int) {
		err := s.View(t.Context(), func(ctx context.Context) (err error) {
			n, err = store.Read(ctx).Count(store.Query{Tenant: "t-1", Kind: "thing"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	edge.Handle(b.mux, "deleteApiUser", func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, put(ctx, "1") })
	edge.Handle(b.mux, "freezeClock", func(ctx context.Context, _ struct{}) (clockState, error) {
		return clockState{Now: b.now}, s.Update(ctx, func(ctx context.Context) error { return put(ctx, "2") })
	}, edge.OwnTransactions())
	edge.Handle(b.mux, "verifyAudit", func(context.Context, struct{}) (verdict, error) { return verdict{Intact: true, Head: "canary"}, nil })
	calls := [][3]string{
		{"POST", "/v2/api-users/revoke", `{"clientId":"0190a0b0-0000-7000-8000-000000000001"}`},
		{"POST", "/v1/airside/world/clock/freeze", ""},
		{"GET", "/v1/airside/audit/verify", ""},
	}
	b.fakes.audit = io.ErrClosedPipe
	for _, c := range calls {
		res, e, raw := b.do(t, c[0], c[1], c[2])
		if res.StatusCode != 503 || len(e.ErrorMessages) != 1 || e.ErrorMessages[0].ErrorCode != "AUDIT_UNAVAILABLE" || strings.Contains(raw, "canary") {
			t.Errorf("%s without audit: %d %s", c[1], res.StatusCode, raw)
		}
	}
	if n := count(); n != 0 {
		t.Errorf("%d records were written", n)
	}
	b.fakes.audit, b.fakes.acts = nil, nil
	var got []string
	for _, c := range calls {
		if res, _, raw := b.do(t, c[0], c[1], c[2]); res.StatusCode/100 != 2 {
			t.Errorf("%s: %d %s", c[1], res.StatusCode, raw)
		}
	}
	for _, a := range b.fakes.acts {
		got = append(got, a.Operation+" "+a.Outcome)
	}
	if d := cmp.Diff([]string{"deleteApiUser ALLOWED", "freezeClock ALLOWED", "verifyAudit ALLOWED"}, got); d != "" || count() != 2 {
		t.Errorf("with audit, %d records: %s", count(), d)
	}
}

type clockState struct {
	Now       time.Time `json:"now"`
	Frozen    bool      `json:"frozen"`
	Offset    int64     `json:"offsetSeconds"`
	Performed int       `json:"performed"`
}

type verdict struct {
	Intact  bool   `json:"intact"`
	Entries int64  `json:"entries"`
	Head    string `json:"head"`
}
