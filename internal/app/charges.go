// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/trip"
)

// debtors lets charge ask who is charged.
type debtors struct {
	d *directory.Service
	t *trip.Service
}

func (o debtors) Company(ctx context.Context, id string) error {
	_, err := o.d.Company(ctx, id)
	return err
}

func (o debtors) Visible(ctx context.Context, entityType, id string) error {
	if entityType == "TRIP" {
		_, err := o.t.ReadTrip(ctx, trip.TripIn{TripID: id})
		return err
	}
	u, err := o.d.User(ctx, id) // active or not: a ledger outlives who caused it
	if err != nil {
		return err
	}
	if actor.From(ctx).MayCompany(u.CompanyID) != nil {
		return errs.Missing("user", id)
	}
	return nil
}
