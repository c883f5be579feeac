// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/contract"
)

// forwarding is a server in front of an API that answers with the contract's example.
func forwarding(b *testing.B) *bench {
	b.Helper()
	answer := contract.Example("readCompany").Response.Body
	var made atomic.Int64
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/v2/auth/oauth2-token":
			_, _ = io.WriteString(w, `{"access_token":"far-token","expires_in":3600,"token_type":"Bearer"}`)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"id":"4a0a30b4-8b4f-478d-b12b-%012x"}`, made.Add(1))
		default:
			_, _ = w.Write(answer)
		}
	}))
	b.Cleanup(far.Close)
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { log.Close() })
	logged := airsidetest.Log(slog.New(slog.NewJSONHandler(log, nil)))
	srv := airsidetest.Start(b, logged, airsidetest.Database(filepath.Join(b.TempDir(), "airside.db")), airsidetest.Upstream("production", far.URL, "far-client", "far-secret"))
	admin := srv.Token(b)
	status, body := srv.Call(b, admin, http.MethodPost, "/v1/airside/applications", map[string]any{"name": "load", "owner": "lena.okafor@example.com", "environment": "production",
		"networks": []string{"127.0.0.0/8"}, "grants": []any{map[string]any{"scopes": []string{"company:read", "company:write"}}}})
	var got struct{ ClientID, ClientSecret string }
	if err := json.Unmarshal(body, &got); err != nil || status != http.StatusCreated {
		b.Fatalf("application: %d %s", status, body)
	}
	return &bench{b, srv, srv.TokenOf(b, got.ClientID, got.ClientSecret), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * callers}}}
}

// BenchmarkForwardRead is a read that goes on to the real API, with its line in the log.
func BenchmarkForwardRead(b *testing.B) {
	x := forwarding(b)
	measure(b, func() {
		parallel(b, func(int, int) {
			x.call(http.StatusOK, http.MethodGet, "/v2/companies/4a0a30b4-8b4f-478d-b12b-a5691096a83c", nil)
		})
	})
}

// BenchmarkForwardWrite is a creation, with its two audit entries.
func BenchmarkForwardWrite(b *testing.B) {
	x := forwarding(b)
	body := contract.Example("createCompany").Request.Body
	measure(b, func() {
		parallel(b, func(int, int) { x.call(http.StatusCreated, http.MethodPost, "/v2/companies", body) })
	})
}
