// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

func (s *Service) gradeCollection() store.Collection {
	return store.Collection{
		Kind: kindGrade, What: "grade", Clocks: s.clocks,
		Prepare:  withID,
		Validate: needName, Index: byName(kindGrade),
	}
}

// GradeIn is the input of getGrade.
type GradeIn struct {
	CompanyID string `path:"companyId"`
	ID        string `path:"gradeId"`
}

// UpdateGradeIn is the input of updateGrade.
type UpdateGradeIn struct {
	CompanyID string          `path:"companyId"`
	ID        string          `path:"gradeId"`
	Raw       json.RawMessage `body:"raw"`
}

// GradeList is a page of grades.
type GradeList struct {
	Items  []Reference `json:"grades"`
	Paging total       `json:"paginationParams"`
}

// CreateGrade adds a grade to a company. DUPLICATE_VALUE for the name.
func (s *Service) CreateGrade(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.grades.Create(ctx, in.CompanyID, out.ID, in.Raw)
}

// ListGrades answers a page of grades by text and filters.
func (s *Service) ListGrades(ctx context.Context, in NamedListIn) (GradeList, error) {
	items, n, err := s.namedPage(ctx, &s.grades, in.CompanyID, &in.Query)
	return GradeList{items, n}, err
}

// GetGrade answers one grade.
func (s *Service) GetGrade(ctx context.Context, in GradeIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	return s.grades.Get(ctx, in.CompanyID, in.ID)
}

// UpdateGrade replaces one grade.
func (s *Service) UpdateGrade(ctx context.Context, in UpdateGradeIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.grades.Replace(ctx, in.CompanyID, in.ID, in.Raw)
}

// DeleteGrade deletes one grade. STILL_REFERENCED when an active user or a policy names it; users are
// never detached here.
func (s *Service) DeleteGrade(ctx context.Context, in GradeIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	used, err := s.policies.RefersToGrade(ctx, in.CompanyID, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	if used {
		return struct{}{}, errs.New(errs.StillReferenced, "a policy still refers to this grade").With("id", in.ID)
	}
	return struct{}{}, s.remove(ctx, &s.grades, in.CompanyID, in.ID, "gradeRef", false)
}
