// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

var loadWorld = sync.OnceValues(world.Load)

func engine(t testing.TB) *Engine {
	t.Helper()
	w, err := loadWorld()
	if err != nil {
		t.Fatal(err)
	}
	return New(w, 42)
}

// noon is the clock of the tests.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

var today = supplier.NewDate(2027, 3, 1)

// oneWay asks for a one-way trip of one adult; codes may be metro codes.
func (e *Engine) oneWay(from, to string, days int) *supplier.AirQuery {
	return &supplier.AirQuery{Tenant: "acme", Now: noon, Currency: "USD",
		Legs:      []supplier.QueryLeg{{Origins: e.w.Metro(from), Destinations: e.w.Metro(to), Date: today + supplier.Date(days)}},
		Travelers: []supplier.PaxCount{{Type: supplier.Adult, Count: 1}}}
}

// roundTrip asks for a return a week later.
func (e *Engine) roundTrip(from, to string, days int) *supplier.AirQuery {
	q := e.oneWay(from, to, days)
	q.Legs = append(q.Legs, supplier.QueryLeg{Origins: q.Legs[0].Destinations, Destinations: q.Legs[0].Origins,
		Date: q.Legs[0].Date + 7})
	return q
}

func shop(t testing.TB, e *Engine, q *supplier.AirQuery) *supplier.AirResult {
	t.Helper()
	r, err := e.Shop(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
