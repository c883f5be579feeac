// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// States of a walk.
const (
	NotStarted = "NOT_STARTED" // the key is from before there were walks: what is written is sealed with it
	Running    = "RUNNING"
	Done       = "DONE"
)

// State is TenantKeyState.
type State struct {
	CompanyID  string     `json:"companyId"`
	ConfigID   string     `json:"configId"`
	Number     int64      `json:"keyNumber"`
	RotatedAt  time.Time  `json:"rotatedAt"`
	State      string     `json:"state"`
	FormerKeys int        `json:"formerKeys"`
	Examined   int        `json:"examined"`
	Sealed     int        `json:"sealed"`
	StartedAt  *time.Time `json:"startedAt,omitempty"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
}

// State says how much of a company's documents is sealed with its key. RESOURCE_NOT_FOUND when it has none.
func (s *Service) State(ctx context.Context, in CompanyIn) (State, error) {
	if err := actor.From(ctx).MayCompany(in.CompanyID); err != nil {
		return State{}, err
	}
	tenant, r := actor.Tenant(ctx), store.Read(ctx)
	c, _, err := load(r, tenant, in.CompanyID)
	if err != nil {
		return State{}, err
	}
	if c == nil {
		return State{}, errs.Missing("key of company", in.CompanyID)
	}
	out := State{CompanyID: in.CompanyID, ConfigID: c.ID, Number: c.Number, RotatedAt: c.RotatedAt, State: NotStarted}
	w, _, err := loadWalk(r, tenant, in.CompanyID)
	if err != nil || w == nil {
		return out, err
	}
	out.State, out.FormerKeys, out.Examined, out.Sealed, out.StartedAt = Running, len(w.Former), w.Examined, w.Sealed, &w.StartedAt
	if !w.FinishedAt.IsZero() {
		out.State, out.FinishedAt = Done, &w.FinishedAt
	}
	return out, nil
}
