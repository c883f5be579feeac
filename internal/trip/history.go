// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// historyEntry is schema BookingHistory.
type historyEntry struct {
	Booker struct {
		Name  string `json:"name,omitempty"`
		Email string `json:"email,omitempty"`
		Role  string `json:"role"`
		TMC   string `json:"tmcName,omitempty"`
	} `json:"bookerInfo"`
	Info struct {
		At     iso    `json:"updatedDateTime"`
		Status string `json:"status"`
	} `json:"bookingInfo"`
}

// remember appends who did what to the PNR's history; before is the history so far, nil for none.
func (s *Service) remember(ctx context.Context, doc *jsondoc.Object, before json.RawMessage, status string) error {
	var list []json.RawMessage
	if before != nil {
		if err := json.Unmarshal(before, &list); err != nil {
			return fmt.Errorf("bookingHistory: %w", err)
		}
	}
	a := actor.From(ctx)
	var e historyEntry
	e.Info.At, e.Info.Status, e.Booker.Role = moment(s.now(ctx)), status, bookerRole(a)
	e.Booker.Name = a.ClientID
	if a.UserID != "" {
		u, err := s.dir.User(ctx, a.UserID)
		if err != nil && !errs.Is(err, errs.ResourceNotFound) {
			return err
		}
		e.Booker.Name, e.Booker.Email = u.Given+" "+u.Family, u.Email
	}
	if s.agency != nil && a.Has(actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent) {
		e.Booker.TMC = s.agency.AgencyName(ctx)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("bookingHistory: %w", err)
	}
	doc.Set("bookingHistory", append(list, raw))
	return nil
}

func bookerRole(a *actor.Actor) string {
	switch {
	case a.Has(actor.TMCAgent, actor.TMCAdmin, actor.GlobalAgent):
		return "AGENT"
	case a.Has(actor.CompanyAdmin):
		return "ADMIN"
	case a.Has(actor.CompanyArranger, actor.Arranger):
		return "TRAVEL_MANAGER"
	}
	return "TRAVELER"
}
