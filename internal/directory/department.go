// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

func (s *Service) departmentCollection() store.Collection {
	return store.Collection{
		Kind: kindDepartment, What: "department", Clocks: s.clocks,
		Prepare:  withID,
		Validate: needName, Index: byName(kindDepartment),
	}
}

// DepartmentIn is the input of getDepartment.
type DepartmentIn struct {
	CompanyID string `path:"companyId"`
	ID        string `path:"departmentId"`
}

// UpdateDepartmentIn is the input of updateDepartment.
type UpdateDepartmentIn struct {
	CompanyID string          `path:"companyId"`
	ID        string          `path:"departmentId"`
	Raw       json.RawMessage `body:"raw"`
}

// DeleteDepartmentIn is the input of deleteDepartment.
type DeleteDepartmentIn struct {
	CompanyID string `path:"companyId"`
	ID        string `path:"departmentId"`
	Detach    bool   `query:"detachUsers"`
}

// DepartmentList is a page of departments.
type DepartmentList struct {
	Items  []Reference `json:"departments"`
	Paging total       `json:"paginationParams"`
}

// CreateDepartment adds a department to a company. DUPLICATE_VALUE for name and externalId.
func (s *Service) CreateDepartment(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.departments.Create(ctx, in.CompanyID, out.ID, in.Raw)
}

// ListDepartmentsV2 answers all departments of a company, or the one with the external id (the deprecated call).
func (s *Service) ListDepartmentsV2(ctx context.Context, in ByExternalIDIn) (ArrayOfReference, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return ArrayOfReference{}, err
	}
	all, err := namedOrOne(ctx, &s.departments, in.CompanyID, in.ExternalID)
	return references(all, 0, -1), err
}

// ListDepartments answers a page of departments by text and filters.
func (s *Service) ListDepartments(ctx context.Context, in NamedListIn) (DepartmentList, error) {
	items, n, err := s.namedPage(ctx, &s.departments, in.CompanyID, &in.Query)
	return DepartmentList{items, n}, err
}

// GetDepartment answers one department.
func (s *Service) GetDepartment(ctx context.Context, in DepartmentIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	return s.departments.Get(ctx, in.CompanyID, in.ID)
}

// UpdateDepartment replaces one department.
func (s *Service) UpdateDepartment(ctx context.Context, in UpdateDepartmentIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.departments.Replace(ctx, in.CompanyID, in.ID, in.Raw)
}

// DeleteDepartment deletes one department. Active users who have it lose it when detachUsers is true, else
// STILL_REFERENCED.
func (s *Service) DeleteDepartment(ctx context.Context, in DeleteDepartmentIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.remove(ctx, &s.departments, in.CompanyID, in.ID, "departmentRef", in.Detach)
}
