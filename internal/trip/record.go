// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// folder is a stored trip with the cards of its PNRs.
type folder struct {
	ID          string          `json:"-"`
	Version     int64           `json:"-"`
	Deleted     bool            `json:"-"`
	Company     string          `json:"company"`
	Name        string          `json:"name"`
	Description *string         `json:"description,omitempty"`
	User        string          `json:"user,omitempty"`
	Registrar   string          `json:"registrar,omitempty"`
	Creator     string          `json:"creator,omitempty"` // user who opened it, if it was a user
	Start       string          `json:"start,omitempty"`   // YYYY-MM-DD
	End         string          `json:"end,omitempty"`
	Contacts    json.RawMessage `json:"contacts,omitempty"` // list of TripContact
	Mail        json.RawMessage `json:"mail,omitempty"`     // TripCommunicationPreferences
	Event       string          `json:"event,omitempty"`
	CreatedAt   time.Time       `json:"createdAt"`
	UpdatedAt   time.Time       `json:"updatedAt"`
	Cards       []card          `json:"cards,omitempty"` // in order of creation
}

func openFolder(r *store.Record) (*folder, error) {
	f := &folder{ID: r.ID, Version: r.Version, Deleted: r.Deleted}
	if err := f.decode(r.Doc); err != nil {
		return nil, fmt.Errorf("trip %s cannot be read: %w", r.ID, err)
	}
	return f, nil
}

func (f *folder) record(tenant string) (*store.Record, error) {
	doc, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("trip %s cannot be written: %w", f.ID, err)
	}
	r := &store.Record{Tenant: tenant, Kind: kindTrip, ID: f.ID, Parent: f.Company, CreatedAt: f.CreatedAt,
		UpdatedAt: f.UpdatedAt, Deleted: f.Deleted, Doc: doc}
	for _, u := range []string{f.User, f.Registrar} {
		if u != "" && !slices.ContainsFunc(r.Index, func(e store.Entry) bool { return e.Value == u }) {
			r.Index = append(r.Index, store.Entry{Field: fieldPerson, Value: u})
		}
	}
	return r, nil
}

// fieldPerson finds the trips a user owns or has registered.
const fieldPerson = "trip.person"

func (f *folder) card(pnrID string) *card {
	for i := range f.Cards {
		if f.Cards[i].ID == pnrID {
			return &f.Cards[i]
		}
	}
	return nil
}

// load reads a trip that the caller may see; RESOURCE_NOT_FOUND otherwise.
func (s *Service) load(ctx context.Context, tripID string) (*folder, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindTrip, tripID)
	if errors.Is(err, store.ErrNotFound) || (err == nil && r.Deleted) {
		return nil, errs.Missing("trip", tripID)
	}
	if err != nil {
		return nil, fmt.Errorf("read trip %s: %w", tripID, err)
	}
	f, err := openFolder(r)
	if err != nil {
		return nil, err
	}
	if ok, err := s.sees(ctx, f); err != nil || !ok {
		return nil, or(err, errs.Missing("trip", tripID))
	}
	return f, nil
}

// save writes a changed trip and tells about it.
func (s *Service) save(ctx context.Context, f *folder, operation string) error {
	f.UpdatedAt = s.now(ctx)
	r, err := f.record(actor.Tenant(ctx))
	if err != nil {
		return err
	}
	if err := store.From(ctx).Update(r, f.Version); err != nil {
		return fmt.Errorf("save trip %s: %w", f.ID, err)
	}
	f.Version = r.Version
	return s.announceTrip(ctx, f, operation)
}

func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
