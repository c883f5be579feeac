// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/store"
)

const timeFormat = "2006-01-02T15:04:05.000000Z"

var errLine = errors.New("not as it was written")

// AppendEntry writes the line of an entry, without its end.
func AppendEntry(b []byte, e *store.AuditEntry) []byte {
	w := jx.Writer{Buf: b}
	w.RawStr(`{"seq":`)
	w.Int64(e.Seq)
	w.RawStr(`,"at":"`)
	w.Buf = e.At.UTC().AppendFormat(w.Buf, timeFormat)
	w.RawStr(`","actor":`)
	words(&w, e.Actor)
	w.RawStr(`,"operation":`)
	words(&w, e.Operation)
	w.RawStr(`,"target":`)
	words(&w, e.Target)
	w.RawStr(`,"outcome":`)
	words(&w, e.Outcome)
	w.RawStr(`,"requestId":`)
	words(&w, e.RequestID)
	w.RawStr(`,"detail":`)
	words(&w, string(e.Detail))
	w.RawStr(`,"prev":"`)
	w.Buf = hex.AppendEncode(w.Buf, e.PrevHash)
	w.RawStr(`","hash":"`)
	w.Buf = hex.AppendEncode(w.Buf, e.Hash)
	w.RawStr(`"}`)
	return w.Buf
}

// words writes text as a string, and what is no text as the object {"b64": …}.
func words(w *jx.Writer, s string) {
	if utf8.ValidString(s) {
		w.Str(s)
		return
	}
	w.RawStr(`{"b64":"`)
	w.Buf = base64.StdEncoding.AppendEncode(w.Buf, []byte(s))
	w.RawStr(`"}`)
}

// reader reads lines; it is kept between them.
type reader struct {
	d     jx.Decoder
	again []byte
}

// entry reads a line into e. What it read is good for as long as e is.
func (r *reader) entry(line []byte, e *store.AuditEntry) error {
	r.d.ResetBytes(line)
	err := r.d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "seq":
			e.Seq, err = d.Int64()
		case "at":
			var text string
			if text, err = d.Str(); err == nil {
				e.At, err = time.Parse(timeFormat, text)
			}
		case "actor":
			e.Actor, err = said(d)
		case "operation":
			e.Operation, err = said(d)
		case "target":
			e.Target, err = said(d)
		case "outcome":
			e.Outcome, err = said(d)
		case "requestId":
			e.RequestID, err = said(d)
		case "detail":
			var text string
			text, err = said(d)
			e.Detail = []byte(text)
		case "prev":
			e.PrevHash, err = unhex(d)
		case "hash":
			e.Hash, err = unhex(d)
		default:
			err = errLine
		}
		return err
	})
	if err != nil {
		return errLine
	}
	if r.again = AppendEntry(r.again[:0], e); !bytes.Equal(r.again, line) {
		return errLine
	}
	return nil
}

func said(d *jx.Decoder) (text string, err error) {
	if d.Next() == jx.String {
		return d.Str()
	}
	err = d.ObjBytes(func(d *jx.Decoder, _ []byte) error {
		b, err := d.Base64()
		text = string(b)
		return err
	})
	return text, err
}

func unhex(d *jx.Decoder) ([]byte, error) {
	text, err := d.StrBytes()
	if err != nil {
		return nil, err
	}
	out := make([]byte, hex.DecodedLen(len(text)))
	_, err = hex.Decode(out, text)
	return out, err
}
