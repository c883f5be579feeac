// SPDX-License-Identifier: Apache-2.0

package charge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

const kindCharge = "service_charge" // parent: entity type/entity

// ListIn is the input of listServiceCharges. There is one type of charge, so it selects nothing.
type ListIn struct {
	EntityType string `path:"entityType"` // TRIP or USER
	EntityID   string `path:"entityId"`
	Query      struct {
		ServiceType string `json:"serviceType"`
	} `body:"json"`
}

// Charges is ListServiceChargesResponse.
type Charges struct {
	List []json.RawMessage `json:"serviceCharges"`
}

// List answers the fees of a trip or a user, first to last, all at once; those for one service if asked.
func (s *Service) List(ctx context.Context, in ListIn) (Charges, error) {
	out := Charges{List: []json.RawMessage{}}
	if ids.IsUUID(in.EntityID) {
		in.EntityID = strings.ToLower(in.EntityID)
	}
	if err := s.owners.Visible(ctx, in.EntityType, in.EntityID); err != nil {
		return out, err
	}
	for r, err := range store.Read(ctx).List(store.Query{
		Tenant: actor.Tenant(ctx), Kind: kindCharge, Parent: in.EntityType + "/" + in.EntityID,
	}) {
		if err != nil {
			return out, err
		}
		doc, err := jsondoc.Parse(r.Doc)
		if err != nil {
			return out, fmt.Errorf("service charge %s is stored broken: %w", r.ID, err)
		}
		if in.Query.ServiceType == "" || in.Query.ServiceType == doc.String("serviceType") {
			out.List = append(out.List, r.Doc)
		}
	}
	return out, nil
}

// Enter writes a fee that was taken (schema ServiceChargeRecord) into the ledger of a trip or user; the
// chargeId of the record names it.
func (s *Service) Enter(ctx context.Context, entityType, entityID string, record json.RawMessage) error {
	doc, err := jsondoc.Parse(record)
	if err != nil {
		return fmt.Errorf("service charge: %w", err)
	}
	now := s.clocks.Now(actor.Tenant(ctx))
	return store.From(ctx).Insert(&store.Record{
		Tenant: actor.Tenant(ctx), Kind: kindCharge, ID: doc.String("chargeId"), Parent: entityType + "/" + entityID,
		CreatedAt: now, UpdatedAt: now, Doc: record,
	})
}
