// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/detect"
)

// Rules are tuned on seeds below judged, and judged on those from it on.
const judged = 1000

// result is what the rules made of one or more months.
type result struct {
	months, events int
	attacks        []*attack
	wrong          []detect.Alert // that no attack explains
}

// month runs one seed.
func month(t *testing.T, seed uint64, volume float64, attacked bool) result {
	t.Helper()
	w := newWorld(seed, volume)
	var attacks []*attack
	if attacked {
		attacks = w.plant()
	}
	slices.SortStableFunc(w.events, func(a, b detect.Event) int { return a.At.Compare(b.At) })
	res := result{months: 1, events: len(w.events), attacks: attacks}
	e := detect.New(detect.Builtin(), detect.Options{})
	for i := range w.events {
		for _, c := range e.Observe(&w.events[i]) {
			if c.What == detect.Opened && !explained(attacks, &c.Alert) {
				res.wrong = append(res.wrong, c.Alert)
			}
		}
	}
	return res
}

// explained reports whether an alert is about an attack, and notes which it found.
func explained(attacks []*attack, al *detect.Alert) bool {
	known := false
	for _, a := range attacks {
		if !a.names[al.Subject.Name()] || al.Opened.Before(a.start) || al.Opened.After(a.end.Add(30*time.Minute)) {
			continue
		}
		known = true
		if a.about[al.Rule] && a.found.IsZero() {
			a.found, a.by = al.Opened, al.Rule
		}
	}
	return known
}

func (r *result) add(o result) {
	r.months += o.months
	r.events += o.events
	r.attacks = append(r.attacks, o.attacks...)
	r.wrong = append(r.wrong, o.wrong...)
}

func (r *result) recall() float64 {
	n := 0
	for _, a := range r.attacks {
		if !a.found.IsZero() {
			n++
		}
	}
	return float64(n) / float64(max(len(r.attacks), 1))
}

func (r *result) wrongADay() float64 { return float64(len(r.wrong)) / float64(r.months*days) }

// delay is the median time from the first event of an attack to its alert; what was not found counts
// as later than everything.
func delay(attacks []*attack) time.Duration {
	var all []time.Duration
	for _, a := range attacks {
		d := time.Duration(1<<63 - 1)
		if !a.found.IsZero() {
			d = a.found.Sub(a.start)
		}
		all = append(all, d)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return 0
	}
	return all[len(all)/2]
}

func logins(attacks []*attack) []*attack {
	return slices.DeleteFunc(slices.Clone(attacks), func(a *attack) bool { return !a.login })
}

// table is the outcome by kind, and the false alerts by rule.
func (r *result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d months, %d events, %d attacks\n", r.months, r.events, len(r.attacks))
	if len(r.attacks) > 0 {
		fmt.Fprintf(&b, "  %-26s %8s %8s %12s  %s\n", "kind", "planted", "found", "median", "first found by")
	}
	for _, k := range catalogue() {
		of := slices.DeleteFunc(slices.Clone(r.attacks), func(a *attack) bool { return a.kind != k.name })
		found, by := 0, map[string]int{}
		for _, a := range of {
			if !a.found.IsZero() {
				found++
				by[a.by]++
			}
		}
		if len(of) > 0 {
			fmt.Fprintf(&b, "  %-26s %8d %8d %12s  %s\n", k.name, len(of), found, delay(of).Round(time.Second), tally(by))
		}
	}
	wrong := map[string]int{}
	for _, a := range r.wrong {
		wrong[a.Rule]++
	}
	if len(r.attacks) > 0 {
		fmt.Fprintf(&b, "  recall %.1f %%, median time to detect of attacks on logins %s\n", 100*r.recall(), delay(logins(r.attacks)).Round(time.Second))
	}
	fmt.Fprintf(&b, "  false alerts %d, %.2f a day: %s\n", len(r.wrong), r.wrongADay(), tally(wrong))
	return b.String()
}

func tally(n map[string]int) string {
	var parts []string
	for k := range n {
		parts = append(parts, k)
	}
	slices.SortFunc(parts, func(a, b string) int {
		if n[a] != n[b] {
			return n[b] - n[a]
		}
		return strings.Compare(a, b)
	})
	for i, k := range parts {
		parts[i] = fmt.Sprintf("%s %d", k, n[k])
	}
	return strings.Join(parts, ", ")
}

func setting(name string, otherwise float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil && v > 0 {
		return v
	}
	return otherwise
}

func months(t *testing.T, from uint64, attacked bool) result {
	t.Helper()
	var r result
	for i := range uint64(setting("DETECT_SEEDS", 3)) {
		r.add(month(t, from+i, setting("DETECT_VOLUME", 1), attacked))
	}
	return r
}

// TestMonthsWithAttacks holds what is promised, on seeds that the rules have never been tuned on.
func TestMonthsWithAttacks(t *testing.T) {
	t.Parallel()
	r := months(t, judged, true)
	t.Log(r.table())
	if len(r.attacks) != 60*r.months {
		t.Errorf("%d attacks were planted", len(r.attacks))
	}
	if got := r.recall(); got < 0.95 {
		t.Errorf("recall is %.1f %%", 100*got)
	}
	if got := r.wrongADay(); got > 1 {
		t.Errorf("%.2f false alerts a day", got)
	}
	if got := delay(logins(r.attacks)); got > time.Minute {
		t.Errorf("the median attack on logins is found after %s", got)
	}
}

// TestMonthsWithout holds that quiet months are quiet.
func TestMonthsWithout(t *testing.T) {
	t.Parallel()
	r := months(t, judged+500, false)
	t.Log(r.table())
	if got := r.wrongADay(); got > 0.5 {
		t.Errorf("%.2f false alerts a day", got)
	}
}

// TestTuning is for whoever changes the rules: it judges nothing and shows every false alert.
func TestTuning(t *testing.T) {
	t.Parallel()
	if os.Getenv("DETECT_TUNING") == "" {
		t.Skip("it is only for tuning: set DETECT_TUNING")
	}
	r := months(t, 1, true)
	r2 := months(t, 500, false)
	t.Log(r.table())
	t.Log(r2.table())
	for _, a := range append(r.wrong, r2.wrong...) {
		t.Log("\n" + a.Text())
	}
	for _, a := range r.attacks {
		if a.found.IsZero() {
			t.Logf("missed: %s at %s of %v", a.kind, a.start, a.names)
		}
	}
}
