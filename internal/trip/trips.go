// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// CreateTripIn is the input of createTrip.
type CreateTripIn struct {
	Doc struct {
		Name        string  `json:"tripName"`
		Description *string `json:"tripDescription"`
		User        *ref    `json:"userId"`
		Registrar   *ref    `json:"registrarId"`
		Start       *iso    `json:"startDate"`
		End         *iso    `json:"endDate"`
	} `body:"json"`
}

// CreateTrip is createTrip. The trip belongs to the company of its traveler, or of the registrar when
// there is none.
func (s *Service) CreateTrip(ctx context.Context, in CreateTripIn) (ID, error) {
	n := NewTrip{Name: in.Doc.Name, Description: in.Doc.Description}
	if in.Doc.User != nil {
		n.UserID = in.Doc.User.ID
	}
	if in.Doc.Registrar != nil {
		n.RegistrarID = in.Doc.Registrar.ID
	}
	if in.Doc.Start != nil {
		n.Start = in.Doc.Start.ISO8601
	}
	if in.Doc.End != nil {
		n.End = in.Doc.End.ISO8601
	}
	id, err := s.Open(ctx, n)
	return ID{id}, err
}

// NewTrip is a trip to open, for a caller or for an event.
type NewTrip struct {
	Name                string
	Description         *string
	UserID, RegistrarID string // one of them
	Start, End          string // YYYY-MM-DD or ""
	EventID             string // the event it belongs to, "" for an ordinary trip
}

// Open opens an empty trip and answers its id.
func (s *Service) Open(ctx context.Context, n NewTrip) (string, error) {
	if n.UserID == "" && n.RegistrarID == "" {
		return "", errs.Invalidf("/userId", "required", "name the traveler (userId) or the registrar (registrarId)")
	}
	if n.Start != "" && n.End != "" && n.End < n.Start {
		return "", errs.Invalidf("/endDate", "order", "the trip ends (%s) before it starts (%s)", n.End, n.Start)
	}
	now := s.now(ctx)
	f := &folder{Name: n.Name, Description: n.Description, User: n.UserID, Registrar: n.RegistrarID, Creator: actor.From(ctx).UserID,
		Start: n.Start, End: n.End, Event: n.EventID, CreatedAt: now, UpdatedAt: now}
	for _, p := range []struct{ pointer, id string }{{"/userId/id", n.UserID}, {"/registrarId/id", n.RegistrarID}} {
		if p.id == "" {
			continue
		}
		u, err := s.person(ctx, p.pointer, p.id)
		if err != nil {
			return "", err
		}
		if !u.Active {
			return "", errs.OnField(errs.ReferenceNotFound, p.pointer, "reference", "user %q is deactivated", p.id)
		}
		if f.Company != "" && f.Company != u.CompanyID {
			return "", errs.OnField(errs.ReferenceNotFound, p.pointer, "reference", "traveler and registrar belong to different companies")
		}
		f.Company = u.CompanyID
	}
	if ok, err := s.seesPerson(ctx, f.Company, n.UserID, n.RegistrarID); err != nil || !ok {
		return "", or(err, errs.New(errs.AccessDenied, "this caller may not open trips for user %q", n.UserID+n.RegistrarID))
	}
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	id, err := freeID(tx, tenant)
	if err != nil {
		return "", err
	}
	f.ID, f.Version = id, 1
	r, err := f.record(tenant)
	if err != nil {
		return "", err
	}
	if err := tx.Insert(r); err != nil {
		return "", fmt.Errorf("open trip: %w", err)
	}
	return id, s.announceTrip(ctx, f, "TRIP_CREATED")
}

// UpdateTripIn is the input of updateTrip.
type UpdateTripIn struct {
	TripID string `path:"tripId"`
	Doc    struct {
		TripID      string  `json:"tripId"`
		Name        string  `json:"tripName"`
		Description *string `json:"tripDescription"`
	} `body:"json"`
}

// UpdateTrip is updateTrip: it replaces name and description.
func (s *Service) UpdateTrip(ctx context.Context, in UpdateTripIn) (struct{}, error) {
	if in.Doc.TripID != in.TripID {
		return struct{}{}, errs.Invalidf("/tripId", "equal", "the tripId of the body must be the one of the path, %s", in.TripID).Allow(in.TripID)
	}
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, f.Version); err != nil {
		return struct{}{}, err
	}
	revision.Answer(ctx, f.Version)
	if f.Name == in.Doc.Name && text(f.Description) == text(in.Doc.Description) && (f.Description == nil) == (in.Doc.Description == nil) {
		return struct{}{}, nil
	}
	if f.Description != nil && in.Doc.Description == nil {
		revision.Replace(ctx, []byte(`{"tripDescription":""}`), []byte(`{}`))
	}
	f.Name, f.Description = in.Doc.Name, in.Doc.Description
	return struct{}{}, s.retell(ctx, f)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// UpdateTripV3In is the input of updateTripV3.
type UpdateTripV3In struct {
	TripID string          `path:"tripId"`
	Raw    json.RawMessage `body:"raw"`
}

// UpdateTripV3 is updateTripV3: each property that is present replaces its stored counterpart.
func (s *Service) UpdateTripV3(ctx context.Context, in UpdateTripV3In) (struct{}, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, f.Version); err != nil || len(in.Raw) == 0 {
		return struct{}{}, err
	}
	revision.Answer(ctx, f.Version)
	o, err := jsondoc.Parse(in.Raw)
	if err != nil {
		return struct{}{}, errs.Invalidf("", "type", "the body cannot be read").Because(err)
	}
	changed := false
	for key, to := range map[string]*json.RawMessage{"tripContacts": &f.Contacts, "tripCommunicationPreferences": &f.Mail} {
		if raw := o.Get(key); raw != nil && !bytes.Equal(raw, *to) {
			*to, changed = raw, true
		}
	}
	if !changed {
		return struct{}{}, nil
	}
	return struct{}{}, s.retell(ctx, f)
}

// retell saves a trip whose metadata changed. Every PNR repeats it, so each gets a version and an
// event of its own (operation TRIP_UPDATED).
func (s *Service) retell(ctx context.Context, f *folder) error {
	recs, err := s.pnrs(ctx, f)
	if err != nil {
		return err
	}
	for _, r := range recs {
		doc, err := jsondoc.Parse(r.Doc)
		if err != nil {
			return fmt.Errorf("PNR %s: %w", r.ID, err)
		}
		if _, err := s.put(ctx, f, r, doc, []Change{{Operation: "TRIP_UPDATED"}}); err != nil {
			return err
		}
	}
	if err := s.save(ctx, f, "TRIP_UPDATED"); err != nil {
		return err
	}
	revision.Answer(ctx, f.Version)
	return nil
}

// pnrs reads the records of a trip's PNRs, in the order of its cards.
func (s *Service) pnrs(ctx context.Context, f *folder) ([]*store.Record, error) {
	recs, err := collect(store.Read(ctx), store.Query{Tenant: actor.Tenant(ctx), Kind: kindPNR, Parent: f.ID})
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*store.Record, len(recs))
	for _, r := range recs {
		byID[r.ID] = r
	}
	out := make([]*store.Record, 0, len(recs))
	for _, c := range f.Cards {
		if r := byID[c.ID]; r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// DeleteTripIn is the input of deleteTrip.
type DeleteTripIn struct {
	TripID string `path:"tripId"`
	Doc    struct {
		EmptyOnly bool `json:"allowEmptyTripDeletionOnly"`
	} `body:"json"`
}

// DeleteTrip is deleteTrip: trip and PNRs read as absent afterwards; nothing is cancelled at a
// supplier. STATE_DOES_NOT_ALLOW when only an empty trip may go and this one is not.
func (s *Service) DeleteTrip(ctx context.Context, in DeleteTripIn) (struct{}, error) {
	f, err := s.load(ctx, in.TripID)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, f.Version); err != nil {
		return struct{}{}, err
	}
	if in.Doc.EmptyOnly && len(f.Cards) > 0 {
		return struct{}{}, errs.New(errs.StateForbids, "trip %s holds %d bookings and only an empty trip may be deleted", f.ID, len(f.Cards))
	}
	recs, err := s.pnrs(ctx, f)
	if err != nil {
		return struct{}{}, err
	}
	for _, r := range recs {
		r.Deleted, r.UpdatedAt, r.Company = true, s.now(ctx), f.Company
		if err := store.From(ctx).Update(r, r.Version); err != nil {
			return struct{}{}, fmt.Errorf("delete PNR %s: %w", r.ID, err)
		}
	}
	f.Deleted = true
	return struct{}{}, s.save(ctx, f, "TRIP_DELETED")
}
