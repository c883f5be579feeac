// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

const (
	optionLife = 15 * time.Minute
	lastCall   = 2 * time.Hour // before departure; later only a person can cancel
)

// conditions are the rules of a ticket: of several fares the stricter one counts.
type conditions struct {
	cancel, change supplier.FareRule
	byAgent        bool
	exchange       supplier.ExchangeRule
}

func conditionsOf(o *supplier.Order, t *supplier.Ticket) conditions {
	c := conditions{cancel: supplier.FareRule{Kind: supplier.RuleFree}, change: supplier.FareRule{Kind: supplier.RuleFree}}
	strict := func(a, b supplier.FareRule) supplier.FareRule {
		rank := [...]int{supplier.RuleNotAllowed: 4, supplier.RuleFree: 0, supplier.RuleFee: 1, supplier.RuleCredit: 2,
			supplier.RuleTaxesOnly: 3}
		if rank[b.Kind] > rank[a.Kind] || a.Kind == b.Kind && b.Fee > a.Fee {
			return b
		}
		return a
	}
	for _, cp := range t.Coupons {
		b := &o.Offer.Legs[cp.Leg].Brand
		c.cancel, c.change = strict(c.cancel, b.Cancel), strict(c.change, b.Change)
		c.byAgent = c.byAgent || b.RefundAgent
		c.exchange = max(c.exchange, b.Exchange)
	}
	return c
}

// QuoteCancel implements supplier.Air, after the rules of the reference's air page, section 7.
func (e *Engine) QuoteCancel(ctx context.Context, o *supplier.Order, now time.Time) ([]supplier.CancelOption, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Status == supplier.OrderCancelled || o.Status == supplier.OrderRejected {
		return nil, nil
	}
	if len(o.Tickets) == 0 {
		return []supplier.CancelOption{{Kind: supplier.CancelUnticketed, Currency: o.Offer.Currency, Expires: now.Add(optionLife)}}, nil
	}
	void, refund, credit, live := true, false, true, 0
	for i := range o.Tickets {
		t := &o.Tickets[i]
		if t.Status != supplier.TicketIssued {
			continue
		}
		live++
		c := conditionsOf(o, t)
		void = void && now.Before(t.VoidUntil) && !used(t)
		refund = refund || c.cancel.Kind == supplier.RuleFree || c.cancel.Kind == supplier.RuleFee || c.cancel.Kind == supplier.RuleTaxesOnly
		credit = credit && (c.change.Kind == supplier.RuleFree || c.change.Kind == supplier.RuleFee || c.cancel.Kind == supplier.RuleCredit)
	}
	var kinds []supplier.CancelKind
	switch {
	case live == 0:
		return nil, nil
	case void:
		kinds = []supplier.CancelKind{supplier.CancelVoid}
	case refund && credit:
		kinds = []supplier.CancelKind{supplier.CancelRefund, supplier.CancelCredit}
	case credit:
		kinds = []supplier.CancelKind{supplier.CancelCredit}
	default:
		kinds = []supplier.CancelKind{supplier.CancelRefund}
	}
	soon := firstOpen(o).Sub(now) < lastCall
	var options []supplier.CancelOption
	for _, k := range kinds {
		opt := supplier.CancelOption{Kind: k, Currency: o.Offer.Currency, Expires: now.UTC().Add(optionLife),
			CloseToFlight: soon, ByAgent: soon}
		for i := range o.Tickets {
			t := &o.Tickets[i]
			if t.Status != supplier.TicketIssued {
				continue
			}
			c := conditionsOf(o, t)
			opt.ByAgent = opt.ByAgent || c.byAgent && k == supplier.CancelRefund
			if k == supplier.CancelVoid && t.VoidUntil.Before(opt.Expires) {
				opt.Expires = t.VoidUntil
			}
			x := ticketOption(o, t, k, c)
			opt.Tickets = append(opt.Tickets, x)
			addOption(&opt.TicketOption, &x)
		}
		options = append(options, opt)
	}
	return options, nil
}

// ticketOption is the arithmetic of one ticket: what was flown is used, the rules say what is lost, the fee comes off
// the base first and the tax after.
func ticketOption(o *supplier.Order, t *supplier.Ticket, k supplier.CancelKind, c conditions) supplier.TicketOption {
	x := supplier.TicketOption{Number: t.Number, TotalBase: t.Base, TotalTax: t.Tax}
	if t.ExchangedFrom != "" && k != supplier.CancelVoid {
		x.TotalBase, x.TotalTax = t.AddCollect, 0 // an exchanged ticket is worth what was paid on top
	}
	price := priceOf(&o.Offer, o.Travelers[t.Traveler].Type)
	flown := map[int]bool{}
	for _, cp := range t.Coupons {
		if cp.Status != supplier.CouponOpen && !flown[cp.Leg] {
			flown[cp.Leg] = true
			x.UsedBase += price.LegBase[cp.Leg]
			x.UsedTax += price.LegTax[cp.Leg]
		}
	}
	x.UsedBase, x.UsedTax = min(x.UsedBase, x.TotalBase), min(x.UsedTax, x.TotalTax)
	restBase, restTax := x.TotalBase-x.UsedBase, x.TotalTax-x.UsedTax
	fee := int64(0)
	switch {
	case k == supplier.CancelVoid:
	case k == supplier.CancelCredit:
		if c.change.Kind == supplier.RuleFee {
			fee = c.change.Fee
		}
	case c.cancel.Kind == supplier.RuleFee:
		fee = c.cancel.Fee
	case c.cancel.Kind == supplier.RuleFree:
	case c.cancel.Kind == supplier.RuleTaxesOnly:
		x.LostBase = restBase
		for _, tax := range t.Taxes {
			if !tax.Refundable && !flown[tax.Leg] {
				x.LostTax += tax.Amount
			}
		}
		x.LostTax = min(x.LostTax, restTax)
	default:
		x.LostBase, x.LostTax = restBase, restTax
		x.NonRefundNonExchange = c.change.Kind == supplier.RuleNotAllowed
	}
	restBase, restTax = restBase-x.LostBase, restTax-x.LostTax
	x.FeeBase = min(fee, restBase)
	x.FeeTax = min(fee-x.FeeBase, restTax)
	if k == supplier.CancelCredit {
		x.CreditBase, x.CreditTax = restBase-x.FeeBase, restTax-x.FeeTax
	} else {
		x.RefundBase, x.RefundTax = restBase-x.FeeBase, restTax-x.FeeTax
	}
	return x
}

func addOption(sum, x *supplier.TicketOption) {
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

func used(t *supplier.Ticket) bool {
	for _, c := range t.Coupons {
		if c.Status != supplier.CouponOpen {
			return true
		}
	}
	return false
}

// firstOpen is the departure of the first flight that has not been used.
func firstOpen(o *supplier.Order) time.Time {
	for i := range o.Tickets {
		for _, c := range o.Tickets[i].Coupons {
			if c.Status == supplier.CouponOpen {
				return o.Offer.Legs[c.Leg].Segments[c.Segment].DepartUTC
			}
		}
	}
	return o.Offer.Legs[len(o.Offer.Legs)-1].DepartUTC
}
