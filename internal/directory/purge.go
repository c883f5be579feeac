// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// kindPurged is what is left of a user who was purged: that there was one. It has the user's id.
const kindPurged = "user_purged"

// purged is its document.
type purged struct {
	At          time.Time `json:"at"`
	Version     int64     `json:"version"` // of the profile, so that the last event has the next one
	LegalEntity string    `json:"legalEntity,omitempty"`
	BookingTMC  string    `json:"bookingTmc"`
}

// noUser is the error for a user who is not there; for one who was purged it says so.
func (s *Service) noUser(ctx context.Context, id string) error {
	missing := errs.Missing("user", id)
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindPurged, id)
	if err != nil || actor.From(ctx).MayCompany(r.Parent) != nil {
		return missing // the first error counts, and who may not look learns nothing
	}
	var p purged
	if json.Unmarshal(r.Doc, &p) != nil {
		return missing
	}
	return missing.With("purgedAt", p.At.UTC().Format(time.RFC3339)).Hinting("the user was purged and cannot be brought back")
}

// ToPurge reads the company and the profile of a user, active or not, whom the caller may purge.
// RESOURCE_NOT_FOUND, ACCESS_DENIED, PRECONDITION_FAILED.
func (s *Service) ToPurge(ctx context.Context, userID string) (company string, profile []byte, err error) {
	p, err := s.user(ctx, userID, true)
	if err != nil {
		return "", nil, err
	}
	if err := revision.Demand(ctx, p.rec.Version); err != nil {
		return "", nil, err
	}
	return p.rec.Parent, p.rec.Doc, nil
}

// EachOther calls fn with the profiles of all other users of the tenant, active or not: a purge has to know whom
// a name could mean as well. fn reads nothing from the store.
func (s *Service) EachOther(ctx context.Context, userID string, fn func(id string, profile []byte) error) error {
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindUser, Deleted: true}) {
		if err != nil {
			return err
		}
		if r.ID == userID {
			continue
		}
		if err := fn(r.ID, r.Doc); err != nil {
			return fmt.Errorf("profile of user %s: %w", r.ID, err)
		}
	}
	return nil
}

// Purged is how many records hung on a profile.
type Purged struct{ Favorites, RoleLists int }

// RemoveUser deletes a profile for good, with favorites and roles. Travelers whom the user arranged for come to
// their next version; of the user himself nobody is told yet (UserPurged). A dry run only counts.
func (s *Service) RemoveUser(ctx context.Context, userID string, dry bool) (n Purged, err error) {
	p, err := s.user(ctx, userID, true)
	if err != nil {
		return n, err
	}
	tenant := actor.Tenant(ctx)
	var favorites []string
	for r, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kindFavorite, Parent: userID, Deleted: true}) {
		if err != nil {
			return n, err
		}
		favorites = append(favorites, r.ID)
	}
	roles, err := rolesRecord(ctx, userID)
	if err != nil {
		return n, err
	}
	n.Favorites, n.RoleLists = len(favorites), int(min(roles.Version, 1))
	if dry {
		return n, nil
	}
	tx := store.From(ctx)
	for _, id := range favorites {
		if err := tx.Remove(tenant, kindFavorite, id); err != nil {
			return n, err
		}
	}
	if err := s.leaveTombstone(ctx, p); err != nil {
		return n, err
	}
	if err := tx.Remove(tenant, kindUser, userID); err != nil {
		return n, err
	}
	s.rights.UserChanged(ctx, userID)
	if roles.Version == 0 {
		return n, nil
	}
	arranged, err := decodeRoles(roles.Doc)
	if err != nil {
		return n, err
	}
	if err := tx.Remove(tenant, kindRoles, userID); err != nil {
		return n, err
	}
	return n, s.arrangersChanged(ctx, userID, travelersOf(arranged), nil)
}

func (s *Service) leaveTombstone(ctx context.Context, p *person) error {
	booking, err := s.bookingTMC(ctx, p)
	if err != nil {
		return err
	}
	now := s.clocks.Now(p.rec.Tenant)
	doc, err := json.Marshal(purged{At: now, Version: p.rec.Version, BookingTMC: booking,
		LegalEntity: refID(p.doc.Object("businessInfo"), "legalEntityRef")})
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: p.rec.Tenant, Kind: kindPurged, ID: p.rec.ID, Parent: p.rec.Parent, CreatedAt: now, UpdatedAt: now, Doc: doc}
	return store.From(ctx).Insert(r)
}

// UserPurged tells that a user is gone: by id and company, for nothing else is left.
func (s *Service) UserPurged(ctx context.Context, userID string) error {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindPurged, userID)
	if errors.Is(err, store.ErrNotFound) {
		return errs.Missing("user", userID)
	}
	if err != nil {
		return err
	}
	var p purged
	if err := json.Unmarshal(r.Doc, &p); err != nil {
		return fmt.Errorf("%s %s is stored broken: %w", kindPurged, userID, err)
	}
	business := jsondoc.New().SetRaw("organizationRef", reference(r.Parent))
	if p.LegalEntity != "" {
		business.SetRaw("legalEntityRef", reference(p.LegalEntity))
	}
	payload := jsondoc.New().Set("id", userID).Set("businessInfo", business).SetRaw("isActive", active(true)).
		SetRaw("bookingTmcRef", reference(p.BookingTMC))
	return s.events.Announce(ctx, announce.Notice{
		Type: "TRAVELER_V2", Operation: "PURGE", Resource: "USER/" + userID, Version: p.Version + 1,
		Company: r.Parent, BookingTMC: p.BookingTMC, Payload: payload.Bytes(),
	})
}
