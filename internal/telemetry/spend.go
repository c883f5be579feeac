// SPDX-License-Identifier: Apache-2.0

package telemetry

import "context"

type eventKey struct{}

// WithEvent puts the event of the running request into the context, for what only a handler knows.
func WithEvent(ctx context.Context, e *Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// Received notes what an inbox made of the webhook that runs in ctx.
func Received(ctx context.Context, w *Webhook) {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		e.Webhook = w
		e.Decide(Inbox, Done, w.Result, "")
	}
}

// IssuedTo notes for whom, beside the client, a token was issued.
func IssuedTo(ctx context.Context, user string) {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		e.Target = user
	}
}

// Spent notes what the purchase that runs in ctx costs, in minor units. Outside of a request it does nothing.
func Spent(ctx context.Context, minor int64, currency string) {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		e.AmountMinor, e.Currency = minor, currency
	}
}
