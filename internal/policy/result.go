// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"

	"github.com/go-faster/jx"
)

// Predicates of schema PolicyPredicate that flights can break. Rules that have none of their own say
// which they are in PolicyViolationInfo.predicateString beside UNKNOWN_PREDICATE_STRING.
const (
	predOther         = "UNKNOWN_PREDICATE_STRING"
	predLocation      = "RESTRICTED_LOCATION_VIOLATION"
	predMaxWithTax    = "MAX_FARE_PER_TRAVELLER_VIOLATION_INCLUDING_TAX"
	predMaxWithoutTax = "MAX_FARE_PER_TRAVELLER_VIOLATION_EXCLUDING_TAX"
	predMinimum       = "FARE_MORE_THAN_MINIMUM"
	predMedian        = "FARE_MORE_THAN_MEDIAN"
	predBelowMedian   = "FARE_LESS_THAN_MEDIAN"
	predLLFWithTax    = "AIR_MAX_PRICE_MORE_THAN_LLF_VIOLATION_INCLUDING_TAX"
	predLLFWithoutTax = "AIR_MAX_PRICE_MORE_THAN_LLF_VIOLATION_EXCLUDING_TAX"
	predCabin         = "HIGHEST_ALLOWED_CABIN_VIOLATION"
	predAdvance       = "FLIGHT_ADVANCE_BOOKING_WINDOW_VIOLATION"
	predAdvanceHome   = "FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC_VIOLATION"
	predAdvanceAbroad = "FLIGHT_ADVANCE_BOOKING_WINDOW_INTERNATIONAL_VIOLATION"
	predFareWord      = "AIR_RESTRICTED_FARES_VIOLATION"
	predBooking       = "RESTRICTED_BOOKING_VIOLATION"
	predVendor        = "PREFERRED_VENDOR_VIOLATION"
)

// Violation is one rule that an itinerary breaks.
type Violation struct {
	Rule      string // name of the rule in the policy document
	Predicate string // schema PolicyPredicate
	Expected  Value
	Actual    Value
	Prevent   bool // the rule blocks the booking outright
	Reason    string
}

// Result is the judgement of an itinerary by one policy.
type Result struct {
	Violations  []Violation
	OutOfPolicy bool
	Region      string // DOMESTIC or INTERNATIONAL
	// Approval is the strictest approvalProcessType that the policy asks for in this case: NONE,
	// PASSIVE_APPROVAL, SOFT_APPROVAL, HARD_APPROVAL, PRE_APPROVAL or PREVENT_BOOKING.
	Approval  string
	Approvers []string // ids of the users designated for that approval
	Prevented bool
	Reason    string // why it is prevented, in the words of the policy
	// LowestLogical is the total of the lowest logical fare in minor units of the policy's currency; 0 when it
	// was not sought.
	LowestLogical int64

	rules *Rules
}

// Info is the judgement as itineraries and PNRs carry it (schema PnrPolicyInfo).
func (r *Result) Info() json.RawMessage {
	var w jx.Writer
	r.WriteInfo(&w)
	return w.Buf
}

// WriteInfo writes Info.
func (r *Result) WriteInfo(w *jx.Writer) {
	w.RawStr(`{"policies":[{"id":`)
	w.Str(r.rules.ID)
	w.RawStr(`,"version":"`)
	w.Int64(r.rules.Version)
	w.RawStr(`","policyName":`)
	w.Str(r.rules.Name)
	if r.asks() && r.Approval != "PRE_APPROVAL" { // which the schema of the policy's id does not have
		w.RawStr(`,"approvalType":"`)
		w.RawStr(r.Approval)
		w.RawStr(`"`)
	}
	if r.rules.Type == typeDefault || r.rules.Type == typeGroup {
		w.RawStr(`,"policyType":"`)
		w.RawStr(r.rules.Type)
		w.RawStr(`"`)
	}
	w.RawStr(`}],"ruleResultInfos":[`)
	for i := range r.Violations {
		if i > 0 {
			w.Comma()
		}
		r.violation(w, &r.Violations[i])
	}
	if len(r.Violations) == 0 && (r.asks() || r.Prevented) { // no rule is broken, and yet something follows
		w.RawStr(`{"violationInfos":[],"actions":[`)
		r.consequence(w)
		w.RawStr(`]}`)
	}
	w.RawStr(`]}`)
}

// asks reports whether somebody is to be asked or told.
func (r *Result) asks() bool {
	switch r.Approval {
	case "HARD_APPROVAL", "SOFT_APPROVAL", "PASSIVE_APPROVAL", "PRE_APPROVAL":
		return true
	}
	return false
}

func (r *Result) violation(w *jx.Writer, v *Violation) {
	w.RawStr(`{"violationInfos":[{"predicateString":"`)
	w.RawStr(v.Rule)
	w.RawStr(`","predicate":"`)
	w.RawStr(v.Predicate)
	w.RawStr(`","expectedValue":`)
	v.Expected.write(w)
	w.RawStr(`,"actualValue":`)
	v.Actual.write(w)
	w.RawStr(`}],"actions":[{"flag":{"message":"Out of policy: `)
	w.RawStr(v.Rule)
	w.RawStr(`"}}`)
	switch {
	case v.Prevent:
		w.RawStr(`,{"preventBooking":{"prevent":true,"reason":`)
		w.Str(v.Reason)
		w.RawStr(`}}`)
	case r.asks() || r.Prevented:
		w.Comma()
		r.consequence(w)
	}
	w.RawStr(`]}`)
}

// consequence is the action that follows from the policy's approvals.
func (r *Result) consequence(w *jx.Writer) {
	if r.Prevented {
		w.RawStr(`{"preventBooking":{"prevent":true,"reason":`)
		w.Str(r.Reason)
		w.RawStr(`}}`)
		return
	}
	w.RawStr(`{"takeApproval":{"approvalType":"`)
	w.RawStr(r.Approval)
	w.RawStr(`"}}`)
}
