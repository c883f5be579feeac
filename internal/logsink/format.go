// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"

	"github.com/airside-travel/airside/internal/audit"
)

// Terse is text for somebody who reads along. Only the log of a process may be, so no setting names it.
const Terse = "terse"

// encoder writes entries in one form.
type encoder struct {
	ctx    context.Context //nolint:containedctx // of the process: a sink lives as long
	format string
	o      *Options
}

// record is an entry as a line of a log.
func (e encoder) record(x entry) slog.Record {
	if x.event != nil {
		return x.event.Record()
	}
	r := slog.NewRecord(e.o.Clock.Now(), slog.LevelWarn, "events were dropped", 0)
	r.AddAttrs(slog.Int64("dropped", x.dropped))
	return r
}

// line appends an entry and a line feed.
func (e encoder) line(b *bytes.Buffer, x entry) error {
	if e.format == "ocsf" {
		text, err := e.ocsf(x)
		b.Write(text)
		b.WriteByte('\n')
		return err
	}
	if x.event != nil {
		switch room := b.AvailableBuffer(); e.format {
		case Terse:
			b.Write(x.event.AppendTerse(room))
		case "text":
			b.Write(x.event.AppendText(room))
		default:
			b.Write(x.event.AppendJSON(room))
		}
		b.WriteByte('\n')
		return nil
	}
	o := &slog.HandlerOptions{Level: slog.LevelDebug}
	var h slog.Handler = slog.NewJSONHandler(b, o)
	if e.format == "text" || e.format == Terse {
		h = slog.NewTextHandler(b, o)
	}
	return h.Handle(e.ctx, e.record(x))
}

func (e encoder) ocsf(x entry) ([]byte, error) {
	if x.event == nil {
		return json.Marshal(audit.DroppedToOCSF(e.o.Clock.Now(), x.dropped))
	}
	return json.Marshal(audit.EventToOCSF(x.event))
}

// stream writes lines to a stream of the process, which stays open.
type stream struct {
	w io.Writer
	encoder
	b bytes.Buffer
}

func newStream(w io.Writer, e encoder) *stream {
	if w == nil {
		w = io.Discard
	}
	return &stream{w: w, encoder: e}
}

func (s *stream) send(batch []entry) error {
	s.b.Reset()
	for _, x := range batch {
		if err := s.line(&s.b, x); err != nil {
			return err
		}
	}
	_, err := s.w.Write(s.b.Bytes())
	return err
}

func (s *stream) tick() error  { return nil }
func (s *stream) close() error { return nil }

// process writes to the log of the process, which is another's.
type process struct {
	h slog.Handler
	encoder
}

func (p *process) send(batch []entry) error {
	for _, x := range batch {
		r := p.record(x)
		if !p.h.Enabled(p.ctx, r.Level) {
			continue
		}
		if err := p.h.Handle(p.ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) tick() error  { return nil }
func (p *process) close() error { return nil }
