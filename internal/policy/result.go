// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"strconv"
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
)

// Value is PolicyConstValue: what was expected or found. The constructors below make one.
type Value = json.RawMessage

func text(s string) Value { return value("s", s) }

func texts(list ...string) Value { return value("sList", append([]string{}, list...)) }

func whole(n int) Value { return value("i", n) }

func decimal(f float64) Value { return value("d", f) }

func flag(b bool) Value { return value("b", b) }

func value(member string, v any) Value {
	raw, err := json.Marshal(map[string]any{member: v})
	if err != nil {
		return nil // unreachable: the constructors pass plain values
	}
	return raw
}

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

type policyID struct {
	ID       string `json:"id"`
	Version  string `json:"version"`
	Name     string `json:"policyName"`
	Approval string `json:"approvalType,omitempty"`
	Type     string `json:"policyType,omitempty"`
}

type violationInfo struct {
	Text      string `json:"predicateString"`
	Predicate string `json:"predicate"`
	Expected  Value  `json:"expectedValue,omitempty"`
	Actual    Value  `json:"actualValue,omitempty"`
}

type ruleResult struct {
	Violations []violationInfo  `json:"violationInfos"`
	Actions    []map[string]any `json:"actions"`
}

// Info is the judgement as itineraries and PNRs carry it (schema PnrPolicyInfo).
func (r *Result) Info() json.RawMessage {
	id := policyID{ID: r.rules.ID, Version: strconv.FormatInt(r.rules.Version, 10), Name: r.rules.Name}
	switch r.Approval {
	case "HARD_APPROVAL", "SOFT_APPROVAL", "PASSIVE_APPROVAL":
		id.Approval = r.Approval
	}
	if r.rules.Type == typeDefault || r.rules.Type == typeGroup {
		id.Type = r.rules.Type
	}
	out := struct {
		Policies []policyID   `json:"policies"`
		Results  []ruleResult `json:"ruleResultInfos"`
	}{[]policyID{id}, []ruleResult{}}
	for _, v := range r.Violations {
		result := ruleResult{Violations: []violationInfo{{v.Rule, v.Predicate, v.Expected, v.Actual}}}
		result.Actions = []map[string]any{{"flag": map[string]string{"message": "Out of policy: " + v.Rule}}}
		if v.Prevent {
			result.Actions = append(result.Actions, map[string]any{"preventBooking": map[string]any{"prevent": true, "reason": v.Reason}})
		}
		out.Results = append(out.Results, result)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil // unreachable: plain values
	}
	return raw
}
