// SPDX-License-Identifier: Apache-2.0

package inbox_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/webhook"
)

// consumer is what an application behind this server looks like: package webhook verifies what comes.
type consumer struct {
	URL  string
	fail atomic.Bool
	now  atomic.Int64 // Unix seconds, when the test has no other clock for it
	mu   sync.Mutex
	got  []webhook.Event
}

func newConsumer(t testing.TB, now func() time.Time) *consumer {
	t.Helper()
	c := &consumer{}
	if now == nil {
		now = func() time.Time { return time.Unix(c.now.Load(), 0) }
	}
	h, err := webhook.NewHandler([]string{outward}, func(_ context.Context, e webhook.Event) error {
		if c.fail.Load() {
			return errors.New("out of order")
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, e)
		return nil
	}, webhook.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c.URL = srv.URL
	return c
}

func (c *consumer) events() []webhook.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]webhook.Event(nil), c.got...)
}

func (c *consumer) operations() (out []string) {
	for _, e := range c.events() {
		out = append(out, e.Operation)
	}
	return out
}
