// SPDX-License-Identifier: Apache-2.0

package edge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/telemetry"
)

// nowhere is an answer that nobody reads.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkRead is a read of an application through all stages, with its line of the log.
func BenchmarkRead(b *testing.B) {
	line := make([]byte, 0, 4096)
	s := setup(b, func(o *edge.Options) {
		o.OnViolation = nil
		o.Emit = func(e *telemetry.Event) { line = e.AppendJSON(line[:0]) }
	})
	s.fakes.caller.Application = &edge.Application{Environment: edge.Sandbox,
		Permit: func(*contract.Operation, netip.Addr, time.Time) (string, error) { return "grant 1", nil },
		Count:  func(context.Context) (time.Duration, error) { return 0, nil }}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v2/companies", http.NoBody)
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Authorization", "Bearer good")
	r.Header.Set("User-Agent", "go/1.26")
	w := nowhere{}
	b.ReportAllocs()
	for b.Loop() {
		clear(w)
		s.mux.ServeHTTP(w, r)
	}
	b.ReportMetric(float64(len(line)), "line-B")
}
