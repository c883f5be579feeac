// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// What replayDeliveries takes in.
const (
	onlyMissing = "MISSING" // what has not arrived: parked, skipped, or never queued
	onlyParked  = "PARKED"
	everything  = "ALL"
)

// scanned is how many events one call looks at.
const scanned = 20_000

// ReplayIn is the request of replayDeliveries.
type ReplayIn struct {
	ID  string       `path:"subscriptionId"`
	Doc replayFields `body:"json"`
}

type replayFields struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Only       string    `json:"only"`
	EventTypes []string  `json:"eventTypes"`
	Operations []string  `json:"operations"`
	Resource   string    `json:"resource"`
	Limit      int       `json:"limit"`
}

// ReplayOut is the schema WebhookReplay.
type ReplayOut struct {
	Queued
	Scanned   int    `json:"scanned"`
	Continue  string `json:"continueFrom,omitempty"`
	Uncertain int    `json:"uncertain"`
}

// ReplayDeliveries carries out replayDeliveries: events of a time range that the subscription asks for
// today go back to their places in its lanes, under the ids they had or would have had.
//
// Rows of old deliveries that arrived are not kept forever. An event from that time without a row may have
// arrived, so it is not missing; it is counted as uncertain.
func (s *Service) ReplayDeliveries(ctx context.Context, in ReplayIn) (out ReplayOut, err error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return out, err
	}
	f := in.Doc
	if f.Only == "" {
		f.Only = onlyMissing
	}
	f.Operations = canonicalOperations(f.Operations)
	if !f.To.IsZero() && !f.From.Before(f.To) {
		return out, errs.Invalidf("/to", "range", "the end must be after the beginning")
	}
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now(ctx)
	_, h, err := readHealth(tx, tenant, in.ID)
	if err != nil {
		return out, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 1000
	}
	found, err := s.choose(tx, tenant, sub, f, &out)
	if err != nil {
		return out, err
	}
	for _, e := range found {
		if out.N == limit {
			out.More, out.Continue = true, stampExact(e.At)
			break
		}
		queued, uncertain, err := requeue(tx, e, in.ID, f.Only, h.Pruned, now)
		if err != nil {
			return out, err
		}
		if queued {
			out.N++
		} else if uncertain {
			out.Uncertain++
		}
	}
	return out, s.insist(ctx, in.ID)
}

// candidate is an event that a replay looks at.
type candidate struct {
	tenant, id, resource string
	seq                  int64
	At                   time.Time
}

// choose finds the events that the subscription and the filter ask for.
func (s *Service) choose(tx store.Tx, tenant string, sub *stored, f replayFields, out *ReplayOut) (found []candidate, err error) {
	active := *sub
	active.Active = true // a replay may fill the gap that a pause left
	for e, err := range tx.Events(store.EventQuery{Tenant: tenant, Resource: f.Resource, From: f.From, To: f.To, Limit: scanned + 1, Heads: true}) {
		if err != nil {
			return nil, err
		}
		if out.Scanned == scanned {
			out.More, out.Continue = true, stampExact(e.At)
			break
		}
		out.Scanned++
		n := announce.Notice{Type: e.Type, Operation: e.Operation, Company: e.Company, BookingTMC: e.BookingTMC}
		if !active.wants(tenant, &n) || len(f.EventTypes) > 0 && !slices.Contains(f.EventTypes, e.Type) ||
			len(f.Operations) > 0 && !slices.Contains(f.Operations, e.Operation) || isTest(e.Resource) {
			continue
		}
		found = append(found, candidate{tenant, e.ID, e.Resource, e.Seq, e.At})
	}
	return found, nil
}

// requeue puts one event on its way again, if it is one of those asked for.
func requeue(tx store.Tx, e candidate, endpoint, only string, pruned int64, now time.Time) (queued, uncertain bool, err error) {
	id := deliveryID(e.id, endpoint)
	d, err := tx.Delivery(e.tenant, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if only == onlyMissing && e.seq <= pruned {
			return false, true, nil
		}
		if only == onlyParked {
			return false, false, nil
		}
		d = &store.Delivery{Tenant: e.tenant, ID: id, EventID: e.id, EventSeq: e.seq, Endpoint: endpoint, Resource: e.resource,
			Partition: partition(endpoint, e.resource)}
	case err != nil:
		return false, false, err
	case d.State == store.Pending, only == onlyParked && d.State != store.Parked, only == onlyMissing && d.State == store.Delivered:
		return false, false, nil
	}
	d.State, d.Attempt, d.Since, d.NextAt, d.UpdatedAt = store.Pending, 0, now, now, now
	return true, false, tx.PutDelivery(d)
}

// stampExact is a time as precise as the store keeps it, so that a call can go on where one ended.
func stampExact(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
