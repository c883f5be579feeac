// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// BenchmarkForwardedWrite is what the store does for a creation that goes on to the real API: one transaction with
// the intent, an audit entry, and one with the outcome, an audit entry and the line of the ledger.
func BenchmarkForwardedWrite(b *testing.B) {
	for _, callers := range []int{16, 128} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			s := openBench(b, sqlite.Options{})
			fill(b, s, 1)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu(b)
			var next atomic.Int64
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						id := ids.UUID()
						err := s.Update(b.Context(), func(ctx context.Context) error { return forwarded(store.From(ctx), id, "INTENT") })
						if err == nil {
							err = s.Update(b.Context(), func(ctx context.Context) error {
								if err := forwarded(store.From(ctx), id, "ALLOWED"); err != nil {
									return err
								}
								return issued(store.From(ctx), id)
							})
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

func forwarded(tx store.Tx, id, outcome string) error {
	return audit.Append(tx, &store.AuditEntry{
		Tenant: benchTenant, At: at, Actor: benchTenant, Operation: "createCompany", Target: id, Outcome: outcome, RequestID: id,
		Detail: []byte(`{"class":"change","code":"","environment":"production","ip":"192.0.2.7","upstreamRequestId":"` + id + `","upstreamStatus":"201"}`),
	})
}

func issued(tx store.Tx, id string) error {
	return tx.Insert(&store.Record{
		Tenant: benchTenant, Kind: "ids.issued", ID: ids.UUID(), CreatedAt: at, UpdatedAt: at,
		Doc: []byte(`{"kind":"COMPANY","id":"` + id + `","externalId":"` + id[:8] + `","companyId":"` + id + `","operation":"createCompany",` +
			`"clientId":"` + benchTenant + `","issuedAt":"2026-05-04T09:30:00Z"}`),
		Index: []store.Entry{{Field: "ids.id", Value: id}, {Field: "ids.externalId", Value: id[:8]}},
	})
}
