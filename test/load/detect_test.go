// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// wire is a client that costs next to nothing: one request, written again and again, whose answer always has the
// same length.
type wire struct {
	b       *testing.B
	conn    net.Conn
	request []byte
	answer  []byte
}

func newWire(b *testing.B, srv *airsidetest.Server, path string) *wire {
	b.Helper()
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	w := &wire{b: b, conn: conn, request: []byte("GET " + path + " HTTP/1.1\r\nHost: airside\r\nUser-Agent: wire\r\nAuthorization: Bearer " + srv.Token(b) + "\r\n\r\n")}
	if _, err := conn.Write(w.request); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	got := 0
	for { // the first answer tells the length
		n, err := conn.Read(buf[got:])
		if err != nil {
			b.Fatal(err)
		}
		got += n
		if head, body, ok := bytes.Cut(buf[:got], []byte("\r\n\r\n")); ok {
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 200")) {
				b.Fatalf("%s", head)
			}
			_, rest, _ := strings.Cut(string(head), "Content-Length: ")
			length, _, _ := strings.Cut(rest, "\r\n")
			if length == strconv.Itoa(len(body)) {
				break
			}
		}
	}
	w.answer = make([]byte, got)
	return w
}

func (w *wire) do() {
	if _, err := w.conn.Write(w.request); err != nil {
		w.b.Fatal(err)
	}
	if _, err := io.ReadFull(w.conn, w.answer); err != nil || !bytes.HasPrefix(w.answer, []byte("HTTP/1.1 200")) {
		w.b.Fatalf("%v %.40s", err, w.answer)
	}
}

// BenchmarkDetectionShare reads a user from a server that looks for unusual access and from one that does not, in
// turns, and reports what the looking adds to the CPU of a request (client, server and detection together).
func BenchmarkDetectionShare(b *testing.B) {
	var wires [2]*wire
	for i, on := range []string{"off", "on"} {
		srv := airsidetest.Start(b, airsidetest.Unjudged(), airsidetest.Setting("AIRSIDE_DETECT", on))
		wires[i] = newWire(b, srv, "/v2/users/"+srv.Demo.UserID)
	}
	const rounds = 21
	each := max(b.N/rounds, 1)
	var costs [2][]float64
	for _, w := range wires {
		for range each {
			w.do()
		}
	}
	b.ResetTimer()
	for r := range rounds {
		for k := range wires {
			i := (k + r) % 2
			before := cpu(b)
			for range each {
				wires[i].do()
			}
			costs[i] = append(costs[i], float64((cpu(b)-before).Nanoseconds())/float64(each)/1000)
		}
	}
	var median [2]float64
	for i := range costs {
		slices.Sort(costs[i])
		median[i] = costs[i][rounds/2]
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median[0], "cpu-µs/request-without")
	b.ReportMetric(median[1], "cpu-µs/request-with")
	b.ReportMetric(100*(median[1]/median[0]-1), "%-more")
}
