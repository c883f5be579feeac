// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"

	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/store"
)

// announcePNR tells about one change of a PNR, with the body that getPnrV3 answers now.
func (s *Service) announcePNR(ctx context.Context, f *folder, r *store.Record, c card, change Change) error {
	body, err := view(r.Doc, c, s.now(ctx))
	if err != nil {
		return err
	}
	return s.out.Announce(ctx, announce.Notice{Type: "PNR_V3", Operation: change.Operation, Resource: "PNR/" + r.ID,
		Version: r.Version, Company: f.Company, Payload: body, Summary: change.Summary})
}

// announceTrip tells about a change of a trip, with the body that getTripDetailsV3 answers to staff.
func (s *Service) announceTrip(ctx context.Context, f *folder, operation string) error {
	body, err := s.detail(ctx, f, f.Cards, true)
	if err != nil {
		return err
	}
	return s.out.Announce(ctx, announce.Notice{Type: "TRIP_DETAILS_V3", Operation: operation, Resource: "TRIP/" + f.ID,
		Version: f.Version, Company: f.Company, Payload: body})
}
