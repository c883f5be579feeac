// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
)

// PNRIn names a PNR in a trip.
type PNRIn struct {
	TripID string `path:"tripId"`
	PNRID  string `path:"pnrId"`
}

// CreatePNRIn is the input of createPnrV3.
type CreatePNRIn struct {
	TripID string          `path:"tripId"`
	Raw    json.RawMessage `body:"raw"`
}

// UpdatePNRIn is the input of updatePnrV3.
type UpdatePNRIn struct {
	TripID string          `path:"tripId"`
	PNRID  string          `path:"pnrId"`
	Raw    json.RawMessage `body:"raw"`
}

// PNRByID is getPnrV3.
func (s *Service) PNRByID(ctx context.Context, in PNRIn) (json.RawMessage, error) {
	f, r, err := s.loadPNR(ctx, in.TripID, in.PNRID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, r.Version)
	return view(r.Doc, *f.card(r.ID), s.now(ctx))
}

// CreatePNR is createPnrV3: it records a booking, made here or elsewhere. It buys nothing.
func (s *Service) CreatePNR(ctx context.Context, in CreatePNRIn) (ID, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return ID{}, err
	}
	doc, parsed, err := s.readPNR(ctx, f, in.Raw)
	if err != nil {
		return ID{}, err
	}
	for _, key := range readOnly() {
		doc.Delete(key)
	}
	if parsed.CreatedVia == viaShell || parsed.CreatedVia == viaOffline {
		doc.Set("isFinalized", false)
	}
	doc.Delete("initialVersionCreatedVia")
	if len(parsed.History) == 0 {
		if err := s.remember(ctx, doc, nil, "BOOKED"); err != nil {
			return ID{}, err
		}
	}
	changes := []Change{{Operation: "BOOKING_CREATED"}}
	if issued := parsed.issued(); len(issued) > 0 {
		changes = append(changes, Change{"BOOKING_TICKETED", announce.Summary{Issued: issued}})
	}
	id, err := s.put(ctx, f, nil, doc, changes)
	if err != nil {
		return ID{}, err
	}
	return ID{id}, s.save(ctx, f, "TRIP_UPDATED")
}

// UpdatePNR is updatePnrV3: it replaces the record. VERSION_CONFLICT unless the body's version is the
// stored one.
func (s *Service) UpdatePNR(ctx context.Context, in UpdatePNRIn) (struct{}, error) {
	f, old, err := s.loadPNR(ctx, in.TripID, in.PNRID)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, old.Version); err != nil {
		return struct{}{}, err
	}
	doc, parsed, err := s.readPNR(ctx, f, in.Raw)
	if err != nil {
		return struct{}{}, err
	}
	if parsed.Version == nil {
		return struct{}{}, errs.Invalidf("/version", "required", "send the version that was read")
	}
	if err := or(sameVersion(old, *parsed.Version), notSuspended(old)); err != nil {
		return struct{}{}, err
	}
	was, err := jsondoc.Parse(old.Doc)
	if err != nil {
		return struct{}{}, fmt.Errorf("PNR %s: %w", old.ID, err)
	}
	before, err := readFacts(old.Doc)
	if err != nil {
		return struct{}{}, err
	}
	for _, key := range append(readOnly(), "initialVersionCreatedVia") {
		if doc.Delete(key); was.Has(key) {
			doc.SetRaw(key, was.Get(key))
		}
	}
	if parsed.CreatedVia == "" {
		doc.Set("createdVia", before.CreatedVia)
	}
	if err := putBack(doc, old.Doc, *f.card(old.ID), s.now(ctx)); err != nil {
		return struct{}{}, fmt.Errorf("PNR %s: %w", old.ID, err)
	}
	if err := s.remember(ctx, doc, was.Get("bookingHistory"), "UPDATED"); err != nil {
		return struct{}{}, err
	}
	if _, err := s.put(ctx, f, old, doc, changes(before, parsed)); err != nil {
		return struct{}{}, err
	}
	revision.Replace(ctx, old.Doc, doc.Bytes())
	revision.Answer(ctx, old.Version+1)
	return struct{}{}, s.save(ctx, f, "TRIP_UPDATED")
}

// readOnly members are the server's: what a client sends for them is not taken.
func readOnly() []string {
	return []string{"isFinalized", "contactSupport", "suspendReason", "freshnessInfo"}
}

// readPNR reads a PnrData body and checks what the contract cannot say: one product object, somebody
// who travels and exists in the trip's company, and what it cost the agency.
func (s *Service) readPNR(ctx context.Context, f *folder, raw []byte) (*jsondoc.Object, *facts, error) {
	doc, err := jsondoc.Parse(raw)
	if err != nil {
		return nil, nil, errs.Invalidf("", "required", "a PNR is needed").Because(err)
	}
	var products []string
	for _, key := range productMembers() {
		if doc.Has(key) {
			products = append(products, key)
		}
	}
	if len(products) != 1 {
		return nil, nil, errs.Invalidf("", "oneProduct", "exactly one product object is needed; got %d", len(products)).Allow(productMembers()...)
	}
	parsed, err := readFacts(raw)
	if err != nil {
		return nil, nil, errs.Invalidf("", "type", "the PNR cannot be read").Because(err)
	}
	if len(parsed.PNRTravelers)+len(parsed.Travelers) == 0 {
		return nil, nil, errs.Invalidf("/pnrTravelers", "minItems", "a PNR has at least one traveler")
	}
	if parsed.Cost == nil || len(parsed.Cost.Payments) == 0 {
		return nil, nil, errs.Invalidf("/costOfGoodsSold", "required", "the cost of goods sold is needed, with at least one payment")
	}
	for i, t := range parsed.PNRTravelers {
		pointer := fmt.Sprintf("/pnrTravelers/%d/userId/id", i)
		u, err := s.person(ctx, pointer, t.User.ID)
		if err != nil {
			return nil, nil, err
		}
		if u.CompanyID != f.Company {
			return nil, nil, errs.OnField(errs.ReferenceNotFound, pointer, "reference", "user %q does not belong to the company of the trip", t.User.ID)
		}
	}
	return doc, parsed, nil
}

// issued are the numbers of air tickets that are issued and not voided, refunded or exchanged.
func (f *facts) issued() []string {
	var out []string
	if f.Air == nil {
		return nil
	}
	for _, p := range f.Air.Travelers {
		for _, t := range p.Tickets {
			if t.Status == "ISSUED" {
				out = append(out, t.Number)
			}
		}
	}
	return out
}

// changes names what a replaced record means to those who listen (booking lifecycles): tickets that
// were issued, a schedule change that opened or closed, flights that were cancelled, other dates or
// money; the catch-all when none of it applies.
func changes(before, after *facts) []Change {
	var out []Change
	if issued := without(after.issued(), before.issued()); len(issued) > 0 {
		out = append(out, Change{"BOOKING_TICKETED", announce.Summary{Issued: issued}})
	}
	was, is := before.pendingChange(), after.pendingChange()
	if is && !was {
		out = append(out, Change{Operation: "FLIGHT_SCHEDULE_CHANGE_PENDING"})
	}
	if was && !is {
		out = append(out, Change{Operation: "FLIGHT_SCHEDULE_CHANGE_CLOSED"})
	}
	if after.cancelledFlights() > before.cancelledFlights() {
		out = append(out, Change{Operation: "FLIGHT_CANCELLED"})
	}
	a, b := before.card(""), after.card("")
	if len(out) == 0 && (a.Start != b.Start || a.End != b.End || !same(a.Totals, b.Totals)) {
		out = append(out, Change{Operation: "BOOKING_UPDATED"})
	}
	if len(out) == 0 {
		out = append(out, Change{Operation: opOther})
	}
	return out
}

func same(a, b *totals) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func without(all, known []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return slices.Contains(known, v) })
}

func (f *facts) pendingChange() bool {
	if f.Air == nil {
		return false
	}
	for _, leg := range f.Air.Legs {
		if leg.Change != nil && leg.Change.Reaction == "" {
			return true
		}
	}
	return false
}

func (f *facts) cancelledFlights() int {
	n := 0
	if f.Air == nil {
		return 0
	}
	for _, leg := range f.Air.Legs {
		for _, flight := range leg.Flights {
			if flight.cancelled() {
				n++
			}
		}
	}
	return n
}
