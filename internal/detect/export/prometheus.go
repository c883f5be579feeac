// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/airside-travel/airside/internal/detect"
)

// Prometheus writes a rule file. Each rule is an alert on what the detection itself has open, which is
// exact. What Prometheus can decide by itself, from the counters, it does in a second group, which holds
// although the detection's memory is lost. A third group watches the detection.
func Prometheus(w io.Writer, set *detect.Set) error {
	var b strings.Builder
	b.WriteString("# Made of Airside's own rules by `airside detect rules --prometheus`.\ngroups:\n  - name: airside-detection\n    rules:\n")
	for _, r := range set.Rules {
		if !r.Disabled {
			rule(&b, "Airside"+camel(r.ID), fmt.Sprintf("max by (rule) (airside_detect_alerts_open{rule=%q}) > 0", r.ID), r.Severity.String(), r.Title, r.Advice, r.ID)
		}
	}
	b.WriteString("  - name: airside-detection-by-counters\n    rules:\n")
	for _, r := range set.Rules {
		if r.Disabled {
			continue
		}
		name := "Airside" + camel(r.ID) + "ByCounters"
		switch {
		case r.Method == "match":
			rule(&b, name, fmt.Sprintf("sum(increase(airside_detect_rule_matched_total{rule=%q}[5m])) > 0", r.ID), r.Severity.String(), r.Title, r.Advice, r.ID)
		case r.Method == "ratio" && r.By == "environment":
			window := timespan(r.Window)
			rule(&b, name, fmt.Sprintf("sum(increase(airside_detect_rule_matched_total{rule=%q}[%s])) / sum(increase(airside_detect_rule_whole_total{rule=%q}[%s])) >= %s and sum(increase(airside_detect_rule_whole_total{rule=%q}[%s])) >= %s",
				r.ID, window, r.ID, window, number(r.Share), r.ID, window, number(r.Threshold)), r.Severity.String(), r.Title, r.Advice, r.ID)
		}
	}
	b.WriteString("  - name: airside-detection-itself\n    rules:\n")
	for _, a := range [...][4]string{
		{"AirsideDetectionDrops", "increase(airside_detect_events_dropped_total[10m]) > 0", "Events were not looked at", "The queue was full, or the detection crashed. Give it more processor, or see why its far end is slow."},
		{"AirsideDetectionBehind", "airside_detect_behind_seconds > 60", "The detection is behind", "Alerts come late. See what keeps the processor busy."},
		{"AirsideDetectionCrashes", "increase(airside_detect_crashes_total[1h]) > 0", "The detection crashed and was started anew", "The log has the reason. Report it."},
		{"AirsideDetectionSilent", "increase(airside_detect_events_seen_total[1h]) == 0", "The detection has seen nothing for an hour", "Either nothing happens, or events do not reach it."},
	} {
		rule(&b, a[0], a[1], "high", a[2], a[3], "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func rule(b *strings.Builder, name, expr, severity, summary, advice, id string) {
	fmt.Fprintf(b, "      - alert: %s\n        expr: %s\n        labels:\n          severity: %s\n", name, quote(expr), severity)
	if id != "" {
		fmt.Fprintf(b, "          rule: %s\n", id)
	}
	fmt.Fprintf(b, "        annotations:\n          summary: %s\n          description: %s\n", quote(summary), quote(advice))
}

func camel(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Metrics writes the counters that the rule file reads, in Prometheus' text format.
func Metrics(w io.Writer, set *detect.Set, s detect.Stats, r detect.RunnerStats) error {
	var b strings.Builder
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	one := func(name, kind, help string, v float64) {
		head(name, kind, help)
		fmt.Fprintf(&b, "%s %s\n", name, number(v))
	}
	one("airside_detect_events_seen_total", "counter", "Events that the detection looked at.", float64(r.Seen))
	one("airside_detect_events_dropped_total", "counter", "Events that found no place, or came right after a crash.", float64(r.Dropped))
	one("airside_detect_events_late_total", "counter", "Events out of time, which only rules without memory looked at.", float64(s.Late))
	one("airside_detect_crashes_total", "counter", "Crashes of the detection.", float64(r.Crashes))
	one("airside_detect_behind_seconds", "gauge", "Age of the event looked at last while more wait.", r.Behind.Seconds())
	one("airside_detect_queued", "gauge", "Events that wait.", float64(r.Queued))
	one("airside_detect_subjects", "gauge", "Clients, networks and so on that are remembered.", float64(s.Subjects))
	head("airside_detect_rule_matched_total", "counter", "Events that a rule counts.")
	for _, x := range s.Rules {
		fmt.Fprintf(&b, "airside_detect_rule_matched_total{rule=%q} %d\n", x.ID, x.Matched)
	}
	head("airside_detect_rule_whole_total", "counter", "Events that a rule takes a share of.")
	for _, x := range s.Rules {
		if rule := set.Rule(x.ID); rule != nil && rule.Method == "ratio" {
			fmt.Fprintf(&b, "airside_detect_rule_whole_total{rule=%q} %d\n", x.ID, x.Whole)
		}
	}
	head("airside_detect_alerts_open", "gauge", "Alerts that are open, silenced ones among them.")
	for _, x := range s.Rules {
		severity := ""
		if rule := set.Rule(x.ID); rule != nil {
			severity = rule.Severity.String()
		}
		fmt.Fprintf(&b, "airside_detect_alerts_open{rule=%q,severity=%q} %d\n", x.ID, severity, x.Open)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
