// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"math"
	"testing"

	"github.com/airside-travel/airside/internal/supplier"
)

// The worked example of the Travel Impact Model: Zurich to San Francisco on a 787-9 burns 56.4 tonnes.
func TestFuelOfThePublishedExample(t *testing.T) {
	t.Parallel()
	e := engine(t)
	zrh, _ := e.w.Airport("ZRH")
	sfo, _ := e.w.Airport("SFO")
	km := e.net.km(uint16(zrh), uint16(sfo))
	if math.Abs(float64(km)-9369) > 20 {
		t.Errorf("%d km", km)
	}
	typ := e.net.typeIndex("789")
	if got := fuelTonnes(&e.w.Aircraft[typ], km); math.Abs(got-56.4) > 56.4*0.05 {
		t.Errorf("%.1f t of fuel, want 56.4 ± 5 %%", got)
	}
	eco, biz := e.emission(typ, supplier.Economy, km), e.emission(typ, supplier.Business, km)
	if eco < 0.3 || eco > 0.8 || math.Abs(biz/eco-4) > 1e-9 {
		t.Errorf("economy %.3f t, business %.3f t", eco, biz)
	}
}
