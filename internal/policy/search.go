// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"
)

// AirSearch judges the offers of one search by one policy. What rules compare an offer with is worked out once and when
// it is needed, and nothing is allocated for an offer that keeps to the policy. It is not for several goroutines.
type AirSearch struct {
	r       *Rules
	today   time.Time
	rates   Rates
	byAgent bool
	figures *Figures
	peers   []peer
	fewest  int // stops of the offer that has fewest
	fares   [2]struct {
		done            bool
		minimum, median int64
	}
	cabins  [2]int64 // by domestic; -1: none
	buffer  []int64
	j, try  judge
	outcome Result
}

// peer is another offer of the search. Prices are in the policy's currency, without tax and with; 0 is unknown.
type peer struct {
	o     *AirOffer
	price [2]int64
	clean int8 // whether it keeps to everything but prices: 0 not known yet, 1, -1
}

// Figures are what an offer was compared with in its search, in minor units of the policy's currency; 0 is unknown or
// not asked for by the policy. Pairs are without tax and with.
type Figures struct {
	Minimum [2]int64 `json:"m,omitzero"`
	Median  [2]int64 `json:"d,omitzero"`
	Logical [2]int64 `json:"l,omitzero"` // the lowest logical fare
	Alike   int64    `json:"a,omitempty"`
	InCabin int64    `json:"c,omitempty"` // the cheapest offer within the limits on cabins
}

// judge collects the violations of one offer.
type judge struct {
	r     *Rules
	s     *AirSearch
	o     *AirOffer
	home  bool // all airports in one country
	found []Violation
}

// Search prepares to judge the offers of a search. f.Chosen is not read.
func (r *Rules) Search(f AirFacts) *AirSearch {
	s := &AirSearch{r: r, today: f.Today, rates: f.Rates, byAgent: f.ByAgent, figures: f.Figures}
	if len(f.Among) == 0 || f.Figures != nil || !r.Compares() {
		return s
	}
	s.peers = make([]peer, len(f.Among))
	probe := judge{r: r, s: s}
	s.fewest = f.Among[0].stops()
	for i := range f.Among {
		p := peer{o: &f.Among[i]}
		p.price[0], _ = probe.price(p.o, false)
		p.price[1], _ = probe.price(p.o, true)
		s.peers[i], s.fewest = p, min(s.fewest, p.o.stops())
	}
	return s
}

// Compares reports whether a rule compares an offer with the others of its search.
func (r *Rules) Compares() bool {
	return r.air.MaxDomestic != nil || r.air.MaxInternational != nil || r.air.OverMedian != nil || r.air.LLF != nil ||
		r.air.Upgrade != nil && r.air.Upgrade.IsAllowed
}

// Idle reports whether the verdict is the same for every flight, because there is neither a rule about flights nor
// an approval.
func (r *Rules) Idle() bool {
	return r.air == airRules{} && len(r.countries)+len(r.continents)+len(r.universal)+len(r.inPolicy)+len(r.outOfPolicy)+len(r.outOfPolicyAgent) == 0
}

// Air judges one itinerary. Sources of the rules: the policy page of the reference, §2.1, §2.2, §2.5, and its
// choices in §3; a rule about something the facts leave unknown is not broken. There is no rule of
// preferred vendors in a policy: the carriers of lowestLogicalFare only choose what a fare is compared with, and
// an airline that the company's list of vendors blocks is out of any policy.
func (r *Rules) Air(f AirFacts) Result { return *r.Search(f).Offer(&f.Chosen) }

// Offer judges an offer. The result is good until the next offer is judged.
func (s *AirSearch) Offer(o *AirOffer) *Result {
	j := s.conditions(&s.j, o)
	j.prices()
	s.outcome = Result{Violations: j.found, OutOfPolicy: len(j.found) > 0, Region: "INTERNATIONAL", rules: s.r}
	out := &s.outcome
	if j.home {
		out.Region = "DOMESTIC"
	}
	if s.r.needsLLF(j.home) {
		out.LowestLogical = j.lowestLogical(true)
	}
	s.r.approve(out, "AIR", s.byAgent)
	return out
}

// conditions judges everything but prices that depend on other offers, in a judge that is used again.
func (s *AirSearch) conditions(j *judge, o *AirOffer) *judge {
	*j = judge{r: s.r, s: s, o: o, home: o.domestic(), found: j.found[:0]}
	j.places()
	j.vendors()
	j.cabins()
	j.advance()
	j.terms()
	j.fareWords()
	return j
}

// Figures are what the offer is compared with; nil when the policy compares nothing.
func (s *AirSearch) Figures(o *AirOffer) *Figures {
	if !s.r.Compares() {
		return nil
	}
	if s.figures != nil {
		return s.figures
	}
	j := judge{r: s.r, s: s, o: o, home: o.domestic()}
	f := &Figures{Alike: s.alike(&j), InCabin: s.inCabin(&j)}
	for i, tax := range [...]bool{false, true} {
		f.Minimum[i], f.Median[i], f.Logical[i] = s.minimum(&j, tax), s.median(&j, tax), j.lowestLogical(tax)
	}
	return f
}

func side(tax bool) int {
	if tax {
		return 1
	}
	return 0
}

func (s *AirSearch) minimum(j *judge, tax bool) int64 {
	if s.figures != nil {
		return s.figures.Minimum[side(tax)]
	}
	s.count(j, tax)
	return s.fares[side(tax)].minimum
}

func (s *AirSearch) median(j *judge, tax bool) int64 {
	if s.figures != nil {
		return s.figures.Median[side(tax)]
	}
	s.count(j, tax)
	return s.fares[side(tax)].median
}

// count finds minimum and median of all fares once.
func (s *AirSearch) count(j *judge, tax bool) {
	f := &s.fares[side(tax)]
	if f.done && len(s.peers) > 0 {
		return
	}
	s.gather(j, tax, nil)
	f.done, f.minimum, f.median = true, 0, middle(s.buffer)
	if len(s.buffer) > 0 {
		f.minimum = s.buffer[0]
	}
}

// alike is the median of the offers with as many stops, the same highest cabin and (CHOICE) a longest leg within an
// hour of the chosen one's; with tax.
func (s *AirSearch) alike(j *judge) int64 {
	if s.figures != nil {
		return s.figures.Alike
	}
	stops, cabin, longest := j.o.stops(), j.o.cabin(), j.o.longest()
	s.gather(j, true, func(o *AirOffer) bool {
		apart := o.longest() - longest
		return apart <= 60 && apart >= -60 && o.stops() == stops && o.cabin() == cabin
	})
	return middle(s.buffer)
}

// gather sorts the fares that pass keep into the buffer; the chosen offer's own when there is no other.
func (s *AirSearch) gather(j *judge, tax bool, keep func(*AirOffer) bool) {
	s.buffer = s.buffer[:0]
	for i := range s.peers {
		if p := &s.peers[i]; p.price[side(tax)] != 0 && (keep == nil || keep(p.o)) {
			s.buffer = append(s.buffer, p.price[side(tax)])
		}
	}
	if len(s.buffer) == 0 {
		if p, ok := j.price(j.o, tax); ok {
			s.buffer = append(s.buffer, p)
		}
	}
	slices.Sort(s.buffer)
}

// middle is the median of sorted fares: of an even number the mean of the two in the middle, rounded down. 0 for none.
func middle(sorted []int64) int64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// inCabin is the fare of the cheapest offer that keeps to the limits on cabins, with tax; 0 for none.
func (s *AirSearch) inCabin(j *judge) int64 {
	if s.figures != nil {
		return s.figures.InCabin
	}
	kept := &s.cabins[side(j.home)]
	if *kept == 0 {
		*kept = -1
		for i := range s.peers {
			p := &s.peers[i]
			if _, _, over := j.overCabin(p.o); !over && p.price[1] != 0 && (*kept < 0 || p.price[1] < *kept) {
				*kept = p.price[1]
			}
		}
	}
	return max(*kept, 0)
}

// logical is the lowest fare of another offer that is reasonable instead of the chosen one and below best (unless that
// is 0); 0 when there is none.
func (s *AirSearch) logical(j *judge, tax bool, best int64) int64 {
	if s.figures != nil {
		return s.figures.Logical[side(tax)]
	}
	found := int64(0)
	fewest := min(s.fewest, j.o.stops())
	for i := range s.peers {
		p := &s.peers[i]
		fare := p.price[side(tax)]
		if fare == 0 || best != 0 && fare >= best || !j.logical(p.o, fewest) {
			continue
		}
		if p.clean == 0 {
			p.clean = -1
			if len(s.conditions(&s.try, p.o).found) == 0 {
				p.clean = 1
			}
		}
		if p.clean > 0 {
			best, found = fare, fare
		}
	}
	return found
}
