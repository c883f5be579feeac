// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// wire is a proxy in front of the server that can cut a connection at a chosen message.
type wire struct {
	t      *testing.T
	server string
	mu     sync.Mutex
	next   string // what happens to the next message of a client: "", "lose it" or "lose the answer"
}

// newWire returns the proxy and the URL that leads through it.
func newWire(t *testing.T, through string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, server: u.Host}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { w.carry(client) })
		}
	})
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) cut(how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = how
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer server.Close()
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil {
				_ = client.Close()
				return
			}
			w.mu.Lock()
			lose := w.next == "losing the answer"
			if lose {
				w.next = ""
			}
			w.mu.Unlock()
			if lose {
				_ = client.Close()
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			break
		}
		w.mu.Lock()
		how := w.next
		switch how {
		case "lose it":
			w.next = ""
		case "lose the answer":
			w.next = "losing the answer"
		}
		w.mu.Unlock()
		if how == "lose it" {
			break
		}
		if _, err := server.Write(buf[:n]); err != nil {
			break
		}
	}
	_ = client.Close()
	_ = server.Close()
	<-answers
}

// A commit whose answer never came is looked up: it counts once, whether it reached the server or not.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	w, through := newWire(t, database(t))
	s := open(t, through)
	plain := func(ctx context.Context) error { return touch(ctx, "1") }
	audited := func(ctx context.Context) error { return add(ctx, tenant, "1", 1) }
	runs, committed, undone := 0, 0, 0
	update := func(fn func(context.Context) error, how string) {
		t.Helper()
		err := s.Update(as(t.Context(), tenant), func(ctx context.Context) error {
			runs++
			store.From(ctx).AfterCommit(func() { committed++ })
			store.From(ctx).AfterRollback(func() { undone++ })
			err := fn(ctx)
			if how != "" {
				w.cut(how) // what comes next is the commit
				how = ""
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", how, err)
		}
	}
	for range 3 { // so that every statement is prepared
		update(audited, "")
		update(plain, "")
	}
	for _, c := range []struct {
		how  string
		runs int
	}{{"lose it", 2}, {"lose the answer", 1}, {"lose the answer", 1}, {"lose it", 2}} {
		for name, fn := range map[string]func(context.Context) error{"with an audit entry": audited, "without": plain} {
			update(fn, "") // on the connection that is to be cut
			runs = 0
			update(fn, c.how)
			if runs != c.runs {
				t.Errorf("%s, %s: fn ran %d times, want %d", c.how, name, runs, c.runs)
			}
		}
	}
	const each = 3 + 2*4
	if got := value(t, s, tenant, "1"); got != each {
		t.Errorf("the counter is %d, want %d", got, each)
	}
	if committed != 2*each || undone != 0 {
		t.Errorf("%d AfterCommit, %d AfterRollback; want %d and none", committed, undone, 2*each)
	}
	err := s.View(t.Context(), func(ctx context.Context) error {
		r, err := store.Read(ctx).Get(tenant, "plain", "1")
		if err == nil && r.Version != each {
			t.Errorf("the plain record has version %d, want %d", r.Version, each)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	sound(t, s, tenant)
}
