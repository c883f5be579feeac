// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// explain says what was expected and what was seen instead.
func (r *Rule) explain(f finding, now time.Time) (expected, seen string) {
	within := " within " + span(r.Window)
	switch r.Method {
	case match:
		return "no " + r.What, r.What + detail(f.ev)
	case ratio:
		return fmt.Sprintf("less than %s %% of at least %s events%s: %s", figure(100*f.limit), figure(r.Threshold), within, r.What),
			fmt.Sprintf("%s %% of %s events", figure(100*f.value), figure(f.expected))
	case sequence:
		return fmt.Sprintf("no success after %s or more %s%s", figure(f.limit), r.What, within),
			fmt.Sprintf("%s %s, and then a success%s", figure(f.value), r.What, detail(f.ev))
	case firstSeen:
		return fmt.Sprintf("only what this %s has had in the last %d days: %s", r.By, forgetDays, r.What),
			fmt.Sprintf("%s for the first time%s", strconv.Quote(shown(f.ev, r.Field)), detail(f.ev))
	case offHours:
		return fmt.Sprintf("no %s on %s around %02d:00 UTC, when this %s rests", r.What, now.Weekday(), now.Hour(), r.By),
			fmt.Sprintf("%s %s%s", figure(f.value), r.What, within)
	case baseline:
		return fmt.Sprintf("less than %s %s%s on %s around %02d:00 UTC, where %s are usual", figure(math.Ceil(f.limit)), r.What, within, now.Weekday(), now.Hour(), figure(f.expected)),
			fmt.Sprintf("%s %s%s", figure(f.value), r.What, within)
	}
	expected = fmt.Sprintf("less than %s %s%s", figure(math.Ceil(f.limit)), r.What, within)
	if r.Times > 0 {
		expected += fmt.Sprintf(", where the most of a usual day is %s", figure(f.expected))
	}
	return expected, fmt.Sprintf("%s %s%s%s", figure(f.value), r.What, within, detail(f.ev))
}

// detail is what the last event adds.
func detail(e *Event) string {
	var parts []string
	for _, p := range [...]struct{ name, value string }{
		{"change", e.Change}, {"by", e.Subject}, {"for", e.Target}, {"operation", e.Operation}, {"reason", e.Reason},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+Clean(p.value))
		}
	}
	if e.Kind == Census {
		parts = append(parts, fmt.Sprintf("age %d days", e.AgeDays), fmt.Sprintf("idle for %d days", e.IdleDays))
	}
	if e.Address.IsValid() {
		parts = append(parts, "from "+Clean(e.Address.String()))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// figure writes a number without false precision.
func figure(v float64) string {
	if v >= 10 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// Text is the alert as a person reads it, in several lines.
func (a *Alert) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s: %s\n", a.Opened.UTC().Format(time.RFC3339), a.Severity, a.Subject.Name(), a.Title)
	fmt.Fprintf(&b, "  rule      %s\n", a.Rule)
	if a.Subject.Tenant != "" || a.Subject.Environment != "" {
		fmt.Fprintf(&b, "  where     tenant %s, %s\n", pick(a.Subject.Tenant == "", "unknown", a.Subject.Tenant), pick(a.Subject.Environment == "", "any environment", a.Subject.Environment))
	}
	fmt.Fprintf(&b, "  expected  %s\n  seen      %s\n", a.Expected, a.Seen)
	if !a.Closed.IsZero() {
		fmt.Fprintf(&b, "  closed    %s, after %d events\n", a.Closed.UTC().Format(time.RFC3339), a.Count)
	}
	fmt.Fprintf(&b, "  events    %s\n", strings.Join(a.Events, " "))
	fmt.Fprintf(&b, "  advice    %s\n", a.Advice)
	fmt.Fprintf(&b, "  silence   %s\n", a.Silence)
	return b.String()
}
