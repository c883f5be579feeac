// SPDX-License-Identifier: Apache-2.0

package telemetry

import "context"

type requestKey struct{}

// WithRequestID puts the id of the running request into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id of the request that caused this work; empty when none did.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
