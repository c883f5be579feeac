// SPDX-License-Identifier: Apache-2.0

//go:build unix

package e2e_test

import (
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
)

// cpu is the processor time of the process so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSinks is one read through the whole pipeline, with more and more sinks.
func BenchmarkSinks(b *testing.B) {
	for _, sinks := range []string{"none", "file", "file+ocsf"} {
		b.Run(sinks, func(b *testing.B) {
			dir := b.TempDir()
			setting := map[string]string{"none": "none", "file": "file:" + dir + "/a.log", "file+ocsf": "file:" + dir + "/a.log,file:" + dir + "/b.log?format=ocsf"}[sinks]
			srv := airsidetest.Start(b, airsidetest.Unjudged(), airsidetest.Setting("AIRSIDE_LOG_SINKS", setting))
			token := srv.Token(b)
			b.ReportAllocs()
			began := cpu(b)
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), "GET", "/v2/companies/"+srv.Demo.CompanyID, nil)
				r.Header.Set("Authorization", "Bearer "+token)
				w := httptest.NewRecorder()
				if srv.Handler().ServeHTTP(w, r); w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
			b.ReportMetric(float64(cpu(b)-began)/float64(b.N)/1000, "cpu-µs/op")
		})
	}
}
