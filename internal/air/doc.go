// SPDX-License-Identifier: Apache-2.0

// Package air sells flights: search, checkout, revalidation, booking and cancellation, on top of a
// supplier of offers (package supplier).
//
// Nothing is kept between the steps of a booking. The ids that a client carries from step to step
// (searchId, itineraryId, checkoutResponseId, initiateBookingResponseId, bookingId, optionId) hold
// what the next step needs, signed with the tenant's key and bound to the company (token.go); those
// that carry personal data are encrypted too. Only bookings write: the order at the airline, the
// seats it took, the use of its bookingId, and the PNR, all in one transaction.
//
// What the traveler's policy makes of an offer is asked through the port Policies: once a search for what
// governs it, then for each offer without the store. Search answers, revalidation and the PNR carry the verdict; an
// offer that the policy prevents is not booked, nor one that would wait for an approval, which nobody can give yet.
//
// Not here: trips and the storing of PNRs (package trip, behind the port Trips), profiles, payment
// sources, what policies say (package policy) and approval, exchanges and the listing of unused credits.
//
// Errors: API_VALIDATION_FAILED and REFERENCE_NOT_FOUND for what the request says, SEARCH_EXPIRED,
// CHECKOUT_EXPIRED, BOOKING_EXPIRED and CANCELLATION_OPTION_EXPIRED for ids that are stale, altered
// or somebody else's, SOLD_OUT and PRICE_CHANGED when the airline moved, STATE_DOES_NOT_ALLOW for a
// booking that cannot be cancelled any more, POLICY_PREVENTS_BOOKING, SUPPLIER_UNAVAILABLE when no answer came.
package air
