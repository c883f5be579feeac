// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"cmp"
	"context"
	"encoding/json"
	"time"
)

// pagerDuty sends an event of Events API v2: trigger, acknowledge or resolve, tied together by the
// dedup_key. What it is not known to have been triggered for is triggered first, or the rest says nothing.
func (s *Sender) pagerDuty(ctx context.Context, c Config, m *Message) error {
	actions := []string{"trigger"}
	switch {
	case m.State == "ACKNOWLEDGED" && m.First:
		actions = []string{"trigger", "acknowledge"}
	case m.State == "ACKNOWLEDGED":
		actions = []string{"acknowledge"}
	case m.State == "RESOLVED" && m.First:
		actions = []string{"trigger", "resolve"}
	case m.State == "RESOLVED":
		actions = []string{"resolve"}
	}
	if m.Test {
		actions = []string{"trigger", "resolve"}
	}
	severity := map[string]string{"CRITICAL": "critical", "HIGH": "error", "MEDIUM": "warning"}[m.Severity]
	return s.secret(ctx, c, func(value string) error {
		for _, action := range actions {
			event := map[string]any{"routing_key": value, "event_action": action, "dedup_key": "airside-" + m.ID}
			if action == "trigger" {
				details := map[string]string{}
				for _, l := range m.lines() {
					details[l[0]] = l[1]
				}
				event["payload"] = map[string]any{
					"summary": m.title(), "source": "airside " + cmp.Or(m.Environment, m.Tenant), "severity": cmp.Or(severity, "info"),
					"timestamp": m.StartedAt.UTC().Format(time.RFC3339), "component": m.Client, "group": m.Tenant, "class": m.Rule, "custom_details": details,
				}
				if m.Link != "" {
					event["links"] = []map[string]string{{"href": m.Link, "text": "the alert"}}
				}
			}
			body, err := json.Marshal(event)
			if err != nil {
				return err
			}
			if err := s.post(ctx, c, c.URL, nil, body); err != nil {
				return err
			}
		}
		return nil
	})
}
