// SPDX-License-Identifier: Apache-2.0

// Package airline is the simulated airline supplier: it searches the world's timetable, prices what it finds and makes
// orders and tickets, behind the interfaces of package supplier.
//
// Nothing is random and nothing is stored. Availability and fares are functions of (seed, flight, date, price clock)
// and of the ledger of seats that bookings took; an offer's Ref rebuilds it. The same query, seed, clock and ledger
// give the same answer on any machine. Keeping the ledger and the orders over a restart is the caller's business, and
// so are policy, payment and HTTP.
//
// Errors are those of package supplier.
package airline
