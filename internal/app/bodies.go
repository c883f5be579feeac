// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"

	"github.com/airside-travel/airside/internal/bodylog"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/identity"
)

// composeBodies makes the service that keeps bodies. It is there when nothing is kept, too: what was kept before is
// read, and expires.
func (a *App) composeBodies(s *services) {
	s.bodies = bodylog.New(bodylog.Options{
		Store: a.store, Clock: a.o.Clock, Contract: a.contract, Keep: a.cfg.LogBodies, Shared: identity.Platform, Log: a.o.Log,
		Counted: func(why string, n int) {
			if why == "" {
				why = "kept"
			}
			a.gauges.bodies.Add(float64(n), why)
		},
	})
	if s.bodies.On() {
		a.o.Log.Warn("bodies of requests, answers and webhooks are kept, redacted and sealed: AIRSIDE_LOG_BODIES", slog.Duration("each_for", a.cfg.LogBodies))
	}
}

// keepBodies is what the edge hands bodies to; nil when none are kept.
func keepBodies(s *bodylog.Service) *edge.Bodies {
	if !s.On() {
		return nil
	}
	return &edge.Bodies{Max: bodylog.MaxInput, Shared: identity.Platform, Take: func(x *edge.Exchange) bool {
		return s.Take(&bodylog.Exchange{
			ID: x.ID, Tenant: x.Tenant, Environment: x.Environment, ClientID: x.ClientID, Stranger: x.Stranger, Operation: x.Operation, At: x.At, Status: x.Status,
			Request:  bodylog.Body{MediaType: x.RequestType, Text: x.Request, Bytes: x.RequestBytes},
			Response: bodylog.Body{MediaType: x.ResponseType, Text: x.Response, Bytes: x.ResponseBytes},
		})
	}}
}
