// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
)

// JobOrder is the kind of the jobs that wait for an airline: its key is the pnrId.
const JobOrder = "air.order"

// lostAnswer is after how long an order without any answer is read back.
const lostAnswer = 30 * time.Minute

// await schedules what the airline has left open: confirmation or tickets.
func (s *Service) await(ctx context.Context, pnrID string, o *supplier.Order) error {
	wait := o.Scenario.TicketAfter
	switch {
	case o.Status == supplier.OrderTicketed || o.Scenario.TicketFails:
		return nil // done, or a person has to issue the tickets
	case o.Scenario.Silent:
		wait = lostAnswer
	case o.Status == supplier.OrderPending:
		wait = o.Scenario.ConfirmAfter
	}
	return store.From(ctx).PutJob(&store.Job{Tenant: actor.Tenant(ctx), Kind: JobOrder, Key: pnrID, Due: s.now(ctx).Add(wait)})
}

// RunJob carries out a job of kind JobOrder inside a write transaction: the airline confirms, refuses,
// or issues the tickets. A booking that was cancelled meanwhile, or is gone, needs nothing.
func (s *Service) RunJob(ctx context.Context, job *store.Job) error {
	ctx = actor.With(ctx, &actor.Actor{Tenant: job.Tenant, Roles: []string{actor.TMCAdmin}})
	tx := store.From(ctx)
	if err := tx.RemoveJob(job.Tenant, job.Kind, job.Key); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	q, err := s.quote(ctx, job.Key)
	if errs.Is(err, errs.ResourceNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if q.order == nil || q.state == alreadyDone || len(q.order.Tickets) > 0 || q.doc.Has("cancellationRequestStatus") {
		return nil
	}
	booker := doc{"role": "UNKNOWN_ROLE"}
	if q.order.Status == supplier.OrderPending && q.order.Scenario.Reject {
		if len(q.options) == 0 {
			return nil
		}
		key := "cancel/" + job.Tenant + "/" + q.id
		s.again(key)
		done, err := s.supplier.Cancel(ctx, key, q.order, q.options[0], q.now)
		if err != nil {
			return supplierError(err, errs.OptionExpired)
		}
		s.decide(tx, key, done.Seats)
		_, err = (&cancelWriter{s: s, q: q, opt: &q.options[0], order: &done.Order, booker: booker}).carryOut(ctx)
		return err
	}
	ticketed, err := s.supplier.Ticket(ctx, q.id, q.order, q.now)
	if err != nil {
		return supplierError(err, errs.ResourceNotFound)
	}
	numbers, err := s.issued(q, ticketed, booker)
	if err != nil {
		return err
	}
	if err := s.trips.SavePNR(ctx, q.id, q.pnr.Version, q.doc.Bytes(), []Change{{Operation: "BOOKING_TICKETED", Summary: announce.Summary{Issued: numbers}}}); err != nil {
		return err
	}
	return s.saveOrder(ctx, q.pnr.Company, q.id, q.orderVersion, ticketed)
}

// issued puts new tickets into the PNR of an order that had none.
func (s *Service) issued(q *quoted, o *supplier.Order, booker doc) ([]string, error) {
	air, err := tree(q.doc.Get("airPnr"))
	if err != nil {
		return nil, err
	}
	p := &pnrWriter{s: s, now: q.now, order: o}
	w := &cancelWriter{s: s, q: q, booker: booker}
	for _, one := range w.list("paymentInfo") {
		fop, err := json.Marshal(one["fop"])
		if err != nil {
			return nil, fmt.Errorf("air: form of payment: %w", err)
		}
		p.paid = append(p.paid, Paid{FOP: fop})
	}
	status := p.bookingStatus()
	for _, leg := range objects(air, "legs") {
		leg["legStatus"] = status
		for _, f := range objects(leg, "flights") {
			f["flightStatus"], f["sourceStatus"] = "CONFIRMED", "HK"
		}
	}
	var numbers []string
	for i, t := range objects(air, "travelerInfos") {
		tickets := []doc{}
		for k := range o.Tickets {
			if o.Tickets[k].Traveler == i {
				tickets = append(tickets, p.ticket(&o.Tickets[k]))
				numbers = append(numbers, o.Tickets[k].Number)
			}
		}
		t["tickets"] = tickets
	}
	air["voidPolicy"] = p.voidPolicy()
	q.doc.Set("airPnr", air)
	q.doc.Set("bookingStatus", status)
	w.remember("TICKETED")
	return numbers, nil
}
