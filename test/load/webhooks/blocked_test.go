// SPDX-License-Identifier: Apache-2.0

package webhooks_test

import (
	"net/http"
	"net/http/httptest"
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

// wait waits until all but the first endpoint have everything of a round, and begins the next one.
func (c *crowd) wait(keep bool) {
	for _, in := range c.others {
		in.mu.Lock()
		done := in.done
		in.mu.Unlock()
		<-done
		in.mu.Lock()
		if in.reordered > 0 {
			c.b.Errorf("%d events came out of order", in.reordered)
		}
		if !keep {
			in.delays = nil
		}
		in.done, in.want = make(chan struct{}), len(in.delays)+events
		in.mu.Unlock()
	}
}

// BenchmarkOneBlockedEndpoint sends each event to a hundred endpoints at a quiet pace, on two servers in turn:
// on one of them one endpoint hangs. Whatever else the machine does, it does to both; what the others lose
// is the ratio.
func BenchmarkOneBlockedEndpoint(b *testing.B) {
	hang := make(chan struct{})
	free, held := newCrowd(b, hang), newCrowd(b, hang)
	b.Cleanup(func() { close(hang) }) // first, or closing the servers would wait
	round := func(keep bool) {
		tick := time.NewTicker(120 * time.Millisecond)
		defer tick.Stop()
		for range events {
			<-tick.C
			free.tell()
			<-tick.C
			held.tell()
		}
		free.wait(keep)
		held.wait(keep)
	}
	round(false) // warm
	held.blocked.Store(true)
	round(false) // until it is known to hang
	for range 15 {
		round(true)
	}
	b.ReportMetric(millis(quantile(0.50, free.others...)), "free-p50-ms")
	b.ReportMetric(millis(quantile(0.99, free.others...)), "free-p99-ms")
	b.ReportMetric(millis(quantile(0.50, held.others...)), "blocked-p50-ms")
	b.ReportMetric(millis(quantile(0.99, held.others...)), "blocked-p99-ms")
	b.ReportMetric(float64(quantile(0.50, held.others...))/float64(quantile(0.50, free.others...)), "p50-ratio")
	b.ReportMetric(float64(quantile(0.99, held.others...))/float64(quantile(0.99, free.others...)), "p99-ratio")
}
