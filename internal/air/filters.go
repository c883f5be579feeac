// SPDX-License-Identifier: Apache-2.0

package air

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// readFilters merges the list of filters into the query. Filters of different kinds must all hold.
func readFilters(list []filter, sh *shopping) error {
	f := &sh.query.Filters
	for i := range list {
		in, at := &list[i], fmt.Sprintf("/filters/%d", i)
		if c := in.Cabin; c != nil {
			f.Cabin, _ = index[supplier.Cabin](cabinNames[:], c.Cabin)
			f.CabinMode = supplier.CabinAtLeastOne
			switch {
			case f.Cabin == supplier.CabinUnknown:
				f.CabinMode = supplier.CabinAny
			case c.Type == "ALL":
				f.CabinMode = supplier.CabinAll
			}
		}
		if n := in.MaxNumStops; n != nil {
			if *n < 0 {
				return errs.Invalidf(at+"/maxNumStops", "range", "a number of stops is 0 or more; got %d", *n)
			}
			f.MaxStops = n
		}
		if a := in.Alliance; a != nil {
			for _, name := range a.Alliances {
				if v, ok := index[supplier.Alliance](allianceNames[:], name); ok && v != supplier.AllianceNone {
					f.Alliances = append(f.Alliances, v)
				}
			}
			f.Airlines = append(f.Airlines, a.Airlines...)
		}
		if in.Changeable != "" {
			f.Change, _ = index[supplier.ChangeFilter](changeNames[:], in.Changeable)
		}
		if b := in.Baggage; b != nil {
			f.FreeCheckedBag, f.FreeCarryOn = f.FreeCheckedBag || b.Checked, f.FreeCarryOn || b.CarryOn
		}
		if p := in.Policy; p != nil {
			sh.onlyInPolicy = sh.onlyInPolicy || p.OnlyIn
		}
		if m := in.MultiTicket; m != nil {
			f.HideMultiTicket = f.HideMultiTicket || m.Hide
		}
		switch in.FareType {
		case "PUBLIC":
			sh.query.RateCodes = nil
		case "PRIVATE", "CORPORATE":
			f.CorporateOnly = true
		}
		if c := in.CorporateCode; c != nil && len(c.Codes) > 0 {
			sh.query.RateCodes, f.CorporateOnly = c.Codes, true
		}
		if c := in.FareCategory; c != nil {
			for _, cat := range c.Categories {
				if v, ok := index[supplier.Shelf](shelfNames[:], cat.NGS); ok && v != supplier.ShelfAny {
					f.Shelves = append(f.Shelves, v)
				}
				if v, ok := index[supplier.CabinView](viewNames[:], cat.View); ok && v != supplier.ViewUnknown {
					f.Views = append(f.Views, v)
				}
			}
		}
		if err := readFareRange(in, at, sh); err != nil {
			return err
		}
		if err := readLegFilters(in, at, sh); err != nil {
			return err
		}
		sh.hopeless = sh.hopeless || unanswerable(in)
	}
	return nil
}

// unanswerable reports whether a filter demands a fact that the supplier's offers do not carry (seat
// type and pitch, health rules, payment in points, own credits): then nothing matches.
func unanswerable(in *filter) bool {
	for _, v := range in.Covid {
		if v == "REQUIRED" {
			return true
		}
	}
	if p := in.SeatPref; p != nil && p.MinPitch > 0 {
		return true
	}
	if p := in.SeatPref; p != nil {
		for _, t := range p.Types {
			if t != "UNKNOWN" {
				return true
			}
		}
	}
	return in.UnusedCredit != nil && in.UnusedCredit.Hide || in.PayByPoints != nil && in.PayByPoints.Pay
}

func readFareRange(in *filter, at string, sh *shopping) error {
	r := in.FareRange
	if r == nil {
		return nil
	}
	want := sh.query.Currency
	if want == "" {
		want = "USD"
	}
	if r.Min != nil {
		v, err := r.Min.minor(want, at+"/fareRange/min")
		if err != nil {
			return err
		}
		sh.query.Filters.FareMin = v
	}
	if r.Max != nil {
		v, err := r.Max.minor(want, at+"/fareRange/max")
		if err != nil {
			return err
		}
		sh.query.Filters.FareMax = v
		if v <= 0 {
			sh.hopeless = true
		}
	}
	return nil
}

func readLegFilters(in *filter, at string, sh *shopping) error {
	leg := func(i int, where string) (*supplier.LegFilter, error) {
		if i < 0 || i >= sh.legs {
			return nil, errs.Invalidf(at+where, "range", "the journey has legs 0 to %d; got %d", sh.legs-1, i)
		}
		f := &sh.query.Filters
		for len(f.Legs) < sh.legs {
			f.Legs = append(f.Legs, supplier.LegFilter{})
		}
		return &f.Legs[i], nil
	}
	if in.TimeRange != nil {
		for i, r := range in.TimeRange.Ranges {
			l, err := leg(r.LegIndex, fmt.Sprintf("/timeRange/timeRanges/%d/legIndex", i))
			if err != nil {
				return err
			}
			if r.Departure != nil {
				l.Depart = append(l.Depart, r.Departure.window())
			}
			if r.Arrival != nil {
				l.Arrive = append(l.Arrive, r.Arrival.window())
			}
		}
	}
	if in.AirlinePref != nil {
		for i, p := range in.AirlinePref.Prefs {
			l, err := leg(p.LegIndex, fmt.Sprintf("/airlinePref/airlinePrefs/%d/legIndex", i))
			if err != nil {
				return err
			}
			l.Airlines = append(l.Airlines, p.Airline...)
		}
	}
	if in.Connecting != nil {
		for i, c := range in.Connecting.Legs {
			l, err := leg(c.LegIndex, fmt.Sprintf("/connectingAirports/legFilters/%d/legIndex", i))
			if err != nil {
				return err
			}
			l.ConnectVia = append(l.ConnectVia, c.Airports...)
		}
	}
	if in.FlightNumber != nil && in.FlightNumber.Number != nil {
		n, err := strconv.Atoi(strings.TrimLeft(in.FlightNumber.Number.Num, "0"))
		if err != nil || n < 1 || n > 9999 {
			return errs.Invalidf(at+"/flightNumber/flightNumber/num", "format", "a flight number has 1 to 4 digits; got %q", in.FlightNumber.Number.Num)
		}
		want := supplier.FlightNumber{Carrier: strings.ToUpper(in.FlightNumber.Number.Airline), Number: n}
		if sh.legs > 1 {
			sh.flight = &want
			return nil
		}
		l, err := leg(0, "")
		if err != nil {
			return err
		}
		l.Flights = append(l.Flights, want)
	}
	return nil
}

// window reads a time range; an end that is absent is the day's.
func (r *timeRange) window() supplier.TimeWindow {
	w := supplier.TimeWindow{From: 0, To: 1439}
	if r.Min != nil {
		w.From = minuteOfDay(r.Min.ISO)
	}
	if r.Max != nil {
		w.To = minuteOfDay(r.Max.ISO)
	}
	return w
}

// minuteOfDay reads hh:mm; 24:00 is the last minute of the day.
func minuteOfDay(s string) int {
	if len(s) < 5 {
		return 0
	}
	h, _ := strconv.Atoi(s[:2])
	m, _ := strconv.Atoi(s[3:5])
	return min(h*60+m, 1439)
}
