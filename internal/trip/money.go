// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"math"
	"strconv"
)

// money is schema Money; fare is schema FareAmount.
type money struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currencyCode"`
}

type fare struct {
	Base money `json:"base"`
	Tax  money `json:"tax"`
}

// units are ten-thousandths of a currency's major unit: exact for every currency of ISO 4217, so that
// sums need no table of minor units.
type units = int64

const perMajor = 10_000

// units reads an amount; false for one no booking can have.
func (m money) units() (units, bool) {
	if m.Amount == "" {
		return 0, true
	}
	v, err := strconv.ParseFloat(string(m.Amount), 64)
	if err != nil || math.Abs(v) > 1e11 {
		return 0, false
	}
	return units(math.Round(v * perMajor)), true
}

func toMoney(u units, currency string) money {
	b := []byte{}
	if u < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendInt(b, u/perMajor, 10)
	if frac := u % perMajor; frac != 0 {
		b = append(b, '.')
		for scale := units(perMajor / 10); frac != 0; scale /= 10 {
			b = append(b, byte('0'+frac/scale))
			frac %= scale
		}
	}
	return money{json.Number(b), currency}
}

func toFare(base, tax units, currency string) fare {
	return fare{toMoney(base, currency), toMoney(tax, currency)}
}

// totals are what a PNR costs: gross fare without agency fees, the fees the traveler may see, what
// was given back, and what flight credits paid.
type totals struct {
	Currency   string `json:"currency"`
	Base       units  `json:"base,omitempty"`
	Tax        units  `json:"tax,omitempty"`
	FeeBase    units  `json:"feeBase,omitempty"`
	FeeTax     units  `json:"feeTax,omitempty"`
	RefundBase units  `json:"refundBase,omitempty"`
	RefundTax  units  `json:"refundTax,omitempty"`
	Credit     units  `json:"credit,omitempty"`
}

// adder sums amounts of one currency; anything else makes the whole unusable.
type adder struct {
	currency string
	bad      bool
}

func (a *adder) of(m money) units {
	u, ok := m.units()
	if m.Amount == "" || u == 0 && ok {
		return 0
	}
	if a.currency == "" {
		a.currency = m.Currency
	}
	if !ok || m.Currency != a.currency {
		a.bad = true
		return 0
	}
	return u
}

// totals reads the money of a PNR; nil when it names none, or several currencies.
func (f *facts) totals() *totals {
	var a adder
	t := &totals{}
	switch {
	case f.TotalFare != nil:
		a.currency = f.TotalFare.Currency
	case f.FareAmount != nil:
		a.currency = f.FareAmount.Base.Currency
	}
	for _, fee := range f.ServiceFees {
		switch fee.Status {
		case "VOIDED", "FAILED", "NO_CHARGE", "WAIVED_OFF":
			continue
		}
		if fee.Visible {
			t.FeeBase += a.of(fee.Fare.Base)
			t.FeeTax += a.of(fee.Fare.Tax)
		}
	}
	c := f.cost()
	switch {
	case f.FareAmount != nil:
		t.Base, t.Tax = a.of(f.FareAmount.Base), a.of(f.FareAmount.Tax)
	case f.TotalFare != nil:
		t.Base = max(0, a.of(*f.TotalFare)-t.FeeBase-t.FeeTax)
	case c != nil:
		t.Base, t.Tax = a.of(c.Base), a.of(c.Tax)
	}
	f.refunds(t, &a, c)
	if f.Air != nil {
		for _, p := range f.Air.Travelers {
			for _, credit := range p.Credits {
				if credit.Amount != nil {
					t.Credit += a.of(credit.Amount.Base) + a.of(credit.Amount.Tax)
				}
			}
		}
	}
	if a.bad || a.currency == "" {
		return nil
	}
	t.Currency = a.currency
	return t
}

// refunds: what the tickets or the rate say was given back, split into base and tax; else what the
// forms of payment got back, taken from the base first; everything once voided.
func (f *facts) refunds(t *totals, a *adder, c *cost) {
	if f.Air != nil {
		for _, p := range f.Air.Travelers {
			for _, k := range p.Tickets {
				if k.Refund != nil {
					t.RefundBase += a.of(k.Refund.Amount.Base)
					t.RefundTax += a.of(k.Refund.Amount.Tax)
				}
			}
		}
	}
	if c != nil && c.Refund != nil {
		t.RefundBase += a.of(c.Refund.Amount.Base)
		t.RefundTax += a.of(c.Refund.Amount.Tax)
	}
	if t.RefundBase+t.RefundTax == 0 {
		var back units
		for _, p := range f.Paid {
			if p.Refund != nil {
				back += a.of(*p.Refund)
			}
		}
		t.RefundBase = min(back, t.Base)
		t.RefundTax = back - t.RefundBase
	}
	if f.BookingStatus == statusVoided && t.RefundBase+t.RefundTax == 0 {
		t.RefundBase, t.RefundTax = t.Base, t.Tax
	}
}

// cost is the rate of every product but air.
func (f *facts) cost() *cost {
	switch {
	case f.Hotel != nil:
		return &f.Hotel.Room.Rate.Total
	case f.Car != nil:
		return &f.Car.Rate
	case f.Rail != nil:
		return &f.Rail.Rate
	case f.Limo != nil:
		return &f.Limo.Rate
	case f.Misc != nil:
		return &f.Misc.Rate
	}
	return nil
}

// net is base and tax less what was given back; a refund that exceeds one of them eats into the other.
func (t *totals) net() (base, tax units) {
	base, tax = t.Base-t.RefundBase, t.Tax-t.RefundTax
	if base < 0 {
		base, tax = 0, tax+base
	}
	if tax < 0 {
		base, tax = base+tax, 0
	}
	return max(0, base), max(0, tax)
}

// tripPayment is schema TripPaymentInfo.
type tripPayment struct {
	Total   money `json:"totalFare"`
	Fare    fare  `json:"totalFareAmount"`
	Service fare  `json:"serviceFeeFareAmount"`
}

// pay adds up PNRs; those that wait to be finalized do not count. Nil when nothing is priced or when
// the PNRs are in different currencies: Airside does not guess a rate.
func pay(cards []card) *tripPayment {
	var sum totals
	for _, c := range cards {
		t := c.Totals
		if t == nil || c.Pending != "" {
			continue
		}
		if sum.Currency != "" && sum.Currency != t.Currency {
			return nil
		}
		sum.Currency = t.Currency
		base, tax := t.net()
		sum.Base, sum.Tax = sum.Base+base, sum.Tax+tax
		sum.FeeBase, sum.FeeTax = sum.FeeBase+t.FeeBase, sum.FeeTax+t.FeeTax
		sum.Credit += min(t.Credit, base+tax)
	}
	if sum.Currency == "" {
		return nil
	}
	total := sum.Base + sum.Tax + sum.FeeBase + sum.FeeTax - sum.Credit
	return &tripPayment{toMoney(total, sum.Currency), toFare(sum.Base, sum.Tax, sum.Currency), toFare(sum.FeeBase, sum.FeeTax, sum.Currency)}
}
