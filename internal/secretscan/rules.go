// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/airside-travel/airside/internal/ids"
)

//go:embed rules.toml
var builtin string

// Rules is the text of the rules that come with the program, for other engines.
func Rules() string { return builtin }

// rule is one shape, with the names of gitleaks' format. What we do not understand is refused, since a condition that
// is passed over would let secrets through.
type rule struct {
	ID          string   `toml:"id"`
	Description string   `toml:"description"`
	Regex       string   `toml:"regex"`
	SecretGroup int      `toml:"secretGroup"`
	Keywords    []string `toml:"keywords"`
	Entropy     float64  `toml:"entropy"`
	Allowlists  []struct {
		Description string   `toml:"description"`
		Regexes     []string `toml:"regexes"`
		StopWords   []string `toml:"stopwords"`
	} `toml:"allowlists"`

	pattern *regexp.Regexp
	allowed []*regexp.Regexp
	stop    []string
}

// New makes a scanner of rules in gitleaks' format; of our own when text is empty.
func New(text string) (*Scanner, error) {
	if text == "" {
		text = builtin
	}
	var file struct {
		Title string `toml:"title"`
		Rules []rule `toml:"rules"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("read the rules: %s is not supported here", extra[0])
	}
	s := &Scanner{}
	for i := range file.Rules {
		r := &file.Rules[i]
		if r.pattern, err = regexp.Compile(r.Regex); err != nil || r.ID == "" || r.Regex == "" {
			return nil, fmt.Errorf("rule %q: needs an id and a regex: %w", r.ID, err)
		}
		if r.SecretGroup > r.pattern.NumSubexp() {
			return nil, fmt.Errorf("rule %q: its regex has no group %d", r.ID, r.SecretGroup)
		}
		if r.SecretGroup == 0 && r.pattern.NumSubexp() > 0 {
			r.SecretGroup = 1
		}
		for k, word := range r.Keywords {
			r.Keywords[k] = strings.ToLower(word)
		}
		for _, a := range r.Allowlists {
			for _, text := range a.Regexes {
				p, err := regexp.Compile(text)
				if err != nil {
					return nil, fmt.Errorf("rule %q: %w", r.ID, err)
				}
				r.allowed = append(r.allowed, p)
			}
			r.stop = append(r.stop, a.StopWords...)
		}
		s.rules = append(s.rules, r)
	}
	if len(s.rules) == 0 {
		return nil, errors.New("read the rules: there are none")
	}
	return s, nil
}

// may reports whether a text (in lower case) can hold what the rule is about.
func (r *rule) may(lower string) bool {
	for _, k := range r.Keywords {
		if strings.Contains(lower, k) {
			return true
		}
	}
	return len(r.Keywords) == 0
}

// counts reports whether what the pattern found is a secret and not something in its place.
func (r *rule) counts(secret string) bool {
	if entropy(secret) < r.Entropy {
		return false
	}
	if r.ID == ownRule && ids.CheckedSecret(secret) == ids.ChecksumWrong {
		return false
	}
	if r.ID == hookRule && written(secret) {
		return false
	}
	for _, p := range r.allowed {
		if p.MatchString(secret) {
			return false
		}
	}
	for _, w := range r.stop {
		if strings.Contains(strings.ToLower(secret), strings.ToLower(w)) {
			return false
		}
	}
	return true
}

// The rules that know more of a secret than its pattern: ours has a checksum, and a webhook's is random bytes.
const (
	ownRule  = "airside-secret"
	hookRule = "webhook-secret"
)

// written reports whether a signing secret decodes to words of a person, as in tests: no source of random bytes
// makes them.
func written(secret string) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !readable(string(raw)) {
		return false
	}
	words := 0
	for _, w := range strings.FieldsFunc(string(raw), func(r rune) bool { return r == ' ' || r == '-' }) {
		if len(w) >= 3 && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
			words++
		}
	}
	return words >= 2
}

// entropy is Shannon's, in bits per character.
func entropy(s string) float64 {
	var seen [128]int
	n := 0
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			seen[s[i]]++
			n++
		}
	}
	sum := 0.0
	for _, k := range seen {
		if k > 0 {
			p := float64(k) / float64(n)
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
