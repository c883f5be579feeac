// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// CancellationDetailsIn is the input of getCancellationDetails.
type CancellationDetailsIn struct {
	TripID string `path:"tripId"`
	PnrID  string `path:"pnrId"`
}

// CancellationDetails answers the ways out of a PNR. Those of products other than air are not known
// here: the answer then holds the ids only.
func (s *Service) CancellationDetails(ctx context.Context, in CancellationDetailsIn) (json.RawMessage, error) {
	q, err := s.quote(ctx, in.PnrID)
	if err != nil {
		return nil, err
	}
	if q.pnr.TripID != in.TripID {
		return nil, errs.Missing("PNR", in.PnrID)
	}
	out := doc{"pnrId": in.PnrID, "tripId": in.TripID}
	if q.doc.Has("airPnr") {
		out["cancellationDetails"] = doc{"air": s.details(ctx, q)}
	}
	return encode(out)
}

// details is schema AirCancellationDetails.
func (s *Service) details(ctx context.Context, q *quoted) doc {
	ids := map[int]string{}
	whole := []doc{}
	for i := range q.options {
		ids[i] = s.optionID(ctx, q, &q.options[i])
		whole = append(whole, q.option(&q.options[i], &q.options[i].TicketOption, ids[i]))
	}
	d := doc{"cancellationState": q.state, "travelers": q.travelers(ids)}
	q.more(d, whole)
	return d
}

// travelers lists tickets by traveler. Only whole PNRs are cancelled, so a part carries an optionId
// only where it is the whole.
func (q *quoted) travelers(ids map[int]string) []doc {
	var air struct {
		Infos []struct {
			UserID  idRef `json:"userId"`
			Tickets []struct {
				Number string `json:"ticketNumber"`
				Type   string `json:"ticketType"`
				Amount fare   `json:"amount"`
			} `json:"tickets"`
		} `json:"travelerInfos"`
	}
	var people []struct {
		UserID idRef           `json:"userId"`
		Info   json.RawMessage `json:"travelerInfo"`
	}
	_ = json.Unmarshal(q.doc.Get("airPnr"), &air)          // a stored PNR fits the contract; what does not is left out
	_ = json.Unmarshal(q.doc.Get("pnrTravelers"), &people) // likewise
	out := []doc{}
	for i, t := range air.Infos {
		one := doc{"userId": t.UserID}
		if i < len(people) {
			if t.UserID.ID == "" {
				one["userId"] = people[i].UserID
			}
			if len(people[i].Info) > 0 {
				one["travelerInfo"] = people[i].Info
			}
		}
		tickets := []doc{}
		for _, k := range t.Tickets {
			kind := "FLIGHT"
			if k.Type == "ANCILLARY" {
				kind = k.Type
			}
			tickets = append(tickets, q.ticket(doc{"ticketNumber": k.Number, "ticketType": kind, "ticketFare": k.Amount}, k.Number, ids))
		}
		if len(t.Tickets) == 0 && q.order != nil && i < len(q.order.Travelers) {
			o := &q.order.Offer
			p := paxPrice(o, q.order.Travelers[i].Type)
			tickets = append(tickets, q.ticket(doc{"ticketType": "FLIGHT", "ticketFare": newFare(p.Base, p.Tax, o.Currency)}, "", ids))
		}
		one["tickets"] = tickets
		if len(tickets) == 1 && tickets[0]["cancellationOptions"] != nil {
			one["cancellationOptions"] = tickets[0]["cancellationOptions"]
		}
		out = append(out, one)
	}
	return out
}

func (q *quoted) ticket(d doc, number string, ids map[int]string) doc {
	d["cancellationState"] = q.state
	options := []doc{}
	for i := range q.options {
		o := &q.options[i]
		for j := range o.Tickets {
			if o.Tickets[j].Number != number {
				continue
			}
			id := ""
			if len(o.Tickets) == 1 {
				id = ids[i]
			}
			options = append(options, q.option(o, &o.Tickets[j], id))
			if o.Tickets[j].NonRefundNonExchange {
				d["isNonRefundableAndNonExchangeable"] = true
			}
		}
	}
	q.more(d, options)
	return d
}

// more adds the lists that are absent when empty.
func (q *quoted) more(d doc, options []doc) {
	if len(options) > 0 {
		d["cancellationOptions"] = options
	}
	if len(q.reasons) > 0 {
		d["cancellationNotSupportedReasons"] = q.reasons
	}
}

// option is schema AirCancellationOption of a whole PNR or one ticket.
func (q *quoted) option(o *supplier.CancelOption, x *supplier.TicketOption, id string) doc {
	amount := func(base, tax supplier.Amount) fare { return newFare(base, tax, o.Currency) }
	info := doc{
		"totalFare": amount(x.TotalBase, x.TotalTax), "usedFare": amount(x.UsedBase, x.UsedTax),
		"nonRefundableFare": amount(x.LostBase, x.LostTax), "cancellationFee": amount(x.FeeBase, x.FeeTax),
		"merchantFee": newMoney(0, o.Currency), "refund": amount(x.RefundBase, x.RefundTax),
	}
	if o.Kind == supplier.CancelCredit {
		info["cancellationFee"] = amount(0, 0) // a credit is worth less by the change penalty instead
		info["flightCredits"] = doc{"totalCreditAmount": amount(x.CreditBase+x.FeeBase, x.CreditTax+x.FeeTax),
			"changePenalty": amount(x.FeeBase, x.FeeTax), "netCreditAmount": amount(x.CreditBase, x.CreditTax)}
	}
	d := doc{"cancellationType": cancelType(o.Kind), "fareInfo": info, "offerExpiryInfo": doc{"dateTime": instant(q.offerEnd(o))}}
	if id != "" {
		d["optionId"] = id
	}
	return d
}

func cancelType(k supplier.CancelKind) string {
	switch k {
	case supplier.CancelRefund:
		return "REFUND"
	case supplier.CancelCredit:
		return "UNUSED_CREDITS"
	}
	return "VOID"
}

// offerEnd is when an option ends: for a void the end of the window of the first ticket.
func (q *quoted) offerEnd(o *supplier.CancelOption) time.Time {
	end := o.Expires
	if o.Kind == supplier.CancelVoid {
		for i := range q.order.Tickets {
			if v := q.order.Tickets[i].VoidUntil; i == 0 || v.Before(end) {
				end = v
			}
		}
	}
	return end
}

// optionClaim is what an optionId holds: which way out of which version of the PNR, at what price.
type optionClaim struct {
	PNR     string              `json:"p"`
	Version int64               `json:"v"`
	Kind    supplier.CancelKind `json:"k"`
	Back    supplier.Amount     `json:"b"` // refund and credit, minor units
}

func (q *quoted) claim(o *supplier.CancelOption) optionClaim {
	return optionClaim{PNR: q.id, Version: q.pnr.Version, Kind: o.Kind, Back: o.RefundBase + o.RefundTax + o.CreditBase + o.CreditTax}
}

func (s *Service) optionID(ctx context.Context, q *quoted, o *supplier.CancelOption) string {
	body, _ := json.Marshal(q.claim(o)) // strings and numbers always marshal
	id, _ := s.signer(ctx).issue(token{kind: tokOption, issued: q.now, company: q.pnr.Company, body: body})
	return id
}
