// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
)

// maxAnswer bounds the answer to a write, in bytes: it is read whole, so that what was issued is known
// before the caller is told.
const maxAnswer = 32 << 20

// change sends a write. Once it has left, it is seen through even when the caller goes away: what happened
// must be known.
//
//	intent   one transaction: is the key known, is there money left, audit entry INTENT
//	send     an answer, or certainly not sent, or doubt; doubt about a creation is looked up
//	outcome  one transaction: audit entry, issued ids, price or release of the purchase, answer for the key
func (m *Mux) change(ctx context.Context, c *call) error {
	err := m.safeUpdate(ctx, c)
	if err == nil && !c.replayed {
		intent := m.act(c, "INTENT", "") // made before the store is asked, which does one call at a time
		err = m.o.Store.Update(ctx, func(ctx context.Context) error { return m.intend(ctx, c, intent) })
	}
	if errs.Is(err, errs.OutcomeUnknown) {
		return m.findAgain(ctx, c, err)
	}
	if err != nil || c.replayed {
		return err
	}
	m.decideAudit(c, "INTENT")
	ctx = context.WithoutCancel(ctx)
	outcome, failed := m.attempt(ctx, c)
	if err := m.o.Store.Update(ctx, m.conclude(c, outcome, failed)); err != nil {
		// The API has acted, and that cannot be undone: the caller gets its answer, the log the rest.
		c.event.Internal = "the outcome could not be recorded: " + err.Error()
		c.event.Decide(telemetry.Audit, telemetry.Failed, outcome, "")
	} else {
		m.decideAudit(c, outcome)
	}
	if failed != nil {
		return failed
	}
	c.event.Decide(telemetry.Handle, telemetry.Done, outcome, "forwarded")
	return nil
}

// decideAudit notes that a transaction left its entry, where it leaves one.
func (m *Mux) decideAudit(c *call, outcome string) {
	if m.audited(c.ep.op) {
		c.event.Decide(telemetry.Audit, telemetry.Written, outcome, "")
	} else {
		c.event.Decide(telemetry.Audit, telemetry.None, "", "")
	}
}

// findAgain is for a key whose first call was sent and has no outcome: this process died meanwhile, or the call is
// still on its way. What it created may be there by now.
func (m *Mux) findAgain(ctx context.Context, c *call, unknown error) error {
	lctx, cancel := context.WithTimeout(ctx, c.upstream.Timeout())
	defer cancel()
	found, ok, err := c.upstream.Lookup(lctx, c.ep.op, c.r.URL.Path, c.body)
	if err != nil || !ok {
		return unknown
	}
	c.out = found
	c.Header().Set("Airside-Recovered", "true")
	c.event.Decide(telemetry.Recovery, telemetry.Found, "", "")
	if err := m.o.Store.Update(ctx, m.conclude(c, outcomeFound, nil)); err != nil {
		return err
	}
	m.decideAudit(c, outcomeFound)
	c.at = telemetry.Handle
	c.event.Decide(telemetry.Handle, telemetry.Done, outcomeFound, "forwarded by an earlier call")
	return nil
}

// The outcomes of a write, as the audit trail has them.
const (
	outcomeDone    = "ALLOWED"     // the API said yes
	outcomeRefused = "REFUSED"     // the API said no, or it was not sent
	outcomeUnknown = "UNKNOWN"     // it may have happened
	outcomeFound   = "FOUND_AGAIN" // no answer, but what it created is there
)

// inFlight is the status of a kept answer that has not come yet.
const inFlight = 0

// intend lets a call go, and writes that down.
func (m *Mux) intend(ctx context.Context, c *call, intent Act) error {
	if err := m.claim(ctx, c); err != nil || c.replayed {
		return err
	}
	if c.upstream.Mode() != ModeLive { // somebody switched while the call was on its way here
		c.at = telemetry.Mode
		return c.readOnly()
	}
	if !m.audited(c.ep.op) {
		return nil
	}
	return m.note(ctx, intent)
}

// claim decides for the last time whether a call may go, and takes what it needs: its key, and a place in the books.
func (m *Mux) claim(ctx context.Context, c *call) error {
	if err := m.recall(ctx, c); err != nil || c.replayed {
		return err
	}
	if key := c.r.Header.Get(idempotencyHeader); key != "" && m.o.Replay != nil {
		if err := m.o.Replay.Keep(ctx, c.actor.ClientID, key, c.identity(), Answer{Status: inFlight}); err != nil {
			return err
		}
	}
	return m.reserve(ctx, c)
}

// recall asks whether the caller still may, and finds the answer that is kept for the call's key. OUTCOME_UNKNOWN when
// there is none yet.
func (m *Mux) recall(ctx context.Context, c *call) error {
	ctx, err := m.again(ctx, c)
	key := c.r.Header.Get(idempotencyHeader)
	if err != nil || key == "" || m.o.Replay == nil {
		return err
	}
	c.at = telemetry.Replay
	if err := checkKey(key); err != nil {
		return err
	}
	kept, err := m.o.Replay.Find(ctx, c.actor.ClientID, key, c.identity())
	switch {
	case err != nil:
		return err
	case kept != nil && kept.Status == inFlight:
		return errs.New(errs.OutcomeUnknown, "the call with this Idempotency-Key was sent and its outcome is not known")
	case kept != nil:
		c.out, c.replayed = *kept, true
		c.event.Decide(telemetry.Replay, telemetry.Replayed, "", "")
	default:
		c.event.Decide(telemetry.Replay, telemetry.New, "", "")
	}
	c.at = telemetry.Handle
	return nil
}

// reserve counts a purchase against its cap, where there is one. Then the call goes on to what carries it out.
func (m *Mux) reserve(ctx context.Context, c *call) error {
	if c.buys() {
		c.at = telemetry.Cap
		if err := m.o.Books.Reserve(ctx, c.purchase()); err != nil {
			return err
		}
		c.event.Decide(telemetry.Cap, telemetry.Passed, "", "")
	}
	c.at = telemetry.Handle
	return nil
}

// buys reports whether the call is a purchase that is counted against a cap.
func (c *call) buys() bool {
	caller := c.caller
	return c.ep.op.Effect == contract.Purchase && caller != nil && caller.Application != nil && caller.Application.Capped
}

// attempt sends the write and finds out what became of it. On success c.out is the answer.
func (m *Mux) attempt(ctx context.Context, c *call) (outcome string, failed error) {
	for second := false; ; second = true {
		headers, err := m.sendWrite(ctx, c)
		switch {
		case err == nil && !doubtful(c.out.Status) && !c.foreign():
			c.copyHeaders(c.out.Status, headers)
			if c.out.Status >= 400 {
				return outcomeRefused, nil // its own words go to the caller
			}
			return outcomeDone, nil
		case err != nil && (isNotSent(err) || errs.As(err) != nil):
			return outcomeRefused, m.upstreamFailed(c, err)
		}
		// It may have happened. A creation with an external id can be found again.
		lctx, cancel := context.WithTimeout(ctx, c.upstream.Timeout())
		found, ok, lost := c.upstream.Lookup(lctx, c.ep.op, c.r.URL.Path, c.body)
		cancel()
		said := "the API answered " + http.StatusText(c.out.Status) + " " + c.media
		c.out, c.media = Answer{}, "" // nobody's word: neither the caller's answer nor the key's
		switch {
		case lost == nil && ok:
			c.event.Decide(telemetry.Recovery, telemetry.Found, "", "")
			c.out = found
			c.Header().Set("Airside-Recovered", "true")
			return outcomeFound, nil
		case lost == nil && !second:
			c.event.Decide(telemetry.Recovery, telemetry.None, "", "")
			if c.upstream.Mode() != ModeLive { // somebody switched meanwhile
				return outcomeRefused, c.readOnly()
			}
			continue // it is certain that nothing is there: once more
		}
		c.event.Decide(telemetry.Recovery, telemetry.Failed, "", "")
		c.event.Internal = firstOf(text(err), said)
		return outcomeUnknown, errs.New(errs.OutcomeUnknown, "%s was sent to %s, and it is not known whether it was carried out", c.ep.op.ID, c.event.Environment).
			With("operation", c.ep.op.ID).Because(err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// doubtful are the answers of something in between that say nothing about the API itself.
func doubtful(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// foreign reports an answer that is not the API's word on the write, such as the page of a proxy or half a document: it
// says nothing about what became of it. What else leaves the contract is drift, and is passed on.
func (c *call) foreign() bool {
	if c.out.Status >= 300 {
		return c.out.Status < 400 && c.ep.op.Responses[c.out.Status] == nil // somebody wants to be asked elsewhere
	}
	if len(c.out.Body) == 0 {
		return c.out.Status != http.StatusNoContent && creates(c.ep.op) && c.says("application/json")
	}
	return !json.Valid(c.out.Body) && (c.media == "application/json" || !c.says(c.media))
}

// says reports whether a success of the operation may have a body of the type.
func (c *call) says(media string) bool {
	for status, r := range c.ep.op.Responses {
		if status < 300 && r.Content[media] != nil {
			return true
		}
	}
	return false
}

// sendWrite makes one attempt and reads the whole answer into c.out. Its headers are for the caller only if it is one.
func (m *Mux) sendWrite(ctx context.Context, c *call) (http.Header, error) {
	resp, err := m.send(ctx, c)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errors.New("the answer is larger than is taken")
	}
	if c.ep.read != nil && strong(resp.Header) == "" {
		delete(resp.Header, "Etag") // If-Match of the next update would never match it
	}
	c.out, c.media = Answer{resp.StatusCode, body}, mediaOf(resp.Header.Get("Content-Type"))
	c.event.Upstream.Debug = debugOf(resp.StatusCode, body)
	m.drift(c, resp.StatusCode, resp.Header.Get("Content-Type"), body)
	return resp.Header, nil
}

func mediaOf(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return media
}

// conclude makes what writes down what became of the write.
func (m *Mux) conclude(c *call, outcome string, failed error) func(ctx context.Context) error {
	code := ""
	switch {
	case failed != nil:
		code = string(codeOf(failed))
	case outcome == outcomeRefused && c.out.Status >= 400:
		code = firstError(c.out.Body)
	}
	act := m.act(c, outcome, code)
	var issue Issue
	created := false
	if outcome == outcomeDone || outcome == outcomeFound {
		issue, created = m.issued(c)
	}
	return func(ctx context.Context) error {
		if m.audited(c.ep.op) {
			if err := m.note(ctx, act); err != nil {
				return err
			}
		}
		if created {
			if err := m.o.Ledger.Issued(ctx, issue); err != nil {
				return err
			}
		}
		if outcome == outcomeRefused && c.buys() {
			if err := m.o.Books.Release(ctx, c.purchase()); err != nil {
				return err
			}
		}
		key := c.r.Header.Get(idempotencyHeader)
		if key == "" || m.o.Replay == nil || outcome == outcomeUnknown {
			return nil
		}
		if failed != nil || c.out.Status == inFlight {
			return m.o.Replay.Forget(ctx, c.actor.ClientID, key) // not sent: the key is as good as new
		}
		return m.o.Replay.Keep(ctx, c.actor.ClientID, key, c.identity(), c.out)
	}
}

// quoted remembers a price that passed, in a transaction of its own.
func (m *Mux) quoted(ctx context.Context, c *call, answer []byte) error {
	if !m.o.Books.Prices(c.ep.op.ID) {
		return nil
	}
	err := m.o.Store.Update(context.WithoutCancel(ctx), func(ctx context.Context) error { return m.o.Books.Quoted(ctx, c.actor.Tenant, c.ep.op.ID, answer) })
	if err != nil {
		c.event.Decide(telemetry.Books, telemetry.Failed, "price", err.Error())
	}
	return nil
}

// firstError is the code in an error envelope.
func firstError(body []byte) string {
	i := strings.Index(string(body[:min(len(body), 4096)]), `"errorCode"`)
	if i < 0 {
		return ""
	}
	rest := string(body[i+len(`"errorCode"`) : min(len(body), 4096)])
	_, rest, ok := strings.Cut(rest, `"`)
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(rest, `"`)
	return redact.Text(code, 64)
}
