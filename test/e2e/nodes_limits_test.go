// SPDX-License-Identifier: Apache-2.0

//go:build pg

package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// TestLimitsOfTwoNodes: two servers on one database have one quota and one cap together.
func TestLimitsOfTwoNodes(t *testing.T) {
	t.Parallel()
	target, key := database(t)
	far := newFar(t)
	far.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"pnrId":"1234567890"}`) })
	opts := []airsidetest.Option{airsidetest.Postgres(target, key), airsidetest.FollowWithin(0), airsidetest.Upstream("production", far.URL, "far-client", "far-secret-canary")}
	a := start(t, opts...)
	b := airsidetest.Start(t, opts...)
	const quota = 250
	made := a.call(201, "POST", "/v1/airside/applications", doc{"name": "eager", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN",
		"grants": []doc{{"scopes": []string{"user:read"}}}, "requestsPerDay": quota})
	buyer := a.call(201, "POST", "/v1/airside/applications", doc{"name": "buyer", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}}, "purchases": doc{"countPerDay": 9}})
	token := a.srv.TokenOf(t, made.str("clientId"), made.str("clientSecret"))
	buys := b.TokenOf(t, buyer.str("clientId"), buyer.str("clientSecret"))
	var let, refused, bought, capped, other atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		srv := []*airsidetest.Server{a.srv, b}[i%2]
		all.Go(func() {
			for range 60 {
				switch status, raw := srv.Call(t, token, "GET", "/v2/users/"+srv.Demo.UserID, nil); {
				case status == 200:
					let.Add(1)
				case status == 429 && strings.Contains(string(raw), "QUOTA_REACHED"):
					refused.Add(1)
				default:
					other.Add(1)
				}
			}
			for n := range 6 {
				switch status, raw := srv.Call(t, buys, "POST", "/v2/air/create-pnr", fmt.Sprintf(`{"bookingId":"b-%d-%d"}`, i, n)); {
				case status == 200:
					bought.Add(1)
				case status == 403 && strings.Contains(string(raw), "SPEND_CAP_REACHED"):
					capped.Add(1)
				default:
					other.Add(1)
				}
			}
		})
	}
	all.Wait()
	// Each may hold the hundredth part of the quota that the other one could have used.
	if n := let.Load(); n > quota || n < quota-2 || other.Load() > 0 {
		t.Errorf("%d calls of %d were let through, %d were refused, and %d something else", n, quota, refused.Load(), other.Load())
	}
	if bought.Load() != 9 || far.calls.Load() != 9 {
		t.Errorf("%d purchases of 9, %d refused; %d arrived", bought.Load(), capped.Load(), far.calls.Load())
	}
	// A third server begins with what is left, which is nothing.
	c := airsidetest.Start(t, opts...)
	for range 5 {
		if status, raw := c.Call(t, token, "GET", "/v2/users/"+c.Demo.UserID, nil); status == 200 {
			if let.Add(1) > quota {
				t.Errorf("a fresh server lets through more than the quota: %s", raw)
			}
		}
	}
}

// TestDeclarationsOfTwoNodes: two servers that carry out one file register each application once.
func TestDeclarationsOfTwoNodes(t *testing.T) {
	t.Parallel()
	target, key := database(t)
	opts := []airsidetest.Option{airsidetest.Postgres(target, key), airsidetest.FollowWithin(0)}
	a := startDeclared(t, declaredMailer, opts...)
	b := airsidetest.Start(t, append(opts, airsidetest.Setting("AIRSIDE_APPLICATIONS_FILE", a.file))...)
	text := strings.Replace(declaredMailer, `"applications": [`, `"applications": [{"name": "second", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN", "grants": [{"scopes": ["user:read"]}]},`, 1)
	a.write(t, text)
	var both sync.WaitGroup
	for _, srv := range []*airsidetest.Server{a.srv, b} {
		both.Go(func() {
			if err := srv.ReadApplications(t); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	acts := strings.Join(a.acts(), "\n")
	if strings.Count(acts, "createApplication") != 2 || strings.Contains(acts, "updateApplication") {
		t.Errorf("the trail: %s", acts)
	}
	// What the file does not name any more is refused at the other server with the next call.
	made := a.named("second")
	secret := a.call(200, "POST", "/v1/airside/applications/"+made.str("clientId")+"/rotate-secret", doc{"overlapSeconds": 0}).str("clientSecret")
	other := &client{t, b, b.TokenOf(t, made.str("clientId"), secret)}
	other.call(200, "GET", "/v2/users/"+b.Demo.UserID, nil)
	a.says(declaredMailer)
	other.refuse(403, "APPLICATION_SUSPENDED", "GET", "/v2/users/"+b.Demo.UserID, nil)
}
