// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/telemetry"
)

// idempotencyHeader is ours: the reference has no such header, so its clients never send it.
const idempotencyHeader = "Idempotency-Key"

// Appender is an answer that writes its own JSON, for hot paths.
type Appender interface{ AppendJSON(b []byte) []byte }

// Statuser is an answer with another status than the lowest declared 2xx.
type Statuser interface{ Status() int }

// MediaTyper is an answer in another media type than its contract's first choice (see Mux.mediaType).
type MediaTyper interface{ MediaType() string }

// Locator is an answer that says where the new resource is.
type Locator interface{ Location() string }

// handle runs the handler: reads in one snapshot, everything else in one transaction together with
// its audit entry and its idempotency record, so that there is all of it or nothing.
func (m *Mux) handle(c *call) error {
	ctx := telemetry.WithEvent(telemetry.WithRequestID(c.ctx, c.event.ID), c.event)
	op := c.ep.op
	if err := m.tokenEnvironment(c); err != nil {
		return err
	}
	m.alters(c)
	if c.upstream != nil {
		err := m.forward(ctx, c)
		if err != nil && c.event.Upstream == nil && !c.recorded { // what was sent or rehearsed has its own entries
			m.recordRefusal(ctx, c, err)
		}
		return err
	}
	var err error
	var after func(context.Context) error
	if c.ep.before != nil {
		if ctx, after, err = c.ep.before(ctx, c.in); err != nil {
			return err
		}
	}
	switch {
	case c.ep.own:
		err = m.ownTransactions(ctx, c)
	case op.Effect == contract.Read:
		err = m.o.Store.View(ctx, func(ctx context.Context) error { return m.answer(ctx, c) })
		if err == nil && m.audited(op) { // who looks at such things leaves a trace, or does not see them
			err = m.o.Store.Update(ctx, func(ctx context.Context) error { return m.record(ctx, c, outcomeDone, "") })
		}
	default:
		err = m.o.Store.Update(ctx, func(ctx context.Context) error { return m.write1(ctx, c) })
	}
	if err != nil {
		m.recordRefusal(ctx, c, err)
		return err
	}
	if after != nil && !c.replayed {
		if err := after(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	c.event.Decide(telemetry.Handle, telemetry.Done, string(op.Effect), "")
	if !c.replayed && !c.ep.own {
		m.decideAudit(c, outcomeDone)
	}
	if caller := c.caller; caller != nil && caller.Application != nil && caller.Application.Quotes && op.Effect == contract.Read {
		return m.quoted(ctx, c, c.out.Body)
	}
	return nil
}

// ownTransactions runs a handler that opens its own. Its entry goes first, because afterwards it would be too
// late to refuse; what fails gets a second one.
func (m *Mux) ownTransactions(ctx context.Context, c *call) error {
	if m.o.Shared && c.token != "" {
		if err := m.o.Store.Update(ctx, func(ctx context.Context) error { _, err := m.again(ctx, c); return err }); err != nil {
			return err
		}
		ctx = actor.With(ctx, c.actor)
	}
	note := func(outcome, code string) error {
		if c.ep.op.Effect == contract.Read && c.ep.op.Audit != contract.AuditRead || !m.audited(c.ep.op) {
			return nil // the others write an entry of their own
		}
		return m.wrote(c, outcome, m.o.Store.Update(ctx, func(ctx context.Context) error { return m.record(ctx, c, outcome, code) }))
	}
	if err := note(outcomeDone, ""); err != nil {
		return err
	}
	err := m.answer(ctx, c)
	if err != nil {
		_ = note("FAILED", string(codeOf(err))) // the event says so; nothing is left to undo
	}
	return err
}

// audited reports whether what an operation does is worth an entry.
func (m *Mux) audited(op *contract.Operation) bool {
	return m.o.Audit != nil && op.Audit != contract.AuditNone && (op.Audit != contract.AuditRead || m.o.AuditReads)
}

func codeOf(err error) errs.Code {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return errs.InternalError
}

// write1 is one write inside its transaction.
func (m *Mux) write1(ctx context.Context, c *call) error {
	ctx, err := m.again(ctx, c)
	if err != nil {
		return err
	}
	key := c.r.Header.Get(idempotencyHeader)
	if key != "" && m.o.Replay != nil {
		c.at = telemetry.Replay
		if err := checkKey(key); err != nil {
			return err
		}
		kept, err := m.o.Replay.Find(ctx, c.actor.ClientID, key, c.identity())
		if err != nil {
			return err
		}
		if kept != nil {
			c.out, c.replayed, c.at = *kept, true, telemetry.Handle
			c.event.Decide(telemetry.Replay, telemetry.Replayed, "", "")
			return nil
		}
		c.event.Decide(telemetry.Replay, telemetry.New, "", "")
	}
	if err := m.reserve(ctx, c); err != nil {
		return err
	}
	if err := m.answer(ctx, c); err != nil {
		return err
	}
	if err := m.issue(ctx, c); err != nil {
		return err
	}
	if err := m.record(ctx, c, outcomeDone, ""); err != nil {
		return err
	}
	if key != "" && m.o.Replay != nil {
		return m.o.Replay.Keep(ctx, c.actor.ClientID, key, c.identity(), c.out)
	}
	return nil
}

func checkKey(key string) error {
	if len(key) > 255 {
		return &errs.Error{Code: errs.ValidationFailed, Message: "the key is too long", Fields: []errs.Field{
			{In: "header", Pointer: "/" + idempotencyHeader, Rule: "maxLength", Message: idempotencyHeader + " has at most 255 characters"}}}
	}
	return nil
}

// identity is what must be equal for two calls to be the same: operation, path, query and body.
func (c *call) identity() []byte {
	return append([]byte(c.ep.op.ID+"\n"+c.r.URL.RequestURI()+"\n"), c.body...)
}

// answer calls the handler and renders what it returns.
func (m *Mux) answer(ctx context.Context, c *call) error {
	slot, err := revision.Parse(c.r.Header.Get("If-Match"))
	if err != nil {
		return err
	}
	v, err := c.ep.invoke(revision.With(ctx, slot), c.in)
	if err != nil {
		return err
	}
	if err := m.revise(c, slot); err != nil {
		return err
	}
	c.out = Answer{Status: c.ep.op.SuccessStatus}
	switch t := v.(type) {
	case struct{}:
	case json.RawMessage:
		c.out.Body = t
	case []byte:
		c.out.Body = t
	case Appender:
		if c.buffer == nil {
			c.buffer = buffers.Get().(*[]byte) //nolint:forcetypeassert // the pool holds nothing else
		}
		c.out.Body = t.AppendJSON((*c.buffer)[:0])
		*c.buffer = c.out.Body
	default:
		if c.out.Body, err = json.Marshal(v); err != nil {
			return fmt.Errorf("encode the answer of %s: %w", c.ep.op.ID, err)
		}
	}
	if s, ok := v.(Statuser); ok {
		c.out.Status = s.Status()
	}
	c.media = ""
	if l, ok := v.(Locator); ok && l.Location() != "" {
		c.Header().Set("Location", l.Location())
	}
	if t, ok := v.(MediaTyper); ok {
		c.media = t.MediaType()
	}
	return nil
}

// record appends to the audit trail what was done, in the transaction that did it. AUDIT_UNAVAILABLE undoes it.
func (m *Mux) record(ctx context.Context, c *call, outcome, code string) error {
	if !m.audited(c.ep.op) {
		return nil
	}
	return m.note(ctx, m.act(c, outcome, code))
}

// note appends an act, with the error of record.
func (m *Mux) note(ctx context.Context, a Act) error {
	if err := m.o.Audit.Record(ctx, a); err != nil {
		return errs.New(errs.AuditUnavailable, "the audit trail cannot take the entry; nothing was done").Because(err)
	}
	return nil
}

// maxValues is how many bytes the trail keeps of what became of what.
const maxValues = 16 << 10

// act is what the trail keeps of the call.
func (m *Mux) act(c *call, outcome, code string) Act {
	op := c.ep.op
	detail := map[string]string{"class": string(op.Audit), "ip": c.event.ClientIP, "code": code}
	if c.event.Change != "" {
		detail["change"] = c.event.Change
	}
	if len(c.removed) > 0 {
		detail["removed"] = c.lost()
	}
	if c.values != "" {
		detail["values"] = redact.Text(c.values, maxValues)
	}
	if c.upstream != nil {
		detail["environment"] = c.event.Environment
		if up := c.event.Upstream; up != nil {
			detail["upstreamRequestId"], detail["upstreamStatus"] = redact.Text(up.RequestID, maxName), strconv.Itoa(up.Status)
		}
	}
	a := Act{
		Tenant: c.actor.Tenant, Actor: who(c.actor), Operation: op.ID, Target: redact.Text(c.target(), 1024),
		Outcome: outcome, RequestID: c.event.ID, Detail: detail, Foreign: c.upstream != nil,
	}
	if op.Scope == tokenScope && outcome == outcomeDone && m.o.TenantOf != nil { // the client has shown who it is
		a.Actor = c.claimed()
		a.Tenant = m.o.TenantOf(a.Actor)
		if c.event.Target != "" {
			a.Target = "userId=" + c.event.Target
		}
	}
	return a
}

// recordRefusal notes that a known caller was refused something that matters. Failing to note it
// changes nothing: nothing was written.
func (m *Mux) recordRefusal(ctx context.Context, c *call, cause error) {
	op := c.ep.op
	if errs.As(cause) == nil && errors.Is(cause, context.Canceled) {
		return // the caller went away, which nobody refused
	}
	if c.actor.Tenant == "" || c.ep.own || (op.Audit != contract.AuditSecurity && op.Audit != contract.AuditMoney) {
		return
	}
	if c.counted = !m.refused.known(c.actor.Tenant); c.counted {
		return
	}
	ctx = context.WithoutCancel(ctx) // who hangs up in time would leave no entry
	err := m.o.Store.Update(ctx, func(ctx context.Context) error { return m.record(ctx, c, outcomeRefused, string(codeOf(cause))) })
	if err != nil {
		c.event.Decide(telemetry.Audit, telemetry.Failed, outcomeRefused, err.Error())
	}
	c.recorded = err == nil
}

func who(a *actor.Actor) string {
	if a.UserID != "" {
		return a.ClientID + " for user " + a.UserID
	}
	return a.ClientID
}

// target names what the act was about: the path's ids, else the id it created.
func (c *call) target() string {
	var parts []string
	for _, p := range c.ep.op.Params {
		if p.In == "path" {
			parts = append(parts, p.Name+"="+c.r.PathValue(p.Name))
		}
	}
	if len(parts) == 0 && len(c.out.Body) > 0 && len(c.out.Body) < 4096 {
		return issuedID(c.out.Body)
	}
	return strings.Join(parts, " ")
}

// buffers holds the memory of hot answers between requests: they are large and always about as large.
var buffers = sync.Pool{New: func() any { return new([]byte) }} //nolint:gochecknoglobals // a pool must be shared

// maxBuffer is the largest buffer worth keeping.
const maxBuffer = 2 << 20

// mediaType is the handler's choice, else SCIM's type where the contract has it, else JSON.
func (c *call) mediaType() string {
	if c.media != "" {
		return c.media
	}
	if r := c.ep.op.Responses[c.out.Status]; r != nil && r.Content[scimType] != nil {
		return scimType
	}
	return "application/json"
}

// encode sends the answer.
func (m *Mux) encode(c *call) {
	defer func() {
		if c.buffer != nil && cap(*c.buffer) <= maxBuffer {
			buffers.Put(c.buffer)
		}
	}()
	if len(c.out.Body) > 0 {
		c.Header().Set("Content-Type", c.mediaType())
	}
	if c.upstream == nil { // what the real API says is held to the contract as drift
		m.judge(c)
	}
	if c.etag != "" {
		c.Header().Set("ETag", c.etag)
	}
	if c.replayed {
		c.Header().Set("Idempotency-Replayed", "true")
	}
	m.write(c)
}
