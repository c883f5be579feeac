// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// expressNonstops is how many nonstop schedules a route needs for express search (reference air.md §3.1).
const expressNonstops = 15

// shopping is a search that was understood: what the supplier is asked, and what the answer needs.
type shopping struct {
	query     supplier.AirQuery
	company   string
	travelers []pax
	flight    *supplier.FlightNumber // filter over several legs, which the supplier cannot do
	hopeless  bool                   // a filter asks for a fact that no offer carries
	judge     Judge                  // nil while no policy governs the travelers
	// onlyInPolicy drops what is out of policy, because the request or the company wants it.
	onlyInPolicy bool
	express      string
	pageSize     int // 0 = everything
	page         int // from 1
	legs         int // legs of the whole journey
}

// pax is one traveler of a search, as the later steps know him.
type pax struct {
	ID        string           `json:"i"` // traveler id inside the answers
	Type      supplier.PaxType `json:"t"`
	Age       int              `json:"a,omitempty"`
	User      string           `json:"u,omitempty"`
	Registrar string           `json:"r,omitempty"`
}

// understand checks a request and turns it into a supplier's query.
func (s *Service) understand(ctx context.Context, r *searchRequest, now time.Time) (*shopping, error) {
	sh := &shopping{express: r.SearchMode, legs: len(r.Legs), page: 1, pageSize: 50}
	sh.query = supplier.AirQuery{Tenant: actor.Tenant(ctx), Now: now, RateCodes: r.RateCodes}
	err := s.readTravelers(ctx, r.Travelers, sh)
	if err != nil {
		return nil, err
	}
	if err := s.readLegs(r.Legs, now, sh); err != nil {
		return nil, err
	}
	if err := readFilters(r.Filters, sh); err != nil {
		return nil, err
	}
	for i, o := range r.SortOptions {
		by, _ := index[supplier.SortKey](sortNames[:], o.By)
		if o.Shelf < 0 || o.Shelf > int(supplier.ShelfUltraLuxury) {
			return nil, errs.Invalidf(fmt.Sprintf("/sortOptions/%d/shelfNumber", i), "range", "shelves go from 1 to 6, 0 is all of them; got %d", o.Shelf)
		}
		sort := supplier.AirSort{By: by, Descending: o.Order == "DESCENDING"}
		if by == supplier.SortPrice {
			sort.Shelf = supplier.Shelf(o.Shelf)
		}
		sh.query.Sort = append(sh.query.Sort, sort)
	}
	if p := r.LegSearch; p != nil {
		if p.PageSize < 0 || (p.PageNumber != nil && *p.PageNumber < 0) {
			return nil, errs.Invalidf("/legSearchParams", "range", "pageNumber and pageSize must not be negative")
		}
		if p.PageSize > 0 {
			sh.pageSize = p.PageSize
		}
		if p.PageNumber != nil {
			if sh.page = *p.PageNumber; sh.page == 0 {
				sh.page, sh.pageSize = 1, 0
			}
		}
	}
	if sh.judge, err = s.judge(ctx, sh, now, nil); err != nil {
		return nil, err
	}
	if sh.judge != nil {
		sh.onlyInPolicy = sh.onlyInPolicy || sh.judge.Hides()
	}
	if sh.pageSize > 0 && !sh.whole() {
		sh.query.Limit = sh.pageSize
		sh.query.Offset = (sh.page - 1) * sh.pageSize
	}
	return sh, nil
}

// whole reports whether the page is cut here, because the supplier cannot choose what stands on it.
func (sh *shopping) whole() bool {
	return sh.flight != nil || sh.judge != nil && (sh.onlyInPolicy || sh.judge.Compares())
}

func (s *Service) readTravelers(ctx context.Context, list []searchTraveler, sh *shopping) error {
	a := actor.From(ctx)
	if !a.Reaches() { // else the travelers tell: a grant is for other companies than the caller's own
		sh.company = a.Company
	}
	limit := s.supplier.Info().MaxPax
	if len(list) == 0 || limit > 0 && len(list) > limit {
		return errs.Invalidf("/travelers", "count", "one search is for 1 to %d travelers; got %d", limit, len(list))
	}
	var counts [supplier.NumPaxTypes]int
	for i, t := range list {
		at := fmt.Sprintf("/travelers/%d", i)
		typ, ok := paxType(t.Type)
		if !ok {
			return errs.Invalidf(at+"/travelerType", "enum", "a fare needs a known traveler type; got %q", t.Type).Allow(paxNames[:]...)
		}
		p := pax{ID: fmt.Sprintf("traveler_%d", i), Type: typ, User: t.Info.user(), Registrar: t.Info.registrar()}
		if t.Age != nil {
			p.Age = t.Age.N
		}
		if p.Age < 0 || p.Age > 130 {
			return errs.Invalidf(at+"/travelerAge/numYears", "range", "%d is not an age", p.Age)
		}
		if typ == supplier.Child && t.Age == nil {
			return errs.Invalidf(at+"/travelerAge", "required", "a child's fare depends on the age")
		}
		if who := p.User + p.Registrar; who != "" {
			prof, err := s.known(ctx, who, at+"/travelerInfo", &sh.company)
			if err != nil {
				return err
			}
			if i == 0 {
				sh.query.Currency, sh.query.PointOfSale = prof.Currency, prof.PointOfSale
			}
		}
		if p.User != "" && !slices.ContainsFunc(sh.travelers, func(o pax) bool { return o.ID == p.User }) {
			p.ID = p.User
		}
		counts[typ]++
		sh.travelers = append(sh.travelers, p)
	}
	if sh.company == "" {
		sh.company = a.Company
	}
	if counts[supplier.InfantOnLap] > counts[supplier.Adult]+counts[supplier.Senior] {
		return errs.Invalidf("/travelers", "infants", "every infant on a lap needs an adult of its own")
	}
	for t, n := range counts {
		if n > 0 {
			sh.query.Travelers = append(sh.query.Travelers, supplier.PaxCount{Type: supplier.PaxType(t), Count: n})
		}
	}
	return nil
}

// known reads a profile and holds all of them to one company, which the caller may act for.
func (s *Service) known(ctx context.Context, userID, at string, company *string) (Traveler, error) {
	a := actor.From(ctx)
	t, err := s.travelers.Traveler(ctx, userID)
	if errs.Is(err, errs.ResourceNotFound) {
		return t, errs.OnField(errs.ReferenceNotFound, at, "reference", "user %q does not exist, or is not visible to this caller", userID)
	}
	if err != nil {
		return t, err
	}
	if err := a.MayCompany(t.CompanyID); err != nil {
		return t, errs.OnField(errs.ReferenceNotFound, at, "reference", "user %q does not exist, or is not visible to this caller", userID)
	}
	if *company != "" && !strings.EqualFold(*company, t.CompanyID) {
		return t, errs.Invalidf(at, "company", "all travelers of one booking belong to one company")
	}
	*company = t.CompanyID
	if only := a.UserID != "" && !a.Granted(t.CompanyID) && !a.Has(actor.TMCAdmin, actor.TMCAgent, actor.CompanyAdmin, actor.CompanyArranger, actor.Arranger); only && !strings.EqualFold(userID, a.UserID) {
		return t, errs.New(errs.AccessDenied, "a traveler books for himself; arranging for others needs an arranger's role")
	}
	return t, nil
}

func (s *Service) readLegs(legs []searchLeg, now time.Time, sh *shopping) error {
	limit := s.supplier.Info().MaxLegs
	if len(legs) == 0 || limit > 0 && len(legs) > limit {
		return errs.Invalidf("/legs", "count", "one search has 1 to %d legs; got %d", limit, len(legs))
	}
	today := supplier.DateIn(now, time.UTC)
	for i, l := range legs {
		at := fmt.Sprintf("/legs/%d", i)
		from, err := s.expand(l.Origin, at+"/origin")
		if err != nil {
			return err
		}
		to, err := s.expand(l.Destination, at+"/destination")
		if err != nil {
			return err
		}
		if slices.ContainsFunc(from, func(c string) bool { return slices.Contains(to, c) }) {
			return errs.Invalidf(at+"/destination", "distinct", "origin and destination share an airport")
		}
		date, err := supplier.ParseDate(l.Date.ISO)
		if err != nil {
			return errs.Invalidf(at+"/date/iso8601", "format", "%q is not a calendar date", l.Date.ISO)
		}
		if date < today-1 { // somewhere it may still be yesterday
			return errs.Invalidf(at+"/date/iso8601", "past", "%s has passed", l.Date.ISO)
		}
		if i > 0 && date < sh.query.Legs[i-1].Date {
			return errs.Invalidf(at+"/date/iso8601", "order", "a leg cannot leave before the one in front of it")
		}
		sh.query.Legs = append(sh.query.Legs, supplier.QueryLeg{Origins: from, Destinations: to, Date: date})
	}
	return nil
}

// worldHint is for a place that there is not: what is in the world cannot be created first, as other references can.
const worldHint = "Correct the code: airports and cities are part of the world. The operation airAutocomplete finds them by text."

// expand lists the airports of a location.
func (s *Service) expand(p place, at string) ([]string, error) {
	given := 0
	for _, has := range []bool{p.City != "", p.Airport != "", p.Multi != nil} {
		if has {
			given++
		}
	}
	if given != 1 {
		return nil, errs.Invalidf(at, "oneOf", "a location is exactly one of city, airport and multiAirports")
	}
	switch {
	case p.City != "":
		code := strings.ToUpper(p.City)
		if list := s.atlas.Metro(code); len(list) > 0 {
			return list, nil
		}
		if _, ok := s.atlas.Airport(code); ok {
			return []string{code}, nil
		}
		return nil, errs.OnField(errs.ReferenceNotFound, at+"/city", "reference", "no city has the code %q", p.City).Hinting(worldHint)
	case p.Airport != "":
		if _, ok := s.atlas.Airport(p.Airport); !ok {
			return nil, errs.OnField(errs.ReferenceNotFound, at+"/airport", "reference", "no airport has the code %q", p.Airport).Hinting(worldHint)
		}
		return []string{p.Airport}, nil
	}
	country := ""
	for i, code := range p.Multi.Airports {
		here := fmt.Sprintf("%s/multiAirports/airports/%d", at, i)
		a, ok := s.atlas.Airport(code)
		if !ok {
			return nil, errs.OnField(errs.ReferenceNotFound, here, "reference", "no airport has the code %q", code).Hinting(worldHint)
		}
		if country != "" && country != a.CountryCode {
			return nil, errs.Invalidf(here, "country", "the airports of one location lie in one country; %s lies in %s, not in %s", code, a.CountryCode, country)
		}
		country = a.CountryCode
	}
	if country == "" {
		return nil, errs.Invalidf(at+"/multiAirports/airports", "count", "name at least one airport")
	}
	list := slices.Clone(p.Multi.Airports)
	slices.Sort(list)
	return slices.Compact(list), nil
}
