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
