// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// A percentage of money is what exact arithmetic gives, rounded half away from zero to a minor unit.
func TestShareIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.Int64Range(0, maxMinor).Draw(t, "of")
		percentage := rapid.StringMatching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})?`).Draw(t, "percentage")
		exact, ok := new(big.Rat).SetString(percentage)
		if !ok {
			t.Fatalf("%q is no number", percentage)
		}
		exact.Mul(exact, big.NewRat(of, 100))
		want, _ := new(big.Int).SetString(exact.FloatString(0), 10) // rounds half away from zero
		if bound := big.NewInt(maxMinor); want.CmpAbs(bound) > 0 {
			want = bound.Mul(bound, big.NewInt(int64(want.Sign())))
		}
		if got := share(of, percentage); want.Cmp(big.NewInt(got)) != 0 {
			t.Fatalf("%s%% of %d is %d, want %s", percentage, of, got, want)
		}
	})
}

func TestShareOfWhatIsNoPercentage(t *testing.T) {
	t.Parallel()
	for percentage, want := range map[string]int64{"": 0, "0": 0, "1e2": 1000, "12.5": 125, "0.05": 1, "0.04": 0, "1e300": maxMinor, "-1e300": -maxMinor} {
		if got := share(1000, percentage); got != want {
			t.Errorf("%q: %d, want %d", percentage, got, want)
		}
	}
}
