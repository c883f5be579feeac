// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// reader walks the nodes of one file and collects every problem with its place.
type reader struct {
	file     string
	problems Problems
}

func (r *reader) bad(n *yaml.Node, message, hint string) {
	r.problems = append(r.problems, Problem{r.file, max(n.Line, 1), max(n.Column, 1), message, hint})
}

// member is one key of a mapping with its value.
type member struct{ key, value *yaml.Node }

// members are the keys of a mapping; one that is not allowed, or given twice, is a problem.
func (r *reader) members(n *yaml.Node, what string, allowed []string) []member {
	if n.Kind != yaml.MappingNode {
		r.bad(n, what+" must be a mapping", "write `key: value` lines")
		return nil
	}
	var out []member
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case seen[k.Value]:
			r.bad(k, what+" has "+Clean(k.Value)+" twice", "keep one")
		case !slices.Contains(allowed, k.Value):
			r.bad(k, what+" has no "+strconv.Quote(Clean(k.Value)), nearest(k.Value, allowed))
		default:
			out = append(out, member{k, n.Content[i+1]})
		}
		seen[k.Value] = true
	}
	return out
}

func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.bad(n, what+" must be a list", "begin each entry with `- `")
		return nil
	}
	return n.Content
}

func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.bad(n, what+" must be a text", "")
		return ""
	}
	if len(n.Value) > 500 || strings.ContainsFunc(n.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		r.bad(n, what+" must be one line of at most 500 bytes", "")
		return ""
	}
	return n.Value
}

func (r *reader) oneOf(n *yaml.Node, what string, allowed []string) string {
	s := r.text(n, what)
	if s != "" && !slices.Contains(allowed, s) {
		r.bad(n, what+" cannot be "+strconv.Quote(Clean(s)), nearest(s, allowed))
		return ""
	}
	return s
}

func (r *reader) number(n *yaml.Node, what string, least, most float64) float64 {
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || !(f >= least && f <= most) {
		r.bad(n, what+" must be a number from "+strconv.FormatFloat(least, 'g', -1, 64)+" to "+strconv.FormatFloat(most, 'f', -1, 64), "")
		return least
	}
	return f
}

func (r *reader) whole(n *yaml.Node, what string) int64 {
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.bad(n, what+" must be a whole number", "")
	}
	return i
}

func (r *reader) truth(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.bad(n, what+" must be true or false", "")
	}
	return n.Value == "true"
}

func (r *reader) duration(n *yaml.Node, what string, least, most time.Duration) time.Duration {
	d, ok := parseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok || d < least || d > most {
		r.bad(n, what+" must be a time from "+span(least)+" to "+span(most), "like 30s, 5m, 2h or 7d")
		return least
	}
	return d
}

// parseDuration also takes days.
func parseDuration(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n >= 0 && n < 100_000
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0
}

// span writes a duration as rules do.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}
