// SPDX-License-Identifier: Apache-2.0

package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/world"
)

func load(t testing.TB) *world.World {
	t.Helper()
	w, err := world.Load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryZoneLoads(t *testing.T) {
	t.Parallel()
	for _, z := range load(t).Zones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Errorf("%s: %v", z, err)
		}
	}
}

func TestKnownAirports(t *testing.T) {
	t.Parallel()
	w := load(t)
	type facts struct{ City, Country, Zone, Metro string }
	for code, want := range map[string]facts{
		"LHR": {"London", "GB", "Europe/London", "LON"},
		"JFK": {"New York", "US", "America/New_York", "NYC"},
		"SYD": {"Sydney", "AU", "Australia/Sydney", "SYD"},
		"PPT": {"Papeete", "PF", "Pacific/Tahiti", "PPT"},
		"HND": {"Tokyo", "JP", "Asia/Tokyo", "TYO"},
		"GRU": {"Sao Paulo", "BR", "America/Sao_Paulo", "SAO"},
		"PRN": {"Lipjan", "XK", "Europe/Belgrade", "PRN"},
	} {
		i, ok := w.Airport(code)
		if !ok {
			t.Errorf("%s is unknown", code)
			continue
		}
		a := w.Airports[i]
		got := facts{a.City, w.Countries[a.Country].Alpha2, w.Zones[a.Zone], a.Metro}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", code, d)
		}
	}
	for _, code := range []string{"", "lhr", "LHRX", "QQQ", "日本"} {
		if _, ok := w.Airport(code); ok {
			t.Errorf("%q is taken for an airport", code)
		}
	}
}

func TestMetro(t *testing.T) {
	t.Parallel()
	w := load(t)
	for code, want := range map[string]string{"NYC": "EWR JFK LGA", "LON": "LHR LGW LTN LCY STN", "ORY": "ORY", "QQQ": ""} {
		got := strings.Join(w.Metro(code), " ")
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("Metro(%s) = %q, want %q first", code, got, want)
		}
	}
}

func TestFindAirports(t *testing.T) {
	t.Parallel()
	w := load(t)
	for query, want := range map[string]string{
		"lhr": "LHR", "LON": "LHR", "malaga": "AGP", "Málaga": "AGP", "são pau": "GRU", "new y": "JFK",
		"heathrow": "LHR", "paris france": "CDG", "zzzz": "", "  ": "", "%_'": "",
	} {
		got := ""
		if hits := w.FindAirports(query, 5); len(hits) > 0 {
			got = w.Airports[hits[0]].Code
		}
		if got != want {
			t.Errorf("FindAirports(%q) begins with %q, want %q", query, got, want)
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	w := load(t)
	r, ok := w.Rate("USD", "AED")
	if !ok || r.Convert(100_00) != 367_25 || r.Convert(-100_00) != -367_25 {
		t.Errorf("100 USD in AED: %v %d", ok, r.Convert(100_00))
	}
	if r, ok := w.Rate("USD", "JPY"); !ok || r.Convert(100_00) < 5_000 || r.Convert(100_00) > 30_000 {
		t.Errorf("100 USD in JPY: %v %d", ok, r.Convert(100_00))
	}
	if r, _ := w.Rate("EUR", "EUR"); r.Convert(1<<60) != 1<<60 {
		t.Error("a currency into itself must not change the amount")
	}
	if _, ok := w.Rate("USD", "QQQ"); ok {
		t.Error("rate into an unknown currency")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := world.Load(); err != nil {
			b.Fatal(err)
		}
	}
}
