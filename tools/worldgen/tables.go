// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine that has none

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world/pack"
)

func (g *gen) countries() error {
	g.country = map[string]uint16{}
	add := func(r *record) {
		g.f.Countries = append(g.f.Countries, pack.Country{Alpha2: r.s("alpha2"), Alpha3: r.s("alpha3"),
			Numeric: r.s("numeric"), Name: r.s("name"), Capital: r.s("capital"), Continent: r.s("continent"),
			Currency: r.s("currency"), Dial: r.s("dial")})
	}
	err := errors.Join(g.table("countries.tsv", add), g.table("extra_countries.tsv", add))
	slices.SortFunc(g.f.Countries, func(a, b pack.Country) int { return strings.Compare(a.Alpha2, b.Alpha2) })
	for i, c := range g.f.Countries {
		g.country[c.Alpha2] = uint16(i)
	}
	if err != nil {
		return err
	}
	return g.table("subdivisions.tsv", func(r *record) {
		g.f.Subdivisions = append(g.f.Subdivisions,
			pack.Subdivision{Code: r.s("code"), Name: r.s("name"), Country: r.s("country")})
	})
}

func (g *gen) money() error {
	type rate struct {
		perUSD int64
		source string
	}
	rates := map[string]rate{"USD": {1_000_000, "base"}}
	err := g.table("fx_usd.tsv", func(r *record) {
		rates[r.s("currency")] = rate{int64(math.Round(r.float("units_per_usd") * 1e6)), r.s("source")}
	})
	if err != nil {
		return err
	}
	err = g.table("currencies.tsv", func(r *record) {
		x := rates[r.s("code")]
		g.f.Currencies = append(g.f.Currencies, pack.Currency{Code: r.s("code"), Numeric: r.s("numeric"),
			Name: r.s("name"), MinorUnits: uint8(r.int("minor_units")), PerUSD: x.perUSD, Source: x.source})
	})
	slices.SortFunc(g.f.Currencies, func(a, b pack.Currency) int { return strings.Compare(a.Code, b.Code) })
	return err
}

func (g *gen) airports() error {
	g.zone, g.airport = map[string]uint16{}, map[string]uint16{}
	zones := map[string]bool{}
	var tz []string
	err := g.table("airports.tsv", func(r *record) {
		c, ok := g.country[r.s("country")]
		if !ok {
			r.err = fmt.Errorf("unknown country %q", r.s("country"))
			return
		}
		zones[r.s("tz")] = true
		tz = append(tz, r.s("tz"))
		g.f.Airports = append(g.f.Airports, pack.Airport{Code: r.s("iata"), ICAO: r.s("icao"), Name: r.s("name"),
			City: r.s("city"), Region: r.s("iso_region"), Metro: r.s("metro_code"), Country: c,
			Lat: int32(math.Round(r.float("lat") * 1e5)), Lon: int32(math.Round(r.float("lon") * 1e5)),
			Size:   uint8(strings.Index("SML", r.s("size")) + 1),
			Weight: uint32(r.int("yearly_departures"))})
	})
	if err != nil {
		return err
	}
	for z := range zones {
		g.f.Zones = append(g.f.Zones, z)
	}
	slices.Sort(g.f.Zones)
	winter := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	for i, z := range g.f.Zones {
		loc, err := time.LoadLocation(z)
		if err != nil {
			return err
		}
		_, off := winter.In(loc).Zone()
		g.zone[z], g.utcOffset = uint16(i), append(g.utcOffset, off/60)
	}
	for i := range g.f.Airports {
		g.f.Airports[i].Zone = g.zone[tz[i]]
	}
	slices.SortFunc(g.f.Airports, func(a, b pack.Airport) int { return strings.Compare(a.Code, b.Code) })
	for i, a := range g.f.Airports {
		g.airport[a.Code] = uint16(i)
	}
	return nil
}

func (g *gen) aircraft() error {
	g.typ = map[string]uint8{}
	err := g.table("aircraft_profiles.tsv", func(r *record) {
		g.typ[r.s("iata")] = uint8(len(g.f.Aircraft))
		a := pack.Aircraft{Code: r.s("iata"), Name: r.s("name"), Body: r.s("body")[0],
			CruiseKmh: uint16(r.int("cruise_kmh")), RangeKm: uint16(r.int("range_km")),
			Seats: [4]uint16{uint16(r.int("seats_Y")), uint16(r.int("seats_W")), uint16(r.int("seats_J")),
				uint16(r.int("seats_F"))},
			LayoutBusiness: r.s("layout_J"), LayoutPremium: r.s("layout_W"), LayoutEconomy: r.s("layout_Y"),
			PitchIn: uint8(r.int("pitch_Y_in")), FuelLTO: uint32(r.int("lto_fuel_kg")),
			FuelPerKm: uint32(math.Round(r.float("cruise_fuel_kg_per_km") * 1000))}
		if a.Body != 'W' { // on smaller aircraft W are economy seats with more legroom, not a cabin
			a.Seats[0], a.Seats[1], a.LayoutPremium = a.Seats[0]+a.Seats[1], 0, ""
		}
		g.f.Aircraft = append(g.f.Aircraft, a)
	})
	if err != nil {
		return err
	}
	return g.table("aircraft_codes.tsv", func(r *record) {
		g.f.Equipment = append(g.f.Equipment,
			pack.Equipment{Code: r.s("iata"), Manufacturer: r.s("manufacturer"), Model: r.s("model")})
	})
}

func (g *gen) airlines() error {
	loyalty := map[string]string{}
	err := g.table("loyalty_programs.tsv", func(r *record) {
		if r.s("type") == "AIR" {
			loyalty[r.s("issuer")] = r.s("program")
		}
	})
	if err != nil {
		return err
	}
	alliances := map[string]supplier.Alliance{"": supplier.AllianceNone, "STAR_ALLIANCE": supplier.StarAlliance,
		"ONEWORLD": supplier.Oneworld, "SKYTEAM": supplier.SkyTeam}
	models := map[string]uint8{"NETWORK": pack.ModelNetwork, "LCC": pack.ModelLowCost, "REGIONAL": pack.ModelRegional,
		"CHARTER": pack.ModelCharter}
	add := func(r *record) {
		a := pack.Airline{Code: r.s("iata"), ICAO: r.s("icao"), Prefix: r.s("ticket_prefix"), Name: r.s("name"),
			LoyaltyProgram: loyalty[r.s("iata")], Alliance: uint8(alliances[r.s("alliance")]), Model: models[r.s("model")]}
		if _, extra := r.cols["country"]; extra {
			a.Country = g.country[r.s("country")]
		} else {
			for _, h := range r.list("hubs") {
				if i, ok := g.airport[h]; ok {
					a.Hubs = append(a.Hubs, i)
				}
			}
			if len(a.Hubs) > 0 {
				a.Country = g.f.Airports[a.Hubs[0]].Country
			}
		}
		g.f.Airlines = append(g.f.Airlines, a)
	}
	if err := g.table("airlines.tsv", add); err != nil {
		return err
	}
	if err := g.table("extra_airlines.tsv", add); err != nil {
		return err
	}
	slices.SortFunc(g.f.Airlines, func(a, b pack.Airline) int { return strings.Compare(a.Code, b.Code) })
	g.airline = map[string]uint16{}
	for i, a := range g.f.Airlines {
		g.airline[a.Code] = uint16(i)
	}
	return nil
}

func (g *gen) partners() error {
	return g.table("partners.tsv", func(r *record) {
		var p []uint16
		for _, c := range r.list("airlines") {
			if i, ok := g.airline[c]; ok {
				p = append(p, i)
			}
		}
		g.f.Partners = append(g.f.Partners, p)
	})
}
