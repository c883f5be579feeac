// SPDX-License-Identifier: Apache-2.0

// Package world is the ground the simulated suppliers stand on: airports, metro codes, airlines, aircraft, countries,
// currencies with their fixed simulation rates, and the weekly timetable, all read from one embedded file that
// tools/worldgen makes.
//
// It holds facts that never change while the process runs. What is sold, priced or booked is the business of the
// packages below it (airline). Look-ups answer false for codes the world does not know; Load fails only when the
// embedded file is damaged.
package world
