// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // quiet hours are in a named time zone, also where the system has no table of them

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const kindSettings = "alert.settings"

// Settings are a tenant's wishes about its alerts (schema AlertSettings).
type Settings struct {
	// EscalateAfter is how many minutes an alert may stay unacknowledged before the next step hears of it; 0 is never.
	EscalateAfter int            `json:"escalateAfterMinutes"`
	Quiet         *Quiet         `json:"quietHours,omitempty"`
	Responses     []ResponseRule `json:"responses"`
}

// Quiet is a time of the day at which weak alerts wait.
type Quiet struct {
	From        string `json:"from"` // 22:00
	To          string `json:"to"`
	TimeZone    string `json:"timeZone"`
	MaxSeverity string `json:"maxSeverity"` // the strongest that waits
}

// ResponseRule opts a rule in to an automatic first step.
type ResponseRule struct {
	Rule        string `json:"rule"`
	MinSeverity string `json:"minSeverity"`
	Act         string `json:"act"`
}

const escalateDefault = 15

func settings(r store.Reader, tenant string) (Settings, error) {
	out := Settings{EscalateAfter: escalateDefault, Responses: []ResponseRule{}}
	rec, err := r.Get(tenant, kindSettings, "settings")
	if errors.Is(err, store.ErrNotFound) {
		return out, nil
	} else if err != nil {
		return out, err
	}
	if err := json.Unmarshal(rec.Doc, &out); err != nil {
		return out, fmt.Errorf("alert settings of %s are stored broken: %w", tenant, err)
	}
	return out, nil
}

// GetSettings is getAlertSettings.
func (s *Service) GetSettings(ctx context.Context, _ struct{}) (Settings, error) {
	return settings(store.Read(ctx), actor.Tenant(ctx))
}

// SettingsIn is the input of updateAlertSettings.
type SettingsIn struct {
	Body Settings `body:"json"`
}

// UpdateSettings is updateAlertSettings.
func (s *Service) UpdateSettings(ctx context.Context, in SettingsIn) (Settings, error) {
	b, tenant, tx := in.Body, actor.Tenant(ctx), store.From(ctx)
	if b.Responses == nil {
		b.Responses = []ResponseRule{}
	}
	if q := b.Quiet; q != nil {
		if _, err := time.LoadLocation(q.TimeZone); err != nil || q.TimeZone == "" || q.TimeZone == "Local" {
			return b, errs.Invalidf("/quietHours/timeZone", "timeZone", "%q is no time zone; give a name such as Europe/Berlin", q.TimeZone)
		}
		if q.From == q.To {
			return b, errs.Invalidf("/quietHours/to", "combination", "quiet hours that end when they begin would last a day")
		}
		if rank(q.MaxSeverity) > rank(Medium) {
			return b, errs.Invalidf("/quietHours/maxSeverity", "enum", "only weak alerts wait").Allow(Info, Low, Medium)
		}
	}
	for i, r := range b.Responses {
		if slices.IndexFunc(b.Responses, func(o ResponseRule) bool { return o.Rule == r.Rule && o.Act == r.Act }) != i {
			return b, errs.Invalidf(fmt.Sprintf("/responses/%d", i), "unique", "%s is named twice for the rule %s", r.Act, r.Rule)
		}
		if r.MinSeverity == "" {
			b.Responses[i].MinSeverity = High
		}
	}
	doc, err := json.Marshal(b)
	if err != nil {
		return b, err
	}
	now := s.now(tenant)
	rec := &store.Record{Tenant: tenant, Kind: kindSettings, ID: "settings", CreatedAt: now, UpdatedAt: now, Doc: doc}
	if err := tx.Update(rec, 0); errors.Is(err, store.ErrNotFound) {
		return b, tx.Insert(rec)
	} else if err != nil {
		return b, err
	}
	return b, nil
}

// until is when an alert of this severity may be told: the end of the quiet hours it falls into, else now.
func (q *Quiet) until(severity string, now time.Time) time.Time {
	if q == nil || rank(severity) > rank(q.MaxSeverity) {
		return now
	}
	zone, err := time.LoadLocation(q.TimeZone)
	if err != nil {
		return now // it was checked when it was set; a table that lost a zone must not lose alerts
	}
	from, to := clockOf(q.From), clockOf(q.To)
	local := now.In(zone)
	minute := local.Hour()*60 + local.Minute()
	within, days := minute >= from && minute < to, 0
	if from > to { // over midnight
		within = minute >= from || minute < to
		if minute >= from {
			days = 1
		}
	}
	if !within {
		return now
	}
	return time.Date(local.Year(), local.Month(), local.Day()+days, to/60, to%60, 0, 0, zone).UTC()
}

// clockOf reads 22:00 as minutes; the contract has checked the form.
func clockOf(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}
