// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// names are those of one person. A single one is many people's; given and family name together are looked for.
type names struct {
	given, middle, family, family2, preferred string
	full                                      func() *regexp.Regexp // nil without a given or a family name
}

func namesOf(o *jsondoc.Object) names {
	get := func(key string) string { return strings.TrimSpace(o.String(key)) }
	n := names{given: get("given"), middle: get("middle"), family: get("family1"), family2: get("family2"), preferred: get("preferred")}
	if n.given == "" || n.family == "" {
		return n
	}
	n.full = sync.OnceValue(n.pattern)
	return n
}

// pattern is for the full name in either order, with what else there is of it.
func (n names) pattern() *regexp.Regexp {
	const between = `(?:\s*[/,]\s*|\s+)`
	first := quoted(n.given)
	if n.preferred != "" {
		first = `(?:` + first + `|` + quoted(n.preferred) + `)`
	}
	if n.middle != "" {
		initial, _ := utf8.DecodeRuneInString(n.middle)
		first += `(?:\s+(?:` + quoted(n.middle) + `|` + quoted(string(initial)) + `\.?))?`
	}
	last := quoted(n.family)
	if n.family2 != "" {
		last += `(?:[\s-]+` + quoted(n.family2) + `)?`
	}
	return regexp.MustCompile(`(?i)` + first + between + last + `|(?i)` + last + between + first)
}

// quoted is a pattern for a name; any white space is as good as another.
func quoted(s string) string {
	words := strings.Fields(s)
	for i := range words {
		words[i] = regexp.QuoteMeta(words[i])
	}
	return strings.Join(words, `\s+`)
}

func (n *names) parts() []string {
	out := []string{n.given, n.middle, n.family, n.family2, n.preferred}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// same reports whether some way of calling this person calls the other one, too.
func (n *names) same(m names) bool {
	overlap := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(s string) bool { return s != "" && slices.Contains(b, s) })
	}
	return n.full != nil && overlap(n.firsts(), m.firsts()) && overlap(n.lasts(), m.lasts())
}

// firsts and lasts are what pattern and isFull take for the given and for the family name, to be compared.
func (n *names) firsts() []string {
	return []string{plain(n.given), plain(n.preferred), plain(n.given + " " + n.middle)}
}

func (n *names) lasts() []string { return []string{plain(n.family), plain(n.family + " " + n.family2)} }

// plain is a name in lower case with one space between its words.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(s), "-", " ")), " ")
}

// find gives the places where the full name is. One of a letter or two, such as O K, is in many texts by chance:
// it has to be all of the text.
func (n *names) find(s string) []span {
	if n.full == nil {
		return nil
	}
	found := words(n.full(), s)
	if utf8.RuneCountInString(n.given)+utf8.RuneCountInString(n.family) < 4 {
		found = slices.DeleteFunc(found, func(at span) bool { return at.from > 0 || at.to < len(s) })
	}
	return found
}

// isFull reports whether a member that is called a name is this one: a text, or an object of given and family name.
func (n *names) isFull(raw json.RawMessage) bool {
	given, family, text := readName(raw)
	if text != "" {
		at := n.find(text)
		return len(at) == 1 && strings.Trim(text[:at[0].from]+text[at[0].to:], " .,*/") == ""
	}
	return n.full != nil && n.isGiven(given) && (strings.EqualFold(family, n.family) || strings.EqualFold(family, n.family+" "+n.family2))
}

// Called reports whether the person may be called so.
func (p *Person) Called(given, family string) bool {
	return p.name.full != nil && slices.Contains(p.name.lasts(), plain(family)) && plain(given) != "" && slices.Contains(p.name.firsts(), plain(given))
}

// begins reports whether the given name is this person's.
func (n *names) begins(raw json.RawMessage) bool {
	given, _, text := readName(raw)
	if text != "" {
		given, _, _ = strings.Cut(text, " ")
	}
	return n.isGiven(given)
}

func (n *names) isGiven(s string) bool {
	return s != "" && (strings.EqualFold(s, n.given) || strings.EqualFold(s, n.preferred) || strings.EqualFold(s, n.given+" "+n.middle))
}

func readName(raw json.RawMessage) (given, family, text string) {
	if len(raw) == 0 {
		return "", "", ""
	}
	if raw[0] == '"' {
		_ = json.Unmarshal(raw, &text) // what is no text is no name
		return "", "", strings.TrimSpace(text)
	}
	o, err := jsondoc.Parse(raw)
	if err != nil {
		return "", "", ""
	}
	return strings.TrimSpace(o.String("given")), strings.TrimSpace(o.String("family1")), ""
}
