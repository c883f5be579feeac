// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Ref is what a product must know of the trip it books into.
type Ref struct {
	ID      string
	Company string // UUID of the company the trip belongs to
	UserID  string // traveler who owns the trip, "" when it is a registrar's
}

// NewPNR is a PnrData document without what trip adds.
type NewPNR struct {
	Company string // must be the trip's, "" to leave it to the trip
	Doc     json.RawMessage
	Changes []Change // what is announced, in this order; BOOKING_CREATED when empty
}

// PNRDoc is a stored PNR.
type PNRDoc struct {
	TripID, Company string
	Version         int64
	Doc             json.RawMessage // complete PnrData, with the state of this moment
}

// Change is one event of a PNR's life (enum PnrV3OperationType) and the tickets it touched.
type Change struct {
	Operation string
	Summary   announce.Summary
}

// TripForBooking is a trip the caller may book into. RESOURCE_NOT_FOUND when it is absent, deleted
// or not visible to the caller.
func (s *Service) TripForBooking(ctx context.Context, tripID string) (Ref, error) {
	f, err := s.load(ctx, tripID)
	if err != nil {
		return Ref{}, err
	}
	return Ref{f.ID, f.Company, f.User}, nil
}

// AddPNR stores a PNR at version 1, completing it with pnrId, tripId, version, createdAt, updatedAt,
// basicTripInfo and, where they are missing, createdVia, bookingStatus and state, and announces each change in order.
func (s *Service) AddPNR(ctx context.Context, tripID string, p NewPNR) (string, error) {
	f, err := s.load(ctx, tripID)
	if err != nil {
		return "", err
	}
	if p.Company != "" && p.Company != f.Company {
		return "", errs.Missing("trip", tripID)
	}
	doc, err := jsondoc.Parse(p.Doc)
	if err != nil {
		return "", fmt.Errorf("a new PNR of trip %s: %w", tripID, err)
	}
	changes := p.Changes
	if len(changes) == 0 {
		changes = []Change{{Operation: "BOOKING_CREATED"}}
	}
	id, err := s.put(ctx, f, nil, doc, changes)
	if err != nil {
		return "", err
	}
	return id, s.save(ctx, f, "TRIP_UPDATED")
}

// PNR reads a PNR that the caller may see; RESOURCE_NOT_FOUND otherwise.
func (s *Service) PNR(ctx context.Context, pnrID string) (PNRDoc, error) {
	f, r, err := s.loadPNR(ctx, "", pnrID)
	if err != nil {
		return PNRDoc{}, err
	}
	c := *f.card(pnrID)
	c.Fusion = false // what a product writes back must not lose what readers are not shown
	doc, err := view(r.Doc, c, s.now(ctx))
	return PNRDoc{f.ID, f.Company, r.Version, doc}, err
}

// SavePNR replaces a PNR, one version further, and announces each change in order
// (BOOKING_OTHER_UPDATE when there is none). The members named at AddPNR are set again, whatever doc
// says. VERSION_CONFLICT when expectVersion is not the stored one; STATE_DOES_NOT_ALLOW while the PNR
// is suspended.
func (s *Service) SavePNR(ctx context.Context, pnrID string, expectVersion int64, doc json.RawMessage, changes []Change) error {
	f, r, err := s.loadPNR(ctx, "", pnrID)
	if err != nil {
		return err
	}
	if err := sameVersion(r, expectVersion); err != nil {
		return err
	}
	if err := notSuspended(r); err != nil {
		return err
	}
	o, err := jsondoc.Parse(doc)
	if err != nil {
		return fmt.Errorf("PNR %s: %w", pnrID, err)
	}
	if len(changes) == 0 {
		changes = []Change{{Operation: opOther}}
	}
	if _, err := s.put(ctx, f, r, o, changes); err != nil {
		return err
	}
	return s.save(ctx, f, "TRIP_UPDATED")
}

// opOther is the event of every stored change that has no name of its own.
const opOther = "BOOKING_OTHER_UPDATE"

func sameVersion(r *store.Record, expect int64) error {
	if r.Version == expect {
		return nil
	}
	return errs.New(errs.VersionConflict, "PNR %s is at version %d, the change was made to version %d", r.ID, r.Version, expect).
		With("currentVersion", fmt.Sprint(r.Version))
}

func notSuspended(r *store.Record) error {
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return fmt.Errorf("PNR %s: %w", r.ID, err)
	}
	if reason := doc.String("suspendReason"); reason != "" {
		return errs.New(errs.StateForbids, "PNR %s is suspended (%s) and read-only until it is finalized", r.ID, reason).
			With("suspendReason", reason).Hinting("finalize it with the same suspendReason first")
	}
	return nil
}

// loadPNR reads a PNR and its trip, both visible to the caller; tripID "" for whichever trip it is in.
func (s *Service) loadPNR(ctx context.Context, tripID, pnrID string) (*folder, *store.Record, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindPNR, pnrID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && (r.Deleted || (tripID != "" && r.Parent != tripID))) {
		return nil, nil, s.missingPNR(ctx, tripID, pnrID)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read PNR %s: %w", pnrID, err)
	}
	f, err := s.load(ctx, r.Parent)
	if errs.Is(err, errs.ResourceNotFound) && tripID == "" {
		return nil, nil, errs.Missing("PNR", pnrID)
	}
	if err != nil {
		return nil, nil, err
	}
	c := f.card(pnrID)
	if c == nil {
		return nil, nil, fmt.Errorf("trip %s has no card of its PNR %s", f.ID, pnrID)
	}
	if c.Hidden && !seesHidden(ctx, f) {
		return nil, nil, errs.Missing("PNR", pnrID)
	}
	return f, r, nil
}

// missingPNR names what is missing: the trip, or the PNR in it.
func (s *Service) missingPNR(ctx context.Context, tripID, pnrID string) error {
	if tripID != "" {
		if _, err := s.load(ctx, tripID); err != nil {
			return err
		}
	}
	return errs.Missing("PNR", pnrID)
}

// put writes doc as the first (old nil) or next version of a PNR, refreshes the trip's card of it and
// announces the changes. The caller saves the trip.
func (s *Service) put(ctx context.Context, f *folder, old *store.Record, doc *jsondoc.Object, changes []Change) (string, error) {
	tx, now := store.From(ctx), s.now(ctx)
	r := &store.Record{Tenant: actor.Tenant(ctx), Kind: kindPNR, Parent: f.ID, Company: f.Company, CreatedAt: now, UpdatedAt: now, Version: 1}
	var err error
	if old == nil {
		if r.ID, err = freeID(tx, r.Tenant); err != nil {
			return "", err
		}
	} else {
		r.ID, r.CreatedAt, r.Version = old.ID, old.CreatedAt, old.Version+1
		was, err := jsondoc.Parse(old.Doc)
		if err != nil {
			return "", fmt.Errorf("PNR %s: %w", old.ID, err)
		}
		doc.SetRaw("createdAt", was.Get("createdAt"))
	}
	doc.Set("pnrId", r.ID).Set("tripId", f.ID).Set("version", r.Version).Set("updatedAt", moment(now)).Set("basicTripInfo", f.name())
	if old == nil {
		doc.Set("createdAt", moment(now))
	}
	parsed, err := readFacts(doc.Bytes())
	if err != nil {
		return "", err
	}
	parsed.complete(doc)
	r.Doc, r.Index = doc.Bytes(), parsed.index(f.Company)
	if err := write(tx, r, old); err != nil {
		return "", err
	}
	c := parsed.card(r.ID)
	if known := f.card(r.ID); known != nil {
		*known = c
	} else {
		f.Cards = append(f.Cards, c)
	}
	f.derive()
	for _, change := range changes {
		if err := s.announcePNR(ctx, f, r, c, change); err != nil {
			return "", err
		}
	}
	return r.ID, nil
}

func write(tx store.Tx, r, old *store.Record) error {
	var err error
	if old == nil {
		err = tx.Insert(r)
	} else {
		err = tx.Update(r, old.Version)
	}
	if taken, ok := errors.AsType[*store.DuplicateError](err); ok {
		return errs.OnField(errs.DuplicateValue, "/externalInfo/externalPnrId", "unique",
			"PNR %s of this company is live and has the same external id", taken.ID).With("pnrId", taken.ID)
	}
	if err != nil {
		return fmt.Errorf("write PNR %s: %w", r.ID, err)
	}
	return nil
}

// complete fills in what a reader may count on: the door it came through, the state to show, and
// whether the supplier has given a locator.
func (f *facts) complete(doc *jsondoc.Object) {
	if f.CreatedVia == "" {
		f.CreatedVia = "API"
		doc.Set("createdVia", f.CreatedVia)
	}
	if f.InitialVia == "" {
		doc.Set("initialVersionCreatedVia", f.CreatedVia)
	}
	if f.BookingStatus == "" {
		f.BookingStatus = f.facing()
		doc.Set("bookingStatus", f.BookingStatus)
	}
	if f.State == "" {
		state := "ITINERARY"
		if f.Source.Locator != "" {
			state = "PNR"
		}
		doc.Set("state", state)
	}
}
