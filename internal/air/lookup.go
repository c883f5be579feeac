// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// AutocompleteIn is the input of airAutocomplete.
type AutocompleteIn struct {
	Query string `query:"query"`
}

// Autocomplete finds airports by the beginning of code, city, name or country; 20 at most.
func (s *Service) Autocomplete(_ context.Context, in AutocompleteIn) (json.RawMessage, error) {
	list := []doc{}
	for _, a := range s.atlas.Suggest(strings.TrimSpace(in.Query), 20) {
		one := doc{"airportCode": a.Code, "airportName": a.Name, "cityCode": a.CityCode, "location": location(&a)}
		if group := s.atlas.Metro(a.CityCode); len(group) > 1 {
			if busiest, ok := s.atlas.Airport(group[0]); ok {
				one["groupInfo"] = doc{"groupId": a.CityCode, "groupCityCode": a.CityCode, "mainAirportLocation": location(&busiest)}
			}
		}
		list = append(list, one)
	}
	return encode(doc{"airports": list})
}

func location(a *Airport) doc {
	d := doc{"name": a.City, "countryCode": a.CountryCode, "countryName": a.Country,
		"latlong": doc{"latitude": a.Latitude, "longitude": a.Longitude}}
	if a.State != "" {
		d["stateName"] = a.State
	}
	return d
}

// AirlinesIn is the input of getAirlinesInformation.
type AirlinesIn struct {
	IncludeInactive bool `query:"includeInactive"`
}

// AirlinesInformation lists airlines by code.
func (s *Service) AirlinesInformation(_ context.Context, in AirlinesIn) (json.RawMessage, error) {
	list := []doc{}
	for _, a := range s.atlas.Airlines() {
		if !a.Active && !in.IncludeInactive {
			continue
		}
		program := ""
		if a.Program != "" {
			program = a.Code
		}
		list = append(list, doc{"airlineCode": a.Code, "airlineName": a.Name, "country": a.Country, "twoLetterCountryCode": a.CountryCode,
			"isActive": a.Active, "loyaltyProgramName": a.Program, "loyaltyProgramCode": program, "airlineTicketPrefix": a.TicketPrefix})
	}
	return encode(doc{"airlineInfo": list})
}

// LoyaltiesIn is the input of getAirApplicableLoyalties.
type LoyaltiesIn struct {
	Marketing string `query:"marketingAirline"`
	Operating string `query:"operatingAirline"`
	Traveler  string `query:"travelerId"`
}

// ApplicableLoyalties lists the programmes that credit flights of the airlines: their own and those of
// their alliance partners. Without an airline it lists all. With a traveler, also his memberships in them.
func (s *Service) ApplicableLoyalties(ctx context.Context, in LoyaltiesIn) (json.RawMessage, error) {
	asked := []string{}
	alliances := map[supplier.Alliance]bool{}
	for _, code := range [...]string{in.Marketing, in.Operating} {
		if code = strings.ToUpper(code); code != "" {
			asked = append(asked, code)
			if a, ok := s.atlas.Airline(code); ok && a.Alliance != supplier.AllianceNone {
				alliances[a.Alliance] = true
			}
		}
	}
	programs, codes := []doc{}, []string{}
	for _, a := range s.atlas.Airlines() {
		kind := "OWN"
		switch {
		case a.Program == "" || !a.Active:
			continue
		case len(asked) == 0 || slices.Contains(asked, a.Code):
		case alliances[a.Alliance]:
			kind = "ALLIANCE"
		default:
			continue
		}
		codes = append(codes, a.Code)
		programs = append(programs, doc{"programName": a.Program, "airlineCode": a.Code, "airlineName": a.Name, "loyaltyType": kind})
	}
	out := doc{"loyaltyPrograms": programs}
	if in.Traveler != "" {
		t, err := s.travelers.Traveler(ctx, in.Traveler)
		if err != nil {
			return nil, err
		}
		out["applicableLoyalties"] = memberships(t.Loyalties, codes)
	}
	return encode(out)
}

// memberships keeps the air programmes of the airlines.
func memberships(all json.RawMessage, airlines []string) []json.RawMessage {
	var cards []json.RawMessage
	_ = json.Unmarshal(all, &cards) // absent: none
	out := []json.RawMessage{}
	for _, c := range cards {
		var card struct {
			IssuedBy string `json:"issuedBy"`
			Type     string `json:"type"`
		}
		if json.Unmarshal(c, &card) == nil && card.Type == "AIR" && slices.Contains(airlines, card.IssuedBy) {
			out = append(out, c)
		}
	}
	return out
}

// FareRulesIn is the input of fetchAirFareRules.
type FareRulesIn struct {
	Doc struct {
		SearchID   string `json:"searchId"`
		RateOption string `json:"rateOptionId"`
		PnrID      string `json:"pnrId"`
		UserID     string `json:"userId"`
	} `body:"json"`
}

// FareRulesOut is the rules as JSON, or nothing (204) when there are none.
type FareRulesOut struct{ body json.RawMessage }

// AppendJSON writes the rules.
func (o FareRulesOut) AppendJSON(b []byte) []byte { return append(b, o.body...) }

// Status is 204 when there is nothing to tell.
func (o FareRulesOut) Status() int {
	if o.body == nil {
		return 204
	}
	return 200
}

// FareRules answers the rules of an itinerary of a search, or of a booked PNR.
func (s *Service) FareRules(ctx context.Context, in FareRulesIn) (FareRulesOut, error) {
	d := &in.Doc
	bySearch := d.SearchID != "" || d.RateOption != "" || d.UserID != ""
	if bySearch == (d.PnrID != "") {
		return FareRulesOut{}, errs.Invalidf("", "oneOf", "give pnrId, or searchId, rateOptionId and userId together")
	}
	if !bySearch {
		if _, err := s.trips.PNR(ctx, d.PnrID); err != nil {
			return FareRulesOut{}, err
		}
		order, _, err := s.order(ctx, d.PnrID)
		if err != nil || order == nil {
			return FareRulesOut{}, err
		}
		return fareRulesOf(&order.Offer)
	}
	if d.SearchID == "" || d.RateOption == "" || d.UserID == "" {
		return FareRulesOut{}, errs.Invalidf("", "required", "searchId, rateOptionId and userId belong together")
	}
	company := ""
	if _, err := s.known(ctx, d.UserID, "/userId", &company); err != nil {
		return FareRulesOut{}, err
	}
	t, _, err := s.openSearch(ctx, d.SearchID)
	if err != nil {
		return FareRulesOut{}, err
	}
	it, err := s.open(ctx, d.RateOption, tokItinerary, s.now(ctx))
	if err != nil {
		return FareRulesOut{}, err
	}
	if it.link != t.id {
		return FareRulesOut{}, errs.New(errs.SearchExpired, "this itinerary does not come from that search")
	}
	o, err := s.supplier.Rebuild(ctx, it.body)
	if err != nil {
		return FareRulesOut{}, supplierError(err, errs.SearchExpired)
	}
	return fareRulesOf(o)
}

// fareRulesOf lists rules by leg and fare basis.
func fareRulesOf(o *supplier.AirOffer) (FareRulesOut, error) {
	legs := []doc{}
	for i := range o.Legs {
		l := &o.Legs[i]
		flights, bases, seen := []doc{}, []doc{}, []string{}
		for j := range l.Segments {
			g := &l.Segments[j]
			flights = append(flights, doc{"origin": g.Origin, "destination": g.Destination, "departureDateTime": isoValue{g.Depart.String()},
				"flightId": string(flightID(nil, g))})
			if !slices.Contains(seen, g.FareBasis) {
				seen = append(seen, g.FareBasis)
				bases = append(bases, doc{"fareBasisCode": g.FareBasis, "rules": ruleTexts(&l.Brand, o.Currency)})
			}
		}
		legs = append(legs, doc{"origin": l.Origin, "destination": l.Destination, "travelDate": isoValue{l.Depart.String()},
			"flights": flights, "fareBasisRules": bases})
	}
	body, err := encode(doc{"legRuleInfos": legs})
	return FareRulesOut{body}, err
}

func ruleTexts(b *supplier.Brand, currency string) []doc {
	fee := func(text string, r supplier.FareRule) string {
		if r.Kind == supplier.RuleFee {
			return text + ": " + newMoney(r.Fee, currency).String() + " for each traveler"
		}
		return text
	}
	bags := "Cabin bag not included."
	if b.CarryOn > 0 {
		bags = "Cabin bag included."
	}
	switch {
	case b.CheckedKg > 0 || b.Checked > 0:
		bags += " Checked baggage included."
	default:
		bags += " Checked baggage costs extra."
	}
	return []doc{
		{"title": "FARE BRAND", "text": b.Name},
		{"title": "CANCELLATION", "text": fee(cancelText(b.Cancel.Kind), b.Cancel)},
		{"title": "CHANGES", "text": fee(changeText(b.Change.Kind), b.Change)},
		{"title": "BAGGAGE", "text": bags},
		{"title": "SEATS", "text": seatText(b.Seat)},
	}
}
