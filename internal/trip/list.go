// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Inputs of the trip lists.
type (
	// UserTripsIn is the input of getUserTripSummariesList.
	UserTripsIn struct {
		UserID string   `path:"userId"`
		Doc    ListBody `body:"json"`
	}
	// CompanyTripsIn is the input of getCompanyTripSummariesList.
	CompanyTripsIn struct {
		CompanyID string   `path:"companyId"`
		Doc       ListBody `body:"json"`
	}
	// ArrangerTripsIn is the input of getArrangerManagedTripSummariesList.
	ArrangerTripsIn struct {
		ArrangerID string   `path:"arrangerId"`
		Doc        ListBody `body:"json"`
	}
)

// UserTrips is getUserTripSummariesList. RESOURCE_NOT_FOUND for a user of another company,
// ACCESS_DENIED for a colleague whose trips the caller may not see.
func (s *Service) UserTrips(ctx context.Context, in UserTripsIn) (TripList, error) {
	u, err := s.listable(ctx, in.UserID)
	if err != nil {
		return TripList{}, err
	}
	ok, err := s.seesPerson(ctx, u.CompanyID, u.ID)
	if err != nil {
		return TripList{}, err
	}
	if !ok {
		return TripList{}, errs.New(errs.AccessDenied, "this caller may not list the trips of user %q", u.ID)
	}
	return s.list(ctx, scope{users: []string{u.ID}, keep: func(f *folder) bool { return f.User == u.ID }}, &in.Doc)
}

// listable is a user in a path whose company the caller may act for.
func (s *Service) listable(ctx context.Context, userID string) (User, error) {
	u, err := s.dir.User(ctx, userID)
	if err != nil {
		return User{}, err
	}
	if actor.From(ctx).MayCompany(u.CompanyID) != nil {
		return User{}, errs.Missing("user", userID)
	}
	return u, nil
}

// CompanyTrips is getCompanyTripSummariesList. COMPANY_NOT_ACCESSIBLE for a company that is not the
// caller's.
func (s *Service) CompanyTrips(ctx context.Context, in CompanyTripsIn) (TripList, error) {
	if err := s.company(ctx, in.CompanyID); err != nil {
		return TripList{}, err
	}
	return s.list(ctx, scope{company: in.CompanyID}, &in.Doc)
}

// company checks that the caller may look at all trips of a company.
func (s *Service) company(ctx context.Context, id string) error {
	a := actor.From(ctx)
	if err := a.MayCompany(id); err != nil {
		return err
	}
	if !companyWide(a) && !a.Granted(id) {
		return errs.New(errs.AccessDenied, "this caller may not list the trips of a whole company")
	}
	known, err := s.dir.HasCompany(ctx, id)
	if err == nil && !known {
		err = errs.New(errs.CompanyForeign, "this caller may not act for company %q", id).With("companyId", id)
	}
	return err
}

// ArrangerTrips is getArrangerManagedTripSummariesList. ACCESS_DENIED when the user is no arranger, or
// when an arranger asks for another one.
func (s *Service) ArrangerTrips(ctx context.Context, in ArrangerTripsIn) (TripList, error) {
	u, err := s.listable(ctx, in.ArrangerID)
	if err != nil {
		return TripList{}, err
	}
	if a := actor.From(ctx); !staff(a, u.CompanyID) && a.UserID != u.ID {
		return TripList{}, errs.New(errs.AccessDenied, "arrangers may list only the trips they manage themselves")
	}
	reach, err := s.dir.Arranges(ctx, u.ID)
	if err != nil {
		return TripList{}, err
	}
	if !reach.Holds {
		return TripList{}, errs.New(errs.AccessDenied, "user %q holds neither COMPANY_TRAVEL_ARRANGER nor TRAVEL_ARRANGER", u.ID)
	}
	if reach.Company {
		return s.list(ctx, scope{company: u.CompanyID}, &in.Doc)
	}
	return s.list(ctx, scope{users: reach.Users, keep: func(f *folder) bool { return f.Company == u.CompanyID }}, &in.Doc)
}

// folders reads the live trips of a scope, each once, leaving out what the filters are sure to leave
// out by its id or its times.
func (s *Service) folders(ctx context.Context, sc scope, b *ListBody) ([]*folder, error) {
	tenant := actor.Tenant(ctx)
	if ids := b.ids(); ids != nil {
		return s.named(ctx, sc, ids)
	}
	queries := []store.Query{{Tenant: tenant, Kind: kindTrip, Parent: sc.company}}
	if sc.company == "" {
		queries = nil
		for _, u := range sc.users {
			queries = append(queries, store.Query{Tenant: tenant, Kind: kindTrip, Field: fieldPerson, Value: u})
		}
	}
	var out []*folder
	seen := map[string]bool{}
	for _, q := range queries {
		recs, err := collect(store.Read(ctx), q)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if seen[r.ID] || !b.changed(r) {
				continue
			}
			seen[r.ID] = true
			f, err := openFolder(r)
			if err != nil {
				return nil, err
			}
			if sc.keep == nil || sc.keep(f) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// named reads those of the trips that are live and in the scope.
func (s *Service) named(ctx context.Context, sc scope, ids []string) ([]*folder, error) {
	var out []*folder
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindTrip, id)
		if errors.Is(err, store.ErrNotFound) || (err == nil && r.Deleted) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read trip %s: %w", id, err)
		}
		f, err := openFolder(r)
		if err != nil {
			return nil, err
		}
		if sc.has(f) {
			out = append(out, f)
		}
	}
	return out, nil
}

// has reports whether a trip is in the scope.
func (sc scope) has(f *folder) bool {
	if sc.company != "" {
		return f.Company == sc.company
	}
	return (slices.Contains(sc.users, f.User) || slices.Contains(sc.users, f.Registrar)) && (sc.keep == nil || sc.keep(f))
}

// TripList is schema GetTripSummariesV3Response.
type TripList struct {
	Page struct {
		Total int `json:"totalNumResults"`
	} `json:"paginationResponseParams"`
	Trips  []summary `json:"tripSummaries"`
	Failed []summary `json:"failedTripSummaries"`
}

func (s *Service) list(ctx context.Context, sc scope, b *ListBody) (TripList, error) {
	found, err := s.find(ctx, sc, b)
	if err != nil {
		return TripList{}, err
	}
	out := TripList{Trips: []summary{}, Failed: []summary{}}
	out.Page.Total = len(found)
	people := map[string]*userBasic{}
	for _, l := range b.page(found) {
		sum, err := s.summary(ctx, l, people)
		if err != nil {
			return TripList{}, err
		}
		if b.Summaries {
			ok, err := s.pnrSummaries(ctx, l, &sum)
			if err != nil {
				return TripList{}, err
			}
			if !ok {
				out.Failed = append(out.Failed, sum)
				continue
			}
		}
		out.Trips = append(out.Trips, sum)
	}
	return out, nil
}
