// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
)

const benchTenant = "7b0f3c52-6c1e-4c5e-9f0a-3d1c8e0f4a11"

// document is about 4 KB of JSON that compresses as trips do: structure repeats, ids do not.
func document() []byte {
	var b bytes.Buffer
	b.WriteString(`{"legs":[`)
	for i := range 10 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"legId":%q,"flight":{"marketing":{"airlineCode":"ZZ","num":"%d"},"departureDateTime":{"iso8601":"2026-05-%02dT0%d:15:00"},`+
			`"origin":"ZZA","destination":"ZZB","cabin":"ECONOMY","durationMinutes":%d},"fareBasisCode":"%.8s","status":"CONFIRMED",`+
			`"price":{"base":{"amount":%d.25,"currencyCode":"EUR"},"tax":{"amount":41.90,"currencyCode":"EUR"}}}`,
			ids.UUID(), 100+i*37, i+1, i, 61+i*13, ids.Digits(), 120+i*17)
	}
	b.WriteString(`],"pnrId":"` + ids.Digits() + `"}`)
	return b.Bytes()
}

// meter adds up the CPU time of this process and of the server's.
type meter struct{ own, server time.Duration }

func read(b *testing.B) meter {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	m := meter{own: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
	text, err := os.ReadFile(os.Getenv("AIRSIDE_TEST_POSTGRES_PID_FILE"))
	if err != nil {
		return m // another machine's server: its share is unknown
	}
	postmaster := strings.TrimSpace(strings.SplitN(string(text), "\n", 2)[0])
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest) // state ppid … utime stime cutime cstime, from the 14th of proc(5) on
		own := filepath.Base(filepath.Dir(name)) == postmaster
		if !own && f[1] != postmaster {
			continue
		}
		last := 13
		if own {
			last = 15 // with its children that have ended
		}
		for _, t := range f[11:last] {
			n, err := strconv.ParseInt(t, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			m.server += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return m
}

func (m meter) report(b *testing.B) {
	now := read(b)
	n := float64(b.N)
	b.ReportMetric(float64((now.own+now.server-m.own-m.server).Microseconds())/n, "cpu-µs/op")
	b.ReportMetric(float64((now.server-m.server).Microseconds())/n, "server-µs/op")
	b.ReportMetric(n/b.Elapsed().Seconds(), "op/s")
}

// business is what one call of a writing operation costs the store: it reads and updates a record of
// 4 KB, and appends event, audit entry and idempotency record.
func business(ctx context.Context, tenant, id string, doc []byte) error {
	tx := store.From(ctx)
	r, err := tx.Get(tenant, "trip", id)
	if err != nil {
		return err
	}
	r.Doc, r.UpdatedAt = doc, at
	r.Index = []store.Entry{{Field: "trip.pnr", Value: id, Unique: true}, {Field: "trip.traveler", Value: "ada"}}
	if err := tx.Update(r, r.Version); err != nil {
		return err
	}
	if err := tx.AppendEvent(&store.Event{
		Tenant: tenant, ID: ids.UUID(), Resource: "PNR/" + id, ResourceVersion: r.Version, Type: "PNR_V3",
		Operation: "BOOKING_UPDATED", Company: tenant, At: at, Body: doc,
	}); err != nil {
		return err
	}
	if err := audit.Append(tx, &store.AuditEntry{
		Tenant: tenant, At: at, Actor: tenant, Operation: "updateTrip", Target: "trip/" + id, Outcome: "200", RequestID: id, Detail: doc[:200],
	}); err != nil {
		return err
	}
	return tx.PutIdempotent(&store.Idempotency{
		Tenant: tenant, Client: tenant, Key: ids.UUID(), RequestHash: doc[:32], Status: 200, Body: doc[:200], At: at,
	})
}

func openBench(b *testing.B) (*postgres.Store, string) {
	url := database(b)
	s, err := postgres.Open(b.Context(), postgres.Options{URL: url, MasterKey: masterKey})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s, url
}

func as(ctx context.Context, tenant string) context.Context {
	return actor.With(ctx, &actor.Actor{Tenant: tenant})
}

func fill(b *testing.B, s *postgres.Store, tenant string, n int) []string {
	names := make([]string, n)
	var docs [64][]byte // enough that none repeats within a page
	for i := range docs {
		docs[i] = document()
	}
	for from := 0; from < n; from += 500 {
		err := s.Update(as(b.Context(), tenant), func(ctx context.Context) error {
			for i := from; i < min(from+500, n); i++ {
				names[i] = fmt.Sprintf("%010d", uint32(i)*2654435761) // all different, in no order
				if err := store.From(ctx).Insert(&store.Record{
					Tenant: tenant, Kind: "trip", ID: names[i], CreatedAt: at, UpdatedAt: at, Doc: docs[i%len(docs)],
					Index: []store.Entry{{Field: "trip.pnr", Value: names[i], Unique: true}, {Field: "trip.traveler", Value: "ada"}},
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return names
}

// analyze does what the server does by itself within a minute: it counts the rows. Plans that were made while the
// tables were empty are then made anew.
func analyze(b *testing.B, url string) { query(b, url, "ANALYZE") }

func BenchmarkDurableWrite(b *testing.B) {
	for _, tenants := range []int{1, 4} {
		for _, callers := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("tenants=%d/callers=%d", tenants, callers), func(b *testing.B) {
				s, url := openBench(b)
				var names [][]string
				for i := range tenants {
					names = append(names, fill(b, s, benchTenant+strconv.Itoa(i), 2000/tenants))
				}
				doc := document()
				analyze(b, url)
				b.ReportAllocs()
				b.ResetTimer()
				before := read(b)
				var next atomic.Int64
				var wg sync.WaitGroup
				for c := range callers {
					wg.Go(func() {
						tenant, mine := benchTenant+strconv.Itoa(c%tenants), names[c%tenants]
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							err := s.Update(as(b.Context(), tenant), func(ctx context.Context) error {
								return business(ctx, tenant, mine[i*7919%int64(len(mine))], doc)
							})
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				before.report(b)
			})
		}
	}
}

// sizes are the numbers of documents to read among; AIRSIDE_BENCH_DOCS=1000000 adds one that takes minutes to fill.
func sizes(b *testing.B) []int {
	all := []int{1000, 20000}
	if text := os.Getenv("AIRSIDE_BENCH_DOCS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

func BenchmarkPointRead(b *testing.B) {
	for _, n := range sizes(b) {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s, url := openBench(b)
			names := fill(b, s, benchTenant, n)
			analyze(b, url)
			b.ReportAllocs()
			b.ResetTimer()
			before := read(b)
			for i := 0; b.Loop(); i++ {
				err := s.View(b.Context(), func(ctx context.Context) error {
					_, err := store.Read(ctx).Get(benchTenant, "trip", names[i*7919%n])
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			before.report(b)
		})
	}
}
