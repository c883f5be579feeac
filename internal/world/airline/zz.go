// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// zzAirports is how many of the busiest airports the reserved test carrier connects.
const zzAirports = 30

// zzNumbers are the flight numbers it flies on every pair: the first of each scenario range, a few of the plain one.
func zzNumbers() []uint16 {
	ns := []uint16{1, 2, 3}
	for n := uint16(100); n < 560; n += 10 {
		ns = append(ns, n)
	}
	return ns
}

// addTestCarrier appends the routes of ZZ behind the timetable, out of reach of the connection search: they are found
// only by who asks for the carrier or one of its flight numbers.
func (n *network) addTestCarrier(days *[]uint8) {
	zz, ok := n.w.Airline("ZZ")
	if !ok {
		return
	}
	n.zz, n.zzRoute = zz, len(n.routeTo)
	order := make([]uint16, len(n.w.Airports))
	for i := range order {
		order[i] = uint16(i)
	}
	slices.SortFunc(order, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(n.w.Airports[b].Weight, n.w.Airports[a].Weight), cmp.Compare(a, b))
	})
	n.zzBusy = order[:zzAirports]
	slices.Sort(n.zzBusy)
	narrow, wide := n.typeIndex("32N"), n.typeIndex("789")
	numbers := zzNumbers()
	for _, from := range n.zzBusy {
		for _, to := range n.zzBusy {
			if from == to {
				continue
			}
			km := n.km(from, to)
			typ := narrow
			if km > 4500 {
				typ = wide
			}
			n.routeFrom, n.routeTo = append(n.routeFrom, from), append(n.routeTo, to)
			n.routeKm = append(n.routeKm, uint16(km))
			n.zzPairs = append(n.zzPairs, uint32(from)<<16|uint32(to))
			for i, number := range numbers {
				n.depart = append(n.depart, uint16(6*60+i*960/len(numbers)/5*5))
				n.airline, n.operator = append(n.airline, uint16(zz)), append(n.operator, uint16(zz))
				n.number, n.typ = append(n.number, number), append(n.typ, typ)
				*days = append(*days, 0x7F)
			}
			n.first = append(n.first, uint32(len(n.depart)))
		}
	}
}

func (n *network) typeIndex(code string) uint8 {
	for i := range n.w.Aircraft {
		if n.w.Aircraft[i].Code == code {
			return uint8(i)
		}
	}
	return 0
}

// zzRouteOf finds the test carrier's route between two airports.
func (n *network) zzRouteOf(from, to uint16) (uint32, bool) {
	i, ok := slices.BinarySearch(n.zzPairs, uint32(from)<<16|uint32(to))
	return uint32(n.zzRoute + i), ok
}

// zzBrand puts the refund and exchange rules of a scenario on a fare (design: ZZ 330-429).
func zzBrand(number int, b *supplier.Brand) {
	fee := b.Cancel.Fee
	switch number / 10 {
	case 33:
		b.Cancel = supplier.FareRule{Kind: supplier.RuleFree}
	case 34:
		b.Cancel = supplier.FareRule{Kind: supplier.RuleFee, Fee: fee}
	case 35:
		b.Cancel = supplier.FareRule{Kind: supplier.RuleTaxesOnly}
	case 36:
		b.Cancel = supplier.FareRule{Kind: supplier.RuleCredit}
	case 37:
		b.RefundAgent = true
	case 38:
		b.Change = supplier.FareRule{Kind: supplier.RuleFree}
	case 40:
		b.Change, b.Exchange = supplier.FareRule{Kind: supplier.RuleFree}, supplier.ExchangeResidualCredit
		b.Cancel = supplier.FareRule{Kind: supplier.RuleCredit}
	case 41:
		b.Exchange = supplier.ExchangeByAgent
	case 42:
		b.Exchange = supplier.ExchangeFails
	}
}

// zzTerms puts the void and hold rules of a scenario on an offer.
func zzTerms(number int, o *supplier.AirOffer) {
	switch number / 10 {
	case 31:
		o.Void = supplier.VoidRule{Kind: supplier.VoidNever}
	case 32:
		o.Void = supplier.VoidRule{Kind: supplier.VoidUntilMidnight}
	case 54:
		o.HoldFor = 72 * time.Hour
	case 55:
		o.TicketType = supplier.TicketMulti
	}
}

// zzAdjust is the percent a scenario puts on the fare at a stage of the booking.
func zzAdjust(number int, stage supplier.Stage) int8 {
	switch {
	case number/10 == 12 && stage >= supplier.StageRevalidate:
		return 7
	case number/10 == 13 && stage >= supplier.StageRevalidate:
		return -5
	case number/10 == 14 && stage >= supplier.StageCreate:
		return 3
	}
	return 0
}

// zzFails is the error a scenario answers at a stage of the booking.
func zzFails(number int, stage supplier.Stage) error {
	switch {
	case number/10 == 11 && stage >= supplier.StageSelect:
		return supplier.ErrExpired
	case number/10 == 15 && stage >= supplier.StageCreate:
		return supplier.ErrSoldOut
	}
	return nil
}

// zzScenario is what happens to an order by itself.
func zzScenario(number int) supplier.Scenario {
	event := func(e supplier.PlannedEvent) supplier.Scenario { return supplier.Scenario{Event: e} }
	const soon = 5 * time.Minute
	switch number / 10 {
	case 16:
		return supplier.Scenario{ConfirmAfter: 2 * time.Minute}
	case 17:
		return supplier.Scenario{ConfirmAfter: 2 * time.Minute, Reject: true}
	case 18:
		return supplier.Scenario{Silent: true}
	case 19:
		return supplier.Scenario{TicketAfter: 10 * time.Minute}
	case 20:
		return supplier.Scenario{TicketFails: true}
	case 21:
		return event(supplier.PlannedEvent{Kind: supplier.EventDelay, After: soon, Shift: 45 * time.Minute})
	case 22:
		return event(supplier.PlannedEvent{Kind: supplier.EventMisconnect, After: soon, Shift: 3 * time.Hour})
	case 23:
		return event(supplier.PlannedEvent{Kind: supplier.EventReroute, After: soon})
	case 24:
		return event(supplier.PlannedEvent{Kind: supplier.EventDateMoved, After: soon, Shift: 24 * time.Hour})
	case 25:
		return event(supplier.PlannedEvent{Kind: supplier.EventCancelled, After: soon})
	case 26:
		return event(supplier.PlannedEvent{Kind: supplier.EventCancelledLate, Before: 24 * time.Hour, Waiver: "SIMWX26"})
	case 27:
		return event(supplier.PlannedEvent{Kind: supplier.EventEquipmentSwap, After: soon})
	case 28:
		return event(supplier.PlannedEvent{Kind: supplier.EventGateChange, Before: 4 * time.Hour, Shift: 30 * time.Minute})
	}
	return supplier.Scenario{}
}
