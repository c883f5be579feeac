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
	"time"
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
