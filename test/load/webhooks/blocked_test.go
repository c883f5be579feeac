// SPDX-License-Identifier: Apache-2.0

package webhooks_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

const (
	endpoints = 100
	events    = 16 // in a round, to each endpoint
)

// crowd is a server with a hundred endpoints, one of which may hang.
type crowd struct {
	*load
	blocked atomic.Bool
	others  []*inbox
	next    int // event
}

func newCrowd(b *testing.B, hang chan struct{}) *crowd {
	c := &crowd{load: start(b)}
	stuck := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if c.blocked.Load() {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	b.Cleanup(stuck.Close)
	c.subscribe(stuck.URL)
	for range endpoints - 1 {
		in := c.newInbox(events, nil)
		c.subscribe(in.URL)
		c.others = append(c.others, in)
	}
	return c
}

// tell makes the next event.
func (c *crowd) tell() {
	c.change(c.next%users, c.next/users+1)
	c.next++
}

// wait waits until all but the first endpoint have everything of a round, and begins the next one. It answers the
// median and the 99th percentile of the round.
func (c *crowd) wait() (p50, p99 time.Duration) {
	for _, in := range c.others {
		in.mu.Lock()
		done := in.done
		in.mu.Unlock()
		<-done
	}
	p50, p99 = quantile(0.50, c.others...), quantile(0.99, c.others...)
	for _, in := range c.others {
		in.mu.Lock()
		if in.reordered > 0 {
			c.b.Errorf("%d events came out of order", in.reordered)
		}
		in.delays = nil
		in.done, in.want = make(chan struct{}), events
		in.mu.Unlock()
	}
	return p50, p99
}

// BenchmarkOneBlockedEndpoint sends each event to a hundred endpoints at a quiet pace, on three servers in turn: on
// one of them one endpoint hangs, and the second is there to tell how much two alike servers differ. A round is short,
// and what the machine does in it it does to all three; the ratio is the median of the rounds' ratios.
func BenchmarkOneBlockedEndpoint(b *testing.B) {
	hang := make(chan struct{})
	free, alike, held := newCrowd(b, hang), newCrowd(b, hang), newCrowd(b, hang)
	b.Cleanup(func() { close(hang) }) // first, or closing the servers would wait
	all := []*crowd{free, alike, held}
	rounds := 0
	round := func() (p50, p99 [3]time.Duration) {
		tick := time.NewTicker(80 * time.Millisecond)
		defer tick.Stop()
		for e := range events {
			for i := range all {
				<-tick.C
				all[(i+e+rounds)%3].tell() // nobody always comes after the same one
			}
		}
		rounds++
		for i, c := range all {
			p50[i], p99[i] = c.wait()
		}
		return p50, p99
	}
	round() // warm
	held.blocked.Store(true)
	round() // until it is known to hang
	var p50, p99 [3][]float64
	var ratios [4][]float64
	for range 60 {
		m, t := round()
		for i := range all {
			p50[i], p99[i] = append(p50[i], millis(m[i])), append(p99[i], millis(t[i]))
		}
		for i, r := range [4]float64{
			float64(m[2]) / float64(m[0]), float64(t[2]) / float64(t[0]), float64(m[1]) / float64(m[0]), float64(t[1]) / float64(t[0]),
		} {
			ratios[i] = append(ratios[i], r)
		}
	}
	for i, name := range [3]string{"free", "alike", "blocked"} {
		b.ReportMetric(median(p50[i]), name+"-p50-ms")
		b.ReportMetric(median(p99[i]), name+"-p99-ms")
	}
	for i, name := range [4]string{"p50-ratio", "p99-ratio", "alike-p50-ratio", "alike-p99-ratio"} {
		b.ReportMetric(median(ratios[i]), name)
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
