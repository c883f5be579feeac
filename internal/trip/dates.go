// SPDX-License-Identifier: Apache-2.0

package trip

import "time"

// point is a local date and time and the zone it is local to, "" when nobody said.
type point struct{ local, zone string }

// moment is the point in UTC, zero when it cannot be read. A point whose zone is unknown is taken as
// UTC: no better guess is at hand, and it only decides when a PNR reads as ACTIVE or COMPLETED.
func (p point) moment() time.Time {
	if p.local == "" {
		return time.Time{}
	}
	loc := location(p.zone)
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, p.local, loc); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// moments are the first departure and the last arrival of flights, and the window of everything else. Unlike
// dates, they are compared as moments: who crosses the date line lands before the local time of departure.
// Cancelled flights count as they do in window: what is left to give back keeps the PNR from being over.
func (f *facts) moments() (from, to time.Time) {
	if f.Air == nil {
		start, end := f.window()
		return start.moment(), end.moment()
	}
	var all stretch
	for _, leg := range f.times() {
		for _, flight := range leg {
			all = all.with(flight)
		}
	}
	return all.from, all.to
}

// window is the earliest beginning and the latest end of a booking, each local to its place. Local
// times are compared as written, as the trip's dates are (trips and PNRs, date derivation).
func (f *facts) window() (start, end point) {
	begin := func(v iso, zone string) {
		if v.ISO8601 != "" && (start.local == "" || v.ISO8601 < start.local) {
			start = point{v.ISO8601, zone}
		}
	}
	stop := func(v iso, zone string) {
		if v.ISO8601 > end.local {
			end = point{v.ISO8601, zone}
		}
	}
	switch {
	case f.Air != nil:
		zones := f.zones()
		for _, leg := range f.Air.Legs {
			for _, fl := range leg.Flights {
				begin(fl.Departure, zones[fl.Origin])
				stop(fl.Arrival, zones[fl.Destination])
			}
		}
	case f.Hotel != nil:
		begin(f.Hotel.In, f.Hotel.Hotel.Address.Zone)
		stop(f.Hotel.Out, f.Hotel.Hotel.Address.Zone)
	case f.Car != nil:
		begin(f.Car.Pickup, f.Car.Car.Pickup.Address.Zone)
		stop(f.Car.DropOff, f.Car.Car.DropOff.Address.Zone)
	case f.Rail != nil:
		for _, leg := range f.Rail.Legs {
			begin(local(leg.Depart, leg.DepartAt), leg.Origin.Zone)
			stop(local(leg.Arrive, leg.ArriveAt), leg.Destination.Zone)
		}
	case f.Limo != nil:
		for _, leg := range f.Limo.Legs {
			begin(leg.Pickup, leg.PickupAt.Address.Zone)
			stop(local(leg.DropOff, &leg.Pickup), leg.DropOffAt.Address.Zone)
		}
	case f.Misc != nil:
		begin(f.Misc.Start, "")
		stop(f.Misc.End, "")
	}
	return start, end
}

// local is the first of two that is given, without a UTC offset.
func local(v, other *iso) iso {
	if v == nil {
		v = other
	}
	if v == nil {
		return iso{}
	}
	const seconds = len("2006-01-02T15:04:05")
	s := v.ISO8601
	if len(s) > seconds {
		s = s[:seconds]
	}
	if n := len(s); n > 0 && s[n-1] == 'Z' {
		s = s[:n-1]
	}
	if len(s) > 16 && s[16] != ':' { // minutes, then an offset
		s = s[:16]
	}
	return iso{s}
}

// derive sets the trip's dates over its live PNRs. When none is live the last dates stay, and a trip
// without PNRs keeps the dates it was opened with.
func (f *folder) derive() {
	var start, end string
	for _, c := range f.Cards {
		if dead(c.Status) {
			continue
		}
		if c.Start != "" && (start == "" || c.Start < start) {
			start = c.Start
		}
		end = max(end, c.End)
	}
	if len(start) >= 10 {
		f.Start = start[:10]
	}
	if len(end) >= 10 {
		f.End = end[:10]
	}
}
