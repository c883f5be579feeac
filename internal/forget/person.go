// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// Person is somebody to be taken out of documents.
type Person struct {
	ID        string
	born      string // YYYY-MM-DD
	name      names
	marks     map[string]mark // by what they are compared by
	parts     []needle        // looked for where a text is the person's alone: single names, the day of birth, short numbers
	namesakes []string        // ids of users
	addresses map[string]bool // all of the person's in lower case, shared ones too
	strange   []string        // addresses of namesakes and not of the person, in lower case
}

// Of reads what identifies a user out of the profile. Tell it the other profiles with Meet before it is used.
func Of(id string, profile []byte) (*Person, error) {
	p := &Person{ID: strings.ToLower(id), marks: map[string]mark{}}
	doc, err := jsondoc.Parse(profile)
	if err != nil {
		return nil, err
	}
	personal := doc.Object("personalInfo")
	p.name = namesOf(personal.Object("name"))
	for _, part := range p.name.parts() {
		p.part(part)
	}
	p.born = personal.Object("dob").String("iso8601")
	if at, err := time.Parse(time.DateOnly, p.born); err == nil {
		for _, layout := range []string{time.DateOnly, "02Jan06", "02Jan2006", "02/01/2006", "01/02/2006"} {
			p.part(at.Format(layout))
		}
	}
	for _, section := range []*jsondoc.Object{personal, doc.Object("businessInfo"), doc.Object("membershipInfo")} {
		p.collect("", section.Bytes())
	}
	p.number(doc.String("externalId"), false)
	p.number(doc.Object("businessInfo").String("employeeId"), false)
	p.addresses = map[string]bool{}
	for key, m := range p.marks {
		p.addresses[key] = m.kind == address
	}
	return p, nil
}

// Meet learns of another profile. What both have identifies neither, such as the telephone of an office; and a
// namesake's address tells in a document which of the two is meant.
func (p *Person) Meet(id string, profile []byte) error {
	if !p.mayMeet(profile) {
		return nil
	}
	q, err := Of("", profile)
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.marks, func(key string, _ mark) bool { _, both := q.marks[key]; return both })
	if p.name.same(q.name) {
		p.namesakes = append(p.namesakes, strings.ToLower(id))
		for key, m := range q.marks {
			if m.kind == address && !p.addresses[key] {
				p.strange = append(p.strange, key)
			}
		}
	}
	return nil
}

// mayMeet reports whether a profile may have something of the person's; to read it takes far longer, and a TMC has
// many.
func (p *Person) mayMeet(profile []byte) bool {
	lower := bytes.ToLower(unescaped(profile))
	family, _, _ := strings.Cut(plain(p.name.family), " ")
	return p.name.full != nil && bytes.Contains(lower, []byte(family)) || p.trace(lower, true)
}

// trace reports whether a document in lower case may have one of the marks, or of those that tie it to the person.
// That is found fast.
func (p *Person) trace(lower []byte, all bool) bool {
	var dialed []byte
	for key, m := range p.marks {
		in, what := lower, key
		if m.tail != "" {
			if dialed == nil {
				dialed = digits(lower)
			}
			in, what = dialed, m.tail
		}
		if (all || m.strict != nil) && bytes.Contains(in, []byte(what)) {
			return true
		}
	}
	return false
}

func (p *Person) part(s string) {
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) >= 2 && strings.ContainsFunc(s, partOfWord) {
		p.parts = append(p.parts, word(s))
	}
}

// kind is what sort of thing a mark is, and so how much it says.
type kind int

const (
	other    kind = iota // identifies within a document that is the person's anyway
	address              // of e-mail
	phone                // with its country
	document             // the number of a document or of a membership
)

// mark is something in the profile that identifies.
type mark struct {
	kind   kind
	in     needle // in texts
	strict needle // in texts of documents that nothing else ties to the person; nil when it says too little
	tail   string // of a telephone: the last digits, which follow each other wherever it is
}

// collect takes what identifies out of a section: addresses of e-mail, telephones, and texts with a digit. What
// has none, such as a town, is in many documents that are not about the person. Relatives are not the person.
func (p *Person) collect(key string, raw json.RawMessage) {
	switch s := strings.TrimSpace(string(raw)); {
	case s == "":
	case s[0] == '{':
		o, err := jsondoc.Parse([]byte(s))
		if err != nil {
			return
		}
		if isPhone(o) {
			p.telephone(o)
			return
		}
		for _, k := range o.Keys() {
			if !strings.HasSuffix(k, "Ref") && !strings.HasSuffix(strings.ToLower(k), "code") && !others(k) { // an office is no personal data
				p.collect(k, o.Get(k))
			}
		}
	case s[0] == '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return
		}
		for _, v := range list {
			p.collect(key, v)
		}
	case s[0] == '"':
		var text string
		if json.Unmarshal(raw, &text) == nil && key != "iso8601" {
			p.number(text, key == "docId" || key == "id" || key == "number")
		}
	}
}

// others reports whether a member of a profile tells of somebody else.
func others(key string) bool {
	return strings.HasPrefix(key, "emergencyContact") || key == "authorizerEmail" || strings.HasPrefix(key, "designatedApprover")
}

// number takes a text with a digit or an @; official ones identify by themselves.
func (p *Person) number(s string, official bool) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case isAddress(s):
		find := mail(s)
		p.marks[strings.ToLower(s)] = mark{kind: address, in: find, strict: find}
	case ids.IsUUID(s) || !strings.ContainsAny(s, "0123456789") || strings.Contains(s, "_"):
	case n < shortest:
		p.part(s)
	case official && n >= telling:
		p.marks[strings.ToLower(s)] = mark{kind: document, in: word(s), strict: word(s)}
	default:
		p.marks[strings.ToLower(s)] = mark{kind: other, in: word(s)}
	}
}

// Member reports whether the number of a membership is the person's alone.
func (p *Person) Member(number string) bool {
	return p.marks[strings.ToLower(strings.TrimSpace(number))].kind == document
}

const (
	shortest = 5 // from this length on a number is looked for in the texts of the person's bookings
	telling  = 7 // from this length on it says by itself whose a document is
)

func isAddress(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\n")
}

// needles are the marks as they are looked for, in a fixed order; all says whether also those that are of no
// sort that identifies by itself, such as the number of a house.
func (p *Person) needles(all bool) []needle {
	var out []needle
	for _, key := range slices.Sorted(maps.Keys(p.marks)) {
		if m := p.marks[key]; all || m.kind != other {
			out = append(out, m.in)
		}
	}
	return out
}
