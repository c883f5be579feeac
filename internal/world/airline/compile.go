// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// legQuery is one leg of a query with codes turned into indexes.
type legQuery struct {
	origins, dests []uint16
	frame          *frame
	floor          int32 // earliest departure that is still sold, UTC minute
	maxStops       int
	filterAir      bool // allowed applies
	allowMask      uint64
	testCarrier    bool
	depart, arrive []supplier.TimeWindow
	via, avoid     []uint16
	flights        []supplier.FlightNumber
	marketing      []uint16 // carriers of this leg
	hideMulti      bool
}

func reject(field, format string, args ...any) error {
	return &supplier.Rejected{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// compile checks the query and fills the legs of s.
func (e *Engine) compile(s *scratch, q *supplier.AirQuery) error {
	if len(q.Legs) < 1 || len(q.Legs) > maxLegs {
		return reject("legs", "between 1 and %d legs", maxLegs)
	}
	if q.Offset < 0 || q.Limit < 0 {
		return reject("offset", "not negative")
	}
	if err := s.pricer.reset(e, q); err != nil {
		return err
	}
	filterAir, mask := e.compileAirlines(s, &q.Filters)
	zz := slices.Contains(q.Filters.Airlines, "ZZ")
	today := supplier.Date(q.Now.Unix() / 86400)
	for i := range q.Legs {
		in, l := &q.Legs[i], &s.legs[i].q
		field := fmt.Sprintf("legs[%d]", i)
		*l = legQuery{origins: l.origins[:0], dests: l.dests[:0], via: l.via[:0], avoid: l.avoid[:0],
			marketing: l.marketing[:0], filterAir: filterAir, allowMask: mask, testCarrier: zz, maxStops: 2,
			hideMulti: q.Filters.HideMultiTicket}
		if in.Date < today-1 || in.Date > today+horizon {
			return reject(field+".date", "on sale from today until %s", today+horizon)
		}
		if i > 0 && in.Date < q.Legs[i-1].Date {
			return reject(field+".date", "before the previous leg")
		}
		var err error
		if l.origins, err = e.airports(l.origins, in.Origins, field+".origin"); err != nil {
			return err
		}
		if l.dests, err = e.airports(l.dests, in.Destinations, field+".destination"); err != nil {
			return err
		}
		l.dests = slices.DeleteFunc(l.dests, func(a uint16) bool { return slices.Contains(l.origins, a) })
		if len(l.dests) == 0 {
			return reject(field+".destination", "same as origin")
		}
		l.frame = e.frames.get(in.Date)
		l.floor = int32(max(q.Now.Unix()/60-int64(in.Date)*1440+closeDoors, -100_000))
		if q.Filters.MaxStops != nil {
			l.maxStops = min(2, *q.Filters.MaxStops)
		}
		if q.Filters.NonstopOnly {
			l.maxStops = 0
		}
		if i < len(q.Filters.Legs) {
			e.compileLeg(l, &q.Filters.Legs[i])
		}
	}
	return nil
}

func (e *Engine) compileLeg(l *legQuery, f *supplier.LegFilter) {
	l.depart, l.arrive, l.flights = f.Depart, f.Arrive, f.Flights
	l.via = e.known(l.via, f.ConnectVia)
	l.avoid = e.known(l.avoid, f.AvoidVia)
	for _, c := range f.Airlines {
		if a, ok := e.w.Airline(c); ok {
			l.marketing = append(l.marketing, uint16(a))
			l.testCarrier = l.testCarrier || c == "ZZ"
		}
	}
	if len(f.Airlines) > 0 && len(l.marketing) == 0 || len(f.ConnectVia) > 0 && len(l.via) == 0 {
		l.maxStops = -1 // asks only for what the world does not know
	}
	for _, n := range f.Flights {
		l.testCarrier = l.testCarrier || n.Carrier == "ZZ"
	}
}

// compileAirlines fills s.allowed and answers whether it applies and the mask of the allowed airlines.
func (e *Engine) compileAirlines(s *scratch, f *supplier.AirFilters) (bool, uint64) {
	if len(f.Alliances)+len(f.Airlines)+len(f.ExcludeAirlines) == 0 {
		return false, ^uint64(0)
	}
	only := len(f.Alliances)+len(f.Airlines) > 0
	for a := range s.allowed {
		s.allowed[a] = !only || slices.Contains(f.Alliances, supplier.Alliance(e.w.Airlines[a].Alliance)) &&
			e.w.Airlines[a].Alliance != 0
	}
	for _, c := range f.Airlines {
		if a, ok := e.w.Airline(c); ok {
			s.allowed[a] = true
		}
	}
	for _, c := range f.ExcludeAirlines {
		if a, ok := e.w.Airline(c); ok {
			s.allowed[a] = false
		}
	}
	var mask uint64
	for a, ok := range s.allowed {
		if ok {
			mask |= e.net.mask[a]
		}
	}
	return true, mask
}

func (e *Engine) airports(to []uint16, codes []string, field string) ([]uint16, error) {
	for _, c := range codes {
		a, ok := e.w.Airport(c)
		if !ok {
			return to, reject(field, "unknown airport %q", c)
		}
		if !slices.Contains(to, uint16(a)) {
			to = append(to, uint16(a))
		}
	}
	if len(to) == 0 || len(to) > 30 {
		return to, reject(field, "between 1 and 30 airports")
	}
	return to, nil
}

func (e *Engine) known(to []uint16, codes []string) []uint16 {
	for _, c := range codes {
		if a, ok := e.w.Airport(c); ok {
			to = append(to, uint16(a))
		}
	}
	return to
}

// passes tells whether minute (of a local day) lies in one of the windows; no windows let everything pass.
func passes(windows []supplier.TimeWindow, local int32) bool {
	if len(windows) == 0 {
		return true
	}
	m := int((local%1440 + 1440) % 1440)
	for _, w := range windows {
		if w.From <= w.To && m >= w.From && m <= w.To || w.From > w.To && (m >= w.From || m <= w.To) {
			return true
		}
	}
	return false
}
