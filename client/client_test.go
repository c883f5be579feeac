// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/client"
)

func connect(t testing.TB) (*client.Client, *airsidetest.Server) {
	t.Helper()
	srv := airsidetest.Start(t)
	c, err := client.New(client.Options{BaseURL: srv.URL, ClientID: srv.Demo.ClientID, ClientSecret: srv.Demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	return c, srv
}

// Two programs that change one user lose nothing of each other.
func TestUpdatesLoseNothing(t *testing.T) {
	t.Parallel()
	one, srv := connect(t)
	two, err := client.New(client.Options{BaseURL: srv.URL, ClientID: srv.Demo.ClientID, ClientSecret: srv.Demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	const each = 100
	var wg sync.WaitGroup
	for i, c := range []*client.Client{one, two} {
		wg.Go(func() {
			name := []string{"designation", "accountingCode"}[i]
			for n := range each {
				if err := c.UpdateUser(t.Context(), srv.Demo.UserID, func(u *client.User) error {
					if got, want := u.Text("businessInfo", name), fmt.Sprint(n); n > 0 && got != want {
						return fmt.Errorf("%s is %q, want %q: an update was lost", name, got, want)
					}
					u.Set(fmt.Sprint(n+1), "businessInfo", name)
					return nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	var got client.Object
	if err := one.Call(t.Context(), "getUserInfo", client.Params{"userId": {srv.Demo.UserID}}, nil, &got); err != nil {
		t.Fatal(err)
	}
	if a, b := got.Text("businessInfo", "designation"), got.Text("businessInfo", "accountingCode"); a != "100" || b != "100" {
		t.Errorf("after %d updates each: %s and %s", each, a, b)
	}
}

func TestAnEditThatChangesNothingSendsNothing(t *testing.T) {
	t.Parallel()
	c, srv := connect(t)
	read := client.Request{Operation: "getUserInfo", Params: client.Params{"userId": {srv.Demo.UserID}}}
	before, err := c.Do(t.Context(), read)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.UpdateUser(t.Context(), srv.Demo.UserID, func(*client.User) error { return nil }); err != nil {
		t.Fatal(err)
	}
	after, err := c.Do(t.Context(), read)
	if err != nil || after.ETag() != before.ETag() || before.ETag() == "" {
		t.Errorf("the version went from %s to %s: %v", before.ETag(), after.ETag(), err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	c, srv := connect(t)
	for i := range 230 {
		body := map[string]any{"name": fmt.Sprintf("Department %03d", i)}
		if err := c.Call(t.Context(), "createDepartment", client.Params{"companyId": {srv.Demo.CompanyID}}, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	for operation, want := range map[string]int{"listDepartmentsV3": 230, "listUsersV3": 3, "listCompanies": 2, "listLegalEntities": 1} {
		var params client.Params
		var body client.Object
		switch operation {
		case "listUsersV3":
			body = client.Object{"companyId": map[string]string{"id": srv.Demo.CompanyID}}
		case "listCompanies":
		default:
			params = client.Params{"companyId": {srv.Demo.CompanyID}}
		}
		n := 0
		for _, err := range c.Pages(t.Context(), operation, params, body) {
			if err != nil {
				t.Fatalf("%s: %v", operation, err)
			}
			n++
		}
		if n < want || operation != "listCompanies" && n != want {
			t.Errorf("%s has %d elements, want %d", operation, n, want)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	c, srv := connect(t)
	body := client.Object{"persona": "EMPLOYEE"}
	body.Set(srv.Demo.CompanyID, "businessInfo", "organizationRef", "id")
	body.Set(srv.Demo.CompanyID, "businessInfo", "legalEntityRef", "id")
	err := c.Call(t.Context(), "createUser", nil, body, nil)
	if !client.HasCode(err, "REFERENCE_NOT_FOUND") || !client.HasStatus(err, 400) {
		t.Fatalf("got %v", err)
	}
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Messages[0].Pointer != "/businessInfo/legalEntityRef/id" || e.RequestID == "" {
		t.Errorf("got %+v", e)
	}
	if err := c.Call(t.Context(), "noSuchThing", nil, nil, nil); err == nil {
		t.Error("an operation that does not exist was called")
	}
	if err := c.Call(t.Context(), "getUserInfo", nil, nil, nil); err == nil {
		t.Error("a path without its parameter was called")
	}
}

// A busy server is asked again after as long as it says; a token is fetched once, and anew after a 401.
func TestPatienceAndTokens(t *testing.T) {
	t.Parallel()
	var tokens, calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/auth/oauth2-token" {
			fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600,"token_type":"Bearer"}`, tokens.Add(1))
			return
		}
		switch n := calls.Add(1); {
		case n == 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
		case n <= 3:
			w.WriteHeader(503)
		case n == 5 && r.Header.Get("Authorization") == "Bearer t1":
			w.WriteHeader(401)
		default:
			_ = json.NewEncoder(w).Encode(map[string]string{"token": r.Header.Get("Authorization")})
		}
	}))
	t.Cleanup(srv.Close)
	var waited []time.Duration
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c, err := client.New(client.Options{BaseURL: srv.URL, ClientID: "a", ClientSecret: "b", Now: func() time.Time { return now },
		Wait: func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	call := func() string {
		t.Helper()
		var got struct{ Token string }
		if err := c.Call(t.Context(), "createUser", nil, client.Object{}, &got); err != nil {
			t.Fatal(err)
		}
		return got.Token
	}
	got := []string{call(), call()} // the second is refused once and comes with a new token
	now = now.Add(58 * time.Minute)
	got = append(got, call())
	now = now.Add(2 * time.Minute)
	got = append(got, call())
	if diff := cmp.Diff([]string{"Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Second, 500 * time.Millisecond, time.Second}, waited); diff != "" {
		t.Error(diff)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ target, patch, want string }{ // the examples of RFC 7396 that are objects
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"n":12345678901234567890}`, `{}`, `{"n":12345678901234567890}`},
	} {
		o, err := client.ParseObject([]byte(tc.target))
		if err != nil {
			t.Fatal(err)
		}
		p, err := client.ParseObject([]byte(tc.patch))
		if err != nil {
			t.Fatal(err)
		}
		o.Merge(p)
		if got, _ := json.Marshal(o); string(got) != tc.want {
			t.Errorf("%s with %s is %s, want %s", tc.target, tc.patch, got, tc.want)
		}
	}
}
