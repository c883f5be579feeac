// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// Person is somebody to be taken out of documents.
type Person struct {
	ID    string
	exact []string // in lower case; found anywhere in a text
	words []string // in lower case; found as whole words only
	sums  []string // numbers as JSON writes them, such as the national part of a phone's
}

// Of reads what identifies a user out of the profile.
func Of(id string, profile []byte) (*Person, error) {
	p := &Person{ID: strings.ToLower(id)}
	doc, err := jsondoc.Parse(profile)
	if err != nil {
		return nil, err
	}
	personal := doc.Object("personalInfo")
	name := personal.Object("name")
	for _, key := range name.Keys() {
		if key != "suffix" {
			p.word(name.String(key))
		}
	}
	given, family := name.String("given"), name.String("family1")
	if given != "" && family != "" {
		for _, full := range []string{given + " " + family, family + " " + given, family + "/" + given, family + ", " + given} {
			p.add(full)
		}
	}
	if at, err := time.Parse(time.DateOnly, personal.Object("dob").String("iso8601")); err == nil {
		for _, layout := range []string{time.DateOnly, "02Jan06", "02Jan2006", "02/01/2006", "01/02/2006"} {
			p.add(at.Format(layout))
		}
	}
	for _, section := range []*jsondoc.Object{personal, doc.Object("businessInfo"), doc.Object("membershipInfo")} {
		p.collect("", section.Bytes())
	}
	p.word(doc.String("externalId"))
	p.word(doc.Object("businessInfo").String("employeeId"))
	return p, nil
}

func (p *Person) add(s string) {
	if s = strings.ToLower(strings.TrimSpace(s)); utf8.RuneCountInString(s) >= shortest && strings.ContainsFunc(s, partOfWord) {
		p.exact = append(p.exact, s)
	}
}

func (p *Person) word(s string) {
	if s = strings.ToLower(strings.TrimSpace(s)); utf8.RuneCountInString(s) >= 2 && strings.ContainsFunc(s, partOfWord) {
		p.words = append(p.words, s)
	}
}

// shortest is the length from which a text is looked for anywhere, not only as a word.
const shortest = 5

var dated = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`) //nolint:gochecknoglobals // a constant

// collect takes the texts of a section that identify: those with a digit or an @. What has neither, such as
// a town, is in many documents that are not about the person.
func (p *Person) collect(key string, raw json.RawMessage) {
	switch s := strings.TrimSpace(string(raw)); {
	case s == "":
	case s[0] == '{':
		o, err := jsondoc.Parse([]byte(s))
		if err != nil {
			return
		}
		for _, k := range o.Keys() {
			if !strings.HasSuffix(k, "Ref") { // an office is no personal data
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
	case s[0] >= '1' && s[0] <= '9' && len(s) >= 7:
		p.sums = append(p.sums, s)
	case s[0] == '"':
		var text string
		if json.Unmarshal(raw, &text) != nil || ids.IsUUID(text) || dated.MatchString(text) || strings.Contains(text, "_") && !strings.Contains(text, "@") {
			return
		}
		if strings.ContainsAny(text, "0123456789@") {
			p.add(text)
			if digits := onlyDigits(text); len(digits) >= 7 && strings.HasPrefix(strings.ToLower(key), "raw") {
				p.add(digits)
			}
		}
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Gone is what stands in place of a text that is required.
const Gone = "PURGED"

// Text takes the person out of a text: all of it when it says nothing else.
func (p *Person) Text(s string) (out string, changed bool) {
	lower := strings.ToLower(s)
	if len(lower) != len(s) { // letters whose cases have other lengths: places would not fit
		s = lower
	}
	for _, e := range p.exact {
		for i := strings.Index(lower, e); i >= 0; i = strings.Index(lower, e) {
			s, lower, changed = cut(s, i, len(e)), cut(lower, i, len(e)), true
		}
	}
	for _, w := range p.words {
		for from := 0; ; {
			i := strings.Index(lower[from:], w)
			if i < 0 {
				break
			}
			i += from
			from = i + len(w)
			before, _ := utf8.DecodeLastRuneInString(lower[:i])
			after, _ := utf8.DecodeRuneInString(lower[i+len(w):])
			if partOfWord(before) || partOfWord(after) {
				continue
			}
			s, lower, changed = cut(s, i, len(w)), cut(lower, i, len(w)), true
			from = i + len(hole)
		}
	}
	if changed && strings.Trim(s, "* /,.-") == "" {
		return Gone, true
	}
	return s, changed
}

const hole = "***"

func cut(s string, at, n int) string { return s[:at] + hole + s[at+n:] }

func partOfWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
