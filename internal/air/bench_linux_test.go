// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
)

// The clock of a thread is the system's, so this file is for Linux only.

// BenchmarkSearch is a search with its page of 50; BenchmarkEncode is the page alone. The gate is in processor time of
// the thread that searches, garbage collection by others left out: 0.3 ms half of the time, 1.2 ms 99 times of 100.
func BenchmarkSearch(b *testing.B) {
	k, in := benchmarkKit(b)
	ctx := actor.With(b.Context(), k.who)
	var buf []byte
	perCall(b, func() {
		r, err := k.s.Search(ctx, in)
		if err != nil {
			b.Fatal(err)
		}
		buf = r.AppendJSON(buf[:0])
	})
	b.SetBytes(int64(len(buf)))
}

func BenchmarkEncode(b *testing.B) {
	k, in := benchmarkKit(b)
	r, err := k.s.Search(actor.With(context.Background(), k.who), in)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	perCall(b, func() { buf = r.AppendJSON(buf[:0]) })
	b.SetBytes(int64(len(buf)))
}

func benchmarkKit(b *testing.B) (*kit, SearchIn) {
	k := newKit(b)
	return k, input[SearchIn](k, "airSearch", lhrJFK(`,"legSearchParams":{"pageNumber":1}`))
}

// perCall reports the processor time of one call, which does not depend on what else the machine does.
func perCall(b *testing.B, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		before := threadCPU()
		f()
		took = append(took, threadCPU()-before)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-cpu-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-cpu-µs")
}
