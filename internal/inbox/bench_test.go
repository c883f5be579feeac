// SPDX-License-Identifier: Apache-2.0

package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/airside-travel/airside/internal/store/sqlite"
)

// BenchmarkReceive is the whole way of a webhook of 2 kB, from the check of its signature to the disk: receipt, body,
// state of the resource and one delivery. Many callers share commits.
func BenchmarkReceive(b *testing.B) {
	st, err := sqlite.Open(context.WithoutCancel(b.Context()), sqlite.Options{Path: filepath.Join(b.TempDir(), "a.db"), MasterKey: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	}()
	r := newRig(b, st, "http://127.0.0.1:9/") // nothing is sent: the outbox is not started
	var n atomic.Int64
	before := cpu(b)
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			body := fmt.Sprintf(`{"event_type":"PNR_V3","operation":"BOOKING_OTHER_UPDATE","payload":{"pnrId":"%d","version":%d,"more":%q},"timestamp":"2026-11-02T09:29:00.000Z"}`,
				1_000_000_000+i%1000, 1+i/1000, strings.Repeat("x", 1900))
			if code := r.send(b, current, fmt.Sprint(i), body); code != "" {
				b.Error(code)
			}
		}
	})
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
}

// cpu is the processor time of this process in nanoseconds, which does not depend on what else the machine does.
func cpu(b *testing.B) int64 {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}
