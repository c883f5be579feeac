// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The classes of x-redact. A class at an object or array holds for everything inside.
const (
	RedactName     = "name"     // of a person: the initial stays
	RedactContact  = "contact"  // e-mail, phone, address
	RedactDocument = "document" // passports, traveler numbers, loyalty cards
	RedactPayment  = "payment"  // of a card number the last four digits stay, of the rest nothing
	RedactBirth    = "birth"
	RedactPersonal = "personal" // gender, nationality, picture, age
	RedactSecret   = "secret"
	RedactTicket   = "ticket" // a number of a ticket, which stays whole although it may look like a card's; anything else is cleaned
)

func knownClass(class string) bool {
	return slices.Contains([]string{RedactName, RedactContact, RedactDocument, RedactPayment, RedactBirth, RedactPersonal, RedactSecret, RedactTicket}, class)
}

// unmarked is the class of what no schema describes: it may be anything.
const unmarked = "undeclared"

// maxRedact is how deep a document may be.
const maxRedact = 100

var errNotJSON = errors.New("the body is not JSON, or nested too deeply")

// Redacted is a JSON document of this schema without what its schema marks with x-redact and without the values
// of undeclared members. The members stay, so that one sees what was there; numbers and texts that are taken out
// become a text such as "[contact]". What stays of texts goes through clean, which gets the member's name and
// may be nil. In a union a value is redacted when any alternative says so.
func (s *Schema) Redacted(doc []byte, clean func(member, text string) string) ([]byte, error) {
	out, whole := s.RedactedStart(doc, clean)
	if !whole {
		return nil, errNotJSON
	}
	return out, nil
}

// RedactedStart is Redacted for a document that may be cut off, or broken: it answers what comes before the value
// in which the document ends or breaks, and whether that was all.
func (s *Schema) RedactedStart(doc []byte, clean func(member, text string) string) (out []byte, whole bool) {
	w := &redaction{r: reader{src: doc}, clean: clean}
	w.value([]*Schema{s}, "", "", maxRedact)
	if w.r.fault == "" && w.r.peek() != 0 {
		w.r.fail("text after the end")
	}
	if w.r.fault != "" {
		return w.out[:w.safe], false
	}
	return w.out, true
}

type redaction struct {
	r     reader
	out   []byte
	safe  int // what of out was written about values whose end was seen
	clean func(member, text string) string
}

// sure notes that all values that out tells of are complete: half a number is none that can be judged.
func (w *redaction) sure() {
	if w.r.fault == "" {
		w.safe = len(w.out)
	}
}

// value writes one value; schemas are all that may describe it, class is what holds for it from above.
func (w *redaction) value(schemas []*Schema, class, member string, depth int) {
	if depth == 0 {
		w.r.fail("nested too deeply")
		return
	}
	schemas, class = open(schemas, class)
	switch c := w.r.peek(); c {
	case '{':
		w.out = append(w.out, '{')
		n := 0
		for ok := w.r.open('}'); ok; ok = w.r.more('}') {
			w.sure()
			raw, plain := w.r.key()
			if !plain {
				raw = unescape(raw)
			}
			name := string(raw)
			if n++; n > 1 {
				w.out = append(w.out, ',')
			}
			below := describing(schemas, name)
			held := class
			if len(below) == 0 {
				if held == "" || held == RedactTicket {
					held = unmarked
				}
				name = w.say(member, name) // the caller chose it
			}
			w.text(name)
			w.out = append(w.out, ':')
			w.value(below, held, name, depth-1)
		}
		w.out = append(w.out, '}')
		w.sure()
	case '[':
		w.out = append(w.out, '[')
		var below []*Schema
		for _, s := range schemas {
			if s.Items != nil {
				below = append(below, s.Items)
			}
		}
		if len(below) == 0 && class == "" {
			class = unmarked
		}
		n := 0
		for ok := w.r.open(']'); ok; ok = w.r.more(']') {
			w.sure()
			if n++; n > 1 {
				w.out = append(w.out, ',')
			}
			w.value(below, class, member, depth-1)
		}
		w.out = append(w.out, ']')
		w.sure()
	case '"':
		raw, plain := w.r.text()
		if !plain {
			raw = unescape(raw)
		}
		switch {
		case class == RedactTicket && isTicket(raw):
			w.text(string(raw))
		case class != "" && class != RedactTicket:
			w.text(shown(class, string(raw)))
		default:
			w.text(w.say(member, string(raw)))
		}
	default:
		from := w.r.pos
		w.r.scalar(c)
		if w.r.fault != "" {
			return
		}
		text := w.r.src[from:w.r.pos]
		switch {
		case class == RedactTicket && isTicket(text):
			w.out = append(w.out, text...)
		case class != "" && class != RedactTicket && (c == '-' || c >= '0' && c <= '9'):
			w.text(shown(class, string(text)))
		case c == '-' || c >= '0' && c <= '9':
			if said := w.say(member, string(text)); said != string(text) {
				w.text(said)
				return
			}
			w.out = append(w.out, text...)
		default:
			w.out = append(w.out, text...)
		}
	}
}

func (w *redaction) say(member, text string) string {
	if w.clean == nil {
		return text
	}
	return w.clean(member, text)
}

func (w *redaction) text(s string) {
	q, err := json.Marshal(s)
	if err != nil {
		panic(err) // of a string there is none
	}
	w.out = append(w.out, q...)
}

// shown is what is shown instead of a value.
func shown(class, value string) string {
	switch class {
	case RedactName:
		r, _ := utf8.DecodeRuneInString(value)
		if value == "" || r == utf8.RuneError {
			return ""
		}
		return string(r) + "."
	case RedactPayment:
		digits := make([]byte, 0, len(value))
		for i := range len(value) {
			if value[i] >= '0' && value[i] <= '9' {
				digits = append(digits, value[i])
			}
		}
		if len(digits) >= 12 && len(digits) <= 19 {
			return "[card ending " + string(digits[len(digits)-4:]) + "]"
		}
	case unmarked:
		return "[" + strconv.Itoa(utf8.RuneCountInString(value)) + " characters]"
	}
	return "[" + class + "]"
}

// hold takes over a class where there is none yet. That something may be a ticket does not say that it is no card.
func hold(class *string, also string) {
	if *class == "" || *class == RedactTicket && also != "" {
		*class = also
	}
}

// isTicket reports whether a text is the number of a ticket: the airline's three digits and ten more. No brand gives
// out cards of this length any more.
func isTicket(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) == ticketDigits
}

const ticketDigits = 13

// open follows references and takes unions and allOf apart; the class is the first that any of them has.
func open(schemas []*Schema, class string) ([]*Schema, string) {
	var out []*Schema
	var add func(s *Schema, depth int)
	add = func(s *Schema, depth int) {
		hold(&class, s.Redact)
		for t := s; t.Ref != ""; {
			n := t.contract.Schema(t.Ref)
			if n == nil {
				break
			}
			t = n
			hold(&class, t.Redact)
		}
		s = s.Target()
		out = append(out, s)
		if depth == 0 {
			return
		}
		for _, p := range s.AllOf {
			add(p, depth-1)
		}
		for _, p := range s.OneOf {
			add(p, depth-1)
		}
	}
	for _, s := range schemas {
		add(s, maxFlatten)
	}
	return out, class
}

// describing is all that may describe a member.
func describing(schemas []*Schema, name string) (out []*Schema) {
	for _, s := range schemas {
		for i := range s.Properties {
			if s.Properties[i].Name == name {
				out = append(out, s.Properties[i].Schema)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range schemas {
		if s.Values != nil {
			out = append(out, s.Values)
		}
	}
	return out
}
