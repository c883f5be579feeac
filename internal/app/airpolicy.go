// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/air"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/policy"
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

// airPolicies lets air judge offers by the policies and vendor preferences of a company.
type airPolicies struct {
	s *services
	w func() *world.World
}

// Judge reads what governs the booking. The caller may book for the traveler, which air has checked; whose policy that
// is is the platform's own question.
func (p airPolicies) Judge(ctx context.Context, q air.PolicyQuery) (air.Judge, error) {
	ctx = actor.With(ctx, &actor.Actor{Tenant: actor.Tenant(ctx), Roles: []string{actor.TMCAdmin}})
	features, err := p.s.directory.Features(ctx, q.Company, "PRODUCT_OBT_AIR_DISABLED", "FLIGHT_RESULTS_OOP")
	if err != nil {
		return nil, err
	}
	if features[0] == "true" {
		return nil, errs.New(errs.StateForbids, "the company does not book flights here").Hinting("Its feature PRODUCT_OBT_AIR_DISABLED is on.")
	}
	who := policy.Person{CompanyID: q.Company, Persona: "ADHOC"}
	if q.User != "" {
		if who, err = (rulebook{p.s}).Person(ctx, q.User); err != nil {
			return nil, err
		}
	}
	rules, err := p.s.policy.RulesOf(ctx, &who)
	if err != nil || rules == nil {
		return nil, err
	}
	j := &airJudge{w: p.w(), rules: rules, pax: q.Type, standings: map[string]directory.VendorStanding{}}
	list, err := p.s.directory.VendorStandings(ctx, q.Company, "AIRLINE", who.LegalEntity, who.Country)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		j.standings[s.Code] = s
		j.blocks = j.blocks || s.Blocked
	}
	j.hides = features[1] == "false"
	j.facts = policy.AirFacts{Today: q.Now, Rates: worldRates{p.w()}, ByAgent: q.ByAgent}
	if q.Figures != nil && rules.Compares() {
		var kept figures
		if err := json.Unmarshal(q.Figures, &kept); err != nil {
			return nil, err
		}
		if kept.Policy != rules.ID || kept.Currency != rules.Currency {
			return nil, errs.New(errs.CheckoutExpired, "another policy governs this booking now than when it was checked out").Hinting("Search and check out again.")
		}
		j.facts.Figures = &kept.Figures
	}
	j.search = rules.Search(j.facts)
	return j, nil
}

// airJudge turns offers of a supplier into what policy judges. Its buffers are used again.
type airJudge struct {
	w         *world.World
	rules     *policy.Rules
	facts     policy.AirFacts
	search    *policy.AirSearch
	pax       supplier.PaxType
	standings map[string]directory.VendorStanding // by airline
	blocks    bool
	hides     bool
	offer     policy.AirOffer
	result    *policy.Result
	same      []byte // what WriteInfo writes for every offer, while the policy has no rule
}

func (j *airJudge) Compares() bool { return j.rules.Compares() }
func (j *airJudge) Hides() bool    { return j.hides }

func (j *airJudge) Among(offers []supplier.AirOffer) {
	if j.facts.Figures != nil {
		return
	}
	facts := j.facts
	facts.Among = make([]policy.AirOffer, len(offers))
	for i := range offers {
		j.read(&facts.Among[i], &offers[i])
	}
	j.search = j.rules.Search(facts)
}

func (j *airJudge) Offer(o *supplier.AirOffer) air.Verdict {
	if j.same == nil || j.blocks {
		j.read(&j.offer, o)
		j.result = j.search.Offer(&j.offer)
		if j.same == nil && !j.blocks && j.rules.Idle() {
			j.same = j.result.Info()
		}
	}
	return air.Verdict{OutOfPolicy: j.result.OutOfPolicy, Prevented: j.result.Prevented, Reason: j.result.Reason, Approval: j.result.Approval}
}

func (j *airJudge) WriteInfo(w *jx.Writer) {
	if j.same != nil {
		w.Raw(j.same)
		return
	}
	j.result.WriteInfo(w)
}

func (j *airJudge) Figures(o *supplier.AirOffer) (json.RawMessage, error) {
	j.read(&j.offer, o)
	f := j.search.Figures(&j.offer)
	if f == nil {
		return nil, nil
	}
	return json.Marshal(figures{j.rules.ID, j.rules.Currency, *f})
}

// figures are those of one policy, in its currency.
type figures struct {
	Policy   string `json:"p"`
	Currency string `json:"u"`
	policy.Figures
}

// Standing is schema Preference of an airline.
func (j *airJudge) Standing(airline string) map[string]any {
	s, ok := j.standings[airline]
	switch {
	case !ok:
		return nil
	case s.Blocked:
		return map[string]any{"preferredType": "COMPANY_BLOCKED", "blockedReason": "The company does not want this airline."}
	case s.Label != "":
		return map[string]any{"preferredType": "COMPANY_PREFERRED", "label": s.Label}
	}
	return map[string]any{"preferredType": "COMPANY_PREFERRED"}
}

// read fills dst, whose slices are used again. Terms are those of the leg that is worse; CO2 is the whole journey's
// over its whole distance (CHOICE).
func (j *airJudge) read(dst *policy.AirOffer, o *supplier.AirOffer) {
	price := &o.Prices[0]
	for i := range o.Prices {
		if o.Prices[i].Type == j.pax {
			price = &o.Prices[i]
		}
	}
	*dst = policy.AirOffer{
		Base: price.Base, Tax: price.Tax, Currency: o.Currency, Refund: policy.Free, Change: policy.Free,
		FareWords: dst.FareWords[:0], Legs: dst.Legs[:0],
	}
	tonnes, km := 0.0, 0
	for i := range o.Legs {
		l := &o.Legs[i]
		if n := len(dst.Legs); n < cap(dst.Legs) {
			dst.Legs = dst.Legs[:n+1]
		} else {
			dst.Legs = append(dst.Legs, policy.AirLeg{})
		}
		leg := &dst.Legs[len(dst.Legs)-1]
		leg.Flights = leg.Flights[:0]
		refund, change := terms(&l.Brand.Cancel), terms(&l.Brand.Change)
		if !l.Brand.Refundable {
			refund = policy.Impossible
		}
		dst.Refund, dst.Change = min(dst.Refund, refund), min(dst.Change, change)
		dst.BasicEconomy = dst.BasicEconomy || l.Brand.View == supplier.ViewBasic
		dst.FareWords = append(dst.FareWords, l.Brand.Name, l.Brand.Code)
		for k := range l.Segments {
			g := &l.Segments[k]
			tonnes, km = tonnes+g.CO2Tonnes, km+g.DistanceKm
			if g.FareBasis != dst.FareWords[len(dst.FareWords)-1] {
				dst.FareWords = append(dst.FareWords, g.FareBasis)
			}
			f := policy.AirFlight{Airline: g.Marketing.Carrier, Aircraft: g.Equipment, Cabin: cabinName(g.Cabin)}
			f.From, f.Departs = j.place(g.Origin, g.DepartUTC)
			f.To, f.Arrives = j.place(g.Destination, g.ArriveUTC)
			if j.blocks && dst.Blocked == "" && (j.standings[f.Airline].Blocked || j.standings[g.Operating.Carrier].Blocked) {
				dst.Blocked = f.Airline
			}
			leg.Flights = append(leg.Flights, f)
		}
	}
	if km > 0 {
		dst.GramsPerKm = tonnes * 1e6 / float64(km)
	}
}

func (j *airJudge) place(code string, at time.Time) (policy.Airport, time.Time) {
	i, ok := j.w.Airport(code)
	if !ok {
		return policy.Airport{Code: code}, at
	}
	c := &j.w.Countries[j.w.Airports[i].Country]
	return policy.Airport{Code: code, Country: c.Alpha2, Continent: c.Continent}, at.In(j.w.Location(i))
}

func terms(r *supplier.FareRule) policy.Terms {
	switch r.Kind {
	case supplier.RuleFree:
		return policy.Free
	case supplier.RuleFee:
		return policy.WithFee
	default:
		return policy.Impossible
	}
}

func cabinName(c supplier.Cabin) string {
	switch c {
	case supplier.Economy:
		return "ECONOMY"
	case supplier.PremiumEconomy:
		return "PREMIUM_ECONOMY"
	case supplier.Business:
		return "BUSINESS"
	case supplier.First:
		return "FIRST"
	default:
		return "UNKNOWN_CABIN"
	}
}

// worldRates converts at the fixed rates of the world.
type worldRates struct{ w *world.World }

func (r worldRates) Digits(currency string) int {
	if i, ok := r.w.Currency(currency); ok {
		return int(r.w.Currencies[i].MinorUnits)
	}
	return 2
}

func (r worldRates) Convert(minor int64, from, to string) (int64, bool) {
	rate, ok := r.w.Rate(from, to)
	if !ok {
		return 0, false
	}
	return rate.Convert(minor), true
}
