// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/announce"
)

// stamp is a time as envelopes and deliveries write it: RFC 3339 in UTC with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// envelope is the body of a webhook (reference: webhook events, envelope). The payload goes in as the
// bytes it came in.
func envelope(n *announce.Notice, at time.Time) []byte {
	var w jx.Writer
	w.Buf = make([]byte, 0, len(n.Payload)+512)
	member := func(sep, key string) {
		w.RawStr(sep)
		w.Str(key)
		w.RawStr(":")
	}
	member("{", "event_type")
	w.Str(n.Type)
	member(",", "operation")
	w.Str(n.Operation)
	member(",", "operationSummary")
	member("{", "ticketsIssued")
	texts(&w, n.Summary.Issued)
	member(",", "ticketsVoided")
	texts(&w, n.Summary.Voided)
	member(",", "ticketsRefunded")
	texts(&w, n.Summary.Refunded)
	w.RawStr("}")
	member(",", "payload")
	w.Raw(n.Payload)
	member(",", "timestamp")
	w.Str(stamp(at))
	if n.Company != "" {
		member(",", "audience")
		member("{", "organizationId")
		w.Str(n.Company)
		w.RawStr("}")
	}
	w.RawStr("}")
	return w.Buf
}

func texts(w *jx.Writer, list []string) {
	w.ArrStart()
	for i, s := range list {
		if i > 0 {
			w.Comma()
		}
		w.Str(s)
	}
	w.ArrEnd()
}
