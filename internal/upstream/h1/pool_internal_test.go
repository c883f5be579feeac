// SPDX-License-Identifier: Apache-2.0

package h1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
)

// abandoned is a connection whose caller goes away when the header of the answer has arrived, and is not back in Send
// before that has taken effect.
type abandoned struct {
	net.Conn
	leave   func()
	aborted chan struct{}
	once    sync.Once

	mu       sync.Mutex
	deadline time.Time
	read     bool
	waits    bool // for the rest of the body
}

func (a *abandoned) Write(p []byte) (int, error) { return len(p), nil }
func (a *abandoned) Close() error                { return nil }

func (a *abandoned) SetDeadline(t time.Time) error {
	a.mu.Lock()
	a.deadline = t
	a.mu.Unlock()
	if t.Equal(past()) {
		a.once.Do(func() { close(a.aborted) })
	}
	return nil
}

func (a *abandoned) Read(p []byte) (int, error) {
	a.mu.Lock()
	first := !a.read
	a.read, a.waits = true, !first && !a.deadline.Equal(past())
	a.mu.Unlock()
	if first {
		a.leave()
		<-a.aborted
		return copy(p, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), nil
	}
	return 0, os.ErrDeadlineExceeded
}

// A caller who goes away just as the header arrives does not wait for the body. From outside this is a race.
func TestGoneWithTheHeader(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a := &abandoned{leave: cancel, aborted: make(chan struct{})}
	p := New(Options{Address: "api.example.com:80", Answer: time.Minute, Idle: time.Minute, MaxIdle: 1})
	p.give(newConn(a, a))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://api.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.Send(r, "Bearer far", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("the body ended with %v", err)
	}
	if a.waits {
		t.Error("the rest of the body was waited for")
	}
}

// Connections are closed when nobody used them for so long, also when nobody uses any; each by its own time.
func TestIdleIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Address: "api.example.com:80", Answer: time.Minute, Idle: time.Minute, MaxIdle: 4})
		begin := clock.System().Now()
		ends := make(chan time.Duration, 4)
		idle := func() {
			ours, theirs := net.Pipe()
			p.give(newConn(ours, ours))
			go func() {
				_, _ = io.Copy(io.Discard, theirs)
				ends <- time.Since(begin)
			}()
		}
		var got []time.Duration
		idle()
		<-time.After(40 * time.Second)
		idle()
		got = append(got, <-ends, <-ends)
		<-time.After(20 * time.Second) // after a rest
		idle()
		got = append(got, <-ends)
		idle()
		<-time.After(10 * time.Second)
		p.CloseIdle()
		got = append(got, <-ends)
		if p.swept || p.sweeps.Stop() {
			t.Error("a pool without connections waits for something")
		}
		idle() // of a request that was on its way
		got = append(got, <-ends)
		want := []time.Duration{60 * time.Second, 100 * time.Second, 180 * time.Second, 190 * time.Second, 250 * time.Second}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}
