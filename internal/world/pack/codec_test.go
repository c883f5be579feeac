// SPDX-License-Identifier: Apache-2.0

package pack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/world/pack"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := &pack.File{
		Zones:        []string{"Europe/Oslo"},
		Countries:    []pack.Country{{Alpha2: "NO", Alpha3: "NOR", Name: "Norway", Currency: "NOK"}},
		Subdivisions: []pack.Subdivision{{Code: "NO-03", Name: "Oslo", Country: "NO"}},
		Currencies:   []pack.Currency{{Code: "NOK", MinorUnits: 2, PerUSD: 10_100_000}},
		Airports:     []pack.Airport{{Code: "OSL", City: "Oslo", Lat: 6019390, Lon: -1110036, Size: 3, Weight: 99}},
		Airlines:     []pack.Airline{{Code: "SK", Hubs: []uint16{0}}},
		Aircraft:     []pack.Aircraft{{Code: "32N", Body: 'N', Seats: [4]uint16{156, 0, 12, 0}, FuelPerKm: 2650}},
		Equipment:    []pack.Equipment{{Code: "32N", Manufacturer: "Airbus", Model: "A320neo"}},
		Partners:     [][]uint16{{0}},
		Table: pack.Timetable{RouteOrigin: []uint16{0}, RouteDest: []uint16{0}, RouteKm: []uint16{999},
			RouteFlights: []uint16{1}, Airline: []uint16{0}, Operator: []uint16{0}, Depart: []uint16{1439},
			Days: []uint8{127}, Number: []uint16{9999}, Type: []uint8{0}},
	}
	data, err := pack.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pack.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	want.Version = got.Version
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for n := range data {
		if _, err := pack.Decode(data[:n]); err == nil {
			t.Fatalf("a file cut at byte %d of %d is taken for whole", n, len(data))
		}
	}
}
