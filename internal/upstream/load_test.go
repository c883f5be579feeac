// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
)

// traffic is callers that read and write through nodes as fast as they are answered.
type traffic struct {
	nodes   []*upstream.Client
	base    string
	callers int

	rate time.Duration // between the beginnings of two calls of a caller; 0: no pause

	stop          chan struct{}
	wg            sync.WaitGroup
	reads, writes atomic.Int64
	mu            sync.Mutex
	failed, names []string
	latencies     []time.Duration
}

func (x *traffic) start(ctx context.Context, tb testing.TB) {
	tb.Helper()
	x.stop = make(chan struct{})
	for i := range x.callers {
		x.wg.Go(func() { x.caller(ctx, i) })
	}
}

func (x *traffic) caller(ctx context.Context, i int) {
	c := x.nodes[i%len(x.nodes)]
	for n := 0; ; n++ {
		select {
		case <-x.stop:
			return
		default:
		}
		begin := clock.System().Now()
		var err error
		if n%4 == 3 {
			name := fmt.Sprintf("Load %d-%d", i, n)
			err = x.send(ctx, c, http.MethodPost, "/v2/companies", http.StatusCreated, map[string]any{
				"name": name, "billingCurrency": "EUR", "companyRoles": []string{"ORG"}, "externalId": name,
			})
			x.mu.Lock()
			x.names = append(x.names, name)
			x.mu.Unlock()
			x.writes.Add(1)
		} else {
			err = x.send(ctx, c, http.MethodGet, "/v2/companies?externalId=none", http.StatusOK, nil)
			x.reads.Add(1)
		}
		took := time.Since(begin)
		x.mu.Lock()
		x.latencies = append(x.latencies, took)
		if err != nil {
			x.failed = append(x.failed, err.Error())
		}
		x.mu.Unlock()
		if x.rate > took {
			<-time.After(x.rate - took)
		}
	}
}

func (x *traffic) send(ctx context.Context, c http.RoundTripper, method, path string, want int, body any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = io.NopCloser(bytes.NewReader(text)) // as a server receives it: no GetBody
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, x.base+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := c.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s %s: %d %.200s", method, path, res.StatusCode, text)
	}
	return err
}

// end stops the callers and demands that nothing failed, was lost or was done twice.
func (x *traffic) end(tb testing.TB, srv *airsidetest.Server, before int) {
	tb.Helper()
	close(x.stop)
	x.wg.Wait()
	for _, f := range x.failed[:min(5, len(x.failed))] {
		tb.Errorf("failed: %s", f)
	}
	if n := len(x.failed); n > 0 {
		tb.Errorf("%d of %d requests failed", n, x.reads.Load()+x.writes.Load())
	}
	if now := companies(tb, srv, ""); now-before != len(x.names) {
		tb.Errorf("%d companies were created by %d requests", now-before, len(x.names))
	}
	for _, name := range x.names[:min(50, len(x.names))] {
		if n := companies(tb, srv, name); n != 1 {
			tb.Errorf("%q is there %d times", name, n)
		}
	}
}

// companies counts the upstream's, all or those with an external id.
func companies(tb testing.TB, srv *airsidetest.Server, externalID string) int {
	tb.Helper()
	path := "/v2/companies"
	if externalID != "" {
		path += "?externalId=" + url.QueryEscape(externalID)
	}
	status, body := srv.Call(tb, srv.Token(tb), http.MethodGet, path, nil)
	var out struct {
		Total int `json:"totalNumResults"`
	}
	if err := json.Unmarshal(body, &out); err != nil || status != http.StatusOK {
		tb.Fatalf("companies: %d %s", status, body)
	}
	return out.Total
}

// platform is a second Airside as the upstream, with an API user to rotate and the demo's administrator as admin.
func platform(t testing.TB, opts ...airsidetest.Option) (*airsidetest.Server, string, string) {
	t.Helper()
	srv := airsidetest.Start(t, opts...)
	status, body := srv.Call(t, srv.Token(t), http.MethodPost, "/v2/api-users", map[string]any{"role": "TMC_ADMIN"})
	var user struct{ ClientID, ClientSecret string }
	if err := json.Unmarshal(body, &user); err != nil || status != http.StatusOK {
		t.Fatalf("api user: %d %s", status, body)
	}
	return srv, user.ClientID, user.ClientSecret
}

func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]struct {
		strategy upstream.Strategy
		role     string
		nodes    int
	}{
		"in place": {upstream.InPlace, "", 1}, "turns": {upstream.Turns, "TMC_ADMIN", 1},
		"in place, other nodes know nothing of it": {upstream.InPlace, "", 3}, "turns, three nodes": {upstream.Turns, "TMC_ADMIN", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, _ := underLoad(t, with.strategy, with.role, with.nodes, 12, 3, 0, 0)
			if x.writes.Load() == 0 || x.reads.Load() == 0 {
				t.Error("there was no load")
			}
		})
	}
}

// BenchmarkRotationUnderLoad is the full measure: 64 connections, ten rotations in 30 s.
//
//	go test -run '^$' -bench RotationUnderLoad -benchtime 1x ./internal/upstream
func BenchmarkRotationUnderLoad(b *testing.B) {
	for _, strategy := range []upstream.Strategy{upstream.InPlace, upstream.Turns} {
		for _, nodes := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d", strategy, nodes), func(b *testing.B) {
				for range b.N {
					x, took := underLoad(b, strategy, "TMC_ADMIN", nodes, 64, 10, 3*time.Second, 100*time.Millisecond, airsidetest.Unjudged())
					slices.Sort(x.latencies)
					ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
					b.ReportMetric(float64(len(x.failed)), "failed")
					b.ReportMetric(float64(len(x.latencies)), "requests")
					b.ReportMetric(ms(x.latencies[len(x.latencies)/2]), "p50-ms")
					b.ReportMetric(ms(x.latencies[len(x.latencies)*99/100]), "p99-ms")
					b.ReportMetric(ms(x.latencies[len(x.latencies)-1]), "worst-ms")
					b.ReportMetric(ms(slices.Max(took)), "rotation-ms")
				}
			})
		}
	}
}

func underLoad(
	tb testing.TB, strategy upstream.Strategy, role string, nodes, callers, rotations int, every, rate time.Duration, opts ...airsidetest.Option,
) (*traffic, []time.Duration) {
	tb.Helper()
	srv, id, secret := platform(tb, opts...)
	r := newRigWith(tb, kvServer(tb).place, secret, srv.Demo.ClientSecret)
	r.base = nil
	r.env.BaseURL, r.env.ClientID, r.env.AdminClientID, r.env.Role = srv.URL, id, srv.Demo.ClientID, role
	r.env.Rotation.Strategy = strategy
	before := companies(tb, srv, "")
	x := &traffic{base: srv.URL, callers: callers, rate: rate}
	for range nodes {
		x.nodes = append(x.nodes, r.node(tb))
	}
	o := r.options()
	o.Pause = func(ctx context.Context, d time.Duration) error { return rest(ctx, min(d, 200*time.Millisecond)) }
	rotating, err := upstream.New(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, rotating) })
	if nodes == 1 { // else it is a process of its own, as `airside rotate` is, and holds nobody's requests
		x.nodes[0] = rotating
	}
	x.start(tb.Context(), tb)
	var took []time.Duration
	for n := range rotations {
		if err := rest(tb.Context(), max(every, 50*time.Millisecond)); err != nil {
			tb.Fatal(err)
		}
		begin := clock.System().Now()
		rep, err := rotating.Rotate(tb.Context(), upstream.Request{})
		if err != nil || rep.Step != "done" || rep.Strategy != strategy || rep.Asked != 1 {
			tb.Errorf("rotation %d: %+v %v", n, rep, err)
		}
		took = append(took, time.Since(begin))
	}
	x.end(tb, srv, before)
	return x, took
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
