// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/clock"
)

// TestTokensFromItsNetworksOnly: an application gets tokens from where it may call and from nowhere else. The answer to
// the right secret from elsewhere is that to a wrong one, byte for byte; the trail knows better.
func TestTokensFromItsNetworksOnly(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_TRUSTED_HOPS", "1"))
	register := func(networks ...string) (id, secret string) {
		a := g.call(201, "POST", "/v1/airside/applications", doc{"name": "app " + strings.Join(networks, " "), "owner": "lena.okafor@example.com", "environment": "production",
			"grants": []doc{{"scopes": []string{"company:read"}}}, "networks": networks})
		return a.str("clientId"), a.str("clientSecret")
	}
	id, secret := register("192.0.2.0/24", "2001:db8::/32")
	ask := func(secret, forwarded string) answered {
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if forwarded != "" {
			h.Set("X-Forwarded-For", forwarded)
		}
		return g.send("", "POST", "/v2/auth/oauth2-token", h, form.Encode())
	}
	legacy := func(forwarded string) answered {
		return g.send("", "POST", "/get-auth-token", http.Header{"X-Forwarded-For": {forwarded}}, `{"clientId":"`+id+`","clientSecret":"`+secret+`"}`)
	}
	for name, from := range map[string]string{
		"IPv4": "192.0.2.7", "IPv6": "2001:db8::7", "IPv4 written as IPv6": "::ffff:192.0.2.7", "a hop that the caller wrote itself": "198.51.100.7, 192.0.2.7",
	} {
		if got := ask(secret, from); got.status != 200 {
			t.Errorf("from inside, %s: %d %s", name, got.status, got.body)
		}
	}
	if got := legacy("192.0.2.7"); got.status != 200 {
		t.Errorf("the legacy endpoint from inside: %d %s", got.status, got.body)
	}
	wrong := ask("aap_wrong", "192.0.2.7")
	same := func(name string, got answered) {
		t.Helper()
		if diff := cmp.Diff(strip(wrong.body), strip(got.body)); got.status != wrong.status || diff != "" || got.code() != "CLIENT_CREDENTIALS_INVALID" {
			t.Errorf("%s: %d %s", name, got.status, diff)
		}
	}
	same("from outside", ask(secret, "198.51.100.7"))
	same("from outside, with a hop that the caller wrote itself", ask(secret, "192.0.2.7, 198.51.100.7"))
	same("without the header of the proxy", ask(secret, ""))
	same("the legacy endpoint", legacy("198.51.100.7"))

	reasons := map[string]int{}
	for _, e := range g.call(200, "GET", "/v1/airside/audit?actor="+id+"&outcome=REFUSED", nil).list("entries") {
		reasons[e.str("operation")+" "+e.str("reason")]++
	}
	if reasons["fetchOauth2Token network-refused"] == 0 || reasons["legacyAuthToken network-refused"] == 0 {
		t.Errorf("the trail has %v", reasons)
	}

	// The list as it is now counts.
	g.call(200, "PUT", "/v1/airside/applications/"+id, doc{"name": "moved", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": []string{"company:read"}}}, "networks": []string{"198.51.100.0/24"}})
	if got := ask(secret, "198.51.100.7"); got.status != 200 {
		t.Errorf("where it moved to: %d %s", got.status, got.body)
	}
	same("where it was", ask(secret, "192.0.2.7"))
}

// strip takes the id of the request out of a problem.
func strip(body []byte) string {
	_, rest, _ := strings.Cut(string(body), `,"errorMessages"`)
	return rest
}

// TestNoTokensForWhoMayNotCall: an application that is suspended or whose access ended gets no token, and the code that
// its calls get; whoever does not know its secret hears nothing of that.
func TestNoTokensForWhoMayNotCall(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	g := startGateway(t, airsidetest.Clock(func() time.Time { return clock.System().Now().Add(time.Duration(later.Load())) }))
	a := g.call(201, "POST", "/v1/airside/applications", doc{"name": "comes and goes", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": []string{"company:read"}}}, "expiresAt": clock.System().Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)})
	id, secret, path := a.str("clientId"), a.str("clientSecret"), "/v1/airside/applications/"+a.str("clientId")
	ask := func(name, secret string, status int, code string) {
		t.Helper()
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
		if got := g.send("", "POST", "/v2/auth/oauth2-token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form.Encode()); got.status != status || got.code() != code {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, status, code)
		}
		if got := g.send("", "POST", "/get-auth-token", nil, `{"clientId":"`+id+`","clientSecret":"`+secret+`"}`); got.status != status || got.code() != code {
			t.Errorf("%s, the legacy endpoint: %d %s, want %d %s", name, got.status, got.body, status, code)
		}
	}
	ask("at first", secret, 200, "")
	g.call(200, "POST", path+"/suspend", doc{"reason": "left"})
	ask("suspended", secret, 403, "APPLICATION_SUSPENDED")
	ask("suspended, with a wrong secret", "aap_wrong", 403, "CLIENT_CREDENTIALS_INVALID")
	g.call(200, "POST", path+"/resume", nil)
	ask("resumed", secret, 200, "")
	later.Store(int64(11 * time.Minute))
	ask("ended", secret, 403, "APPLICATION_EXPIRED")
	codes := map[string]int{}
	for _, e := range g.call(200, "GET", "/v1/airside/audit?actor="+id+"&outcome=REFUSED", nil).list("entries") {
		codes[e.str("operation")+" "+e.str("detail")]++
	}
	for _, want := range []string{"fetchOauth2Token APPLICATION_SUSPENDED", "legacyAuthToken APPLICATION_SUSPENDED", "fetchOauth2Token APPLICATION_EXPIRED"} {
		if codes[want] != 1 {
			t.Errorf("the trail has %q %d times: %v", want, codes[want], codes)
		}
	}
}
