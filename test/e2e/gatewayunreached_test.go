// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// TestGatewayUnreached: what timed out before there was a connection was surely not sent. The caller hears so, its key
// is free, and the purchase is not counted.
func TestGatewayUnreached(t *testing.T) {
	t.Parallel()
	silent, tried := silentServer(t)
	tokens := newFar(t)
	g := &gateway{start(t, airsidetest.Upstream("production", "https://"+silent, "far-client", "far-secret-canary"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TOKEN_URL", tokens.URL+"/v2/auth/oauth2-token"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TIMEOUT", "300ms")), tokens}
	_, token := g.application(nil)
	_, buyer := g.application(doc{
		"grants":    []doc{{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}},
		"purchases": doc{"countPerDay": 1},
	})
	for _, tc := range []struct{ name, token, path, body string }{
		{"a creation", token, "/v2/companies", company},
		{"a purchase", buyer, "/v2/air/create-pnr", `{"bookingId":"b"}`},
	} {
		for n := range 2 {
			got := g.send(tc.token, "POST", tc.path, http.Header{"Idempotency-Key": {"k-1"}}, tc.body)
			if got.status != 503 || got.code() != "UPSTREAM_UNAVAILABLE" {
				t.Fatalf("%s, time %d: %d %s: %s", tc.name, n+1, got.status, got.code(), got.body)
			}
			<-tried
		}
	}
}

// silentServer takes connections, tells of each, and says nothing on them.
func silentServer(t *testing.T) (addr string, tried <-chan struct{}) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			taken <- struct{}{}
			all = append(all, c)
		}
		for _, c := range all {
			_ = c.Close() // the client has gone
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String(), taken
}
