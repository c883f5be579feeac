// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/evidence"
	"github.com/airside-travel/airside/internal/incident"
)

// evidenceSources are who hands files into an archive.
func (a *App) evidenceSources(s *services) []evidence.Source {
	return []evidence.Source{
		func(ctx context.Context, p evidence.Period) ([]evidence.File, error) {
			files, err := s.review.Files(ctx, p.From, p.To)
			var out []evidence.File
			for _, f := range files {
				out = append(out, evidence.File{Name: "reviews/" + f.Name, What: "an access review", Content: f.Content})
			}
			return out, err
		},
		a.rotationFiles, a.alertFiles, a.incidentFiles,
		func(ctx context.Context, _ evidence.Period) ([]evidence.File, error) {
			book, err := s.incident.ListContacts(ctx, struct{}{})
			if err != nil {
				return nil, err
			}
			return document("contacts.json", "which parts in an incident somebody plays", book)
		},
		func(ctx context.Context, _ evidence.Period) ([]evidence.File, error) {
			environments, err := s.environments.List(ctx, struct{}{})
			if err != nil {
				return nil, err
			}
			return document("configuration.json", "the settings of the server as they are now, secrets masked", map[string]any{
				"settings": a.cfg.Settings(), "environments": environments.Environments,
			})
		},
	}
}

func document(name, what string, v any) ([]evidence.File, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	return []evidence.File{{Name: name, What: what, Content: append(raw, '\n')}}, err
}

// credentialAge is a credential and how old it is.
type credentialAge struct {
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	Name  string    `json:"name,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Days  int       `json:"ageDays"`
	Known bool      `json:"known"` // false: not older than this, or nobody knows
}

func (a *App) rotationFiles(ctx context.Context, _ evidence.Period) ([]evidence.File, error) {
	s, out, now := a.services, []credentialAge{}, a.o.Clock.Now()
	add := func(kind, id, name string, since time.Time, known bool) {
		c := credentialAge{Kind: kind, ID: id, Name: name, Since: since.UTC(), Known: known && !since.IsZero()}
		if !since.IsZero() {
			c.Days = max(0, int(now.Sub(since)/(24*time.Hour)))
		}
		out = append(out, c)
	}
	environments, err := s.environments.List(ctx, struct{}{})
	if err != nil {
		return nil, err
	}
	for _, e := range environments.Environments {
		if e.Kind == "upstream" {
			add("UPSTREAM", e.ClientID, e.Name, e.CredentialSince, true)
		}
	}
	apps, err := s.applications.List(ctx, application.ListIn{})
	if err != nil {
		return nil, err
	}
	for _, p := range apps.Applications {
		add("APPLICATION", p.ClientID, p.Name, p.SecretRotatedAt, true)
	}
	users, err := s.identity.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		add("API_USER", u.ClientID, u.Role, u.RotatedAt, true)
	}
	hooks, err := s.outbox.SecretAges(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hooks {
		add("WEBHOOK_SECRET", h.ID, h.Name, h.Since, h.Known)
	}
	return document("rotations.json", "how old each credential is", out)
}

// alertStatistics is what happened to the alerts of a period.
type alertStatistics struct {
	Total       int            `json:"total"`
	ByRule      map[string]int `json:"byRule"`
	BySeverity  map[string]int `json:"bySeverity"`
	ByState     map[string]int `json:"byState"`
	Drills      int            `json:"drills"` // not counted elsewhere
	Acknowledge string         `json:"medianTimeToAcknowledge,omitempty"`
	Resolve     string         `json:"medianTimeToResolve,omitempty"`
	Alerts      []alert.Alert  `json:"alerts"`
}

func (a *App) alertFiles(ctx context.Context, p evidence.Period) ([]evidence.File, error) {
	st := alertStatistics{ByRule: map[string]int{}, BySeverity: map[string]int{}, ByState: map[string]int{}, Alerts: []alert.Alert{}}
	var toAck, toEnd []time.Duration
	for offset := 0; ; offset += filePage {
		page, err := a.services.alert.List(ctx, alert.ListIn{Offset: offset, Limit: filePage})
		if err != nil {
			return nil, err
		}
		for _, x := range page.Alerts {
			switch {
			case !p.Holds(x.CreatedAt):
				continue
			case x.Drill:
				st.Drills++
				continue
			}
			st.Total++
			st.ByRule[x.Rule]++
			st.BySeverity[x.Severity]++
			st.ByState[x.State]++
			st.Alerts = append(st.Alerts, x)
			if !x.AcknowledgedAt.IsZero() {
				toAck = append(toAck, x.AcknowledgedAt.Sub(x.CreatedAt))
			}
			if !x.ResolvedAt.IsZero() {
				toEnd = append(toEnd, x.ResolvedAt.Sub(x.CreatedAt))
			}
		}
		if offset+filePage >= page.Pagination.Total {
			break
		}
	}
	st.Acknowledge, st.Resolve = median(toAck), median(toEnd)
	return document("alerts.json", "alerts by rule, severity and state, and how long they took", st)
}

// filePage is how many alerts or incidents are read at once.
const filePage = 1000

func median(all []time.Duration) string {
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	return all[len(all)/2].Round(time.Second).String()
}

func (a *App) incidentFiles(ctx context.Context, p evidence.Period) (out []evidence.File, err error) {
	s := a.services.incident
	for offset := 0; ; offset += filePage {
		page, err := s.List(ctx, incident.ListIn{Offset: offset, Limit: filePage})
		if err != nil {
			return nil, err
		}
		for _, b := range page.Incidents {
			if !b.OpenedAt.Before(p.To) || !b.ClosedAt.IsZero() && b.ClosedAt.Before(p.From) {
				continue
			}
			i, err := s.Get(ctx, incident.GetIn{ID: b.ID})
			if err != nil {
				return nil, err
			}
			files, err := document("incidents/"+b.ID+".json", "an incident", i)
			if err != nil {
				return nil, err
			}
			out = append(out, files...)
			for _, f := range []struct{ format, ending string }{{"MARKDOWN", ".md"}, {"PDF", ".pdf"}} {
				r, err := s.Report(ctx, incident.ReportIn{ID: b.ID, Format: f.format})
				if err != nil {
					return nil, err
				}
				raw, err := base64.StdEncoding.DecodeString(r.Content)
				if err != nil {
					return nil, err
				}
				out = append(out, evidence.File{Name: "incidents/" + b.ID + f.ending, What: "the report of an incident", Content: raw})
			}
		}
		if offset+filePage >= page.Pagination.Total {
			return out, nil
		}
	}
}
