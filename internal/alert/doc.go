// SPDX-License-Identifier: Apache-2.0

// Package alert turns findings into alerts that somebody hears of: it groups them, keeps their state
// (open, acknowledged, resolved), tells them to sinks until they have heard, passes on to the next sink
// what nobody acknowledges, keeps quiet when it was asked to, and takes automatic first steps where a
// rule was opted in.
//
// What a sink is to be told is a row of the store, and a job of the tenant's clock brings it back until
// it is told: a killed process tells some twice and loses none, and a sink that is away for a day is told
// when it is back, while others are told that it is away. The outbox is not used for this: its lanes are
// bound to subscriptions and their signature, it speaks HTTP alone, sends every event in order where a
// sink wants the present state once, and refuses the private networks in which mail relays live.
//
// Not here: what is unusual (detect), how a message is put for each kind of sink (package sink),
// incidents (incident), and the acts themselves (a Responder, wired in app).
//
// Operations return errors of package errs: RESOURCE_NOT_FOUND, STATE_DOES_NOT_ALLOW, DUPLICATE_VALUE,
// API_VALIDATION_FAILED. Raise, Clear and Settle return the store's.
package alert
