// SPDX-License-Identifier: Apache-2.0

package vaulttest

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// FaultKind is how a call goes wrong.
type FaultKind int

// The kinds of faults.
const (
	FailBefore   FaultKind = iota // nothing is done; the connection breaks
	FailAfter                     // it is done; the connection breaks before the answer
	Broken                        // nothing is done; 500
	Slow                          // it is done, but the answer waits until Delay is over or the client gives up
	Sealed                        // nothing is done; the vault cannot open its secrets
	Denied                        // nothing is done; the caller may not
	LeaseExpired                  // nothing is done; the caller's token or session has just ended, for good
)

// Fault makes calls go wrong.
type Fault struct {
	Kind   FaultKind
	Method string        // HTTP method, or for SecretsManager the operation ("PutSecretValue"); empty: any
	Path   string        // beginning of the URL's path ("/v1/secret/data/"), or the secret's name; empty: any
	Skip   int           // calls that match and go well first
	Times  int           // calls that then fail; 0: all
	Delay  time.Duration // of Slow; 0: until the client gives up
}

// base is what both servers have: a clock that stands still, and faults.
type base struct {
	// URL is the server's address, http://127.0.0.1:port.
	URL string

	mu     sync.Mutex // guards what the server keeps, too
	now    time.Time
	faults []*Fault
	calls  map[string]int
}

func (b *base) start(tb testing.TB, h http.Handler) {
	tb.Helper()
	b.now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	b.calls = map[string]int{}
	srv := httptest.NewServer(h)
	b.URL = srv.URL
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
}

// Now is the time on the server's clock.
func (b *base) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// Advance moves the server's clock; leases and secret ids run out by it.
func (b *base) Advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// Fail adds a fault. Several may wait; the first that matches a call is used.
func (b *base) Fail(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, &f)
}

// Heal removes all faults.
func (b *base) Heal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = nil
}

// Calls counts the calls there were of a method and path ("GET /v1/auth/token/lookup-self"), or of an operation
// of Secrets Manager, those that failed too.
func (b *base) Calls(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[what]
}

// fault finds what goes wrong with a call.
func (b *base) fault(method, path, count string) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[count]++
	for i, f := range b.faults {
		if f.Method != "" && f.Method != method || !strings.HasPrefix(path, f.Path) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		used := *f
		if f.Times == 1 {
			b.faults = append(b.faults[:i:i], b.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		return &used
	}
	return nil
}

// around carries a call out with its fault. refuse answers the kinds that have an answer.
func (b *base) around(w http.ResponseWriter, r *http.Request, f *Fault, serve http.HandlerFunc, refuse func(http.ResponseWriter, FaultKind)) {
	switch {
	case f == nil:
		serve(w, r)
	case f.Kind == FailBefore:
		panic(http.ErrAbortHandler)
	case f.Kind == FailAfter:
		serve(&unsent{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case f.Kind == Slow:
		late := &unsent{header: http.Header{}, status: http.StatusOK}
		serve(late, r)
		var over <-chan time.Time
		if f.Delay > 0 {
			t := time.NewTimer(f.Delay)
			defer t.Stop()
			over = t.C
		}
		select {
		case <-over:
			late.send(w)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	default:
		refuse(w, f.Kind)
	}
}

// unsent holds an answer back.
type unsent struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (u *unsent) Header() http.Header         { return u.header }
func (u *unsent) WriteHeader(status int)      { u.status = status }
func (u *unsent) Write(p []byte) (int, error) { return u.body.Write(p) }

func (u *unsent) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), u.header)
	w.WriteHeader(u.status)
	_, _ = w.Write(u.body.Bytes()) // a client that has gone gets nothing
}
