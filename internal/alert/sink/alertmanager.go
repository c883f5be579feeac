// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"
)

// forgotten is when an Alertmanager takes an alert that goes on for resolved, unless it is reminded.
const forgotten = 24 * time.Hour

// alertmanager posts to the v2 API. Labels are what makes an alert the same one; the rest are annotations.
func (s *Sender) alertmanager(ctx context.Context, c Config, m *Message) error {
	labels := map[string]string{
		"alertname": m.Rule, "severity": strings.ToLower(m.Severity), "service": "airside", "tenant": m.Tenant, "alert_id": m.ID,
	}
	for name, value := range map[string]string{"client_id": m.Client, "environment": m.Environment} {
		if value != "" {
			labels[name] = value
		}
	}
	notes := map[string]string{"summary": m.Summary, "state": m.State}
	for name, value := range map[string]string{"expected": m.Expected, "seen": m.Seen, "advice": m.Advice, "silence": m.Silence, "incident": m.Incident} {
		if value != "" {
			notes[name] = value
		}
	}
	ends := m.At.Add(forgotten)
	if m.State == "RESOLVED" || m.Test {
		ends = m.At
	}
	post := func(labels map[string]string, ends time.Time) map[string]any {
		return map[string]any{
			"labels": labels, "annotations": notes, "startsAt": m.StartedAt.UTC().Format(time.RFC3339Nano), "endsAt": ends.UTC().Format(time.RFC3339Nano),
			"generatorURL": m.Link,
		}
	}
	all := []map[string]any{post(labels, ends)}
	if !m.First { // with another severity it is another alert there: what it may have been before is over
		for _, weaker := range []string{"INFO", "LOW", "MEDIUM", "HIGH"} {
			if weaker == m.Severity {
				break
			}
			was := maps.Clone(labels)
			was["severity"] = strings.ToLower(weaker)
			all = append(all, post(was, m.At))
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		return err
	}
	to := strings.TrimRight(c.URL, "/") + "/api/v2/alerts"
	if c.SecretRef == "" {
		return s.post(ctx, c, to, nil, body)
	}
	return s.secret(ctx, c, func(value string) error {
		return s.post(ctx, c, to, http.Header{"Authorization": {"Bearer " + value}}, body)
	})
}
