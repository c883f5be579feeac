// SPDX-License-Identifier: Apache-2.0

package logsink_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/logsink"
	"github.com/airside-travel/airside/internal/telemetry"
)

func event(i int) *telemetry.Event {
	return &telemetry.Event{
		ID: fmt.Sprintf("%032x", i+1), At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Took: 3 * time.Millisecond, Method: "GET", Path: "/v2/companies",
		Operation: "listCompanies", Status: 200, ClientIP: "192.0.2.7", ClientID: "c1", Tenant: "t", Effect: "read", Object: "0a0b", Company: "co",
		Stages: []telemetry.Decision{}, Upstream: &telemetry.Upstream{Status: 200, Drift: []string{"/a type"}},
	}
}

func open(t *testing.T, o logsink.Options, sinks ...string) *logsink.Sinks {
	t.Helper()
	settings, err := logsink.Parse(sinks)
	if err != nil {
		t.Fatal(err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	o.Version, o.Host = "1", "host one"
	s, err := logsink.Open(t.Context(), settings, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	return s
}

func stop(t *testing.T, s *logsink.Sinks) {
	t.Helper()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// lines reads JSON lines.
func lines(t *testing.T, r io.Reader) (out []map[string]any) {
	t.Helper()
	in := bufio.NewScanner(r)
	for in.Scan() {
		var m map[string]any
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			t.Fatalf("%v: %s", err, in.Bytes())
		}
		out = append(out, m)
	}
	return out
}

func TestParse(t *testing.T) {
	t.Parallel()
	for text, part := range map[string]string{
		"nowhere":                     "must be",
		"file:":                       "must be",
		"file:/x?colour=red":          "log sink 1 file: has an option that is none here; it has format, queue, size",
		"file:/x?size=0MB":            "size: must be whole megabytes, from 1MB to 1048576MB",
		"file:/x?size=20KB":           "size: must be whole megabytes, from 1MB to 1048576MB",
		"file:/x?format=text":         "for stdout and stderr",
		"syslog+udp://h":              "must be",
		"syslog+tcp://u:p@h:514":      "password",
		"otlp+http://u:canary@h:4318": "user or a password",
		"syslog+udp:u:canary@h:514":   "must be",
		"otlp+https://h/?canary=1":    "an option that is none",
		"file:/x?size=canary":         "whole megabytes",
		"otlp+http://u:canary%zz@h":   "no URL",
		"otlp+http://h:4318?format=x": "json, text or ocsf",
		"otlp+ftp://h":                "must be",
		"file:/x?age=soon":            "duration",
	} {
		if _, err := logsink.Parse([]string{text}); err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", text, err)
		}
	}
	got, err := logsink.Parse([]string{"file:/var/log/a.log?size=5MB&keep=3&keepfor=24h&sync=0s", "otlp+https://h:1", "none"})
	if err != nil || len(got) != 2 || got[0].MaxSize != 5<<20 || got[0].Keep != 3 || got[0].Sync != 0 || got[1].URL != "https://h:1/v1/logs" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestStreamAndOCSF(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var out bytes.Buffer
	s := open(t, logsink.Options{Stdout: writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(p)
	})}, "stdout", "stdout?format=ocsf")
	s.Emit(event(0))
	stop(t, s)
	plain, ocsf := 0, 0
	for _, m := range lines(t, &out) {
		if m["class_uid"] == 6003.0 && m["type_uid"] == 600302.0 && m["time"] == 1777636800003.0 {
			ocsf++
		}
		if m["msg"] == "request" && m["operation"] == "listCompanies" && m["effect"] == "read" && m["time"] == "2026-05-01T12:00:00.003Z" {
			plain++
		}
	}
	if plain != 1 || ocsf != 1 {
		t.Errorf("%d and %d lines: %s", plain, ocsf, out.String())
	}
}

// gate is a writer that waits until it is opened.
type gate struct {
	open chan struct{}
	b    bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.b.Write(p)
}

func TestFullQueueDropsCountsAndSaysSo(t *testing.T) {
	t.Parallel()
	g := &gate{open: make(chan struct{})}
	var dropped atomic.Int64
	s := open(t, logsink.Options{Stdout: g, Dropped: func(_, why string, n int) {
		if why == "full" {
			dropped.Add(int64(n))
		}
	}}, "stdout?queue=4")
	const all = 2000
	for i := range all { // nobody reads; this must come back all the same
		s.Emit(event(i))
	}
	close(g.open)
	s.Emit(event(all))
	stop(t, s)
	written, said := 0, 0.0
	for _, m := range lines(t, &g.b) {
		if n, ok := m["dropped"].(float64); ok {
			said += n
			continue
		}
		written++
	}
	if written < 4 || int64(written)+dropped.Load() != all+1 || dropped.Load() == 0 {
		t.Errorf("%d written, %d dropped, %v said", written, dropped.Load(), said)
	}
	if int64(said) > dropped.Load() || said == 0 {
		t.Errorf("%v said of %d dropped", said, dropped.Load())
	}
}

func TestFileRotatesAndComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "requests.log")
	var now atomic.Int64
	now.Store(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	o := logsink.Options{Clock: clock.Func(func() time.Time { return time.Unix(0, now.Add(int64(time.Millisecond))) })}
	s := open(t, o, "file:"+path+"?size=1MB&keep=2&sync=1ms")
	const all = 9000 // of about 400 bytes
	for i := range all {
		for queued := false; !queued; queued = true {
			s.Emit(event(i))
		}
		if i%4000 == 3999 { // the queue holds 8192
			stop(t, s)
			s = open(t, o, "file:"+path+"?size=1MB&keep=2&sync=1ms")
		}
	}
	stop(t, s)
	names, err := filepath.Glob(filepath.Join(dir, "requests*.log"))
	if err != nil || len(names) != 3 { // the present one and two before
		t.Fatalf("%v %v", names, err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 1<<20 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v %v", name, info.Size(), info.Mode(), err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines(t, f) // whole lines only
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s = open(t, o, "file:"+path)
	s.Emit(event(1))
	stop(t, s)
	if b, err := os.ReadFile(path); err != nil || bytes.Count(b, []byte("\n")) != 1 {
		t.Errorf("the file was not made again: %q %v", b, err)
	}
}

func TestFileMovedWhileOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.log")
	written := make(chan struct{}, 10)
	o := logsink.Options{Clock: clock.System(), Stdout: writerFunc(func(p []byte) (int, error) { written <- struct{}{}; return len(p), nil })}
	s := open(t, o, "file:"+path)
	s.Emit(event(0))
	for { // until the first line is there
		if b, _ := os.ReadFile(path); bytes.Count(b, []byte("\n")) == 1 {
			break
		}
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	s.Emit(event(1))
	stop(t, s)
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte(event(1).ID)) {
		t.Errorf("%q %v", b, err)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSyslog(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, m string) {
		t.Helper()
		// PRI 134 is local0.info
		if !strings.HasPrefix(m, "<134>1 2026-05-01T12:00:00.003000Z hostone airside "+strconv.Itoa(os.Getpid())+" request - {") || !strings.HasSuffix(m, "}") {
			t.Errorf("%q", m)
		}
	}
	t.Run("udp", func(t *testing.T) {
		t.Parallel()
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := open(t, logsink.Options{}, "syslog+udp://"+c.LocalAddr().String())
		s.Emit(event(0))
		b := make([]byte, 9000)
		n, _, err := c.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		check(t, string(b[:n]))
		stop(t, s)
	})
	t.Run("tcp", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s := open(t, logsink.Options{}, "syslog+tcp://"+l.Addr().String())
		for i := range 3 {
			s.Emit(event(i))
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		in := bufio.NewReader(c)
		for range 3 {
			size, err := in.ReadString(' ')
			if err != nil {
				t.Fatal(err)
			}
			n, err := strconv.Atoi(strings.TrimSpace(size))
			if err != nil {
				t.Fatal(err)
			}
			m := make([]byte, n)
			if _, err := io.ReadFull(in, m); err != nil {
				t.Fatal(err)
			}
			check(t, string(m))
		}
		stop(t, s)
	})
	t.Run("unix", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "s")
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := open(t, logsink.Options{}, "syslog+unix:"+path)
		s.Emit(event(0))
		b := make([]byte, 9000)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		check(t, string(b[:n]))
		stop(t, s)
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		var failed atomic.Int64
		s := open(t, logsink.Options{Dropped: func(sink, why string, n int) {
			if sink == "syslog+unix" && why == "failed" {
				failed.Add(int64(n))
			}
		}}, "syslog+unix:"+filepath.Join(t.TempDir(), "none"))
		s.Emit(event(0))
		stop(t, s)
		if failed.Load() != 1 {
			t.Errorf("%d events are counted as lost", failed.Load())
		}
	})
}

func TestOTLP(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var bodies [][]byte
	calls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		b, _ := io.ReadAll(r.Body)
		if calls++; calls == 1 {
			w.WriteHeader(http.StatusServiceUnavailable) // is tried again
			return
		}
		if r.URL.Path != "/v1/logs" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		bodies = append(bodies, b)
		_, _ = io.WriteString(w, `{"partialSuccess":{"rejectedLogRecords":"2"}}`)
	}))
	defer srv.Close()
	var lost atomic.Int64
	s := open(t, logsink.Options{Dropped: func(_, _ string, n int) { lost.Add(int64(n)) }}, "otlp+"+srv.URL)
	s.Emit(event(0))
	stop(t, s)
	mu.Lock()
	defer mu.Unlock()
	if len(bodies) != 1 || lost.Load() != 2 {
		t.Fatalf("%d bodies, %d lost", len(bodies), lost.Load())
	}
	for _, want := range []string{`"timeUnixNano":"1777636800003000000"`, `"severityNumber":9`, `"traceId":"` + event(0).ID + `"`, `{"key":"status","value":{"intValue":"200"}}`,
		`{"key":"service.name","value":{"stringValue":"airside"}}`, `{"key":"upstream.drift","value":{"arrayValue":{"values":[{"stringValue":"/a type"}]}}}`} {
		if !bytes.Contains(bodies[0], []byte(want)) {
			t.Errorf("no %s in %s", want, bodies[0])
		}
	}
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	g := &gate{open: make(chan struct{})}
	s := open(t, logsink.Options{Stdout: g}, "stdout")
	s.Emit(event(0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); err == nil {
		t.Error("nothing was said of what was lost")
	}
	close(g.open)
}

func BenchmarkEmit(b *testing.B) {
	for _, sink := range []string{"none", "stdout", "stdout?format=ocsf"} {
		b.Run(sink, func(b *testing.B) {
			settings, err := logsink.Parse([]string{sink})
			if err != nil {
				b.Fatal(err)
			}
			s, err := logsink.Open(b.Context(), settings, logsink.Options{Log: slog.New(slog.DiscardHandler), Clock: clock.System(), Stdout: io.Discard})
			if err != nil {
				b.Fatal(err)
			}
			s.Start()
			e := event(0)
			for b.Loop() {
				s.Emit(e)
			}
			if err := s.Stop(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
