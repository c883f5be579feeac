// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/detect"
)

const rule = `rules:
  - id: our-rule
    title: Ours
    what: things
    advice: Do something.
    severity: high
    method: count
    where: {kind: token, outcome: failure}
    by: client
    window: 1m
    threshold: 3
    tests:
      - name: three
        events: [{repeat: 3, kind: token, client: a, status: 403}]
        alerts: [client a]
      - name: two
        events: [{repeat: 2, kind: token, client: a, status: 403}]
`

// TestMistakesInRules names place and cure of each.
func TestMistakesInRules(t *testing.T) {
	t.Parallel()
	swap := func(old, with string) string { return strings.Replace(rule, old, with, 1) }
	for name, tc := range map[string]struct{ text, want string }{
		"not YAML":          {"rules:\n  - id: [", "r.yaml:2:1: did not find expected node content (the file is not YAML)"},
		"empty":             {"", "r.yaml:1:1: the file is empty (it needs `rules:` or `overlay:`)"},
		"a list":            {"- x", "r.yaml:1:1: the file must be a mapping (write `key: value` lines)"},
		"unknown key":       {swap("    title:", "    titel:"), "r.yaml:3:5: a rule has no \"titel\" (did you mean title?)\nr.yaml:2:5: the rule has no title (every rule needs it)"},
		"unknown method":    {swap("method: count", "method: cuont"), "r.yaml:7:13: method cannot be \"cuont\" (did you mean count?)"},
		"unknown reason":    {swap("outcome: failure", "reason: wrong-sekret"), "r.yaml:8:34: reason cannot be \"wrong-sekret\" (did you mean wrong-secret?)"},
		"bad window":        {swap("window: 1m", "window: soon"), "r.yaml:10:13: window must be a time from 1s to 7d (like 30s, 5m, 2h or 7d)"},
		"bad threshold":     {swap("threshold: 3", "threshold: -1"), "r.yaml:11:16: threshold must be a number from 1 to 1000000000000"},
		"NaN":               {swap("threshold: 3", "threshold: nan"), "r.yaml:11:16: threshold must be a number from 1 to 1000000000000"},
		"missing threshold": {swap("    threshold: 3\n", ""), "r.yaml:2:5: the rule has no threshold (the method count needs it)"},
		"share of a count":  {swap("threshold: 3", "threshold: 3\n    share: 0.5"), "r.yaml:2:5: the method count has no share (leave it out)"},
		"no kind":           {swap("kind: token, ", ""), "r.yaml:2:5: `where` names no kind of event (add kind: with request, token, receipt, admin, upstream, census)"},
		"twice":             {swap("    by: client\n", "    by: client\n    by: network\n"), "r.yaml:10:5: a rule has by twice (keep one)"},
		"no tests":          {rule[:strings.Index(rule, "    tests")], "r.yaml:2:5: the rule has no tests (give it one that fires and one that does not)"},
		"an alias":          {"rules: &x\n  - *x\n", "r.yaml:1:8: anchors and aliases are not read (write the value out)"},
		"escapes":           {swap("our-rule", `"a\u001b[2Jb"`), "r.yaml:2:9: id must be one line of at most 500 bytes\nr.yaml:2:9: an id has 3 to 48 small letters, digits and -, a letter first"},
		"an embedded id":    {swap("our-rule", "auth-spray"), "r.yaml:2:5: the rule auth-spray exists already, in rules/authentication.yaml (give it another id, or change the other one with `overlay`)"},
		"bad test event":    {swap("client: a, status: 403", "client: a, status: many"), "r.yaml:14:62: status must be a whole number"},
		"overlay of nothing": {"overlay:\n  - {rule: auth-sprey, threshold: 9, reason: x}\n",
			"r.yaml:2:12: there is no rule auth-sprey (did you mean auth-spray?)"},
		"overlay without reason":     {"overlay:\n  - {rule: auth-spray, threshold: 9}\n", "r.yaml:2:5: the overlay has no reason (say why, for whoever reads it in a year)"},
		"overlay of what is fixed":   {"overlay:\n  - {rule: auth-spray, where: {}, reason: x}\n", "r.yaml:2:24: an overlay has no \"where\" (did you mean share?)\nr.yaml:2:5: the overlay changes nothing (one of disabled, learn, quiet, severity, share, threshold, times, window)"},
		"overlay of a long baseline": {"overlay:\n  - {rule: rate-reads, window: 2h, reason: x}\n", "r.yaml:2:5: the window of a baseline rule is at most 1h (it is compared with hours of the week)"},
		"too large":                  {strings.Repeat("#", 1<<20+1), "r.yaml:1:1: the file is larger than 1 MiB (split it)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := detect.Load(detect.File{Name: "r.yaml", Data: []byte(tc.text)})
			if d := cmp.Diff(tc.want, fmt.Sprint(err)); d != "" || set != nil {
				t.Error(d)
			}
			if _, ok := errors.AsType[detect.Problems](err); !ok {
				t.Errorf("%T", err)
			}
		})
	}
}

// TestOwnRulesAndOverlays are read over the embedded rules, in any order.
func TestOwnRulesAndOverlays(t *testing.T) {
	t.Parallel()
	overlay := "overlay:\n  - {rule: our-rule, threshold: 5, severity: low, reason: it is noisy}\n  - {rule: new-agent, disabled: true, reason: we deploy all day}\n"
	set, err := detect.Load(detect.File{Name: "a.yaml", Data: []byte(overlay)}, detect.File{Name: "b.yaml", Data: []byte(rule)})
	if err != nil {
		t.Fatal(err)
	}
	r := set.Rule("our-rule")
	if r.Threshold != 5 || r.Severity != detect.Low || r.Changed != "a.yaml: threshold=5, severity=low (it is noisy)" || !set.Rule("new-agent").Disabled {
		t.Errorf("%+v", r)
	}
	if detect.Builtin().Rule("new-agent").Disabled {
		t.Error("the overlay changed the embedded rules")
	}
}

// TestTestsOfRulesCanFail proves it with a rule whose tests are wrong.
func TestTestsOfRulesCanFail(t *testing.T) {
	t.Parallel()
	set, err := detect.LoadOnly(detect.File{Name: "r.yaml", Data: []byte(strings.Replace(rule, "threshold: 3", "threshold: 4", 1))})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range set.Test() {
		got = append(got, v.Problem)
	}
	if d := cmp.Diff([]string{"r.yaml:13: alerts for [], want [client a]", ""}, got); d != "" {
		t.Error(d)
	}
}

// TestReadLines reads a history, and says which line is wrong.
func TestReadLines(t *testing.T) {
	t.Parallel()
	good := `{"id":"a","at":"2026-03-02T09:00:00Z","kind":"token","client":"c","address":"203.0.113.9"}`
	for name, tc := range map[string]struct {
		text, err string
		n         int
	}{
		"two and an empty one": {good + "\n\n" + good + "\n", "<nil>", 2},
		"not JSON":             {good + "\nhello\n", "line 2: invalid character 'h' looking for beginning of value", 1},
		"unknown field":        {good + "\n" + `{"secret":"x"}`, `line 2: unknown field "secret"`, 1},
		"no kind":              {`{"at":"2026-03-02T09:00:00Z"}`, `line 1: kind is "", which is none of request, token, receipt, admin, upstream, census`, 0},
		"no time":              {`{"kind":"token"}`, "line 1: at is missing, or before 1970", 0},
		"two in a line":        {good + good, "line 1: there is more than one event in it", 0},
		"too long":             {strings.Repeat("x", 2<<20), "line 1: it is longer than 1048576 bytes", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			var failed error
			for _, err := range detect.ReadLines(strings.NewReader(tc.text)) {
				if err != nil {
					failed = err
					break
				}
				n++
			}
			if n != tc.n || fmt.Sprint(failed) != tc.err {
				t.Errorf("%d events, %v", n, failed)
			}
		})
	}
}
