// SPDX-License-Identifier: Apache-2.0

package bodylog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const (
	kind    = "log.bodies"
	receipt = "receiveWebhook"

	sweepBatch = 50 // records are read whole
)

// Bodies is the schema RequestBodies, and what is stored.
type Bodies struct {
	RequestID   string    `json:"requestId"`
	Operation   string    `json:"operation"`
	Environment string    `json:"environment,omitempty"`
	ClientID    string    `json:"clientId,omitempty"`
	At          time.Time `json:"at"`
	ExpiresAt   time.Time `json:"expiresAt"`
	Status      int       `json:"status"`
	Request     *Kept     `json:"request,omitempty"`
	Response    *Kept     `json:"response,omitempty"`
}

// record redacts an exchange. Records are listed by when they were made; these have the time when they expire there
// instead, so that the sweep finds the ones that are due first, however long each was to be kept.
func (s *Service) record(x *Exchange) *store.Record {
	b := Bodies{
		RequestID: x.ID, Operation: x.Operation.ID, Environment: x.Environment, ClientID: x.ClientID, Status: x.Status,
		At: x.At.UTC(), ExpiresAt: x.At.UTC().Add(s.o.Keep), Request: s.request(x), Response: s.response(x),
	}
	doc, err := json.Marshal(&b)
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return &store.Record{Tenant: x.Tenant, Kind: kind, ID: x.ID, CreatedAt: b.ExpiresAt, UpdatedAt: b.ExpiresAt, Doc: doc}
}

func insert(tx store.Tx, records []*store.Record) error {
	for _, r := range records {
		next := *r // the transaction may run again
		if err := tx.Insert(&next); err != nil && !errors.Is(err, store.ErrExists) {
			return fmt.Errorf("keep the bodies of %s: %w", r.ID, err)
		}
	}
	return nil
}

// ReadIn names a request.
type ReadIn struct {
	RequestID string `path:"requestId"`
}

// Ready is to run ahead of Read: what was said a moment ago is to be found.
func (s *Service) Ready(ctx context.Context, _ ReadIn) error {
	s.Flush(ctx)
	return nil
}

// Read carries out readRequestBodies: of the caller's own tenant, and of webhooks, whose receipts belong to all.
// RESOURCE_NOT_FOUND when nothing was kept, or it has expired.
func (s *Service) Read(ctx context.Context, in ReadIn) (*Bodies, error) {
	own := actor.Tenant(ctx)
	for _, tenant := range []string{own, s.o.Shared} {
		rec, err := store.Read(ctx).Get(tenant, kind, in.RequestID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		var b Bodies
		if err := json.Unmarshal(rec.Doc, &b); err != nil {
			return nil, fmt.Errorf("bodies of %s: %w", in.RequestID, err)
		}
		if s.o.Clock.Now().Before(b.ExpiresAt) && (tenant == own || b.Operation == receipt) {
			return &b, nil
		}
	}
	gone := errs.Missing("bodies of request", in.RequestID)
	if !s.On() {
		return nil, gone.Hinting("The server keeps no bodies: AIRSIDE_LOG_BODIES is off. Set it to how long they are to be kept, and send the request again.")
	}
	return nil, gone.Hinting("The request is older than what is kept (AIRSIDE_LOG_BODIES), was never here, or had no place.")
}

// Sweep deletes what has expired. It works whether or not anything new is kept.
func (s *Service) Sweep(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "bodies")
	var tenants []string
	err = s.o.Store.View(ctx, func(ctx context.Context) (err error) {
		tenants, err = store.Read(ctx).Tenants()
		return err
	})
	if err != nil {
		return err
	}
	now := s.o.Clock.Now()
	var problems []error
	for _, tenant := range tenants {
		for n := sweepBatch; n == sweepBatch; {
			if n, err = s.sweep(ctx, tenant, now); err != nil {
				problems = append(problems, err)
				break
			}
		}
	}
	return errors.Join(problems...)
}

// sweep deletes at most one batch.
func (s *Service) sweep(ctx context.Context, tenant string, now time.Time) (n int, err error) {
	var due []string
	err = s.o.Store.View(ctx, func(ctx context.Context) error {
		due = nil
		for rec, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kind, Limit: sweepBatch}) {
			if err != nil {
				return err
			}
			if now.Before(rec.CreatedAt) {
				break
			}
			due = append(due, rec.ID)
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = s.o.Store.Update(ctx, func(ctx context.Context) error {
		for _, id := range due {
			if err := store.From(ctx).Remove(tenant, kind, id); err != nil && !errors.Is(err, store.ErrNotFound) { // another process was first
				return err
			}
		}
		return nil
	})
	return len(due), err
}
