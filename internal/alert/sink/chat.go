// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// slack posts to an incoming webhook in the form that Slack, Mattermost and Rocket.Chat take.
func (s *Sender) slack(ctx context.Context, c Config, m *Message) error {
	// Slack takes <…> for links and mentions, & for the start of an entity. Backticks would end the block.
	inert := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'", "*", "∗")
	var facts strings.Builder
	for _, l := range m.lines() {
		fmt.Fprintf(&facts, "%s: %s\n", l[0], inert.Replace(l[1]))
	}
	body, err := json.Marshal(map[string]any{
		"text": inert.Replace(m.title()),
		"attachments": []map[string]any{{
			"color": map[string]string{"CRITICAL": "#8b0000", "HIGH": "#d13438", "MEDIUM": "#e8a33d"}[m.Severity], "fallback": inert.Replace(m.title()),
			"text": facts.String(),
		}},
	})
	if err != nil {
		return err
	}
	return s.secret(ctx, c, func(value string) error {
		hook := Config{Kind: Webhook, Source: c.Source, URL: value}
		if err := hook.checkURL(s.o.Insecure); err != nil {
			return fmt.Errorf("the secret %s is not the URL of a webhook", c.SecretRef)
		}
		return s.post(ctx, c, value, nil, body)
	})
}
