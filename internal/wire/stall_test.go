// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/wire"
)

// pipes is a listener of connections in memory, whose deadlines follow the clock of a test.
type pipes struct{ in chan net.Conn }

func (l pipes) Accept() (net.Conn, error) {
	c, ok := <-l.in
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l pipes) Close() error   { close(l.in); return nil }
func (l pipes) Addr() net.Addr { return &net.TCPAddr{} }

const long = 1 << 20 // bytes of an answer, more than one piece

// ask runs a server with one connection, sends a request, and answers the connection and what becomes of the answer.
func ask(t *testing.T) (caller net.Conn, ended <-chan error) {
	l, done := pipes{make(chan net.Conn, 1)}, make(chan error, 2)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:gosec // a test
		w.Header().Set("Content-Length", strconv.Itoa(long))
		_, err := w.Write(make([]byte, long))
		done <- err
	})}
	go srv.Serve(wire.Listen(l, func(net.Addr, string, string) []byte { return nil }))
	t.Cleanup(func() { srv.Close() })
	caller, ours := net.Pipe()
	t.Cleanup(func() { caller.Close() })
	l.in <- ours
	if _, err := io.WriteString(caller, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return caller, done
}

func TestACallerWhoDoesNotReadIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := clock.System().Now()
		_, ended := ask(t)
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the handler ended with %v", err)
		}
		if took := clock.System().Now().Sub(began); took != 30*time.Second {
			t.Errorf("after %s", took)
		}
	})
}

func TestACallerWhoReadsSlowlyGetsAllOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, ended := ask(t)
		began := clock.System().Now()
		r := bufio.NewReaderSize(caller, 32<<10)
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		got := 0
		for buf := make([]byte, 32<<10); ; {
			n, err := io.ReadFull(answer.Body, buf)
			got += n
			if err != nil {
				break
			}
			<-time.NewTimer(5 * time.Second).C // of the test's clock
		}
		if err := <-ended; err != nil || got != long {
			t.Errorf("%d of %d bytes, %v", got, long, err)
		}
		if took := clock.System().Now().Sub(began); took < 2*time.Minute {
			t.Errorf("it took only %s, so this says nothing", took)
		}
	})
}
