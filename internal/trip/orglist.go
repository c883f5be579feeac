// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"

	"github.com/airside-travel/airside/internal/errs"
)

// OrganisationTripsIn is the input of listOrganisationTrips.
type OrganisationTripsIn struct {
	Doc struct {
		Organization ref    `json:"organizationId"`
		UpdatedAt    *iso   `json:"updatedAt"`
		Product      string `json:"pnrType"`
	} `body:"json"`
}

// OrganisationTrips is schema ListOrganisationTripsResponse.
type OrganisationTrips struct {
	Trips []organisationTrip `json:"trips"`
}

type organisationTrip struct {
	ID          string    `json:"tripId"`
	PNRs        []pnrInfo `json:"pnrInfos"`
	Name        string    `json:"tripName"`
	Description *string   `json:"tripDescription,omitempty"`
}

type pnrInfo struct {
	ID string `json:"pnrId"`
}

// OrganisationTrips is listOrganisationTrips: trips changed after a time, with their PNRs of a
// product. A trip without such a PNR is listed only under ALL.
func (s *Service) OrganisationTrips(ctx context.Context, in OrganisationTripsIn) (OrganisationTrips, error) {
	if in.Doc.Organization.ID == "" {
		return OrganisationTrips{}, errs.Invalidf("/organizationId/id", "required", "name the company")
	}
	if err := s.company(ctx, in.Doc.Organization.ID); err != nil {
		return OrganisationTrips{}, err
	}
	if in.Doc.UpdatedAt != nil && in.Doc.UpdatedAt.moment().IsZero() {
		return OrganisationTrips{}, errs.Invalidf("/updatedAt/iso8601", "format", "%q is not a moment in time", in.Doc.UpdatedAt.ISO8601)
	}
	folders, err := s.folders(ctx, scope{company: in.Doc.Organization.ID}, &ListBody{})
	if err != nil {
		return OrganisationTrips{}, err
	}
	out := OrganisationTrips{Trips: []organisationTrip{}}
	for _, f := range folders {
		if in.Doc.UpdatedAt != nil && !f.UpdatedAt.After(in.Doc.UpdatedAt.moment()) {
			continue
		}
		t := organisationTrip{f.ID, []pnrInfo{}, f.Name, f.Description}
		for _, c := range f.visible(ctx) {
			if in.Doc.Product == "ALL" || in.Doc.Product == c.Product {
				t.PNRs = append(t.PNRs, pnrInfo{c.ID})
			}
		}
		if len(t.PNRs) > 0 || in.Doc.Product == "ALL" {
			out.Trips = append(out.Trips, t)
		}
	}
	return out, nil
}
