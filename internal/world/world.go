// SPDX-License-Identifier: Apache-2.0

package world

import (
	_ "embed"
	"fmt"
	"time"
	_ "time/tzdata" // zones on hosts that have none

	"github.com/airside-travel/airside/internal/world/pack"
)

//go:embed world.bin
var embedded []byte

// World is a loaded world. It is immutable and safe for concurrent use.
type World struct {
	*pack.File
	airportAt [26 * 26 * 26]uint16 // index + 1
	airlineAt [36 * 36]uint16
	countryAt [26 * 26]uint16
	metro     map[string][]uint16 // busiest first
	words     lazyWords
	zones     []lazyZone
}

// Load reads the embedded world.
func Load() (*World, error) {
	f, err := pack.Decode(embedded)
	if err != nil {
		return nil, fmt.Errorf("embedded world: %w", err)
	}
	w := &World{File: f, metro: map[string][]uint16{}, zones: make([]lazyZone, len(f.Zones))}
	for i := range f.Airports {
		if at, ok := airportSlot(f.Airports[i].Code); ok {
			w.airportAt[at] = uint16(i + 1)
		}
		if m := f.Airports[i].Metro; m != "" {
			w.metro[m] = append(w.metro[m], uint16(i))
		}
	}
	for i := range f.Airlines {
		if at, ok := airlineSlot(f.Airlines[i].Code); ok {
			w.airlineAt[at] = uint16(i + 1)
		}
	}
	for i := range f.Countries {
		if at, ok := countrySlot(f.Countries[i].Alpha2); ok {
			w.countryAt[at] = uint16(i + 1)
		}
	}
	for _, m := range w.metro {
		w.byWeight(m)
	}
	return w, nil
}

// Airport is the index of an airport by its three-letter code.
func (w *World) Airport(code string) (int, bool) {
	at, ok := airportSlot(code)
	if !ok || w.airportAt[at] == 0 {
		return 0, false
	}
	return int(w.airportAt[at]) - 1, true
}

// Airline is the index of an airline by its two-character code.
func (w *World) Airline(code string) (int, bool) {
	at, ok := airlineSlot(code)
	if !ok || w.airlineAt[at] == 0 {
		return 0, false
	}
	return int(w.airlineAt[at]) - 1, true
}

// Country is the index of a country by its two-letter code.
func (w *World) Country(alpha2 string) (int, bool) {
	at, ok := countrySlot(alpha2)
	if !ok || w.countryAt[at] == 0 {
		return 0, false
	}
	return int(w.countryAt[at]) - 1, true
}

// Metro lists the airports of a city code, busiest first. An airport code that is no city code stands for itself.
func (w *World) Metro(code string) []string {
	var codes []string
	for _, i := range w.metro[code] {
		codes = append(codes, w.Airports[i].Code)
	}
	if codes == nil {
		if _, ok := w.Airport(code); ok {
			codes = []string{code}
		}
	}
	return codes
}

// EquipmentName is what people call an IATA aircraft code, such as "Boeing 787-9".
func (w *World) EquipmentName(code string) string {
	for i := range w.Aircraft {
		if w.Aircraft[i].Code == code {
			return w.Aircraft[i].Name
		}
	}
	for i := range w.Equipment {
		if w.Equipment[i].Code == code {
			return w.Equipment[i].Manufacturer + " " + w.Equipment[i].Model
		}
	}
	return ""
}

// Location is the time zone of an airport.
func (w *World) Location(airport int) *time.Location { return w.Zone(int(w.Airports[airport].Zone)) }

func airportSlot(code string) (int, bool) {
	if len(code) != 3 {
		return 0, false
	}
	at := 0
	for i := range 3 {
		if code[i] < 'A' || code[i] > 'Z' {
			return 0, false
		}
		at = at*26 + int(code[i]-'A')
	}
	return at, true
}

func airlineSlot(code string) (int, bool) {
	if len(code) != 2 {
		return 0, false
	}
	at := 0
	for i := range 2 {
		switch c := code[i]; {
		case c >= 'A' && c <= 'Z':
			at = at*36 + int(c-'A')
		case c >= '0' && c <= '9':
			at = at*36 + 26 + int(c-'0')
		default:
			return 0, false
		}
	}
	return at, true
}

func countrySlot(code string) (int, bool) {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return 0, false
	}
	return int(code[0]-'A')*26 + int(code[1]-'A'), true
}
