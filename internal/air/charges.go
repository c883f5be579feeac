// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// bookingCharge is BookingCharge of the request. Security codes of cards are not read.
type bookingCharge struct {
	Amount *fare `json:"amount"`
	Method *struct {
		Source *struct {
			ID     string          `json:"paymentSourceId"`
			Raw    json.RawMessage `json:"rawPaymentSource"`
			Amount *money          `json:"amount"`
		} `json:"selectedPaymentSource"`
	} `json:"paymentMethod"`
}

// charge is one payment of a booking, in minor units of the offer's currency.
type charge struct {
	Source string          `json:"s,omitempty"`
	Raw    json.RawMessage `json:"r,omitempty"`
	Base   int64           `json:"b"`
	Tax    int64           `json:"x"`
}

// charges reads who pays what. No entry, or one without a payment method, means the company's
// invoice. One entry may leave its amount out; several must add up to the offer's total. agreed is
// the total the caller last saw: when the offer moved since, a single entry follows it.
func charges(in []bookingCharge, o *supplier.AirOffer, agreed supplier.Amount) ([]charge, error) {
	if len(in) == 0 {
		return []charge{{Base: o.Base, Tax: o.Tax}}, nil
	}
	out := make([]charge, len(in))
	var sum supplier.Amount
	for i, c := range in {
		at := fmt.Sprintf("/bookingCharges/%d", i)
		if c.Method != nil && c.Method.Source != nil {
			out[i].Source, out[i].Raw = c.Method.Source.ID, c.Method.Source.Raw
			if out[i].Source != "" && out[i].Raw != nil {
				return nil, errs.Invalidf(at+"/paymentMethod/selectedPaymentSource", "oneOf", "give paymentSourceId or rawPaymentSource, not both")
			}
			if err := checkRaw(out[i].Raw, at); err != nil {
				return nil, err
			}
		}
		base, tax, given, err := c.amounts(o.Currency, at)
		if err != nil {
			return nil, err
		}
		if !given {
			if len(in) > 1 {
				return nil, errs.Invalidf(at+"/amount", "required", "with several charges each one needs its amount")
			}
			base, tax = o.Base, o.Tax
		}
		if base < 0 || tax < 0 {
			return nil, errs.Invalidf(at+"/amount", "range", "a charge cannot be negative")
		}
		out[i].Base, out[i].Tax = base, tax
		sum += base + tax
	}
	if sum != o.Total {
		if sum == agreed && len(in) == 1 {
			out[0].Base, out[0].Tax = o.Base, o.Tax
			return out, nil
		}
		if sum == agreed {
			return nil, supplierError(&supplier.PriceChanged{Old: supplier.Money{Minor: agreed, Currency: o.Currency}, New: supplier.Money{Minor: o.Total, Currency: o.Currency}}, errs.CheckoutExpired)
		}
		return nil, errs.Invalidf("/bookingCharges", "sum", "the charges add up to %s and the booking costs %s", newMoney(sum, o.Currency), newMoney(o.Total, o.Currency)).
			Hinting("leave amount out of a single charge, or make the amounts add up to %s", newMoney(o.Total, o.Currency))
	}
	return out, nil
}

func (c *bookingCharge) amounts(currency, at string) (base, tax supplier.Amount, given bool, err error) {
	switch {
	case c.Amount != nil:
		if base, err = c.Amount.Base.minor(currency, at+"/amount/base"); err != nil {
			return 0, 0, false, err
		}
		tax, err = c.Amount.Tax.minor(currency, at+"/amount/tax")
		return base, tax, true, err
	case c.Method != nil && c.Method.Source != nil && c.Method.Source.Amount != nil:
		base, err = c.Method.Source.Amount.minor(currency, at+"/paymentMethod/selectedPaymentSource/amount")
		return base, 0, true, err
	}
	return 0, 0, false, nil
}

// checkRaw takes device card numbers and refuses credits: those are redeemed where credits are kept.
func checkRaw(raw json.RawMessage, at string) error {
	if raw == nil {
		return nil
	}
	var in struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || in.Type == "CREDIT" {
		return errs.OnField(errs.PaymentUnusable, at+"/paymentMethod/selectedPaymentSource/rawPaymentSource", "usable", "unused credits cannot pay here yet")
	}
	return nil
}

// pay authorises one charge. Without a payment domain every source is accepted and shown as what
// the request called it.
func (s *Service) pay(ctx context.Context, company, airline string, c charge, currency string) (Paid, error) {
	if s.payments != nil {
		return s.payments.Authorize(ctx, Charge{Company: company, SourceID: c.Source, Raw: c.Raw, Airline: airline,
			Amount: supplier.Money{Minor: c.Base + c.Tax, Currency: currency}})
	}
	fop := doc{"type": "UNKNOWN", "additionalInfo": "Company invoice", "paymentMethod": "DELAYED_INVOICING", "paymentSourceType": "DELAYED_INVOICING"}
	if c.Source != "" || c.Raw != nil {
		fop = doc{"type": "UNKNOWN", "additionalInfo": "Card", "paymentMethod": "CREDIT_CARD", "paymentSourceType": "CARD"}
	}
	b, err := encode(fop)
	return Paid{FOP: b}, err
}
