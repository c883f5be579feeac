// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The size of the company whose people are listed, and where they are:
//
//	go test -run '^$' -bench ListUsers -benchtime 2000x -timeout 60m ./test/load -users 1000000
//	test/pg/run sh -c 'go test -run "^$" -bench ListUsers -benchtime 2000x -timeout 60m ./test/load -users 100000 -postgres "$AIRSIDE_TEST_POSTGRES"'
//
// To run it again without the wait, -crowd names a folder that keeps the database. The gate: a page of 100 out of a million takes at most 5 ms over HTTP, 99 times of 100, on both engines.
var (
	howMany    = flag.Int("users", 10_000, "people in the company that BenchmarkListUsers lists")
	keptIn     = flag.String("crowd", "", "an empty folder, to keep that company for the next run")
	onPostgres = flag.String("postgres", "", "URL of an empty PostgreSQL database for BenchmarkListUsers; a SQLite file without it")
)

// page reads a hundred people from an offset on and answers how long that took.
func (c *crowd) page(b *testing.B, offset int) time.Duration {
	b.Helper()
	return c.list(b, fmt.Sprintf(`"pagination":{"offset":%d,"limit":100}`, offset), 20_000)
}

// list reads a page of at least so many bytes.
func (c *crowd) list(b *testing.B, query string, size int64) time.Duration {
	b.Helper()
	body := fmt.Sprintf(`{"companyId":{"id":"%s"},%s}`, c.demo.CompanyID, query)
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, c.url+"/v3/users/list", strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	began := time.Now()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.Error(err)
		return 0
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK || n < size {
		b.Errorf("%s: %d, %d bytes, %v", query, res.StatusCode, n, err)
	}
	return time.Since(began)
}

func BenchmarkListUsers(b *testing.B) {
	c := newCrowd(b)
	last := max(*howMany-100, 1)
	began := time.Now()
	c.page(b, last) // counts up to there, which it does again only when somebody was deactivated
	b.Logf("the last page for the first time: %v", time.Since(began))
	for _, place := range []struct {
		name   string
		offset func(i int) int
	}{
		{"first", func(int) int { return 0 }},
		{"walk", func(i int) int { return i * 100 % last }},
		{"any", func(i int) int { return i * 104_729 % last }},
		{"last", func(int) int { return last }},
	} {
		c.page(b, place.offset(0)) // the first one fills caches
		for _, callers := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/callers=%d", place.name, callers), func(b *testing.B) {
				took := make([]time.Duration, b.N)
				measure(b, func() {
					together(callers, b.N, func(i int) { took[i] = c.page(b, place.offset(i)) })
				})
				quantiles(b, took)
			})
		}
	}
}

// quantiles reports how long calls took, as the caller sees it.
func quantiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(int(math.Ceil(q*float64(len(took)))), len(took))-1].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// BenchmarkListSome is what the other lists cost: those that index entries answer, and those that read everybody.
func BenchmarkListSome(b *testing.B) {
	c := newCrowd(b)
	for _, some := range []struct {
		name, query string
		size        int64
	}{
		{"by e-mail", `"pagination":{},"filters":[{"emails":["person%d@example.com"]}]`, 300},
		{"by external id", `"pagination":{},"filters":[{"externalIds":["X-%d"]}]`, 300},
		{"inactive", `"pagination":{"offset":%d},"userStatusFilter":"INACTIVE"`, 10},
		{"by name", `"pagination":{"offset":%d},"sort":{"sortBy":"NAME","sortOrder":"ASCENDING"}`, 10},
		{"with a text", `"pagination":{},"searchText":"okafor %d"`, 10},
	} {
		b.Run(some.name, func(b *testing.B) {
			measure(b, func() {
				for i := range b.N {
					c.list(b, fmt.Sprintf(some.query, i*104_729%*howMany), some.size)
				}
			})
		})
	}
}

// together runs f n times, from so many goroutines.
func together(callers, n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				f(int(i) - 1)
			}
		})
	}
	all.Wait()
}
