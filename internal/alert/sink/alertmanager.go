// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"encoding/json"
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
	for name, value := range map[string]string{"expected": m.Expected, "seen": m.Seen, "silence": m.Silence, "incident": m.Incident} {
		if value != "" {
			notes[name] = value
		}
	}
	ends := m.At.Add(forgotten)
	if m.State == "RESOLVED" || m.Test {
		ends = m.At
	}
	body, err := json.Marshal([]map[string]any{{
		"labels": labels, "annotations": notes, "startsAt": m.StartedAt.UTC().Format(time.RFC3339Nano), "endsAt": ends.UTC().Format(time.RFC3339Nano),
		"generatorURL": m.Link,
	}})
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
