// SPDX-License-Identifier: Apache-2.0

package air

import (
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// The enums of the contract next to the supplier's, by index.

var (
	paxNames      = [...]string{"ADULT", "CHILD", "INFANT", "INFANT_ON_LAP", "YOUTH", "SENIOR", "TEEN"}
	cabinNames    = [...]string{"UNKNOWN_CABIN", "ECONOMY", "PREMIUM_ECONOMY", "BUSINESS", "FIRST"}
	shelfNames    = [...]string{"UNKNOWN_NGS_CATEGORY", "BASE", "STANDARD", "ENHANCED", "PREMIUM", "LUXURY", "ULTRA_LUXURY"}
	viewNames     = [...]string{"UNKNOWN_CABIN_CATEGORY", "BASIC", "ECONOMY", "PREMIUM_ECONOMY", "ECONOMY_PLUS", "BUSINESS", "FIRST"}
	allianceNames = [...]string{"UNKNOWN_ALLIANCE", "STAR_ALLIANCE", "ONEWORLD", "SKYTEAM", "VANILLA_ALLIANCE", "U_FLY_ALLIANCE", "VALUE_ALLIANCE"}
	sortNames     = [...]string{"PRICE", "DEPARTURE_TIME", "ARRIVAL_TIME", "DURATION"}
	changeNames   = [...]string{"NO_CHANGEABLE_FILTER", "CHANGEABLE_FLEXIBLE_REFUNDABLE", "REFUNDABLE_WITH_PENALTY", "REFUNDABLE_WITHOUT_PENALTY"}
)

// named gives the enum's name by index; values the table does not know read as its first entry.
func named[T ~uint8](table []string, v T) string {
	if int(v) < len(table) {
		return table[v]
	}
	return table[0]
}

// index is the opposite of named; false for a name that is not in the table.
func index[T ~uint8](table []string, name string) (T, bool) {
	i := slices.Index(table, name)
	return T(max(i, 0)), i >= 0
}

func paxType(name string) (supplier.PaxType, bool) { return index[supplier.PaxType](paxNames[:], name) }

func ticketTypeName(t supplier.TicketType) string {
	if t == supplier.TicketMulti {
		return "MULTI"
	}
	return "SINGLE"
}

func rateTypeName(r supplier.RateType) string {
	if r == supplier.RateCorporate {
		return "COMPANY_NEGOTIATED"
	}
	return "PUBLISHED"
}
