// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/detect"
)

// traffic makes the n-th event of a mix of clients: mostly reads, some writes and purchases.
func traffic(n, clients int, at time.Time) detect.Event {
	c := (n * 7919) % clients
	e := detect.Event{
		ID: fmt.Sprintf("0197a000-0000-7000-8000-%012d", n), At: at, Kind: detect.Request, Tenant: fmt.Sprintf("0197a000-0000-7000-8000-00000000%04d", c%200),
		Environment: "production", Client: fmt.Sprintf("0197b000-0000-7000-8000-00000000%04d", c),
		Address: netip.AddrFrom4([4]byte{10, byte(c >> 8), byte(c), byte(n % 3)}), Agent: "acme-travel/2.3.1 Go-http-client/1.1",
		Operation: fmt.Sprintf("read%d", (n/clients)%30), Effect: "read", Status: 200, Bytes: 3000, Object: fmt.Sprintf("o-%d-%d", c, n%200),
		Company: fmt.Sprintf("c-%d", c%200),
	}
	switch n % 20 {
	case 0, 1:
		e.Effect, e.Operation = "write", "updateUser"
	case 2:
		e.Effect, e.Operation, e.Amount = "purchase", "createPnr", 40000
	case 3:
		e.Status, e.Code = 404, "RESOURCE_NOT_FOUND"
	case 4:
		e.Kind, e.Effect, e.Operation = detect.Token, "", ""
	}
	return e
}

// BenchmarkObserve is what one event costs, in CPU time of the process, of clients that have been known
// for two weeks: of 10 that call twice a minute, and of 1,000 that call once in an hour, so that every
// call also closes hours, and nothing of the client is in the processor's caches.
func BenchmarkObserve(b *testing.B) {
	for name, clients := range map[string]int{"busy": 10, "sparse": 1000} {
		b.Run(name, func(b *testing.B) {
			const step = 3 * time.Second
			e := detect.New(detect.Builtin(), detect.Options{})
			at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
			for i := range 400_000 {
				at = at.Add(step)
				ev := traffic(i, clients, at)
				e.Observe(&ev)
			}
			events := make([]detect.Event, 100_000)
			for i := range events {
				at = at.Add(step)
				events[i] = traffic(i, clients, at)
			}
			span := at.Sub(events[0].At) + step
			b.ReportAllocs()
			var used time.Duration
			n, from := 0, cpu()
			for b.Loop() {
				if n == len(events) {
					used += cpu() - from
					n = 0
					for i := range events {
						events[i].At = events[i].At.Add(span)
					}
					from = cpu()
				}
				e.Observe(&events[n])
				n++
			}
			used += cpu() - from
			b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu is the CPU time of this process.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkMemory is the memory of 10,000 clients that have used everything for three weeks.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e := fill(10_000, 200)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/10_000, "B/client")
		b.ReportMetric(float64(e.Stats().Subjects), "subjects")
		b.ReportMetric(0, "ns/op")
	}
}

// fill is an engine to which each client has come so many times within three weeks.
func fill(clients, each int) *detect.Engine {
	e := detect.New(detect.Builtin(), detect.Options{Clients: clients})
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	step := 21 * 24 * time.Hour / time.Duration(clients*each)
	for i := range clients * each {
		at = at.Add(step)
		ev := traffic(i, clients, at)
		e.Observe(&ev)
	}
	return e
}
