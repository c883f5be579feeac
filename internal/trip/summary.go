// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/errs"
)

// summary is schema TripSummary.
type summary struct {
	ID          string       `json:"tripId"`
	Name        string       `json:"tripName"`
	Description *string      `json:"description,omitempty"`
	PNRs        []pnrSummary `json:"pnrSummaries,omitempty"`
	Status      string       `json:"tripStatus,omitempty"`
	Start       *iso         `json:"startDate,omitempty"`
	End         *iso         `json:"endDate,omitempty"`
	User        *userBasic   `json:"userBasicInfo,omitempty"`
	Overall     string       `json:"overallStatus"`
	Usage       usage        `json:"tripUsageMetadata"`
	Creator     *userBasic   `json:"createdByUserBasicInfo,omitempty"`
	Policy      string       `json:"policyStatus"`
}

// usage is schema TripUsageMetadata.
type usage struct {
	Type  string      `json:"tripUsageType"`
	Event *eventUsage `json:"eventMetadata,omitempty"`
}

type eventUsage struct {
	ID string `json:"eventId"`
}

// userBasic is schema UserBasicInfo.
type userBasic struct {
	ID      *userOrg `json:"userOrgId,omitempty"`
	Persona string   `json:"persona,omitempty"`
	Email   string   `json:"email,omitempty"`
	Name    *name    `json:"name,omitempty"`
	Active  *bool    `json:"isActive,omitempty"`
}

type userOrg struct {
	Organization ref `json:"organizationId"`
	User         ref `json:"userId"`
}

type name struct {
	Family string `json:"family1"`
	Given  string `json:"given"`
}

// userBasic is a user in brief; nil for nobody and for a user who is gone for good.
func (s *Service) userBasic(ctx context.Context, userID string, known map[string]*userBasic) (*userBasic, error) {
	if userID == "" {
		return nil, nil
	}
	if b, ok := known[userID]; ok {
		return b, nil
	}
	u, err := s.dir.User(ctx, userID)
	if errs.Is(err, errs.ResourceNotFound) {
		known[userID] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &userBasic{ID: &userOrg{ref{u.CompanyID}, ref{u.ID}}, Persona: u.Persona, Email: u.Email, Name: &name{u.Family, u.Given}, Active: &u.Active}
	known[userID] = b
	return b, nil
}

func (s *Service) summary(ctx context.Context, l listed, people map[string]*userBasic) (summary, error) {
	out := summary{ID: l.ID, Name: l.Name, Description: l.Description, Start: day(l.Start), End: day(l.End),
		Overall: overall(l.cards), Usage: usage{Type: "STANDARD"}, Policy: policyStatus(l.cards)}
	if status := pressing(l.cards, s.now(ctx)); status != "" {
		out.Status = short(status)
	}
	if l.Event != "" {
		out.Usage = usage{"EVENT", &eventUsage{l.Event}}
	}
	var err error
	if out.User, err = s.userBasic(ctx, l.User, people); err != nil {
		return summary{}, err
	}
	out.Creator, err = s.userBasic(ctx, l.Creator, people)
	return out, err
}

// pnrSummary is schema PnrSummary.
type pnrSummary struct {
	ID        string          `json:"pnrId"`
	Locator   string          `json:"sourcePnrId,omitempty"`
	Status    string          `json:"pnrStatus,omitempty"` // the supplier's scale
	Summary   map[string]any  `json:"pnrSummary"`
	Facing    string          `json:"userFacingStatus"`
	Travelers json.RawMessage `json:"travelers,omitempty"`
	Product   string          `json:"pnrType"`
	Metadata  *airports       `json:"additionalMetadata,omitempty"`
}

type airports struct {
	Airports []map[string]json.RawMessage `json:"airportInfo"`
}

// pnrSummaries adds the PNRs to a trip; false when one of them cannot be put together.
func (s *Service) pnrSummaries(ctx context.Context, l listed, to *summary) (bool, error) {
	if len(l.cards) == 0 {
		return true, nil
	}
	recs, err := s.pnrs(ctx, l.folder)
	if err != nil {
		return false, err
	}
	docs := map[string][]byte{}
	for _, r := range recs {
		docs[r.ID] = r.Doc
	}
	now := s.now(ctx)
	for _, c := range l.cards {
		doc, err := view(docs[c.ID], c, now)
		var p pnrSummary
		if err == nil {
			p, err = summarize(doc, c)
		}
		if err != nil {
			to.PNRs = nil
			return false, nil //nolint:nilerr // the answer has a place for trips that cannot be shown in full
		}
		p.Facing = c.shown(now)
		to.PNRs = append(to.PNRs, p)
	}
	return true, nil
}
