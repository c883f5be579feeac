// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// queries draws one-way searches between airports by how busy they are, on dates of the next 330 days.
func queries(e *Engine, n int) []*supplier.AirQuery {
	var sum []uint64
	total := uint64(0)
	for i := range e.w.Airports {
		total += uint64(e.w.Airports[i].Weight)
		sum = append(sum, total)
	}
	draw := func(h uint64) string {
		i, _ := slices.BinarySearch(sum, mix(h)%total+1)
		return e.w.Airports[i].Code
	}
	var qs []*supplier.AirQuery
	for i := uint64(0); len(qs) < n; i++ {
		from, to := draw(i*3), draw(i*3+1)
		if from != to {
			q := e.oneWay(from, to, int(1+mix(i*3+2)%330))
			q.Legs[0].Origins, q.Legs[0].Destinations = []string{from}, []string{to}
			q.Limit = 50
			qs = append(qs, q)
		}
	}
	return qs
}

func benchmarkSearch(b *testing.B, qs []*supplier.AirQuery, e *Engine) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, q := range qs { // frames of all dates
		shop(b, e, q)
	}
	b.ReportAllocs()
	var took []time.Duration
	offers := 0
	for i := 0; b.Loop(); i++ {
		q := qs[i%len(qs)]
		start := threadCPU()
		r := shop(b, e, q)
		took = append(took, threadCPU()-start)
		offers += r.Total
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-cpu-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-cpu-ms")
	b.ReportMetric(float64(offers)/float64(len(took)), "offers/op")
}

func BenchmarkSearchWorldwide(b *testing.B) {
	e := engine(b)
	benchmarkSearch(b, queries(e, 1000), e)
}

func BenchmarkSearchRoundTrip(b *testing.B) {
	e := engine(b)
	qs := queries(e, 500)
	for _, q := range qs {
		l := q.Legs[0]
		q.Legs = append(q.Legs, supplier.QueryLeg{Origins: l.Destinations, Destinations: l.Origins, Date: l.Date + 5})
	}
	benchmarkSearch(b, qs, e)
}

func BenchmarkSearchMetro(b *testing.B) {
	e := engine(b)
	q := e.oneWay("NYC", "LON", 40)
	q.Limit = 50
	benchmarkSearch(b, []*supplier.AirQuery{q}, e)
}

func BenchmarkNew(b *testing.B) {
	w, err := loadWorld()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		New(w, 1)
	}
}
