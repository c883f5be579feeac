// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AppendJSON appends the event as slog's JSONHandler writes its Record, at a fraction of the cost.
func (e *Event) AppendJSON(b []byte) []byte {
	l := line{b: append(b, '{'), json: true}
	e.write(&l)
	return append(l.b, '}')
}

// AppendText appends the event as slog's TextHandler writes its Record.
func (e *Event) AppendText(b []byte) []byte {
	l := line{b: b}
	e.write(&l)
	return l.b
}

// AppendTerse appends the event for somebody who reads along: as AppendText does, without the stages that let the
// request pass. Of an error stage and rule say where it ended.
func (e *Event) AppendTerse(b []byte) []byte {
	l := line{b: b, terse: true}
	e.write(&l)
	return l.b
}

// write is Record, field by field in the same order.
func (e *Event) write(l *line) {
	l.time(e.At.Add(e.Took))
	l.text(slog.LevelKey, e.Level().String())
	l.text(slog.MessageKey, "request")
	l.text("requestId", e.ID)
	l.text("method", e.Method)
	l.text("path", e.Path)
	l.text("operation", e.Operation)
	l.number("status", int64(e.Status))
	l.duration("took", e.Took)
	l.number("in", int64(e.BytesIn))
	l.number("out", int64(e.BytesOut))
	l.text("ip", e.ClientIP)
	l.text("client", e.ClientID)
	l.text("tenant", e.Tenant)
	l.text("agent", e.UserAgent)
	l.present("environment", e.Environment)
	if u := e.Upstream; u != nil {
		l.open("upstream")
		l.number("status", int64(u.Status))
		l.text("requestId", u.RequestID)
		l.text("debugIdentifier", u.Debug)
		l.duration("took", u.Took)
		l.number("attempts", int64(u.Attempts))
		l.list("drift", u.Drift)
		l.close()
	}
	if w := e.Webhook; w != nil {
		l.open("webhook")
		l.text("result", w.Result)
		l.text("receiptId", w.Receipt)
		l.text("webhookId", w.ID)
		l.text("eventType", w.EventType)
		l.text("operation", w.Operation)
		l.text("secretReference", w.Secret)
		l.text("clientId", w.Client)
		l.number("attempts", int64(w.Attempts))
		l.close()
	}
	if l.terse {
		e.unusual(l)
	} else {
		e.stages(l)
	}
	l.present("user", e.UserID)
	l.present("effect", e.Effect)
	l.present("object", e.Object)
	l.present("company", e.Company)
	l.present("reason", e.Reason)
	l.present("bodies", e.Bodies)
	if e.Currency != "" {
		l.number("amountMinor", e.AmountMinor)
		l.text("currency", e.Currency)
	}
	if e.ErrorCode != "" {
		stage, rule := e.ended()
		l.text("code", e.ErrorCode)
		l.text("message", e.Message)
		l.text("stage", stage)
		l.text("rule", rule)
	}
	l.present("error", e.Internal)
}

// line is one being written: an object in JSON, or key=value in text.
type line struct {
	b      []byte
	json   bool
	terse  bool   // text without what went as usual
	within string // the group
	begun  bool   // something stands before the next field
}

func (l *line) key(name string) {
	if l.begun {
		if l.json {
			l.b = append(l.b, ',')
		} else {
			l.b = append(l.b, ' ')
		}
	}
	l.begun = true
	if l.json {
		l.b = append(append(append(l.b, '"'), name...), '"', ':')
		return
	}
	if l.within != "" {
		l.b = append(append(l.b, l.within...), '.')
	}
	l.b = append(append(l.b, name...), '=')
}

func (l *line) open(name string) {
	if l.json {
		l.key(name)
		l.b, l.begun = append(l.b, '{'), false
		return
	}
	l.within = name
}

func (l *line) close() {
	if l.json {
		l.b = append(l.b, '}')
	}
	l.within, l.begun = "", true
}

func (l *line) time(t time.Time) {
	l.key(slog.TimeKey)
	t = t.Round(0)
	if l.json {
		l.b = append(t.AppendFormat(append(l.b, '"'), time.RFC3339Nano), '"')
		return
	}
	l.b = t.AppendFormat(l.b, "2006-01-02T15:04:05.000Z07:00")
}

func (l *line) number(name string, n int64) {
	l.key(name)
	l.b = strconv.AppendInt(l.b, n, 10)
}

func (l *line) duration(name string, d time.Duration) {
	l.key(name)
	if l.json {
		l.b = strconv.AppendInt(l.b, int64(d), 10)
		return
	}
	l.b = append(l.b, d.String()...)
}

// present writes what is not empty.
func (l *line) present(name, s string) {
	if s != "" {
		l.text(name, s)
	}
}

func (l *line) text(name, s string) {
	l.key(name)
	l.value(s)
}

func (l *line) value(s string) {
	switch {
	case l.json && simple(s):
		l.b = append(append(append(l.b, '"'), s...), '"')
	case l.json:
		l.b = appendJSON(l.b, s)
	case quotes(s) && plain(s):
		l.b = append(append(append(l.b, '"'), s...), '"')
	case quotes(s):
		l.b = strconv.AppendQuote(l.b, s)
	default:
		l.b = append(l.b, s...)
	}
}

// words is a word that needs no quotes, and what stands behind it if anything does; for text.
func (l *line) words(name, word, more string) {
	l.key(name)
	if more == "" {
		l.b = append(l.b, word...)
		return
	}
	l.b = append(append(append(l.b, '"'), word...), ' ')
	if plain(more) {
		l.b = append(append(l.b, more...), '"')
		return
	}
	n := len(l.b)
	l.b = strconv.AppendQuote(l.b, more)
	l.b = append(l.b[:n], l.b[n+1:]...)
}

func (l *line) list(name string, all []string) {
	l.key(name)
	if !l.json {
		l.value(fmt.Sprintf("%+v", all))
		return
	}
	if all == nil {
		l.b = append(l.b, "null"...)
		return
	}
	l.b = append(l.b, '[')
	for i, s := range all {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.value(s)
	}
	l.b = append(l.b, ']')
}

// simple reports whether a text stands in JSON as it is.
func simple(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// plain reports whether a text stands between quotes as it is in either form.
func plain(s string) bool { return simple(s) && strings.IndexByte(s, 0x7f) < 0 }

// appendJSON appends a text that is not simple.
func appendJSON(b []byte, s string) []byte { return appendRest(append(b, '"'), s) }

// appendRest is appendJSON behind the beginning of the text.
func appendRest(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, `\ufffd`...)
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ', r == '\u2028', r == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return append(b, '"')
}

// quotes reports whether a text is quoted in text.
func quotes(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == '=' || c == '"' {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return true
		}
		i += n
	}
	return s == ""
}
