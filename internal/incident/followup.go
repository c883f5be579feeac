// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// FollowUpIn says how far a follow-up is.
type FollowUpIn struct {
	ID       string `path:"incidentId"`
	FollowUp string `path:"followUpId"`
	Body     struct {
		State string `json:"state"`
		Note  string `json:"note"`
	} `body:"json"`
}

// UpdateFollowUp is updateIncidentFollowUp: the one thing that changes after the end, and a line of the timeline.
func (s *Service) UpdateFollowUp(ctx context.Context, in FollowUpIn) (Incident, error) {
	tenant, tx := actor.Tenant(ctx), store.From(ctx)
	i, err := load(tx, tenant, in.ID)
	if err != nil {
		return Incident{}, err
	}
	at := slices.IndexFunc(i.FollowUps, func(f FollowUp) bool { return f.ID == in.FollowUp })
	if at < 0 {
		return Incident{}, errs.Missing("follow-up", in.FollowUp)
	}
	now := s.now(tenant)
	i.FollowUps[at].State = in.Body.State
	text := in.Body.State + ": " + i.FollowUps[at].Title
	if in.Body.Note != "" {
		text += " – " + redact.Text(in.Body.Note, lineMax)
	}
	i.add(Entry{At: now, Kind: "TASK", By: by(ctx), Text: text})
	if err := i.save(tx, now); err != nil {
		return Incident{}, err
	}
	return s.seen(tx, i)
}
