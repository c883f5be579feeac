// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/supplier"
)

// Cancellation states (schema AirCancellationState).
const (
	byTool      = "CANCELLABLE_BY_OBT"
	bySupport   = "CANCELLABLE_BY_SUPPORT"
	notAtAll    = "NON_CANCELLABLE"
	inProgress  = "CANCELLATION_IN_PROGRESS"
	agentAsked  = "CANCELLATION_BY_AGENT_REQUESTED"
	alreadyDone = "CANCELLED"
)

// quoted is a PNR with the ways out of it at this moment.
type quoted struct {
	id           string
	pnr          PNRDoc
	doc          *jsondoc.Object
	order        *supplier.Order
	orderVersion int64
	now          time.Time
	state        string
	reasons      []string
	options      []supplier.CancelOption
}

// quote reads a PNR and asks the airline how it can be cancelled.
func (s *Service) quote(ctx context.Context, pnrID string) (*quoted, error) {
	pnr, err := s.trips.PNR(ctx, pnrID)
	if err != nil {
		return nil, err
	}
	q := &quoted{id: pnrID, pnr: pnr, now: s.now(ctx)}
	if q.doc, err = jsondoc.Parse(pnr.Doc); err != nil {
		return nil, fmt.Errorf("air: PNR %s is stored broken: %w", pnrID, err)
	}
	if q.order, q.orderVersion, err = s.order(ctx, pnrID); err != nil {
		return nil, err
	}
	if q.state, q.reasons = q.settled(); q.state != "" {
		return q, nil
	}
	flown, open := 0, 0
	for i := range q.order.Offer.Legs {
		for _, g := range q.order.Offer.Legs[i].Segments {
			if g.DepartUTC.After(q.now) {
				open++
			} else {
				flown++
			}
		}
	}
	switch {
	case open == 0:
		q.state, q.reasons = notAtAll, []string{"ALL_FLIGHTS_USED"}
		return q, nil
	case flown > 0:
		q.state, q.reasons = bySupport, []string{"PARTIAL_LEG_FLOWN"}
		return q, nil
	}
	if q.options, err = s.supplier.QuoteCancel(ctx, q.order, q.now); err != nil {
		return nil, supplierError(err, errs.ResourceNotFound)
	}
	q.state = bySupport
	for i := range q.options {
		if o := &q.options[i]; o.Kind == supplier.CancelUnticketed { // nothing was issued: everything comes back
			o.TotalBase, o.TotalTax = q.order.Offer.Base, q.order.Offer.Tax
			o.RefundBase, o.RefundTax = o.TotalBase, o.TotalTax
		}
	}
	for i := range q.options {
		switch o := &q.options[i]; {
		case o.CloseToFlight:
			q.reasons = []string{"CURRENT_TIME_CLOSE_TO_FLIGHT_DEPARTURE"}
		case o.ByAgent:
			q.reasons = []string{"AUTOMATED_REFUND_NOT_SUPPORTED"}
		default:
			q.state, q.reasons = byTool, nil
		}
		if q.state == byTool {
			break
		}
	}
	return q, nil
}

// settled is the state that the PNR's own record decides, "" when the airline has to be asked.
func (q *quoted) settled() (state string, reasons []string) {
	switch q.doc.String("bookingStatus") {
	case "CANCELLED_STATUS", "VOIDED_STATUS", "REFUNDED_STATUS":
		return alreadyDone, nil
	case "APPROVAL_DENIED_STATUS", "COMPLETED_STATUS":
		return notAtAll, nil
	}
	switch q.doc.String("cancellationRequestStatus") {
	case "CANCELLATION_IN_PROGRESS":
		return inProgress, nil
	case "CANCELLATION_BY_AGENT_REQUESTED":
		return agentAsked, nil
	}
	if q.order == nil {
		return bySupport, []string{"OUTSIDE_BOOKING"}
	}
	if q.doc.Has("suspendReason") {
		return bySupport, nil
	}
	return "", nil
}
