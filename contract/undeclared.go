// SPDX-License-Identifier: Apache-2.0

package contract

// undeclared says what becomes of a name that the published contract requires
// although it does not declare it: ten slips of its authors, most of them
// beside a declared name (the twin) that is spelled a little differently. Who
// follows the declared names would be refused for the misspelled twin, and who
// follows the required ones would send a member that has no type. So the demand
// is dropped for all ten: either spelling is accepted, neither is demanded, and
// the declared one is what the platform reads and writes.
//
// A required name that is neither declared nor listed here does not compile.
func undeclared(schema, name string) (twin string, ok bool) {
	switch schema + "." + name {
	case "InvoiceDataRequest.invoices":
		// The invoices are named by their ids; none are sent along.
		return "invoiceIds", true
	case "ManualVerificationIntent.reason":
		// One reason became a list of them.
		return "reasons", true
	case "MiscPnrSummary.rate":
		// What a miscellaneous booking costs is its total amount.
		return "totalAmount", true
	case "PnrCancelRequest.cancelType":
		// The twin spells "cancellation" out.
		return "cancellationType", true
	case "PnrCancelRequest.cancelDetails":
		// The same.
		return "cancellationDetails", true
	case "SimpleFlightInfo.departureDateTime":
		// One capital.
		return "departureDatetime", true
	case "SimpleFlightInfo.arrivalDatetime":
		// One capital, and the other way round.
		return "arrivalDateTime", true
	case "SimpleHotelPnrInfo.checkOutDateTime":
		// One capital.
		return "checkOutDatetime", true
	case "Ticket.llfInfo.reason_code":
		// The twin is in camel case like every other name.
		return "reasonCode", true
	case "TripBudgetInfo.isMaskedBudget":
		// The two words changed places.
		return "isBudgetMasked", true
	}
	return "", false
}
