// SPDX-License-Identifier: Apache-2.0

// Package charge keeps what a TMC takes for its service: the plan of a company (one fee for each
// trip) and the ledger of fees that were taken.
//
// Not here: taking a fee (the domain that books enters what it took), cards, invoices.
//
// Errors are *errs.Error: RESOURCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE, API_VALIDATION_FAILED with the
// pointer.
package charge
