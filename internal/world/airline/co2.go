// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world/pack"
)

// Factors of the Travel Impact Model: CO2e from well to wake per kilogram of fuel, the passenger load, the detour of
// a real flight path, and what a class weighs next to economy.
const (
	co2PerFuel = 3.8359
	loadFactor = 0.845
	detour     = 1.05
)

var (
	classNarrow = [5]float64{0, 1, 1, 1.5, 1.5}
	classWide   = [5]float64{0, 1, 1.5, 4, 5}
)

// fuelTonnes is what a flight burns from gate to gate. Products are converted before they are added, here and below,
// so that no processor fuses the two and answers another last digit.
func fuelTonnes(a *pack.Aircraft, km int) float64 {
	return (float64(a.FuelLTO) + float64(float64(km)*detour*float64(a.FuelPerKm)/1000)) / 1000
}

// emission is the CO2e of one passenger in tonnes.
func (e *Engine) emission(typ uint8, cabin supplier.Cabin, km int) float64 {
	a := &e.w.Aircraft[typ]
	class, cargo := &classNarrow, 0.02
	if a.Body == 'W' {
		class, cargo = &classWide, 0.10
	}
	weighted := 0.0
	for i, seats := range a.Seats {
		weighted += float64(float64(seats) * class[i+1])
	}
	return fuelTonnes(a, km) * co2PerFuel * (1 - cargo) / (weighted * loadFactor) * class[cabin]
}

// averageEmission is the mean over the flights of a route.
func (e *Engine) averageEmission(route uint32, cabin supplier.Cabin) float64 {
	var perType [64]uint16
	for f := e.net.first[route]; f < e.net.first[route+1]; f++ {
		perType[e.net.typ[f]&63]++
	}
	sum, n := 0.0, 0.0
	for t, count := range perType {
		if count > 0 {
			sum += float64(float64(count) * e.emission(uint8(t), cabin, int(e.net.routeKm[route])))
			n += float64(count)
		}
	}
	return sum / n
}
