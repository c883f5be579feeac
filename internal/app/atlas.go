// SPDX-License-Identifier: Apache-2.0

package app

import (
	"strings"
	"sync"

	"github.com/airside-travel/airside/internal/air"
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
	"github.com/airside-travel/airside/internal/world/pack"
)

// atlas lets air look places and airlines up in the world.
type atlas struct {
	w       func() *world.World
	regions func() map[string]string // ISO 3166-2 code → name
}

func newAtlas(w func() *world.World) atlas {
	return atlas{w, sync.OnceValue(func() map[string]string {
		all := w().Subdivisions
		out := make(map[string]string, len(all))
		for _, s := range all {
			out[s.Code] = s.Name
		}
		return out
	})}
}

func (a atlas) Airport(iata string) (air.Airport, bool) {
	i, ok := a.w().Airport(iata)
	if !ok {
		return air.Airport{}, false
	}
	return a.airport(i), true
}

func (a atlas) airport(i int) air.Airport {
	p := &a.w().Airports[i]
	c := &a.w().Countries[p.Country]
	metro := p.Metro
	if metro == "" {
		metro = p.Code
	}
	_, state, _ := strings.Cut(p.Region, "-")
	return air.Airport{
		Code: p.Code, Name: p.Name, City: p.City, CityCode: metro, CountryCode: c.Alpha2, Country: c.Name, Country3: c.Alpha3,
		StateCode: state, State: a.regions()[p.Region], Zone: a.w().Zones[p.Zone], Latitude: float64(p.Lat) / 1e5, Longitude: float64(p.Lon) / 1e5,
	}
}

func (a atlas) Metro(code string) []string { return a.w().Metro(code) }

func (a atlas) Suggest(query string, limit int) []air.Airport {
	found := a.w().FindAirports(query, limit)
	out := make([]air.Airport, len(found))
	for i, at := range found {
		out[i] = a.airport(at)
	}
	return out
}

func (a atlas) Airline(iata string) (air.Airline, bool) {
	i, ok := a.w().Airline(iata)
	if !ok {
		return air.Airline{}, false
	}
	return a.airline(&a.w().Airlines[i]), true
}

func (a atlas) airline(l *pack.Airline) air.Airline {
	c := &a.w().Countries[l.Country]
	return air.Airline{
		Code: l.Code, Name: l.Name, CountryCode: c.Alpha2, Country: c.Name, Active: true,
		TicketPrefix: l.Prefix, Program: l.LoyaltyProgram, Alliance: supplier.Alliance(l.Alliance),
	}
}

func (a atlas) Airlines() []air.Airline {
	out := make([]air.Airline, len(a.w().Airlines))
	for i := range a.w().Airlines {
		out[i] = a.airline(&a.w().Airlines[i])
	}
	return out
}

func (a atlas) Aircraft(iata string) string { return a.w().EquipmentName(iata) }
