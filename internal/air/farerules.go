// SPDX-License-Identifier: Apache-2.0

package air

import (
	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/supplier"
)

// writeFareRules writes FareRules of a brand: what is included and what it costs to change one's mind.
func writeFareRules(w *jx.Writer, b *supplier.Brand, currency string) {
	w.RawStr(`{"baggagePolicy":`)
	writeBaggage(w, b)
	w.RawStr(`,"cancellationPolicy":`)
	writePolicy(w, cancelText(b.Cancel.Kind), b.Cancel, currency)
	w.RawStr(`,"exchangePolicy":`)
	writePolicy(w, changeText(b.Change.Kind), b.Change, currency)
	w.RawStr(`,"seatSelectionPolicy":{"description":`)
	w.Str(seatText(b.Seat))
	w.RawStr(`}`)
	if b.Boarding != "" {
		w.RawStr(`,"boardingPolicy":{"description":`)
		w.Str("Boarding group: " + b.Boarding)
		w.RawStr(`}`)
	}
	if b.Lounge {
		w.RawStr(`,"loungePolicy":{"description":"Lounge access included"}`)
	}
	w.RawStr(`}`)
}

// writeBaggage writes BaggagePolicy.
func writeBaggage(w *jx.Writer, b *supplier.Brand) {
	w.RawStr(`{"checkedIn":[{"description":`)
	switch {
	case b.CheckedKg > 0:
		w.Str("Checked baggage by weight")
	case b.Checked > 0:
		w.Str("Checked pieces included")
	default:
		w.Str("No checked baggage included")
	}
	w.RawStr(`,"count":`)
	w.Int(b.Checked)
	switch {
	case b.CheckedKg > 0:
		w.RawStr(`,"weightLimitInfo":[{"weightLimit":[{"weight":`)
		w.Int(b.CheckedKg)
		w.RawStr(`,"unit":"kg"}],"applicability":"TOTAL"}]`)
	case b.Checked > 0:
		w.RawStr(`,"weightLimitInfo":[{"weightLimit":[{"weight":23,"unit":"kg"}],"applicability":"EACH"}]`)
	}
	w.RawStr(`}],"carryOn":[{"description":`)
	switch {
	case b.CarryOn > 0:
		w.Str("Cabin bag included")
	case b.Personal:
		w.Str("Small personal item only")
	default:
		w.Str("No cabin bag included")
	}
	w.RawStr(`,"count":`)
	w.Int(b.CarryOn)
	w.RawStr(`}]}`)
}

// writePolicy writes a cancellation or exchange policy; fee is per traveler.
func writePolicy(w *jx.Writer, text string, r supplier.FareRule, currency string) {
	w.RawStr(`{"description":`)
	w.Str(text)
	if r.Kind == supplier.RuleFee || r.Kind == supplier.RuleFree {
		w.RawStr(`,"fee":`)
		writeMoney(w, r.Fee, currency)
	}
	w.RawStr(`,"assessmentType":"`)
	w.RawStr(assessment(r.Kind))
	w.RawStr(`","isCat16":false,"isConditional":false}`)
}

func assessment(k supplier.RuleKind) string {
	switch k {
	case supplier.RuleFree:
		return "BENEFIT"
	case supplier.RuleFee:
		return "FEE"
	case supplier.RuleNotAllowed:
		return "RESTRICTION"
	}
	return "NEUTRAL"
}

func cancelText(k supplier.RuleKind) string {
	switch k {
	case supplier.RuleFree:
		return "Refundable without a fee"
	case supplier.RuleFee:
		return "Refundable for a fee"
	case supplier.RuleCredit:
		return "No refund; the value is kept as a credit"
	case supplier.RuleTaxesOnly:
		return "Only unused taxes are refunded"
	}
	return "Not refundable"
}

func changeText(k supplier.RuleKind) string {
	switch k {
	case supplier.RuleFree, supplier.RuleCredit:
		return "Changes without a fee"
	case supplier.RuleFee:
		return "Changes for a fee"
	}
	return "No changes"
}

func seatText(r supplier.SeatRule) string {
	switch r {
	case supplier.SeatFreeStandard:
		return "Standard seats are free to choose"
	case supplier.SeatFreeExtraLegroom:
		return "Standard and extra-legroom seats are free to choose"
	case supplier.SeatFree:
		return "All seats are free to choose"
	}
	return "Choosing a seat costs extra"
}
