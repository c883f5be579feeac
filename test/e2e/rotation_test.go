// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/cli"
)

// TestRotationUnderTraffic rotates the credential of an environment while applications read and write through
// it. The real API (another Airside) kills the old secret and every token at once; nobody notices.
func TestRotationUnderTraffic(t *testing.T) {
	t.Parallel()
	real := start(t)
	admin := real.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN", "credentialType": "CLIENT_CREDENTIALS"})
	dir := t.TempDir()
	key, sealed := filepath.Join(dir, "seal.key"), filepath.Join(dir, "secrets.age")
	var out, errs bytes.Buffer
	seal := cli.Main{Args: []string{"vault", "seal", "--file", sealed, "--new-key"}, Environ: []string{"AIRSIDE_SEAL_KEY_FILE=" + key},
		Stdin: strings.NewReader("main=" + real.srv.Demo.ClientSecret + "\nadmin=" + admin.str("clientSecret") + "\n"), Stdout: &out, Stderr: &errs}
	if seal.Run(context.Background()) != 0 { //nolint:usetesting // the command ends before the test does
		t.Fatal(errs.String())
	}
	front := start(t,
		airsidetest.Upstream("production", real.srv.URL, real.srv.Demo.ClientID, "replaced below"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_SECRET", "file:"+sealed+"#main"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_ADMIN_CLIENT_ID", admin.str("clientId")),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET", "file:"+sealed+"#admin"),
		airsidetest.Setting("AIRSIDE_SEAL_KEY_FILE", key), airsidetest.Setting("AIRSIDE_ESCROW_DIR", filepath.Join(dir, "escrow")))
	a := front.call(201, "POST", "/v1/airside/applications", doc{"name": "traffic", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []doc{{"scopes": []string{"company:read", "company:write"}}}})
	token := front.srv.TokenOf(t, a.str("clientId"), a.str("clientSecret"))

	const callers, rotations = 12, 3
	var done atomic.Bool
	var made atomic.Int64
	var running sync.WaitGroup
	for n := range callers {
		running.Go(func() {
			for i := 0; !done.Load(); i++ {
				method, body := "GET", ""
				if (n+i)%3 == 0 {
					method, body = "POST", fmt.Sprintf(`{"name":"Quay %d/%d","billingCurrency":"USD","companyRoles":["ORG"],"externalId":"R-%d-%d"}`, n, i, n, i)
				}
				status, raw := front.srv.Call(t, token, method, "/v2/companies", body)
				if status != http.StatusOK && status != http.StatusCreated {
					t.Errorf("%s answered %d during a rotation: %s", method, status, raw)
					return
				}
				if method == "POST" {
					made.Add(1)
				}
			}
		})
	}
	for range rotations {
		front.call(200, "POST", "/v1/airside/environments/production/rotate", doc{"incident": false})
	}
	done.Store(true)
	running.Wait()

	old := "grant_type=client_credentials&client_id=" + real.srv.Demo.ClientID + "&client_secret=" + real.srv.Demo.ClientSecret
	if got := (&gateway{client: real}).send("", "POST", "/v2/auth/oauth2-token", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, old); got.status != 403 {
		t.Errorf("the first secret still works: %d", got.status)
	}
	seen := map[string]int{}
	for _, c := range front.companies(token) {
		seen[c.str("name")]++
	}
	for name, n := range seen {
		if strings.HasPrefix(name, "Quay ") && n > 1 {
			t.Errorf("%s was made %d times", name, n)
		}
	}
	if made.Load() == 0 {
		t.Error("nothing was written meanwhile")
	}
}

// companies reads the whole list with a token.
func (c *client) companies(token string) (all []object) {
	mine := &client{c.t, c.srv, token}
	for {
		page := mine.call(200, "GET", fmt.Sprintf("/v2/companies?limit=100&offset=%d", len(all)), nil).list("elements")
		if all = append(all, page...); len(page) < 100 {
			return all
		}
	}
}
