// SPDX-License-Identifier: Apache-2.0

package webhooks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
)

const (
	callers = 16 // change something at the same time
	users   = 64 // resources: lanes at each endpoint
)

// load is a server under test and what the webhooks of its changes did.
type load struct {
	b      *testing.B
	client *http.Client
	server server

	mu    sync.Mutex
	began map[string]time.Time // by the value that was written
}

// server is what the generator needs of a sender of webhooks.
type server interface {
	subscribe(url string)
	// publish causes an event of a user, which is a resource, that carries the value.
	publish(user int, value string)
	// cpu is the time that processes other than this one took.
	cpu() time.Duration
}

func newLoad(b *testing.B) *load {
	b.Helper()
	return &load{b: b, began: map[string]time.Time{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * callers}}}
}

// airside is our own server, in this process, and people to change.
type airside struct {
	*load
	srv   *airsidetest.Server
	token string
	users []string
}

func start(b *testing.B) *load {
	b.Helper()
	srv := airsidetest.Start(b, airsidetest.Database(filepath.Join(b.TempDir(), "airside.db")))
	l := &airside{load: newLoad(b), srv: srv, token: srv.Token(b)}
	l.server = l
	for i := range users {
		mail := fmt.Sprintf("hook%d@example.com", i)
		var made struct{ ID string }
		l.decode(l.call(http.StatusCreated, "POST", "/v2/users", map[string]any{
			"persona": "EMPLOYEE", "externalId": fmt.Sprintf("start-%d", i),
			"personalInfo": map[string]any{"name": map[string]any{"given": "Lena", "family1": "Okafor"}, "email": mail, "gender": "FEMALE",
				"dob": map[string]any{"iso8601": "1990-02-03"}},
			"businessInfo": map[string]any{"organizationRef": map[string]any{"id": srv.Demo.CompanyID},
				"legalEntityRef": map[string]any{"id": srv.Demo.LegalEntityID}, "email": mail, "employeeId": fmt.Sprintf("H-%d", i)},
		}), &made)
		l.users = append(l.users, made.ID)
	}
	return l.load
}

func (l *airside) call(want int, method, path string, body any) []byte {
	return l.send(want, method, l.srv.URL+path, l.token, body)
}

func (l *load) send(want int, method, url, token string, body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		l.b.Error(err)
	}
	req, err := http.NewRequestWithContext(l.b.Context(), method, url, bytes.NewReader(raw))
	if err != nil {
		l.b.Error(err)
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := l.client.Do(req)
	if err != nil {
		l.b.Error(err)
		return nil
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		l.b.Errorf("%s %s: %d %.300s %v", method, url, res.StatusCode, out, err)
	}
	return out
}

func (l *load) decode(raw []byte, to any) {
	if err := json.Unmarshal(raw, to); err != nil {
		l.b.Fatal(err)
	}
}

func (l *load) subscribe(url string) { l.server.subscribe(url) }

func (l *airside) subscribe(url string) {
	company := l.srv.Demo.CompanyID
	l.call(http.StatusCreated, "POST", "/v3/webhooks/subscriptions", map[string]any{
		"name": "load", "url": url, "eventTypes": []string{"TRAVELER_V2"}, "subscriberId": company,
		"eventSource": map[string]any{"scopes": []any{map[string]any{"predicates": []any{map[string]any{"type": "COMPANY", "values": []string{company}}}}}},
	})
}

// change writes the n-th value of a user, from 1 on; nobody else changes that user meanwhile.
func (l *load) change(user, n int) {
	value := fmt.Sprintf("%d-%d", user, n)
	l.mu.Lock()
	l.began[value] = time.Now()
	l.mu.Unlock()
	l.server.publish(user, value)
}

func (l *airside) publish(user int, value string) {
	l.call(http.StatusOK, "PUT", "/v2/users/"+l.users[user]+"/external-id", map[string]any{"externalId": value})
}

func (l *airside) cpu() time.Duration { return 0 }

// inbox is an endpoint that keeps score.
type inbox struct {
	*httptest.Server
	load *load
	fail func(n int64) bool // the n-th request is answered with 500

	requests  atomic.Int64
	mu        sync.Mutex
	newest    map[int]int // by user
	seen      map[[2]int]bool
	delays    []time.Duration
	reordered int
	failed    int
	want      int
	done      chan struct{}
}

// newInbox expects want different events.
func (l *load) newInbox(want int, fail func(n int64) bool) *inbox {
	in := &inbox{load: l, fail: fail, newest: map[int]int{}, seen: map[[2]int]bool{}, want: want, done: make(chan struct{})}
	in.Server = httptest.NewServer(in)
	l.b.Cleanup(in.Close)
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		in.load.b.Error(err)
	}
	if in.fail != nil && in.fail(in.requests.Add(1)) {
		in.mu.Lock()
		in.failed++
		in.mu.Unlock()
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, value, _ := strings.Cut(string(body), `"externalId":"`)
	value, _, _ = strings.Cut(value, `"`)
	var user, n int
	if _, err := fmt.Sscanf(value, "%d-%d", &user, &n); err != nil {
		return // made before the measurement
	}
	in.load.mu.Lock()
	began := in.load.began[value]
	in.load.mu.Unlock()
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.seen[[2]int{user, n}] {
		return // once more
	}
	in.seen[[2]int{user, n}] = true
	if n < in.newest[user] {
		in.reordered++
	}
	in.newest[user] = max(n, in.newest[user])
	in.delays = append(in.delays, now.Sub(began))
	if len(in.delays) == in.want {
		close(in.done)
	}
}

// quantile is over all inboxes.
func quantile(q float64, all ...*inbox) time.Duration {
	var list []time.Duration
	for _, in := range all {
		in.mu.Lock()
		list = append(list, in.delays...)
		in.mu.Unlock()
	}
	slices.Sort(list)
	return list[int(q*float64(len(list)-1))]
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// spread makes changes from..to over all users, as fast as it goes; each caller has users of its own.
func (l *load) spread(from, to int) {
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for i := from; i < to; i++ {
				if user := i % users; user%callers == c {
					l.change(user, i/users+1)
				}
			}
		})
	}
	wait.Wait()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func deliver(b *testing.B, fail func(n int64) bool) {
	in := measure(start(b), fail)
	if in.reordered > 0 {
		b.Errorf("%d of %d events came out of order", in.reordered, b.N)
	}
}

// measure makes events at full speed and reports what came of them.
func measure(l *load, fail func(n int64) bool) *inbox {
	b := l.b
	in := l.newInbox(b.N, fail)
	l.subscribe(in.URL)
	before := cpu(b) + l.server.cpu()
	b.ResetTimer()
	l.spread(0, b.N)
	<-in.done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((cpu(b)+l.server.cpu()-before).Microseconds())/float64(b.N), "cpu-µs/event")
	b.ReportMetric(millis(quantile(0.50, in)), "p50-ms")
	b.ReportMetric(millis(quantile(0.99, in)), "p99-ms")
	b.ReportMetric(float64(in.failed), "failures")
	b.ReportMetric(float64(in.reordered), "reordered")
	return in
}

// BenchmarkDeliver is at full speed, to one receiver.
func BenchmarkDeliver(b *testing.B) { deliver(b, nil) }

// BenchmarkDeliverWithFailures answers every twentieth request with 500.
func BenchmarkDeliverWithFailures(b *testing.B) {
	deliver(b, func(n int64) bool { return n%20 == 7 })
}
