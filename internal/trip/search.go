// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Found names a PNR and its trip (schemas PnrSearchResponse and PnrResponseOnExternalId).
type Found struct {
	PNRID  string `json:"pnrId"`
	TripID string `json:"tripId"`
}

// ExternalIn is the input of getPnrByExternalId.
type ExternalIn struct {
	ExternalID string `query:"externalId"`
}

// PNRByExternalID is getPnrByExternalId.
func (s *Service) PNRByExternalID(ctx context.Context, in ExternalIn) (Found, error) {
	return s.newest(ctx, fieldExternal, in.ExternalID)
}

// SearchIn is the input of pnrSearch.
type SearchIn struct {
	Text string `query:"searchText"`
	Type string `query:"inputType"`
}

// Search is pnrSearch.
func (s *Service) Search(ctx context.Context, in SearchIn) (Found, error) {
	switch in.Type {
	case "SOURCE_PNR":
		return s.newest(ctx, fieldLocator, in.Text)
	case "TICKET_NUMBER":
		return s.newest(ctx, fieldTicket, in.Text)
	}
	return s.newest(ctx, fieldVendor, in.Text)
}

// newest is the newest live PNR with an index value that the caller may see, else the newest one that
// is not live any more. RESOURCE_NOT_FOUND when there is none.
func (s *Service) newest(ctx context.Context, field, value string) (Found, error) {
	tenant := actor.Tenant(ctx)
	missing := errs.Missing("PNR", value)
	if normal(value) == "" {
		return Found{}, missing
	}
	recs, err := collect(store.Read(ctx), store.Query{Tenant: tenant, Kind: kindPNR, Field: field, Value: normal(value), Newest: true})
	if err != nil {
		return Found{}, err
	}
	var fallback *Found
	for _, r := range recs {
		f, err := s.load(ctx, r.Parent)
		if errs.Is(err, errs.ResourceNotFound) {
			continue
		}
		if err != nil {
			return Found{}, err
		}
		c := f.card(r.ID)
		if c == nil || c.Hidden && !seesHidden(ctx, f) {
			continue
		}
		if !dead(c.Status) {
			return Found{r.ID, f.ID}, nil
		}
		if fallback == nil {
			fallback = &Found{r.ID, f.ID}
		}
	}
	if fallback == nil {
		return Found{}, missing
	}
	return *fallback, nil
}
