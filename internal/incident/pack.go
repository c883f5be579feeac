// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// Pack is what the upstream's integration team needs to look into it (schema ContactPack).
type Pack struct {
	To               Contact   `json:"to"`
	Subject          string    `json:"subject"`
	From             time.Time `json:"windowFrom"`
	Until            time.Time `json:"windowUntil"`
	Environment      string    `json:"environment,omitempty"`
	Clients          []string  `json:"clientIds"`
	Requests         []string  `json:"requestIds"`
	DebugIdentifiers []string  `json:"debugIdentifiers"`
	Webhooks         []string  `json:"webhookIds"`
	Text             string    `json:"text"` // all of it, ready to be sent
}

// Ids in notes and evidence, as answers and headers of the API carry them.
//
//nolint:gochecknoglobals // constant patterns
var (
	debugID   = regexp.MustCompile(`(?i)debug_?identifier["']?\s*[:=]\s*["']?([^\s"',}]{4,300})`)
	webhookID = regexp.MustCompile(`(?i)webhook-?_?id["']?\s*[:=]\s*["']?([A-Za-z0-9_.:-]{4,120})`)
)

const packMax = 200 // ids of each sort

// ContactPack is getIncidentContactPack: it is put together from the alerts, notes and evidence, and shows no
// secret and no personal data that nobody wrote into them.
func (s *Service) ContactPack(ctx context.Context, in GetIn) (Pack, error) {
	tenant, r := actor.Tenant(ctx), store.Read(ctx)
	i, err := load(r, tenant, in.ID)
	if err != nil {
		return Pack{}, err
	}
	if _, err := s.seen(r, i); err != nil {
		return Pack{}, err
	}
	p := Pack{From: i.StartedAt, Until: i.ClosedAt, Environment: i.Environment, Clients: i.Clients, Requests: []string{}, DebugIdentifiers: []string{}, Webhooks: []string{}}
	if p.Until.IsZero() {
		p.Until = s.now(tenant)
	}
	for _, q := range roles {
		if q.id == Upstream {
			if p.To, err = contact(r, tenant, q); err != nil {
				return p, err
			}
		}
	}
	scan := func(text string) {
		for _, f := range []struct {
			pattern *regexp.Regexp
			into    *[]string
		}{{debugID, &p.DebugIdentifiers}, {webhookID, &p.Webhooks}} {
			for _, m := range f.pattern.FindAllStringSubmatch(text, packMax) {
				if id := redact.Text(m[1], 300); len(*f.into) < packMax && !slices.Contains(*f.into, id) {
					*f.into = append(*f.into, id)
				}
			}
		}
	}
	for _, id := range i.Alerts {
		a, err := s.o.Alerts.One(ctx, tenant, id)
		if ignoreMissing(err) != nil {
			return p, err
		}
		for _, e := range a.Events {
			if len(p.Requests) < packMax && !slices.Contains(p.Requests, e) {
				p.Requests = append(p.Requests, e)
			}
		}
	}
	for _, e := range i.Timeline {
		scan(e.Text)
	}
	for _, e := range i.Evidence {
		x, err := s.exhibit(r, i, e.ID)
		if err != nil {
			return p, err
		}
		scan(x.Content)
	}
	p.Subject = fmt.Sprintf("%s: %s (%s)", i.Severity, i.Title, i.ID)
	p.Text = p.write(i)
	return p, nil
}

func (p *Pack) write(i *stored) string {
	var b strings.Builder
	line := func(name, value string) {
		if name != "" {
			name += ":"
		}
		fmt.Fprintf(&b, "%-18s %s\n", name, value)
	}
	list := func(name string, values []string) {
		if len(values) == 0 {
			line(name, "none known")
			return
		}
		line(name, values[0])
		for _, v := range values[1:] {
			line("", v)
		}
	}
	to := strings.TrimSpace(p.To.Name + " " + p.To.Organisation)
	line("To", cmp.Or(to, p.To.Email, "(the contact book has nobody for "+Upstream+")"))
	if p.To.Account != "" {
		line("Our reference", p.To.Account)
	}
	line("Subject", p.Subject)
	line("Environment", cmp.Or(p.Environment, "not said"))
	line("Window (UTC)", p.From.Format(time.RFC3339)+" to "+p.Until.Format(time.RFC3339))
	list("Client ids", p.Clients)
	list("debugIdentifiers", p.DebugIdentifiers)
	list("Our request ids", p.Requests)
	list("Webhook ids", p.Webhooks)
	line("State", i.State)
	b.WriteString("\nNo secrets, tokens, card numbers or bodies are part of this. Ask if you need more, and tell us the time zone of your answer.\n")
	return b.String()
}
