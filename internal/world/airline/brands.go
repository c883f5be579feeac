// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world/pack"
)

// fee is what a change or a refund costs in US dollars: up to 4,000 km, and beyond. It is read only with RuleFee.
type fee struct {
	kind        supplier.RuleKind
	short, long int16
}

var (
	no     = fee{kind: supplier.RuleNotAllowed}
	free   = fee{kind: supplier.RuleFree}
	credit = fee{kind: supplier.RuleCredit}
)

func cost(short, long int16) fee { return fee{supplier.RuleFee, short, long} }

// brand is a fare brand of an archetype of airlines. Percent is the fare next to the lowest brand of economy.
type brand struct {
	name, code, basis string
	cabin             supplier.Cabin
	shelf             supplier.Shelf
	view              supplier.CabinView
	percent           int64
	carryOn, checked  int8
	kg                int8
	change, cancel    fee
	seat              supplier.SeatRule
	boarding          string
	lounge            bool
}

// Short names keep the table readable.
const (
	eco, prem, biz, top = supplier.Economy, supplier.PremiumEconomy, supplier.Business, supplier.First
	freeStd, freeExtra  = supplier.SeatFreeStandard, supplier.SeatFreeExtraLegroom
)

// Archetypes of airlines.
const (
	northAmerica = iota
	europe
	lowCost
	gulfAsia
	testCarrier
)

// brands are the fare families, by archetype. Families are ours; no airline sells exactly these.
var brands = [...][]brand{
	northAmerica: {
		{"Basic Economy", "BASIC", "BE", eco, supplier.ShelfBase, supplier.ViewBasic, 100, 1, 0, 0, no, no, supplier.SeatFee, "last", false},
		{"Main Cabin", "MAIN", "MN", eco, supplier.ShelfStandard, supplier.ViewEconomy, 118, 1, 0, 0, free, credit, freeStd, "standard", false},
		{"Main Cabin Flexible", "MAINFLEX", "MF", eco, supplier.ShelfEnhanced, supplier.ViewEconomy, 155, 1, 1, 0, free, free, freeStd, "standard", false},
		{"Extra Space", "XTRA", "XS", eco, supplier.ShelfEnhanced, supplier.ViewEconomyPlus, 142, 1, 0, 0, free, credit, freeExtra, "priority", false},
		{"Premium Cabin", "PREM", "PR", prem, supplier.ShelfPremium, supplier.ViewPremiumEconomy, 200, 1, 2, 0, free, credit, supplier.SeatFree, "priority", false},
		{"Business", "FIRST", "BS", biz, supplier.ShelfLuxury, supplier.ViewBusiness, 290, 2, 2, 0, free, credit, supplier.SeatFree, "first", true},
		{"Business Flexible", "FIRSTFLEX", "BF", biz, supplier.ShelfUltraLuxury, supplier.ViewBusiness, 370, 2, 2, 0, free, free, supplier.SeatFree, "first", true},
	},
	europe: {
		{"Economy Light", "LIGHT", "LG", eco, supplier.ShelfBase, supplier.ViewBasic, 100, 1, 0, 0, cost(70, 150), no, supplier.SeatFee, "", false},
		{"Economy Classic", "CLASSIC", "CL", eco, supplier.ShelfStandard, supplier.ViewEconomy, 122, 1, 1, 0, cost(50, 100), no, freeStd, "", false},
		{"Economy Flex", "FLEX", "FX", eco, supplier.ShelfEnhanced, supplier.ViewEconomy, 175, 1, 1, 0, free, cost(70, 150), supplier.SeatFree, "priority", false},
		{"Premium Economy", "PREMECO", "PE", prem, supplier.ShelfPremium, supplier.ViewPremiumEconomy, 195, 1, 2, 0, cost(50, 120), cost(100, 200), supplier.SeatFree, "priority", false},
		{"Business Saver", "BSAVER", "BS", biz, supplier.ShelfLuxury, supplier.ViewBusiness, 260, 2, 2, 0, cost(80, 200), no, supplier.SeatFree, "first", true},
		{"Business Flex", "BFLEX", "BF", biz, supplier.ShelfUltraLuxury, supplier.ViewBusiness, 360, 2, 2, 0, free, free, supplier.SeatFree, "first", true},
		{"First", "FIRST", "FF", top, supplier.ShelfUltraLuxury, supplier.ViewFirst, 720, 2, 3, 0, free, free, supplier.SeatFree, "first", true},
	},
	lowCost: {
		{"Value", "VALUE", "VL", eco, supplier.ShelfBase, supplier.ViewBasic, 100, 0, 0, 0, cost(60, 90), no, supplier.SeatFee, "", false},
		{"Regular", "REG", "RG", eco, supplier.ShelfStandard, supplier.ViewEconomy, 130, 1, 0, 0, cost(45, 60), no, freeStd, "", false},
		{"Plus", "PLUS", "PL", eco, supplier.ShelfEnhanced, supplier.ViewEconomyPlus, 165, 1, 1, 0, free, credit, freeExtra, "priority", false},
		{"Business", "BIZ", "BZ", biz, supplier.ShelfLuxury, supplier.ViewBusiness, 270, 2, 2, 0, free, credit, supplier.SeatFree, "first", false},
	},
	gulfAsia: {
		{"Economy Value", "ECOV", "EV", eco, supplier.ShelfBase, supplier.ViewEconomy, 100, 1, 0, 25, cost(100, 200), cost(200, 300), supplier.SeatFee, "", false},
		{"Economy Flex", "ECOF", "EF", eco, supplier.ShelfStandard, supplier.ViewEconomy, 125, 1, 0, 30, cost(50, 100), cost(100, 150), freeStd, "", false},
		{"Economy Flex Plus", "ECOFP", "EP", eco, supplier.ShelfEnhanced, supplier.ViewEconomy, 160, 1, 0, 35, free, cost(50, 50), supplier.SeatFree, "", false},
		{"Premium Economy", "PRE", "PE", prem, supplier.ShelfPremium, supplier.ViewPremiumEconomy, 200, 1, 0, 35, cost(50, 100), cost(100, 150), supplier.SeatFree, "priority", false},
		{"Business Flex", "BUSF", "BF", biz, supplier.ShelfUltraLuxury, supplier.ViewBusiness, 380, 2, 0, 40, free, free, supplier.SeatFree, "first", true},
		{"First Flex", "FIRF", "FF", top, supplier.ShelfUltraLuxury, supplier.ViewFirst, 700, 2, 0, 50, free, free, supplier.SeatFree, "first", true},
	},
	testCarrier: {
		{"Sim Economy", "SIM", "SM", eco, supplier.ShelfStandard, supplier.ViewEconomy, 100, 1, 1, 0, cost(50, 50), cost(50, 50), freeStd, "standard", false},
		{"Sim Business", "SIMBIZ", "SB", biz, supplier.ShelfLuxury, supplier.ViewBusiness, 300, 2, 2, 0, free, free, supplier.SeatFree, "first", true},
	},
}

// archetype is which fare family an airline sells.
func (e *Engine) archetype(airline uint16) int {
	a := &e.w.Airlines[airline]
	switch {
	case int(airline) == e.net.zz:
		return testCarrier
	case a.Model == pack.ModelLowCost:
		return lowCost
	}
	switch e.w.Countries[a.Country].Continent {
	case "NA":
		return northAmerica
	case "EU":
		return europe
	}
	return gulfAsia
}

// letters are the booking classes by cabin and bucket, cheapest first.
var letters = [...]string{eco: "OQLVSNKMBY", prem: "GGEEPPRRWW", biz: "PPIIZZDDCJ", top: "AAAAAAFFFF"}
