// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/webhook"
)

// note is the body of a signed webhook (schema AlertNotification).
type note struct {
	Type        string    `json:"type"` // alert.open, alert.acknowledged, alert.resolved, alert.test
	AlertID     string    `json:"alertId"`
	Tenant      string    `json:"tenant"`
	Revision    int       `json:"revision"`
	State       string    `json:"state"`
	Severity    string    `json:"severity"`
	Rule        string    `json:"rule"`
	Client      string    `json:"clientId,omitempty"`
	Environment string    `json:"environment,omitempty"`
	Summary     string    `json:"summary"`
	Expected    string    `json:"expected,omitempty"`
	Seen        string    `json:"seen,omitempty"`
	Advice      string    `json:"advice,omitempty"`
	Count       int       `json:"count"`
	Events      []string  `json:"eventIds"`
	StartedAt   time.Time `json:"startedAt"`
	LastAt      time.Time `json:"lastAt"`
	Silence     string    `json:"silenceHint,omitempty"`
	Incident    string    `json:"incidentId,omitempty"`
	Link        string    `json:"link,omitempty"`
}

// webhook posts with the headers of Standard Webhooks. The id is the same for every attempt at the same
// revision, so that a receiver can tell repeats.
func (s *Sender) webhook(ctx context.Context, c Config, m *Message) error {
	kind := "alert." + strings.ToLower(m.State)
	if m.Test {
		kind = "alert.test"
	}
	body, err := json.Marshal(note{
		kind, m.ID, m.Tenant, m.Rev, m.State, m.Severity, m.Rule, m.Client, m.Environment, m.Summary, m.Expected, m.Seen, m.Advice,
		m.Count, append([]string{}, m.Events...), m.StartedAt.UTC(), m.LastAt.UTC(), m.Silence, m.Incident, m.Link,
	})
	if err != nil {
		return err
	}
	return s.secret(ctx, c, func(value string) error {
		header := http.Header{}
		id := m.ID + "." + strconv.Itoa(m.Rev)
		if err := webhook.SetStandardHeaders(header, []string{value}, id, s.o.Clock.Now(), body); err != nil {
			return fmt.Errorf("the secret %s is not whsec_ followed by Base64", c.SecretRef)
		}
		return s.post(ctx, c, c.URL, header, body)
	})
}
