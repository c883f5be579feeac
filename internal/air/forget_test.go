// SPDX-License-Identifier: Apache-2.0

package air

import (
	"slices"
	"testing"

	"github.com/airside-travel/airside/internal/supplier"
)

// Of the travelers of an order, those at the places go, whatever the others are called.
func TestStrike(t *testing.T) {
	t.Parallel()
	twin := supplier.OrderTraveler{First: "Castor", Last: "Twinley", LoyaltyNumber: "BA1"}
	gone := supplier.OrderTraveler{First: "PURGED", Last: "PURGED"}
	o := &supplier.Order{Travelers: []supplier.OrderTraveler{twin, twin, twin}}
	if !strike(o, []int{1, 7, -1}, "PURGED") || !slices.Equal(o.Travelers, []supplier.OrderTraveler{twin, gone, twin}) {
		t.Errorf("left %+v", o.Travelers)
	}
	if strike(o, []int{1}, "PURGED") {
		t.Error("the same was done twice")
	}
}
