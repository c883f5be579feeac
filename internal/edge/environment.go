// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Sandbox is the environment that this process is itself.
const Sandbox = "sandbox"

// environmentHeader lets a caller say which environment it believes it calls. It is never needed.
const environmentHeader = "Airside-Environment"

// Application is what the edge enforces for a caller that is an application. Its fields do not change.
type Application struct {
	Environment string
	// Permit says which policy allows the operation. OPERATION_NOT_GRANTED, PURCHASE_NOT_GRANTED,
	// FORBIDDEN_BY_POLICY, POLICY_UNDECIDED.
	Permit func(op *contract.Operation, from netip.Addr, at time.Time) (policy string, err error)
	// Granted is what can be asked ahead of a call; nil: no operation is open.
	Granted Granted
	// Count takes one call from the day's quota. QUOTA_REACHED, with the time to wait.
	Count func(ctx context.Context) (wait time.Duration, err error)
	Rate  Rate
	// Capped: purchases are counted against a cap; Quotes: answers are watched for prices.
	Capped, Quotes bool
}

// Granted knows what an application was granted.
type Granted interface {
	// Opens reports whether there is an hour or an address at which the operation may be allowed.
	Opens(op *contract.Operation) bool
}

// Purchase is a call that is counted against a cap.
type Purchase struct {
	Tenant, Client, Operation string
	Body                      []byte
	At                        time.Time // when it came in: the day it counts for
}

// Books keeps what applications buy, inside the running transaction.
type Books interface {
	// Prices reports whether the answers of an operation name prices.
	Prices(operation string) bool
	// Reserve counts a purchase ahead of it. SPEND_CAP_REACHED, PRICE_UNKNOWN.
	Reserve(ctx context.Context, p Purchase) error
	// Release takes back what is known not to have happened.
	Release(ctx context.Context, p Purchase) error
	// Quoted remembers the prices that an answer names.
	Quoted(ctx context.Context, tenant, operation string, answer []byte) error
}

// purchase is the call as the books have it.
func (c *call) purchase() Purchase {
	return Purchase{Tenant: c.actor.Tenant, Client: c.actor.ClientID, Operation: c.ep.op.ID, Body: c.body, At: c.started}
}

type environmentKey struct{}

// WithEnvironment is for listeners that serve one environment only: its name goes into the base context.
func WithEnvironment(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, environmentKey{}, name)
}

// called is the environment the caller means, by the listener it called or the header it sent; "" when it
// does not say.
func called(r *http.Request) string {
	if name, _ := r.Context().Value(environmentKey{}).(string); name != "" {
		return name
	}
	return r.Header.Get(environmentHeader)
}

// environment settles where the call goes. A credential belongs to one environment; that it is used on
// another is refused and is itself a finding.
func (m *Mux) environment(c *call) error {
	own := Sandbox
	caller := c.caller
	if caller != nil && caller.Application != nil {
		own = caller.Application.Environment
	}
	if caller == nil && c.ep.op.Public && c.ep.op.Scope != tokenScope {
		if name := c.r.PathValue("environment"); name != "" && m.o.Upstreams != nil && m.o.Upstreams.Find(name) != nil {
			c.event.Environment = name // of an inbox
		}
		c.event.Decide(telemetry.Environment, telemetry.None, c.event.Environment, "")
		return nil // answered by this server, whoever asks
	}
	c.event.Environment = own
	if caller == nil {
		return nil // a token request: its client is known once the body is read (see tokenEnvironment)
	}
	if err := cross(called(c.r), own); err != nil {
		return err
	}
	if own == Sandbox || c.ep.op.Local() {
		c.event.Decide(telemetry.Environment, telemetry.Passed, own, "")
		return nil
	}
	c.upstream = m.o.Upstreams.Find(own)
	if c.upstream == nil {
		return errs.New(errs.EnvironmentForeign, "the environment %s of this credential is not configured in this server", own).With("environment", own)
	}
	c.event.Decide(telemetry.Environment, telemetry.Passed, own, "")
	return nil
}

func cross(meant, own string) error {
	if meant == "" || meant == own {
		return nil
	}
	return errs.New(errs.EnvironmentForeign, "this credential is for the environment %s and was used on %s", own, meant).
		With("environment", own).With("called", meant).Known("other-environment")
}

// tokenScope is the scope of the token endpoints.
const tokenScope = "identity:token"

// tokenEnvironment holds a token request to the environment of its client.
func (m *Mux) tokenEnvironment(c *call) error {
	if c.ep.op.Scope != tokenScope || m.o.EnvironmentOf == nil {
		return nil
	}
	id := c.form.Get("client_id")
	if id == "" {
		id = member(c.body, "clientId")
	}
	own := m.o.EnvironmentOf(id)
	c.event.ClientID, c.event.Environment = redact.Text(id, maxName), own
	c.at = telemetry.Environment
	if err := cross(called(c.r), own); err != nil {
		return err
	}
	c.at = telemetry.Handle
	c.event.Decide(telemetry.Environment, telemetry.Passed, own, "")
	return nil
}

// offered holds the call to what is ever passed on, whoever asks.
func (m *Mux) offered(c *call) error {
	op := c.ep.op
	switch {
	case c.upstream == nil:
		c.event.Decide(telemetry.Operation, telemetry.None, "", "") // of this server, which does what it can
		return nil
	case strings.HasPrefix(op.Scope, "identity:") || strings.HasPrefix(op.Scope, "scim:"):
		return errs.New(errs.NotForwarded, "%s is not passed on to %s", op.ID, c.event.Environment).With("operation", op.ID)
	case !c.upstream.Allows(op):
		return errs.New(errs.OperationNotOffered, "the environment %s does not let %s through, whoever asks", c.event.Environment, op.ID).
			With("operation", op.ID).With("environment", c.event.Environment)
	}
	return nil
}

// permit asks the policies of an application.
func (m *Mux) permit(c *call) error {
	caller := c.caller
	return m.granted(c, caller)
}

func (m *Mux) granted(c *call, caller *Caller) error {
	if caller == nil || caller.Application == nil {
		c.event.Decide(telemetry.Permit, telemetry.None, "", "") // roles and scopes decide
		return nil
	}
	addr, _ := netip.ParseAddr(c.event.ClientIP) // realIP made it
	policy, err := caller.Application.Permit(c.ep.op, addr, m.o.Clock.Now())
	if err != nil {
		return err
	}
	c.event.Decide(telemetry.Permit, telemetry.Passed, policy, "")
	return nil
}
