// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// overlayKeys is what an operator may change of a rule that is not theirs. What it looks at stays:
// that would be another rule.
var overlayKeys = []string{ //nolint:gochecknoglobals // a constant table
	"rule", "reason", "disabled", "severity", "window", "threshold", "share", "times", "learn", "quiet",
}

// overlay applies one change: which rule, what of it, and why.
func (r *reader) overlay(n *yaml.Node, set *Set) {
	var rule *Rule
	var reason string
	members := r.members(n, "an overlay", overlayKeys)
	for _, m := range members {
		switch m.key.Value {
		case "rule":
			id := r.text(m.value, "rule")
			if rule = set.Rule(id); rule == nil && id != "" {
				var ids []string
				for _, x := range set.Rules {
					ids = append(ids, x.ID)
				}
				r.bad(m.value, "there is no rule "+Clean(id), nearest(id, ids))
			}
		case "reason":
			reason = strings.TrimSpace(r.text(m.value, "reason"))
		}
	}
	if reason == "" && members != nil {
		r.bad(n, "the overlay has no reason", "say why, for whoever reads it in a year")
	}
	if rule == nil {
		return
	}
	must, may := needs(rule.Method)
	var changed []string
	for _, m := range members {
		switch k := m.key.Value; k {
		case "rule", "reason":
		case "disabled":
			rule.Disabled = r.truth(m.value, k)
			changed = append(changed, "disabled="+m.value.Value)
		case "severity", "quiet":
			r.setting(rule, k, m.value)
			changed = append(changed, k+"="+Clean(m.value.Value))
		default:
			if !slices.Contains(must, k) && !slices.Contains(may, k) {
				r.bad(m.key, "the method "+rule.Method+" has no "+k, "leave it out")
				continue
			}
			r.setting(rule, k, m.value)
			changed = append(changed, k+"="+Clean(m.value.Value))
		}
	}
	if (rule.Method == baseline || rule.Method == offHours) && rule.Window > time.Hour {
		r.bad(n, "the window of a "+rule.Method+" rule is at most 1h", "it is compared with hours of the week")
	}
	if len(changed) == 0 {
		r.bad(n, "the overlay changes nothing", nearest("", overlayKeys[2:]))
	}
	rule.Changed = r.file + ": " + strings.Join(changed, ", ") + " (" + Clean(reason) + ")"
	rule.Tests = nil // they test the rule as it came
}
