// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Options is everything the pipeline is wired with.
type Options struct {
	Contract *contract.Contract
	Auth     Authenticator
	Store    Transactor
	Audit    Auditor
	// AuditReads has reads of class read recorded like those of class money and security, before they are answered.
	AuditReads bool
	TenantOf   func(clientID string) string // whose trail tells of a client that could not show who it is; may be nil
	Replay     Replayer
	Ledger     Ledger
	Books      Books
	// Upstreams are the real APIs behind this server; EnvironmentOf is the environment of a client id.
	Upstreams     Upstreams
	EnvironmentOf func(clientID string) string
	Clock         clock.Clock // system time: for events, rate limits and latencies
	Log           *slog.Logger
	Ring          *telemetry.Ring

	MaxBody     int           // bytes; requests above are 413
	TrustedHops int           // proxies in front of us whose X-Forwarded-For entry is believed
	Allow       Networks      // only these may call at all; empty for everybody
	Rate        Rate          // per client (or per address, without a token)
	TokenRate   Rate          // for the token endpoints
	BaseURL     func() string // what debugIdentifier links start with
	Shared      bool          // other processes change rights too: a write decides about its caller inside its transaction
	Dev         bool          // judge our own responses; open the explanation of requests

	// ObjectKey hashes the ids that events name; the same for all processes of an installation. Random when nil.
	ObjectKey []byte
	// Emit takes the event to where logs are kept, and must not wait; nil: Log does.
	Emit func(e *telemetry.Event)
	// Change names what a call of class security would change of rights, credentials or safeguards, before it
	// is done; several are separated by commas. Nil: nobody asks.
	Change func(op string, path func(name string) string, body []byte) string
	// Done is told of every request that was answered; it must be quick. Nil: nobody is.
	Done func(e *telemetry.Event)
	// Bodies keeps what requests and answers said; nil: nobody does.
	Bodies *Bodies
	// OnViolation is told when one of our own responses does not fit the contract (dev and tests).
	OnViolation func(operation string, status int, body []byte, found []contract.Violation)
}

// Mux is the bound contract: every operation has a route, the ones without handler answer 501.
type Mux struct {
	o      Options
	bound  map[string]*endpoint
	routes *http.ServeMux
	limits *limiter

	refused books     // what the audit trail is still to tell of refusals
	objects sync.Pool // of *objects
}

type endpoint struct {
	op     *contract.Operation
	input  reflect.Type
	decode func(c *call) (any, error) // nil: not built
	invoke func(ctx context.Context, in any) (any, error)
	before ahead // ahead of the transaction; nil for most
	own    bool  // the handler opens its own transactions
	open   bool  // in dev, callable without a token
	raw    int   // bytes of a body that is handed over as it came; 0: bodies are checked

	read   *contract.Operation // of a write: what reads its path; nil: nothing does
	put    *contract.Operation // of a read: the complete-object update that takes its answer back; nil: none does
	beyond []*contract.Param   // of such a read: the parameters that the update lacks
}

// ahead is what runs before a transaction: it answers the context for the handler, and what follows, or nil.
type ahead func(ctx context.Context, in any) (_ context.Context, after func(context.Context) error, err error)

// call is one request on its way through the stages.
type call struct {
	http.ResponseWriter
	r        *http.Request
	ctx      context.Context //nolint:containedctx // a call is one request; stages enrich its context
	ep       *endpoint
	event    *telemetry.Event
	actor    *actor.Actor
	body     []byte
	form     url.Values
	params   url.Values
	in       any
	out      Answer
	said     []byte  // the beginning of the answer, where bodies are kept
	buffer   *[]byte // what a hot answer was written into; goes back when it is sent
	files    map[string]part
	media    string   // of the answer, when the handler chose one
	etag     string   // version of the resource
	upstream Upstream // where the call goes; nil: it is answered here
	sent     bool     // the answer is on its way already
	removed  []string // members that a complete-object update took away
	values   string   // what became of what, as the domain says it
	caller   *Caller  // nil: nobody who showed a token
	token    string   // the caller's
	keepsAll bool     // the client is not allowed to remove any by leaving them out
	replayed bool
	recorded bool            // the refusal, or the rehearsal, is in the audit trail
	counted  bool            // it is one of too many, and is only counted there
	at       telemetry.Stage // where it is now
	started  time.Time
}

// stage is one step; an error ends the request with the problem it maps to.
type stage struct {
	at  telemetry.Stage
	run func(m *Mux, c *call) error
}

// stages is the order of the pipeline once the operation is known. Request id, real IP, the global
// network list and routing come before (see ServeHTTP); handle has stages of its own.
//
//nolint:gochecknoglobals // the order itself, constant
var stages = []stage{
	{telemetry.Authenticate, (*Mux).authenticate},
	{telemetry.Environment, (*Mux).environment},
	{telemetry.Networks, (*Mux).clientNetworks},
	{telemetry.Rate, (*Mux).rate},
	{telemetry.Authorise, (*Mux).authorise},
	{telemetry.Operation, (*Mux).offered},
	{telemetry.Permit, (*Mux).permit},
	{telemetry.Limits, (*Mux).readBody},
	{telemetry.Validate, (*Mux).validate},
	{telemetry.Handle, (*Mux).handle},
}

// NewMux makes the routes of all operations of the contract, none bound yet.
func NewMux(o Options) *Mux {
	if o.ObjectKey == nil {
		o.ObjectKey = ids.Bytes(32)
	}
	m := &Mux{
		o: o, bound: map[string]*endpoint{}, routes: http.NewServeMux(), limits: newLimiter(o.Clock),
	}
	m.objects.New = func() any { return &objects{hash: hmac.New(sha256.New, o.ObjectKey)} }
	for _, op := range o.Contract.Operations() {
		ep := &endpoint{op: op}
		m.bound[op.ID] = ep
		m.routes.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
			c := w.(*call) //nolint:forcetypeassert // only ServeHTTP calls routes, with a *call
			c.ep, c.r = ep, r
			lowerIDs(op, r)
			m.run(c)
		})
	}
	m.pair()
	m.routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c := w.(*call) //nolint:forcetypeassert // as above
		c.r = r
		m.fail(c, telemetry.Route, m.unrouted(c))
	})
	return m
}

// lowerIDs turns UUIDs in the path to lower case, in which they are stored; RFC 9562 takes either.
func lowerIDs(op *contract.Operation, r *http.Request) {
	for i := range op.Params {
		if p := &op.Params[i]; p.In == contract.InPath && isUUID(p) {
			r.SetPathValue(p.Name, strings.ToLower(r.PathValue(p.Name)))
		}
	}
}

// isUUID reports whether the values of a parameter are UUIDs.
func isUUID(p *contract.Param) bool {
	s := p.Schema.Target()
	if s.Items != nil {
		s = s.Items.Target()
	}
	return s.Format == "uuid"
}

// ServeHTTP starts the event and the stages that need no operation.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := m.begin(w, r)
	defer m.finish(c)
	defer m.recovered(c)
	if err := m.realIP(c); err != nil {
		m.fail(c, telemetry.Address, err)
		return
	}
	if !canonical(r.URL.Path) {
		m.fail(c, telemetry.Route, errs.New(errs.RouteNotFound, "the path is not in its canonical form"))
		return
	}
	m.routes.ServeHTTP(c, r)
}

func (m *Mux) run(c *call) {
	c.event.Operation = c.ep.op.ID
	for i := range stages {
		s, decided := &stages[i], len(c.event.Stages)
		c.at = s.at
		if err := s.run(m, c); err != nil {
			m.fail(c, c.at, err)
			return
		}
		if len(c.event.Stages) == decided { // there was nothing in particular to say
			c.event.Decide(s.at, telemetry.Passed, "", "")
		}
	}
	if !c.sent {
		m.encode(c)
	}
}

// Missing lists the operations without a handler.
func (m *Mux) Missing() []*contract.Operation {
	var out []*contract.Operation
	for _, op := range m.o.Contract.Operations() {
		if m.bound[op.ID].decode == nil {
			out = append(out, op)
		}
	}
	return out
}

// Built reports whether the operation has a handler.
func (m *Mux) Built(id string) bool {
	ep := m.bound[id]
	return ep != nil && ep.decode != nil
}
