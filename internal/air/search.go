// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// SearchIn is the input of airSearch.
type SearchIn struct {
	Doc searchRequest `body:"json"`
}

// SearchResult writes itself as AirSearchResponse (or, for one itinerary, as AirSelectedItineraryResponse).
type SearchResult struct {
	s        *Service
	sh       *shopping
	result   *supplier.AirResult
	offers   []supplier.AirOffer // the page
	total    int
	express  bool
	now      time.Time
	sign     *signer
	searchID string
	link     linkID
	single   string // itineraryId, when only that one is wanted
}

// Search finds itineraries. The answer's searchId holds the request and the moment of its prices.
func (s *Service) Search(ctx context.Context, in SearchIn) (*SearchResult, error) {
	now := s.now(ctx)
	sh, err := s.understand(ctx, &in.Doc, now)
	if err != nil {
		return nil, err
	}
	if err := s.nextLeg(ctx, &in.Doc, sh, now); err != nil {
		return nil, err
	}
	res, err := s.shop(ctx, sh, now)
	if err != nil {
		return nil, err
	}
	keep := in.Doc
	if keep.LegSearch != nil {
		l := *keep.LegSearch
		l.SearchID = "" // checked above; the chosen itinerary names the leg before
		keep.LegSearch = &l
	}
	body, err := json.Marshal(&keep)
	if err != nil {
		return nil, fmt.Errorf("air: search token: %w", err)
	}
	res.searchID, res.link = res.sign.issue(token{kind: tokSearch, issued: now, company: sh.company, body: body})
	return res, nil
}

// AttributesIn is the input of airAttributes.
type AttributesIn struct {
	Doc struct {
		SearchID string `json:"searchId"`
	} `body:"json"`
}

// Attributes answers the search again: the same request at the prices of its time.
func (s *Service) Attributes(ctx context.Context, in AttributesIn) (*SearchResult, error) {
	t, req, err := s.openSearch(ctx, in.Doc.SearchID)
	if err != nil {
		return nil, err
	}
	sh, err := s.understand(ctx, req, t.issued)
	if err != nil {
		return nil, err
	}
	if err := s.nextLeg(ctx, req, sh, s.now(ctx)); err != nil {
		return nil, err
	}
	res, err := s.shop(ctx, sh, t.issued)
	if err != nil {
		return nil, err
	}
	res.searchID, res.link = in.Doc.SearchID, t.id
	return res, nil
}

// openSearch reads a searchId.
func (s *Service) openSearch(ctx context.Context, id string) (*token, *searchRequest, error) {
	t, err := s.open(ctx, id, tokSearch, s.now(ctx))
	if err != nil {
		return nil, nil, err
	}
	req := new(searchRequest)
	if err := json.Unmarshal(t.body, req); err != nil {
		return nil, nil, fmt.Errorf("air: body of a signed searchId: %w", err)
	}
	return t, req, nil
}

// nextLeg reads legSearchParams: a journey is searched leg by leg when legIndex is given.
func (s *Service) nextLeg(ctx context.Context, r *searchRequest, sh *shopping, now time.Time) error {
	p := r.LegSearch
	if p == nil || p.LegIndex == nil || len(r.Legs) == 1 && *p.LegIndex == 0 {
		return nil
	}
	if *p.LegIndex < 0 || *p.LegIndex >= len(r.Legs) {
		return errs.Invalidf("/legSearchParams/legIndex", "range", "the journey has legs 0 to %d; got %d", len(r.Legs)-1, *p.LegIndex)
	}
	sh.query.LegByLeg = true
	if *p.LegIndex == 0 {
		return nil
	}
	if p.Selected == "" {
		return errs.Invalidf("/legSearchParams/selectedRateOptionId", "required", "legs after the first need the itinerary chosen for the leg before")
	}
	chosen, err := s.open(ctx, p.Selected, tokItinerary, now)
	if err != nil {
		return err
	}
	if p.SearchID != "" {
		before, prev, err := s.openSearch(ctx, p.SearchID)
		if err != nil {
			return err
		}
		if before.id != chosen.link || len(prev.Legs) != len(r.Legs) {
			return errs.New(errs.SearchExpired, "this itinerary does not come from that search")
		}
	}
	o, err := s.supplier.Rebuild(ctx, chosen.body)
	if err != nil {
		return supplierError(err, errs.SearchExpired)
	}
	if len(o.Legs) != *p.LegIndex {
		return errs.Invalidf("/legSearchParams/legIndex", "order", "the chosen itinerary has %d legs, so the next legIndex is %d", len(o.Legs), len(o.Legs))
	}
	sh.query.Chosen = chosen.body
	return nil
}

// shop asks the supplier and cuts the page.
func (s *Service) shop(ctx context.Context, sh *shopping, now time.Time) (*SearchResult, error) {
	res := &SearchResult{s: s, sh: sh, now: now, sign: s.signer(ctx), result: &supplier.AirResult{}}
	if sh.hopeless {
		return res, nil
	}
	q := sh.query
	q.Filters.NonstopOnly = sh.express == "EXPRESS"
	r, err := s.supplier.Shop(ctx, &q)
	if err == nil && q.Filters.NonstopOnly {
		if res.express = r.NonstopSchedules >= expressNonstops; !res.express {
			q.Filters.NonstopOnly = false
			r, err = s.supplier.Shop(ctx, &q)
		}
	}
	if err != nil {
		return nil, supplierError(err, errs.SearchExpired)
	}
	res.result, res.offers, res.total = r, r.Offers, r.Total
	if sh.whole() {
		res.choose()
	}
	return res, nil
}

// choose drops offers without the wanted flight or out of policy and cuts the page out of the rest.
func (r *SearchResult) choose() {
	sh := r.sh
	if sh.judge != nil && sh.judge.Compares() {
		sh.judge.Among(r.offers)
	}
	var keep []supplier.AirOffer
	for i := range r.offers {
		o := &r.offers[i]
		if sh.flight != nil && !hasFlight(o, *sh.flight) || sh.onlyInPolicy && sh.judge != nil && sh.judge.Offer(o).OutOfPolicy {
			continue
		}
		keep = append(keep, *o)
	}
	r.total = len(keep)
	if n := r.sh.pageSize; n > 0 {
		from := min((r.sh.page-1)*n, len(keep))
		keep = keep[from:min(from+n, len(keep))]
	}
	r.offers = keep
}

func hasFlight(o *supplier.AirOffer, want supplier.FlightNumber) bool {
	for i := range o.Legs {
		for j := range o.Legs[i].Segments {
			if g := &o.Legs[i].Segments[j]; g.Marketing == want || g.Operating == want {
				return true
			}
		}
	}
	return false
}

// SelectedIn is the input of airSelectedItinerary, airFlightCheckout and airIntermediateRevalidateItinerary.
type SelectedIn struct {
	Doc struct {
		SearchID    string `json:"searchId"`
		ItineraryID string `json:"itineraryId"`
	} `body:"json"`
}

// SelectedItinerary answers one itinerary of a search as it is sold now, under the id it had.
func (s *Service) SelectedItinerary(ctx context.Context, in SelectedIn) (*SearchResult, error) {
	c, err := s.choose(ctx, in, supplier.StageSelect)
	if err != nil {
		return nil, err
	}
	return &SearchResult{s: s, sh: c.sh, now: s.now(ctx), sign: s.signer(ctx), link: c.search.id, single: in.Doc.ItineraryID,
		offers: []supplier.AirOffer{*c.offer}, result: &supplier.AirResult{}, total: 1}, nil
}

// chosen is an itinerary of a search at today's price.
type chosen struct {
	search *token
	sh     *shopping
	offer  *supplier.AirOffer
}

// choose opens the pair of ids and prices the offer behind them.
func (s *Service) choose(ctx context.Context, in SelectedIn, stage supplier.Stage) (*chosen, error) {
	t, req, err := s.openSearch(ctx, in.Doc.SearchID)
	if err != nil {
		return nil, err
	}
	it, err := s.open(ctx, in.Doc.ItineraryID, tokItinerary, s.now(ctx))
	if err != nil {
		return nil, err
	}
	if it.link != t.id {
		return nil, errs.New(errs.SearchExpired, "this itinerary does not come from that search")
	}
	sh, err := s.understand(ctx, req, t.issued)
	if err != nil {
		return nil, err
	}
	if err := s.compare(ctx, req, sh); err != nil {
		return nil, err
	}
	o, err := s.price(ctx, it.body, sh.query.RateCodes, stage, errs.SearchExpired)
	if err != nil {
		return nil, err
	}
	return &chosen{search: t, sh: sh, offer: o}, nil
}
