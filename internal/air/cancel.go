// SPDX-License-Identifier: Apache-2.0

package air

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
)

// CancelPnrIn is the input of airCancelPnr.
type CancelPnrIn struct {
	Doc struct {
		PnrID    string `json:"pnrId"`
		OptionID string `json:"optionId"`
		Override *struct {
			WaiverCode string `json:"waiverCode"`
			Penalty    *money `json:"newCancellationPenalty"`
		} `json:"cancellationOverride"`
	} `body:"json"`
}

// CancelPnr carries out one of the options that the cancellation details offered. What only a person
// can do becomes a request to an agent.
func (s *Service) CancelPnr(ctx context.Context, in CancelPnrIn) (json.RawMessage, error) {
	q, err := s.quote(ctx, in.Doc.PnrID)
	if err != nil {
		return nil, err
	}
	if err := q.cancellable(); err != nil {
		return nil, err
	}
	opt, err := s.chosenOption(ctx, q, in.Doc.OptionID)
	if err != nil {
		return nil, err
	}
	if o := in.Doc.Override; o != nil && o.Penalty != nil {
		if !actor.From(ctx).Has(actor.TMCAdmin, actor.TMCAgent) {
			return nil, errs.New(errs.AccessDenied, "only an agent sets the penalty of a cancellation")
		}
		fee, err := o.Penalty.minor(opt.Currency, "/cancellationOverride/newCancellationPenalty")
		if err != nil {
			return nil, err
		}
		if fee < 0 {
			return nil, errs.Invalidf("/cancellationOverride/newCancellationPenalty/amount", "range", "a penalty cannot be negative")
		}
		overridePenalty(opt, fee)
	}
	tx, key := store.From(ctx), "cancel/"+actor.Tenant(ctx)+"/"+q.id
	s.again(key)
	done, err := s.supplier.Cancel(ctx, key, q.order, *opt, q.now)
	if err != nil {
		return nil, supplierError(err, errs.OptionExpired)
	}
	s.decide(tx, key, done.Seats)
	w := &cancelWriter{s: s, q: q, opt: opt, order: &done.Order, booker: bookerInfo(ctx, s)}
	if done.ByAgent {
		return w.toAgent(ctx)
	}
	return w.carryOut(ctx)
}

// cancellable refuses a PNR whose state allows no cancellation.
func (q *quoted) cancellable() error {
	status := q.doc.String("bookingStatus")
	switch {
	case !q.doc.Has("airPnr"):
		return errs.New(errs.StateForbids, "PNR %s is not an air booking", q.id)
	case q.doc.Has("suspendReason"):
		return errs.New(errs.StateForbids, "PNR %s is suspended; finalize it first", q.id)
	case q.order == nil && q.state == bySupport:
		return errs.New(errs.StateForbids, "PNR %s was booked elsewhere and is cancelled there", q.id)
	case len(q.options) == 0:
		return errs.New(errs.StateForbids, "PNR %s is %s and cannot be cancelled", q.id, status).With("bookingStatus", status).With("cancellationState", q.state)
	}
	return nil
}

// chosenOption finds the option again that an optionId names; it must still be on offer unchanged.
func (s *Service) chosenOption(ctx context.Context, q *quoted, id string) (*supplier.CancelOption, error) {
	t, err := s.open(ctx, id, tokOption, q.now)
	if err != nil {
		return nil, err
	}
	var want optionClaim
	if err := json.Unmarshal(t.body, &want); err != nil {
		return nil, fmt.Errorf("air: body of a signed optionId: %w", err)
	}
	for i := range q.options {
		if q.claim(&q.options[i]) == want {
			return &q.options[i], nil
		}
	}
	return nil, errs.New(errs.OptionExpired, "this option is no longer on offer for PNR %s", q.id)
}

// overridePenalty replaces the fee of an option, spread evenly over its tickets; the rest is cut to
// what is left, base first.
func overridePenalty(o *supplier.CancelOption, fee supplier.Amount) {
	sum := supplier.TicketOption{}
	for i := range o.Tickets {
		x := &o.Tickets[i]
		share := fee / supplier.Amount(len(o.Tickets)-i)
		fee -= share
		base, tax := x.TotalBase-x.UsedBase-x.LostBase, x.TotalTax-x.UsedTax-x.LostTax
		x.FeeBase = min(share, base)
		x.FeeTax = min(share-x.FeeBase, tax)
		if o.Kind == supplier.CancelCredit {
			x.CreditBase, x.CreditTax = base-x.FeeBase, tax-x.FeeTax
		} else {
			x.RefundBase, x.RefundTax = base-x.FeeBase, tax-x.FeeTax
		}
		sum.TotalBase += x.TotalBase
		sum.TotalTax += x.TotalTax
		sum.UsedBase += x.UsedBase
		sum.UsedTax += x.UsedTax
		sum.LostBase += x.LostBase
		sum.LostTax += x.LostTax
		sum.FeeBase += x.FeeBase
		sum.FeeTax += x.FeeTax
		sum.RefundBase += x.RefundBase
		sum.RefundTax += x.RefundTax
		sum.CreditBase += x.CreditBase
		sum.CreditTax += x.CreditTax
		sum.NonRefundNonExchange = sum.NonRefundNonExchange || x.NonRefundNonExchange
	}
	o.TicketOption = sum
}

// toAgent records that a person was asked to cancel.
func (w *cancelWriter) toAgent(ctx context.Context) (json.RawMessage, error) {
	d := w.q.doc
	d.Set("bookingStatus", "CANCELLATION_IN_PROGRESS_STATUS")
	d.Set("cancellationRequestStatus", "CANCELLATION_BY_AGENT_REQUESTED")
	w.remember("UPDATED")
	if err := w.s.trips.SavePNR(ctx, w.q.id, w.q.pnr.Version, d.Bytes(), []Change{{Operation: "BOOKING_OTHER_UPDATE"}}); err != nil {
		return nil, err
	}
	return encode(doc{"sourcePnrId": w.order.Locator, "status": "AGENT_TASK_CREATED",
		"processingWarning": "An agent has to finish this cancellation."})
}

// carryOut writes what a finished cancellation leaves in the PNR.
func (w *cancelWriter) carryOut(ctx context.Context) (json.RawMessage, error) {
	if err := w.rewrite(); err != nil {
		return nil, err
	}
	if err := w.refund(ctx); err != nil {
		return nil, err
	}
	numbers := []string{}
	for _, t := range w.opt.Tickets {
		numbers = append(numbers, t.Number)
	}
	info := doc{"segmentsCancelled": true, "automaticRefundSuccessful": true, "refundedTicketNumbers": []string{}}
	change := Change{Operation: "BOOKING_OTHER_UPDATE"}
	switch w.opt.Kind {
	case supplier.CancelVoid:
		change = Change{Operation: "TICKET_VOIDED", Summary: announce.Summary{Voided: numbers}}
		info["refundedTicketNumbers"] = numbers
	case supplier.CancelRefund:
		change = Change{Operation: "TICKET_REFUNDED", Summary: announce.Summary{Refunded: numbers}}
		info["refundedTicketNumbers"] = numbers
	case supplier.CancelCredit:
		info["automaticRefundSuccessful"] = false
		info["automaticProcessingMessage"] = "The value is kept as an unused credit. This version neither lists credits nor takes them in payment."
	}
	if err := w.s.trips.SavePNR(ctx, w.q.id, w.q.pnr.Version, w.q.doc.Bytes(), []Change{change}); err != nil {
		return nil, err
	}
	if err := w.s.saveOrder(ctx, w.q.pnr.Company, w.q.id, w.q.orderVersion, w.order); err != nil {
		return nil, err
	}
	return encode(doc{"sourcePnrId": w.order.Locator, "status": "CANCELLED", "automaticCancellationInfo": info})
}

// tree reads JSON so that it can be changed deep inside; numbers keep their text.
func tree(raw json.RawMessage) (doc, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out doc
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("air: stored PNR: %w", err)
	}
	return out, nil
}

// objects lists the objects of an array member.
func objects(d doc, key string) []doc {
	list, _ := d[key].([]any)
	out := make([]doc, 0, len(list))
	for _, v := range list {
		if o, ok := v.(doc); ok {
			out = append(out, o)
		}
	}
	return out
}
