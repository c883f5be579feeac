// SPDX-License-Identifier: Apache-2.0

package world

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/world/pack"
)

// Currency finds a currency by its ISO 4217 code.
func (w *World) Currency(code string) (int, bool) {
	return slices.BinarySearchFunc(w.Currencies, code, func(c pack.Currency, s string) int {
		return strings.Compare(c.Code, s)
	})
}

// Rate converts between two currencies at the world's fixed rates: minor units times num over den, rounded half away
// from zero. ok is false when one of the currencies is unknown or has no rate.
func (w *World) Rate(from, to string) (r Rate, ok bool) {
	f, ok1 := w.Currency(from)
	t, ok2 := w.Currency(to)
	if !ok1 || !ok2 || w.Currencies[f].PerUSD == 0 || w.Currencies[t].PerUSD == 0 {
		return Rate{}, false
	}
	a, b := &w.Currencies[f], &w.Currencies[t]
	return Rate{num: uint64(b.PerUSD) * pow10(b.MinorUnits), den: uint64(a.PerUSD) * pow10(a.MinorUnits)}, true
}

// Rate is a conversion factor between the minor units of two currencies.
type Rate struct{ num, den uint64 }

// Per is the rate for amounts that are counted in n-ths of the minor unit.
func (r Rate) Per(n uint64) Rate { return Rate{num: r.num, den: r.den * n} }

// Convert applies the rate; amounts beyond the range of int64 saturate.
func (r Rate) Convert(minor int64) int64 {
	neg := minor < 0
	u := uint64(minor)
	if neg {
		u = -u
	}
	hi, lo := bits.Mul64(u, r.num)
	lo, carry := bits.Add64(lo, r.den/2, 0)
	if hi += carry; hi >= r.den {
		u = 1<<63 - 1
	} else {
		u, _ = bits.Div64(hi, lo, r.den)
		u = min(u, 1<<63-1)
	}
	if neg {
		return -int64(u)
	}
	return int64(u)
}

func pow10(n uint8) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
