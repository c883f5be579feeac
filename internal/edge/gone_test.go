// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
)

// A caller who goes away is no failure of the server: neither its log nor what counts failures may say so.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]struct{ method, path, body string }{
		"read":  {"GET", "/v2/companies?limit=1", ""},
		"write": {"POST", "/v2/companies", company},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			ctx, leave := context.WithCancel(t.Context())
			wait := func() (json.RawMessage, error) {
				leave()
				return nil, ctx.Err() // as the store says it
			}
			b.mux = edge.NewMux(b.options)
			edge.Handle(b.mux, "createCompany", func(context.Context, struct {
				Doc struct{ Name string } `body:"json"`
			}) (json.RawMessage, error) {
				return wait()
			})
			edge.Handle(b.mux, "listCompanies", func(context.Context, struct {
				Limit int `query:"limit"`
			}) (json.RawMessage, error) {
				return wait()
			})
			r := httptest.NewRequestWithContext(ctx, req.method, req.path, strings.NewReader(req.body))
			r.Header.Set("Authorization", "Bearer good")
			if req.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			w := httptest.NewRecorder()
			b.mux.ServeHTTP(w, r)
			var line struct {
				Level, Code string
				Status      int
			}
			if err := json.Unmarshal(b.log.Bytes(), &line); err != nil {
				t.Fatalf("%v in %s", err, b.log)
			}
			if line.Level != "WARN" || line.Code != string(errs.CallerGone) || line.Status != 499 {
				t.Errorf("the log says %s", b.log)
			}
		})
	}
}
