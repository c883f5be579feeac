// SPDX-License-Identifier: Apache-2.0

package purge

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/forget"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
)

// What becomes of something.
const (
	Removed  = "REMOVED"
	Redacted = "REDACTED" // kept without the person
	Shredded = "SHREDDED" // unreadable from now on
)

// Line is one sort of thing that a purge takes, and what becomes of it.
type Line struct {
	What  string `json:"what"`
	Fate  string `json:"fate"`
	Count *int   `json:"count,omitempty"` // nil where counting would mean to open everything
	// IDs say which: of trips, PNRs and notes, and of the PNRs of orders. The first of them, where there are many.
	IDs []string `json:"ids,omitempty"`
}

// Count makes a line.
func Count(what, fate string, n int) Line { return Line{What: what, Fate: fate, Count: &n} }

// mostIDs is how many a line names.
const mostIDs = 50

// These makes a line that says which.
func These(what, fate string, ids []string) Line {
	l := Count(what, fate, len(ids))
	l.IDs = ids[:min(len(ids), mostIDs)]
	return l
}

// Part is what one domain knows of a person, and takes away unless it is asked for a preview.
type Part func(ctx context.Context, p *forget.Person, dry bool) ([]Line, error)

// Directory holds the profiles.
type Directory interface {
	// ToPurge reads a user, active or not, whom the caller may purge.
	ToPurge(ctx context.Context, userID string) (company string, profile []byte, err error)
	// RemoveUser deletes the profile and what hangs on it; a preview only counts. Nobody is told yet.
	RemoveUser(ctx context.Context, userID string, dry bool) ([]Line, error)
	// EachOther calls fn with the profiles of all other users of the tenant, active or not. fn reads nothing.
	EachOther(ctx context.Context, userID string, fn func(id string, profile []byte) error) error
	// UserPurged tells that a user is gone.
	UserPurged(ctx context.Context, userID string) error
}

// Service carries out purges.
type Service struct {
	clocks    *clock.Tenants
	directory Directory
	parts     []Part
}

// New makes the service. Parts are asked in their order, after the profile is gone.
func New(clocks *clock.Tenants, d Directory, parts ...Part) *Service {
	return &Service{clocks: clocks, directory: d, parts: parts}
}

// UserIn is the input of previewUserPurge and purgeUser.
type UserIn struct {
	UserID string `path:"userId"`
}

// Report is UserPurge.
type Report struct {
	UserID   string     `json:"userId"`
	Company  string     `json:"companyId"`
	PurgedAt *time.Time `json:"purgedAt,omitempty"`
	Lines    []Line     `json:"lines"`
}

// Preview is previewUserPurge: what Purge would take.
func (s *Service) Preview(ctx context.Context, in UserIn) (Report, error) {
	return s.run(ctx, in, true)
}

// Purge is purgeUser.
func (s *Service) Purge(ctx context.Context, in UserIn) (Report, error) { return s.run(ctx, in, false) }

func (s *Service) run(ctx context.Context, in UserIn, dry bool) (Report, error) {
	company, profile, err := s.directory.ToPurge(ctx, in.UserID)
	if err != nil {
		return Report{}, err
	}
	if err := actor.From(ctx).MayCompany(company); err != nil {
		return Report{}, err
	}
	p, err := s.person(ctx, in.UserID, profile)
	if err != nil {
		return Report{}, err
	}
	if !dry {
		if err := store.From(ctx).Erase(); err != nil {
			return Report{}, err
		}
	}
	out := Report{UserID: in.UserID, Company: company}
	if out.Lines, err = s.directory.RemoveUser(ctx, in.UserID, dry); err != nil {
		return Report{}, err
	}
	tenant := actor.Tenant(ctx)
	if !dry {
		// Ahead of the parts: what they tell about bookings is not the person's any more.
		if err := personkey.Destroy(store.From(ctx), tenant, in.UserID); err != nil {
			return Report{}, err
		}
	}
	for _, part := range s.parts {
		lines, err := part(ctx, p, dry)
		if err != nil {
			return Report{}, err
		}
		out.Lines = append(out.Lines, lines...)
	}
	for _, what := range []string{"events", "keptAnswers", "auditDetails"} {
		out.Lines = append(out.Lines, Line{What: what, Fate: Shredded})
	}
	if dry {
		return out, nil
	}
	at := s.clocks.Now(tenant).UTC().Truncate(time.Millisecond)
	out.PurgedAt = &at
	return out, s.directory.UserPurged(ctx, in.UserID)
}

// person is who is purged, as told from everybody else.
func (s *Service) person(ctx context.Context, userID string, profile []byte) (*forget.Person, error) {
	p, err := forget.Of(userID, profile)
	if err != nil {
		return nil, errs.New(errs.InternalError, "the profile of user %s cannot be read", userID).Because(err)
	}
	if err := s.directory.EachOther(ctx, userID, p.Meet); err != nil {
		return nil, errs.New(errs.InternalError, "the profiles beside that of user %s cannot be read", userID).Because(err)
	}
	return p, nil
}
