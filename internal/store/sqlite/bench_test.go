// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
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

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func openBench(b *testing.B, o sqlite.Options) *sqlite.Store {
	if !o.Memory {
		o.Path, o.MasterKey = filepath.Join(b.TempDir(), "bench.db"), make([]byte, 32)
	}
	s, err := sqlite.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// business is what one call of a writing operation costs the store: it reads and updates a record of
// 4 KB, and appends event, audit entry and idempotency record.
func business(ctx context.Context, id string, doc []byte) error {
	tx := store.From(ctx)
	r, err := tx.Get(benchTenant, "trip", id)
	if err != nil {
		return err
	}
	r.Doc, r.UpdatedAt = doc, at
	r.Index = []store.Entry{{Field: "trip.pnr", Value: id, Unique: true}, {Field: "trip.traveler", Value: "ada"}}
	if err := tx.Update(r, r.Version); err != nil {
		return err
	}
	if err := tx.AppendEvent(&store.Event{
		Tenant: benchTenant, ID: ids.UUID(), Resource: "PNR/" + id, ResourceVersion: r.Version, Type: "PNR_V3",
		Operation: "BOOKING_UPDATED", Company: benchTenant, At: at, Body: doc,
	}); err != nil {
		return err
	}
	if err := audit.Append(tx, &store.AuditEntry{
		Tenant: benchTenant, At: at, Actor: benchTenant, Operation: "updateTrip", Target: "trip/" + id, Outcome: "200",
		RequestID: id, Detail: doc[:200],
	}); err != nil {
		return err
	}
	return tx.PutIdempotent(&store.Idempotency{
		Tenant: benchTenant, Client: benchTenant, Key: ids.UUID(), RequestHash: doc[:32], Status: 200, Body: doc[:200], At: at,
	})
}

func fill(b *testing.B, s *sqlite.Store, n int) []string {
	names := make([]string, n)
	var docs [64][]byte // enough that none repeats within a page
	for i := range docs {
		docs[i] = document()
	}
	for from := 0; from < n; from += 500 {
		err := s.Update(b.Context(), func(ctx context.Context) error {
			for i := from; i < min(from+500, n); i++ {
				names[i] = fmt.Sprintf("%010d", uint32(i)*2654435761) // all different, in no order
				if err := store.From(ctx).Insert(&store.Record{
					Tenant: benchTenant, Kind: "trip", ID: names[i], CreatedAt: at, UpdatedAt: at, Doc: docs[i%len(docs)],
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

func BenchmarkDurableWrite(b *testing.B) {
	for _, callers := range []int{1, 16, 128} {
		for _, memory := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/memory=%t", callers, memory), func(b *testing.B) {
				s := openBench(b, sqlite.Options{Memory: memory})
				names := fill(b, s, 2000)
				doc := document()
				b.ReportAllocs()
				b.ResetTimer()
				before := cpu(b)
				var next atomic.Int64
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							err := s.Update(b.Context(), func(ctx context.Context) error {
								return business(ctx, names[i*7919%int64(len(names))], doc)
							})
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			})
		}
	}
}

// row is the least that a durable commit can be: one new record of 4 KB, as in the study that set the goal.
func row(ctx context.Context, doc []byte) error {
	return store.From(ctx).Insert(&store.Record{Tenant: benchTenant, Kind: "row", ID: ids.UUID(), CreatedAt: at, UpdatedAt: at, Doc: doc})
}

// BenchmarkGroupCommit compares sixteen callers whose calls share commits with the same sixteen callers and the same
// transaction on a store that commits every call alone. Both write to the same disk in turns, so that what else it does
// meets both. A row is what a commit costs, and what groups are there for; of a whole call, most is work that every
// call has to do, however many share the commit.
func BenchmarkGroupCommit(b *testing.B) {
	kinds := [2]sqlite.Options{sqlite.Single(sqlite.Options{}), {}}
	doc := document()
	for _, what := range []string{"row", "call"} {
		b.Run(what, func(b *testing.B) {
			var stores [2]*sqlite.Store
			var names []string
			for i, o := range kinds {
				stores[i] = openBench(b, o)
				names = fill(b, stores[i], 2000)
			}
			write := func(ctx context.Context, i int64) error {
				if what == "row" {
					return row(ctx, doc)
				}
				return business(ctx, names[i*7919%int64(len(names))], doc)
			}
			const turns = 8
			var took [2]time.Duration
			n := max(b.N/turns, 1)
			b.ResetTimer()
			for range turns {
				for i, s := range stores {
					began := b.Elapsed()
					var next atomic.Int64
					var wg sync.WaitGroup
					for range 16 {
						wg.Go(func() {
							for i := next.Add(1); i <= int64(n); i = next.Add(1) {
								if err := s.Update(b.Context(), func(ctx context.Context) error { return write(ctx, i) }); err != nil {
									b.Error(err)
									return
								}
							}
						})
					}
					wg.Wait()
					took[i] += b.Elapsed() - began
				}
			}
			b.ReportMetric(turns*float64(n)/took[0].Seconds(), "alone-op/s")
			b.ReportMetric(turns*float64(n)/took[1].Seconds(), "grouped-op/s")
			b.ReportMetric(float64(took[0])/float64(took[1]), "ratio")
		})
	}
}

// BenchmarkEncryptionShare is the part of a business transaction's CPU that goes into AES-GCM over what it seals and
// opens: the record twice, the event, and the small parts of audit and idempotency. Compression is not in it;
// package seal has a benchmark of both.
func BenchmarkEncryptionShare(b *testing.B) {
	s := openBench(b, sqlite.Options{})
	names := fill(b, s, 2000)
	doc := document()
	before := cpu(b)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := s.Update(b.Context(), func(ctx context.Context) error {
					return business(ctx, names[i*7919%int64(len(names))], doc)
				}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	whole := cpu(b) - before
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		b.Fatal(err)
	}
	before = cpu(b)
	buf, place := make([]byte, 0, 2*len(doc)), []byte("tenant, kind, id and version")
	for range b.N {
		for _, n := range []int{len(doc), len(doc), 200, 200} { // uncompressed, so more than there is
			buf = gcm.Seal(buf[:0], nil, doc[:n], place)
		}
		buf = gcm.Seal(buf[:0], nil, doc, place) // opening costs what sealing does
	}
	b.ReportMetric(float64(whole.Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(100*float64(cpu(b)-before)/float64(whole), "encryption-%")
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
			s := openBench(b, sqlite.Options{})
			names := fill(b, s, n)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu(b)
			for i := 0; b.Loop(); i++ {
				err := s.View(b.Context(), func(ctx context.Context) error {
					_, err := store.Read(ctx).Get(benchTenant, "trip", names[i*7919%n])
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, memory := range []bool{true, false} {
		b.Run(fmt.Sprintf("memory=%t", memory), func(b *testing.B) {
			dir := b.TempDir()
			before := cpu(b)
			for i := 0; b.Loop(); i++ {
				s, err := sqlite.Open(b.Context(), sqlite.Options{
					Memory: memory, Path: filepath.Join(dir, strconv.Itoa(i)), MasterKey: make([]byte, 32),
				})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}
