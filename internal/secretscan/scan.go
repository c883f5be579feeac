// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Scanner holds the rules. It may be used by several goroutines.
type Scanner struct{ rules []*rule }

// Finding is one secret, without the secret.
type Finding struct {
	Rule        string `json:"rule"`
	Description string `json:"description"`
	File        string `json:"file"`
	Line        int    `json:"line"`
	Secret      string `json:"secret"` // masked
	Encoding    string `json:"encoding,omitempty"`
	Commit      string `json:"commit,omitempty"`
	Marker      string `json:"marker,omitempty"` // why the allow marker in the line does not count
	Fingerprint string `json:"fingerprint"`
}

// marker lets a line through, when a reason follows.
const marker = "gitleaks:allow"

// Text scans one text. Lines are counted from first.
func (s *Scanner) Text(file string, content []byte, first int) []Finding {
	text, encoding := plain(content)
	if text == "" {
		return nil
	}
	found := s.in(text, encoding, "", 0)
	var out []Finding
	lines := newlines(text)
	seen := map[string]bool{}
	for _, f := range found {
		line, _ := slices.BinarySearch(lines, f.at)
		allowed, refused := excused(lineAt(text, lines, line))
		key := fmt.Sprint(line, " ", f.secret)
		if allowed || seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, Finding{
			Rule: f.rule.ID, Description: f.rule.Description, File: file, Line: first + line, Secret: mask(f.secret),
			Encoding: f.encoding, Marker: refused, Fingerprint: fmt.Sprintf("%s:%s:%d", file, f.rule.ID, first+line),
		})
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return a.Line - b.Line })
	return out
}

// hit is a finding with its secret, which stays in this file.
type hit struct {
	rule     *rule
	at       int // in the outermost text
	secret   string
	encoding string
}

// deepest is how many encodings inside each other are undone.
const deepest = 2

// in finds secrets in a text and in what is encoded there.
func (s *Scanner) in(text, encoding, outer string, depth int) []hit {
	var out []hit
	lower := strings.ToLower(text)
	for _, r := range s.rules {
		if !r.may(lower) {
			continue
		}
		for _, m := range r.pattern.FindAllStringSubmatchIndex(text, -1) {
			from, to := m[2*r.SecretGroup], m[2*r.SecretGroup+1]
			if from >= 0 && r.counts(text[from:to]) {
				out = append(out, hit{r, from, text[from:to], joined(outer, encoding)})
			}
		}
	}
	if depth == deepest {
		return out
	}
	for _, d := range decoded(text) {
		for _, h := range s.in(d.text, d.encoding, joined(outer, encoding), depth+1) {
			h.at = d.at
			out = append(out, h)
		}
	}
	return out
}

func joined(outer, inner string) string {
	if outer == "" || inner == "" {
		return outer + inner
	}
	return outer + " " + inner
}

func newlines(text string) []int {
	var out []int
	for i := range len(text) {
		if text[i] == '\n' {
			out = append(out, i)
		}
	}
	return out
}

func lineAt(text string, lines []int, n int) string {
	from, to := 0, len(text)
	if n > 0 {
		from = lines[n-1] + 1
	}
	if n < len(lines) {
		to = lines[n]
	}
	return text[from:to]
}

// excused reports whether a marker lets the line through; a marker without a reason does not.
func excused(line string) (allowed bool, refused string) {
	_, reason, marked := strings.Cut(line, marker)
	if !marked {
		return false, ""
	}
	letters := 0
	for _, r := range reason {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters < 3 {
		return false, "the marker " + marker + " needs a reason behind it"
	}
	return true, ""
}

// mask shows enough to know which secret it is about and nothing of use: its prefix and its length.
func mask(secret string) string {
	shown := ""
	for _, p := range []string{"asc_", "aap_", "ast_", "asr_", "whsec_", "hvs.", "hvb.", "hvr.", "AKIA", "ASIA", "AGE-SECRET-KEY-", "PRIVATE+KEY+", "https://hooks.slack.com/"} {
		if strings.HasPrefix(secret, p) {
			shown = p
		}
	}
	if len(shown)*4 > len(secret) {
		shown = ""
	}
	return fmt.Sprintf("%s…(%d characters)", shown, len(secret))
}

// Binary reports whether content is no text, as git decides it.
func Binary(content []byte) bool {
	_, wide := wideText(content)
	return !wide && bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0
}
