// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
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
	switch (n/clients + n) % 20 { // each client does everything in turn
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

// BenchmarkMemory is the memory of 10,000 clients that have done everything for three weeks, and of 50
// that do their best to take much: every value is new, every name is long, every count is near its limit.
func BenchmarkMemory(b *testing.B) {
	for name, make := range map[string]func() *detect.Engine{
		"ordinary": func() *detect.Engine { return fill(10_000, 200) },
		"worst":    func() *detect.Engine { return abuse(50, 2000) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				runtime.GC()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				e := make()
				runtime.GC()
				runtime.ReadMemStats(&after)
				n := float64(e.Stats().Subjects)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/subject")
				b.ReportMetric(float64(len(e.Snapshot()))/n, "snapshot-B/subject")
				b.ReportMetric(n, "subjects")
				b.ReportMetric(0, "ns/op")
				runtime.KeepAlive(e)
			}
		})
	}
}

func abuse(clients, each int) *detect.Engine {
	e := detect.New(detect.Builtin(), detect.Options{Clients: clients, Strangers: 10, Others: 10})
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	long := strings.Repeat("x", 5000)
	kinds := []string{detect.Request, detect.Token, detect.Request, detect.Census}
	for i := range clients * each {
		at = at.Add(21 * 24 * time.Hour / time.Duration(clients*each))
		ev := traffic(i, clients, at)
		k := i / clients
		ev.ID, ev.Client, ev.Kind = fmt.Sprintf("%d%s", i, long), ev.Client+long, kinds[k%4]
		ev.Operation, ev.Object, ev.Company, ev.Agent = fmt.Sprint("op", i), fmt.Sprint("o", i), fmt.Sprint("c", i), fmt.Sprintf("%x", k)
		ev.Address = netip.AddrFrom4([4]byte{byte(i), byte(i >> 8), byte(i >> 16), 1})
		if k%3 == 0 {
			ev.Reason, ev.Status = []string{detect.WrongSecret, detect.RotatedSecret, detect.NetworkRefused, detect.Canary}[k%4], 403
		}
		e.Observe(&ev)
	}
	return e
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
