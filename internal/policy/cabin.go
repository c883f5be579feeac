// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"
)

// cabins: highestFlightCabinByDuration*, highestFlightCabinOvernight, flightCabinUpgrade and
// CABIN_CLASS_NOT_ALLOWED_*. CHOICE: one flight above the limit of its leg breaks the rule; a night
// flight may use the higher of both limits; where upgrades are allowed, a higher cabin is in policy
// when it costs no more than the cheapest offer of the search that keeps to the limits.
func (j *judge) cabins() {
	limit, cabin, over := j.overCabin(j.o)
	if over && !(j.r.air.Upgrade != nil && j.r.air.Upgrade.IsAllowed && j.noDearer()) {
		rule := "highestFlightCabinByDurationInternational"
		if j.home {
			rule = "highestFlightCabinByDurationDomestic"
		}
		if j.byTime() == nil {
			rule = "highestFlightCabinOvernight"
		}
		j.broken(rule, predCabin, text(limit), text(cabin))
	}
	rule := either(j.home, "CABIN_CLASS_NOT_ALLOWED_DOMESTIC", "CABIN_CLASS_NOT_ALLOWED_INTERNATIONAL")
	u, ok := j.universal(rule)
	if !ok {
		return
	}
	for f := range j.o.flights() {
		if slices.Contains(u.cabins, f.Cabin) {
			j.act(u, rule, predCabin, text("none of these"), text(f.Cabin))
			return
		}
	}
}

func (j *judge) byTime() *cabinByTime {
	if j.home {
		return j.r.air.CabinDomestic
	}
	return j.r.air.CabinAbroad
}

// overCabin finds the first flight above the highest cabin its leg allows.
func (j *judge) overCabin(o *AirOffer) (limit, cabin string, over bool) {
	byTime, night := j.byTime(), j.r.air.Overnight
	for i := range o.Legs {
		leg := &o.Legs[i]
		limit = ""
		if byTime != nil {
			for _, e := range byTime.List {
				if e.Duration.has(leg.minutes()) {
					limit = e.Cabin
					break
				}
			}
		}
		for k := range leg.Flights {
			f := &leg.Flights[k]
			allowed := limit
			if night != nil && night.covers(leg, f) && rank(night.Cabin) > rank(allowed) {
				allowed = night.Cabin
			}
			if allowed != "" && rank(f.Cabin) > rank(allowed) {
				return allowed, f.Cabin, true
			}
		}
	}
	return "", "", false
}

// noDearer reports whether the offer costs no more than the cheapest one within the cabin limits.
func (j *judge) noDearer() bool {
	mine, ok := j.price(j.o, true)
	if !ok {
		return false
	}
	cheapest := j.s.inCabin(j)
	return cheapest > 0 && mine <= cheapest
}

// covers reports whether enough of a flight, or of its leg when layovers count, lies in the night of the place
// it leaves from. Without parameters every flight that arrives on a later date than it left on is one (CHOICE).
func (n *overnight) covers(leg *AirLeg, f *AirFlight) bool {
	from, to := f.Departs, f.Arrives
	if n.Night == nil {
		return date(to.In(from.Location())).After(date(from))
	}
	if n.Night.Layovers {
		from, to = leg.Flights[0].Departs, leg.Flights[len(leg.Flights)-1].Arrives
	}
	start, length := n.Night.Start.minutes(), n.Night.End.minutes()-n.Night.Start.minutes()
	if length <= 0 {
		length += 24 * 60
	}
	y, m, d := from.Date()
	asleep := time.Duration(0)
	for day := d - 1; ; day++ {
		dusk := time.Date(y, m, day, 0, start, 0, 0, from.Location())
		if !dusk.Before(to) {
			break
		}
		dawn := dusk.Add(time.Duration(length) * time.Minute)
		if dawn.After(to) {
			dawn = to
		}
		if dusk.Before(from) {
			dusk = from
		}
		asleep += max(0, dawn.Sub(dusk))
	}
	return asleep > 0 && asleep >= time.Duration(n.Night.Overlap)*time.Minute
}
