// SPDX-License-Identifier: Apache-2.0

package app

import "github.com/airside-travel/airside/internal/store"

// recordAbove says to whose company a record belongs that does not hang on the company itself
// (companykey.Above). A kind that is written with store.Record.Company stands here; a test of the whole system
// finds one that was forgotten.
func recordAbove(rec *store.Record) (kind, id string) {
	switch rec.Kind {
	case "pnr", "agentNote":
		return "trip", rec.Parent
	case "air.order", "air.sold":
		return "pnr", rec.ID
	case "favorite":
		return "user", rec.Parent
	case "access.member":
		return "access.group", rec.Parent
	case "policy_version":
		return "policy", rec.Parent
	}
	return "", ""
}
