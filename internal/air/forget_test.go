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

type castor struct{}

func (castor) Called(given, family string) bool { return given+family == "CastorTwinley" }
func (castor) Member(number string) bool        { return number == "BA7" }

// The list of a PNR may have been written anew in another order.
func TestSeats(t *testing.T) {
	t.Parallel()
	own, other := supplier.OrderTraveler{First: "Castor", Last: "Twinley"}, supplier.OrderTraveler{First: "Pollux", Last: "Twinley", LoyaltyNumber: "BA9"}
	card, twin := supplier.OrderTraveler{First: "C", Last: "Twinley", LoyaltyNumber: "BA7"}, supplier.OrderTraveler{First: "Castor", Last: "Twinley", LoyaltyNumber: "BA9"}
	for name, tc := range map[string]struct {
		order        []supplier.OrderTraveler
		listed, want []int
	}{
		"in the same order":          {[]supplier.OrderTraveler{other, own}, []int{1}, []int{1}},
		"in another":                 {[]supplier.OrderTraveler{other, own}, []int{0}, []int{1}},
		"one of two of the name":     {[]supplier.OrderTraveler{twin, own}, []int{1}, []int{1}},
		"either of the name":         {[]supplier.OrderTraveler{twin, own, other}, []int{2}, nil},
		"by the card":                {[]supplier.OrderTraveler{twin, own, card}, []int{1}, []int{2}},
		"on a seat beside":           {[]supplier.OrderTraveler{own, own, other}, []int{0, 1}, []int{0, 1}},
		"under a name before":        {[]supplier.OrderTraveler{other}, []int{0}, []int{0}},
		"nobody":                     {[]supplier.OrderTraveler{other, other}, []int{0}, nil},
		"beyond":                     {[]supplier.OrderTraveler{other}, []int{7, -1}, nil},
		"not listed":                 {[]supplier.OrderTraveler{other, own}, nil, []int{1}},
		"not listed, by the card":    {[]supplier.OrderTraveler{other, card}, nil, []int{1}},
		"not listed and not told":    {[]supplier.OrderTraveler{twin, own}, nil, nil},
		"not listed, nobody's order": {[]supplier.OrderTraveler{other}, nil, nil},
	} {
		if got := seats(&supplier.Order{Travelers: tc.order}, castor{}, tc.listed); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
