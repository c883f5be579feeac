// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"log/slog"
	"time"
)

// Event is the record of one request. It holds no body, no secret and no personal data.
type Event struct {
	ID          string        `json:"requestId"`
	At          time.Time     `json:"at"`
	Method      string        `json:"method"`
	Path        string        `json:"path"`
	Operation   string        `json:"operation,omitempty"`
	Status      int           `json:"status"`
	ErrorCode   string        `json:"errorCode,omitempty"`
	Message     string        `json:"message,omitempty"`
	Hint        string        `json:"hint,omitempty"`
	ClientIP    string        `json:"clientIp,omitempty"`
	ClientID    string        `json:"clientId,omitempty"`
	Tenant      string        `json:"tenant,omitempty"`
	Environment string        `json:"environment,omitempty"`
	UserID      string        `json:"userId,omitempty"`
	UserAgent   string        `json:"userAgent,omitempty"`
	BytesIn     int           `json:"bytesIn"`
	BytesOut    int           `json:"bytesOut"`
	Took        time.Duration `json:"tookNanos"`
	Stages      []Decision    `json:"-"` // in the log as an object, see AppendStages
	Upstream    *Upstream     `json:"upstream,omitempty"`
	Effect      string        `json:"effect,omitempty"`
	Object      string        `json:"object,omitempty"`  // keyed hash of the id in the path: tells calls about one thing from calls about many
	Company     string        `json:"company,omitempty"` // whose data the call is about
	Reason      string        `json:"reason,omitempty"`  // why it was refused, finer than the code; never told to the caller
	AmountMinor int64         `json:"amountMinor,omitempty"`
	Currency    string        `json:"currency,omitempty"` // of a purchase whose price is known; "" otherwise
	Change      string        `json:"change,omitempty"`   // of rights or safeguards, asked for; several with commas
	Target      string        `json:"target,omitempty"`   // whom the change is about
	Bodies      string        `json:"bodies,omitempty"`   // queued or dropped, where bodies are kept
	Webhook     *Webhook      `json:"webhook,omitempty"`  // of a receipt of an inbox
	Internal    string        `json:"-"`                  // the internal error chain: logged, never shown

	room    [usual]Decision // of Stages
	details []detail        // of some of them
}

// Upstream is what the call to the real API looked like.
type Upstream struct {
	Status    int           `json:"status"`              // 0 when no answer came
	RequestID string        `json:"requestId,omitempty"` // its own id of the request
	Debug     string        `json:"debugIdentifier,omitempty"`
	Took      time.Duration `json:"tookNanos"`
	Attempts  int           `json:"attempts"`
	Drift     []string      `json:"drift,omitempty"` // where the answer left the contract
}

// Webhook is what an inbox made of a webhook. It names no resource: that may be a person.
type Webhook struct {
	Result    string `json:"result"`              // as in the list of receipts
	Receipt   string `json:"receiptId,omitempty"` // of a duplicate the first; "" when none was written
	ID        string `json:"webhookId,omitempty"`
	EventType string `json:"eventType,omitempty"`
	Operation string `json:"operation,omitempty"`
	Secret    string `json:"secretReference,omitempty"` // the one that signed; a reference is no secret
	Client    string `json:"clientId,omitempty"`        // of a sender that came with a token instead
	Attempts  int    `json:"attempts,omitempty"`        // how often it came
}

// Log writes the event as one line.
func (e *Event) Log(ctx context.Context, log *slog.Logger) {
	if h := log.Handler(); h.Enabled(ctx, e.Level()) {
		_ = h.Handle(ctx, e.Record()) // as slog.Logger does: there is nowhere to say it
	}
}

// Level is error for failures inside and warning for refusals.
func (e *Event) Level() slog.Level {
	switch {
	case e.Status >= 500 && e.Status != 501:
		return slog.LevelError
	case e.Status >= 400:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// Record is the event as a line of a log, at the time when the request ended.
func (e *Event) Record() slog.Record {
	attrs := append(make([]slog.Attr, 0, 24), // room for what may follow
		slog.String("requestId", e.ID), slog.String("method", e.Method), slog.String("path", e.Path),
		slog.String("operation", e.Operation), slog.Int("status", e.Status),
		slog.Duration("took", e.Took), slog.Int("in", e.BytesIn), slog.Int("out", e.BytesOut),
		slog.String("ip", e.ClientIP), slog.String("client", e.ClientID),
		slog.String("tenant", e.Tenant), slog.String("agent", e.UserAgent),
	)
	if e.Environment != "" {
		attrs = append(attrs, slog.String("environment", e.Environment))
	}
	if u := e.Upstream; u != nil {
		attrs = append(attrs, slog.Group("upstream", slog.Int("status", u.Status), slog.String("requestId", u.RequestID),
			slog.String("debugIdentifier", u.Debug), slog.Duration("took", u.Took), slog.Int("attempts", u.Attempts), slog.Any("drift", u.Drift)))
	}
	if w := e.Webhook; w != nil {
		attrs = append(attrs, slog.Group("webhook", slog.String("result", w.Result), slog.String("receiptId", w.Receipt), slog.String("webhookId", w.ID),
			slog.String("eventType", w.EventType), slog.String("operation", w.Operation), slog.String("secretReference", w.Secret), slog.String("clientId", w.Client), slog.Int("attempts", w.Attempts)))
	}
	if len(e.Stages) > 0 {
		attrs = append(attrs, e.stageAttr())
	}
	if e.UserID != "" {
		attrs = append(attrs, slog.String("user", e.UserID))
	}
	for _, a := range []struct{ name, value string }{{"effect", e.Effect}, {"object", e.Object}, {"company", e.Company}, {"reason", e.Reason}, {"bodies", e.Bodies}} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.name, a.value))
		}
	}
	if e.Currency != "" {
		attrs = append(attrs, slog.Int64("amountMinor", e.AmountMinor), slog.String("currency", e.Currency))
	}
	if e.ErrorCode != "" {
		stage, rule := e.ended()
		attrs = append(attrs, slog.String("code", e.ErrorCode), slog.String("message", e.Message),
			slog.String("stage", stage), slog.String("rule", rule))
	}
	if e.Internal != "" {
		attrs = append(attrs, slog.String("error", e.Internal))
	}
	r := slog.NewRecord(e.At.Add(e.Took), e.Level(), "request", 0)
	r.AddAttrs(attrs...)
	return r
}
