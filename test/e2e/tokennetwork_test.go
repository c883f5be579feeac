// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
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
