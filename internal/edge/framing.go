// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"net"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/telemetry"
)

// NotWellFormed notes a connection that was closed because of the framing of a request (see package wire),
// and answers the envelope for it; rule is the rule it broke, and message says that in words. No operation is known:
// the request was not read.
func (m *Mux) NotWellFormed(remote net.Addr, rule, message string) []byte {
	c := &call{ctx: context.Background(), actor: &actor.Actor{}, started: m.o.Clock.Now(), //nolint:contextcheck // no request is there to have one
		event: &telemetry.Event{ID: ids.Trace(), At: m.o.Clock.Now(), Status: 400}}
	if host, _, err := net.SplitHostPort(remote.String()); err == nil {
		c.event.ClientIP = host
	}
	e := m.explain(c, telemetry.Framing, errs.New(errs.RequestNotWellFormed, "%s", message).With("rule", rule))
	m.refuse(c, telemetry.Framing, e)
	m.finish(c)
	return m.envelope(c, e)
}
