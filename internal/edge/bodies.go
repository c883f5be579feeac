// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bytes"
	"time"

	"github.com/airside-travel/airside/contract"
)

// Exchange is what a request and its answer said: the beginnings of both, which the receiver may keep.
type Exchange struct {
	ID, Tenant, Environment, ClientID string

	Stranger                    bool // it is not proven that it was that client
	Operation                   *contract.Operation
	At                          time.Time
	Status                      int
	RequestType, ResponseType   string // media types
	Request, Response           []byte
	RequestBytes, ResponseBytes int // of the whole
}

// Bodies is who keeps bodies where that is switched on.
type Bodies struct {
	Max    int    // bytes of a body that are of use
	Shared string // the tenant of webhook receipts
	// Take must not wait, and reports whether there was a place.
	Take func(x *Exchange) bool
}

// The words of an event about its bodies.
const (
	bodiesQueued  = "queued"
	bodiesDropped = "dropped"
)

// said notes an answer while its memory is still ours.
func (m *Mux) said(c *call, body []byte) {
	if m.o.Bodies != nil {
		c.said = bytes.Clone(body[:min(len(body), m.o.Bodies.Max)])
	}
}

// keepBodies hands over what was said. Operations that are open to all and read nothing but this server's state are
// left out, and so is reading what was kept.
func (m *Mux) keepBodies(c *call) {
	b := m.o.Bodies
	if b == nil || c.ep == nil || c.ep.op.Public && c.ep.op.Effect == contract.Read || c.ep.op.ID == "readRequestBodies" {
		return
	}
	e := c.event
	x := Exchange{
		ID: e.ID, Tenant: e.Tenant, Environment: e.Environment, ClientID: e.ClientID, Operation: c.ep.op, At: e.At, Status: e.Status,
		RequestType: mediaOf(c.r.Header.Get("Content-Type")), ResponseType: mediaOf(c.Header().Get("Content-Type")),
		RequestBytes: len(c.body), Response: c.said, ResponseBytes: e.BytesOut,
	}
	if x.Tenant == "" {
		x.Stranger = true
		switch {
		case c.ep.raw > 0: // webhooks come without a client, and a signature is not looked at here
			x.Tenant, x.Environment = b.Shared, c.r.PathValue("environment")
			x.RequestType = "application/json" // whatever its sender calls it
		case m.o.TenantOf != nil:
			x.ClientID = c.claimed()
			x.Tenant = m.o.TenantOf(x.ClientID)
		}
	}
	if x.Tenant == "" || x.RequestBytes == 0 && x.ResponseBytes == 0 {
		return
	}
	x.Request = bytes.Clone(c.body[:min(len(c.body), b.Max)])
	e.Bodies = bodiesDropped
	if b.Take(&x) {
		e.Bodies = bodiesQueued
	}
}
