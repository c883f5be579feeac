// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

func (s *Service) costCenterCollection() store.Collection {
	return store.Collection{
		Kind: kindCostCenter, What: "cost center", Clocks: s.clocks,
		Prepare:  func(d *store.Draft) { d.Doc.First("id", EntityID{d.ID}) }, // CostCenterId is an object
		Validate: needName, Index: byName(kindCostCenter),
	}
}

// CostCenterIn is the input of getCostCenter.
type CostCenterIn struct {
	CompanyID string `path:"companyId"`
	ID        string `path:"costCenterId"`
}

// UpdateCostCenterIn is the input of updateCostCenter.
type UpdateCostCenterIn struct {
	CompanyID string          `path:"companyId"`
	ID        string          `path:"costCenterId"`
	Raw       json.RawMessage `body:"raw"`
}

// DeleteCostCenterIn is the input of deleteCostCenter.
type DeleteCostCenterIn struct {
	CompanyID string `path:"companyId"`
	ID        string `path:"costCenterId"`
	Detach    bool   `query:"detachUsers"`
}

// CostCenterList is a page of cost centers.
type CostCenterList struct {
	Items  []Reference `json:"costCenters"`
	Paging total       `json:"paginationParams"`
}

// CreateCostCenter adds a cost center to a company. DUPLICATE_VALUE for name and externalId.
func (s *Service) CreateCostCenter(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.costCenters.Create(ctx, in.CompanyID, out.ID, in.Raw)
}

// ListCostCentersV2 answers all cost centers of a company, or the one with the external id (the deprecated call).
func (s *Service) ListCostCentersV2(ctx context.Context, in ByExternalIDIn) (ArrayOfReference, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return ArrayOfReference{}, err
	}
	all, err := namedOrOne(ctx, &s.costCenters, in.CompanyID, in.ExternalID)
	return references(all, 0, -1), err
}

// ListCostCenters answers a page of cost centers by text and filters.
func (s *Service) ListCostCenters(ctx context.Context, in NamedListIn) (CostCenterList, error) {
	items, n, err := s.namedPage(ctx, &s.costCenters, in.CompanyID, &in.Query)
	return CostCenterList{items, n}, err
}

// GetCostCenter answers one cost center.
func (s *Service) GetCostCenter(ctx context.Context, in CostCenterIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	return s.costCenters.Get(ctx, in.CompanyID, in.ID)
}

// UpdateCostCenter replaces one cost center.
func (s *Service) UpdateCostCenter(ctx context.Context, in UpdateCostCenterIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.costCenters.Replace(ctx, in.CompanyID, in.ID, in.Raw)
}

// DeleteCostCenter deletes one cost center. Active users who have it lose it when detachUsers is true, else
// STILL_REFERENCED.
func (s *Service) DeleteCostCenter(ctx context.Context, in DeleteCostCenterIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.remove(ctx, &s.costCenters, in.CompanyID, in.ID, "costCenterRef", in.Detach)
}
