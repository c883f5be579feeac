// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// TestCallerGoesAway: who closes the connection while the real API thinks has done so himself. The log says that, and
// neither that this server failed nor that the real API was late; a write that has left is seen through.
func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, body string
		status             int
		code               string
	}{
		{"a read", "GET", "", 499, "CALLER_GONE"},
		{"a write", "POST", company, 201, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var process safe
			t.Run("call", func(t *testing.T) { // the log is whole once the server has stopped
				g := startGateway(t, airsidetest.Log(slog.New(slog.NewJSONHandler(&process, nil))))
				_, token := g.application(nil)
				ctx, leave := context.WithCancel(t.Context())
				gone := make(chan struct{})
				g.far.does(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body) // a server sees that its caller left once it has read the body
					leave()
					if r.Method == "GET" {
						<-r.Context().Done()
						return
					}
					<-gone
					answerJSON(w, 201, `{"id":"0190a0b0-0000-7000-8000-000000000009"}`)
				})
				_, err := g.sendIn(ctx, token, tc.method, "/v2/companies", nil, tc.body)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("the caller got %v", err)
				}
				close(gone)
			})
			var last struct {
				Operation, Level, Code string
				Status                 int
			}
			for line := range strings.Lines(process.String()) {
				var e struct{ Operation string }
				if json.Unmarshal([]byte(line), &e) == nil && (e.Operation == "listCompanies" || e.Operation == "createCompany") {
					if err := json.Unmarshal([]byte(line), &last); err != nil {
						t.Fatal(err)
					}
				}
			}
			if last.Status != tc.status || last.Code != tc.code || last.Level == "ERROR" {
				t.Errorf("the log says %+v:\n%s", last, process.String())
			}
		})
	}
}
