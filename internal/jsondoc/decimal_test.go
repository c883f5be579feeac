// SPDX-License-Identifier: Apache-2.0

package jsondoc_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/jsondoc"
)

func TestScaled(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "0.00": 0, "12": 1200, "12.3": 1230, "12.34": 1234, "12.345": 1235, "-12.345": -1235, "12.344999": 1234, "1.005": 101,
		"0.005": 1, "0.00499": 0, "1e3": 100000, "1.5E+2": 15000, "1e-2": 1, "5e-3": 1, "4e-3": 0, "0e99999999999999999999": 0,
		"1e-99999999999999999999": 0, "9999999999999999": 999999999999999900, "0.0000000000000000000000001": 0,
	} {
		if got, ok := jsondoc.Scaled(text, 2); !ok || got != want {
			t.Errorf("%s is %d, %t; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".5", "5.", "1e", "1ex", "+1", "NaN", "Inf", "0x1", "1 ", "1_0", "1e18", "1e99999999999999999999", "12345678901234567890"} {
		if got, ok := jsondoc.Scaled(text, 2); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

// Scaled is exact: the same as arithmetic with fractions, rounded half away from zero.
func TestScaledIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?([eE][+-]?[0-9])?`).Draw(t, "number")
		digits := rapid.IntRange(0, 6).Draw(t, "digits")
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is no number", text)
		}
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)))
		want, _ := new(big.Int).SetString(exact.FloatString(0), 10) // rounds half away from zero
		got, ok := jsondoc.Scaled(text, digits)
		if fits := len(new(big.Int).Abs(want).String()) <= 18; ok != fits && want.CmpAbs(big.NewInt(1e18)) != 0 {
			t.Fatalf("%s: read: %t, want %s", text, ok, want)
		}
		if ok && want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("%s times 10^%d is %d, want %s", text, digits, got, want)
		}
	})
}
