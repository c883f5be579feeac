// SPDX-License-Identifier: Apache-2.0

package telemetry_test

import (
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/telemetry"
)

// BenchmarkLine is what a line costs, for an event as a forwarded read leaves it.
func BenchmarkLine(b *testing.B) {
	e := &telemetry.Event{
		ID: "4bf92f3577b34da6a3ce929d0e0e4736", At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Took: 3 * time.Millisecond, Method: "GET", Path: "/v2/companies",
		Operation: "listCompanies", Status: 200, ClientIP: "192.0.2.7", ClientID: "as_client_1", Tenant: "t", Environment: "production", Effect: "read", UserAgent: "go/1.26",
		Upstream: &telemetry.Upstream{Status: 200, RequestID: "r-1", Took: 2 * time.Millisecond, Attempts: 1},
	}
	e.Decide(telemetry.Address, telemetry.Passed, "everybody", "")
	e.Decide(telemetry.Authenticate, telemetry.Passed, "bearer token", "")
	e.Decide(telemetry.Environment, telemetry.Passed, "production", "")
	e.Decide(telemetry.Mode, telemetry.Passed, "live", "")
	e.Decide(telemetry.Networks, telemetry.Passed, "everybody", "")
	e.Decide(telemetry.Rate, telemetry.Passed, "", "")
	e.Decide(telemetry.Authorise, telemetry.Passed, "upstream", "")
	e.Decide(telemetry.Permit, telemetry.Passed, "grant 1", "")
	e.Decide(telemetry.Limits, telemetry.Passed, "", "")
	e.Decide(telemetry.Validate, telemetry.Passed, "contract", "")
	e.Decide(telemetry.Operation, telemetry.Passed, "", "")
	e.Decide(telemetry.Send, telemetry.Done, "", "")
	e.Decide(telemetry.Drift, telemetry.None, "", "")
	e.Decide(telemetry.Handle, telemetry.Done, "forwarded", "")
	e.Decide(telemetry.Audit, telemetry.None, "", "")
	for name, write := range map[string]func([]byte) []byte{"json": e.AppendJSON, "text": e.AppendText} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 4096)
			for b.Loop() {
				buf = write(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}
