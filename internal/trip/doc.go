// SPDX-License-Identifier: Apache-2.0

// Package trip keeps trips and the PNRs in them: who owns a trip, what is booked in it, when it
// begins and ends, what state it is in, what it costs, and who may see it.
//
// A trip is one record that carries a card of facts about each of its PNRs, so that lists, states
// and totals never open a PNR; a PNR is one record whose document is the PnrData that clients read.
// Both are written together in the caller's transaction, and every stored change is announced with
// the state a reader would see.
//
// Not here: buying anything. Suppliers, tickets, prices and refunds are the business of air, hotel
// and the other products, which keep their PNRs here through AddPNR and SavePNR. Approval, invoices
// and partner budgets are elsewhere too.
//
// Errors: RESOURCE_NOT_FOUND for what is absent, deleted or not the caller's to see;
// API_VALIDATION_FAILED, REFERENCE_NOT_FOUND and DUPLICATE_VALUE for what a body says;
// VERSION_CONFLICT for a stale version; STATE_DOES_NOT_ALLOW for suspended and finished PNRs and for
// trips that are not empty; ACCESS_DENIED and COMPANY_NOT_ACCESSIBLE for lists of others;
// NOT_IMPLEMENTED when finalizing is asked to issue tickets.
package trip
