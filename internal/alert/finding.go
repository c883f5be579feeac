// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/redact"
)

// The severities, weakest first.
const (
	Info     = "INFO"
	Low      = "LOW"
	Medium   = "MEDIUM"
	High     = "HIGH"
	Critical = "CRITICAL"
)

// rank orders severities; an unknown one counts as MEDIUM.
func rank(severity string) int {
	if n := slices.Index([]string{Info, Low, Medium, High, Critical}, severity); n >= 0 {
		return n
	}
	return 2
}

// Finding is something unusual, as a detector or another part of Airside reports it. Its text may come
// from outside: it is made safe to show before anything keeps it.
type Finding struct {
	Rule        string // what found it, e.g. "auth-failure-burst"
	Severity    string
	Tenant      string
	Environment string // sandbox or production; may be empty
	Client      string // the API user it is about, as it was given; may be empty
	// Group puts findings into one alert; client, rule and environment when empty.
	Group string
	// Dedupe names the occurrence: another finding with it adds nothing. May be empty.
	Dedupe   string
	Summary  string // one line
	Expected string // what is usual
	Seen     string // what was seen instead
	Advice   string // what to do first
	Events   []string
	Count    int       // occurrences it stands for; 0 means 1
	Total    int       // occurrences since it began, when the finder counts them itself: Count is not added then
	Started  time.Time // of the first; the present when zero
	Last     time.Time // of the last; Started when zero
	// Silence says how to keep quiet about it properly; made of rule and client when empty.
	Silence string
	// Drill marks an exercise: it is kept and shown, no sink is told and nothing is done about it.
	Drill bool

	exceptSink string // told to every sink but this one
}

// Bounds of what is kept of a finding.
const (
	lineMax   = 300
	idMax     = 120
	eventsMax = 10
	dedupeMax = 64
)

// clean makes a finding safe and complete. The present is the tenant's.
func (f Finding) clean(now time.Time) Finding {
	for _, p := range []*string{&f.Rule, &f.Environment, &f.Client, &f.Dedupe} {
		*p = redact.Text(*p, idMax)
	}
	for _, p := range []*string{&f.Summary, &f.Expected, &f.Seen, &f.Advice, &f.Silence} {
		*p = redact.Text(*p, lineMax)
	}
	f.Rule = cmp.Or(f.Rule, "unnamed")
	f.Summary = cmp.Or(f.Summary, f.Rule)
	f.Group = redact.Text(cmp.Or(f.Group, f.Rule+"|"+f.Client+"|"+f.Environment), 2*idMax)
	if f.Drill { // an exercise never touches a real alert
		f.Group = "drill|" + f.Group
	}
	f.Severity = strings.ToUpper(f.Severity)
	if !slices.Contains([]string{Info, Low, Medium, High, Critical}, f.Severity) {
		f.Severity = Medium
	}
	events := slices.Clone(f.Events[:min(len(f.Events), eventsMax)])
	for i := range events {
		events[i] = redact.Text(events[i], idMax)
	}
	f.Events = events
	f.Count = max(f.Count, 1)
	if f.Total > 0 {
		f.Count = f.Total
	}
	if f.Started.IsZero() || f.Started.After(now) { // a clock that jumped must not make alerts of the future
		f.Started = now
	}
	if f.Last.Before(f.Started) || f.Last.After(now) {
		f.Last = f.Started
	}
	f.Started, f.Last = f.Started.UTC(), f.Last.UTC()
	if f.Silence == "" {
		f.Silence = "airside alerts silence --rule " + f.Rule
		if f.Client != "" {
			f.Silence += " --client " + f.Client
		}
		f.Silence += " --for 4h --reason WHY"
	}
	return f
}
