// SPDX-License-Identifier: Apache-2.0

package air

import (
	"github.com/airside-travel/airside/internal/supplier"
)

// ticket is schema Ticket of a ticket just issued.
func (p *pnrWriter) ticket(t *supplier.Ticket) doc {
	o := &p.order.Offer
	coupons := []doc{}
	var brands []*supplier.Brand
	for _, c := range t.Coupons {
		coupons = append(coupons, doc{"legIdx": c.Leg, "flightIdx": c.Segment, "status": couponStatus(c.Status)})
		if b := &o.Legs[c.Leg].Brand; len(brands) == 0 || brands[len(brands)-1] != b {
			brands = append(brands, b)
		}
	}
	amount := newFare(t.Base, t.Tax, t.Currency)
	taxes := []doc{}
	for _, x := range t.Taxes {
		taxes = append(taxes, doc{"amount": newMoney(x.Amount, t.Currency), "taxCode": x.Code})
	}
	payments := []doc{}
	if len(p.paid) == 1 {
		payments = append(payments, doc{"amount": amount, "fop": p.paid[0].FOP, "isRefunded": false})
	}
	refund, refundFee := strictest(brands, func(b *supplier.Brand) supplier.FareRule { return b.Cancel })
	change, changeFee := strictest(brands, func(b *supplier.Brand) supplier.FareRule { return b.Change })
	refundable := refund == supplier.RuleFree || refund == supplier.RuleFee
	byAgent := false
	for _, b := range brands {
		refundable = refundable && b.Refundable
		byAgent = byAgent || b.RefundAgent
	}
	refundPolicy := doc{"isRefundable": refundable, "isRefundableByObt": refundable && !byAgent, "isCat16": false, "isConditional": false}
	if refundable {
		refundPolicy["refundPenalty"] = newMoney(refundFee, t.Currency)
	}
	exchangeable := change != supplier.RuleNotAllowed
	exchangePolicy := doc{"isExchangeable": exchangeable, "isCat16": false, "isConditional": false}
	if exchangeable {
		exchangePolicy["exchangePenalty"] = newMoney(changeFee, t.Currency)
	}
	d := doc{
		"ticketNumber": t.Number, "ticketType": "FLIGHT", "status": "ISSUED", "issuedDateTime": wall(t.IssuedAt), "updateDateTime": wall(t.IssuedAt),
		"amount": amount, "flightCoupons": coupons, "validatingAirlineCode": t.Carrier, "taxBreakdown": doc{"tax": taxes},
		"refundPolicy": refundPolicy, "exchangePolicy": exchangePolicy, "fareCalculation": t.FareCalculation, "paymentDetails": payments,
		"ancillaries": []doc{}, "mcoIssuanceEligibility": "NOT_ELIGIBLE", "flightCreditInfo": doc{"isConvertedToFlightCredit": false},
	}
	return d
}

// strictest combines the rules of the brands a ticket holds: the least permission and the highest fee.
func strictest(brands []*supplier.Brand, rule func(*supplier.Brand) supplier.FareRule) (kind supplier.RuleKind, fee supplier.Amount) {
	rank := func(k supplier.RuleKind) int {
		switch k {
		case supplier.RuleFree:
			return 4
		case supplier.RuleFee:
			return 3
		case supplier.RuleCredit:
			return 2
		case supplier.RuleTaxesOnly:
			return 1
		}
		return 0
	}
	for i, b := range brands {
		r := rule(b)
		if i == 0 || rank(r.Kind) < rank(kind) {
			kind = r.Kind
		}
		fee = max(fee, r.Fee)
	}
	return kind, fee
}

func couponStatus(c supplier.CouponStatus) string {
	switch c {
	case supplier.CouponCheckedIn:
		return "CHECKED_IN"
	case supplier.CouponLifted:
		return "LIFTED"
	case supplier.CouponFlown:
		return "FLOWN"
	case supplier.CouponExchanged:
		return "EXCHANGED"
	case supplier.CouponRefunded:
		return "REFUNDED"
	case supplier.CouponVoided:
		return "VOIDED"
	case supplier.CouponNoShow:
		return "SUSPENDED"
	}
	return "NOT_FLOWN"
}

func ticketStatus(t supplier.TicketStatus) string {
	return [...]string{"ISSUED", "VOIDED", "REFUNDED", "EXCHANGED"}[min(int(t), 3)]
}
