// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"slices"
	"strings"
	"time"
)

// Alert is one finding, from when it opened until it closed. All its texts are safe to print.
type Alert struct {
	Key      string    `json:"key"`   // the same for the same finding again: rule and subject
	Group    string    `json:"group"` // the same for all findings about this subject
	Rule     string    `json:"rule"`
	Title    string    `json:"title"`
	Severity Severity  `json:"severity"`
	Subject  Subject   `json:"subject"`
	Opened   time.Time `json:"opened"`
	Last     time.Time `json:"last"`
	Closed   time.Time `json:"closed,omitzero"`
	Count    int       `json:"count"` // events since it opened that it is about
	Value    float64   `json:"value"` // the highest seen
	Limit    float64   `json:"limit"`
	Expected string    `json:"expected"`
	Seen     string    `json:"seen"`
	Advice   string    `json:"advice"`
	Events   []string  `json:"events"` // ids, at most ten
	Silence  Silence   `json:"silence"`
	Silenced string    `json:"silenced,omitempty"` // id of the silence that covers it
	Verdict  Judgement `json:"verdict,omitempty"`
}

// Judgement is what a person says of an alert.
type Judgement string

// The verdicts.
const (
	AsExpected Judgement = "expected"  // it was one of ours: learn it
	Malicious  Judgement = "malicious" // it was an attack: never learn it
)

// Change is what happened to an alert. The alert is a copy.
type Change struct {
	What  string `json:"change"`
	Alert Alert  `json:"alert"`
}

// What can happen to an alert.
const (
	Opened  = "opened"
	Updated = "updated" // twice as bad as last told, more severe, or no longer silenced
	Closed  = "closed"
)

// maxStorm is how many subjects of one rule have an alert of their own; the rest share one.
const maxStorm = 50

type openKey struct {
	rule string
	key  string
}

type alert struct {
	Alert
	open    openKey
	rule    *active // nil when the rule is gone
	what    string
	last    int64
	told    float64
	frozen  bool
	pending []uint64 // first seen: learned when the alert closes,
	beside  bool     // unless another finding about the same subject was open meanwhile
}

// finding is a rule that fired on an event.
type finding struct {
	ev       *Event
	value    float64
	limit    float64
	expected float64
	proof    *evidence
}

func (e *Engine) standing(a *active, s *subject) *alert { return e.open[openKey{a.ID, s.key}] }

// fire opens an alert, or adds to the open one.
func (e *Engine) fire(a *active, s *subject, f finding) *alert {
	if al := e.standing(a, s); al != nil {
		e.grow(al, f)
		return al
	}
	if a.open >= maxStorm || len(e.opened) >= e.o.Alerts {
		s = e.crowd()
		if al := e.standing(a, s); al != nil {
			e.grow(al, f)
			return al
		}
	}
	al := &alert{open: openKey{a.ID, s.key}, rule: a, what: a.What, told: f.value, last: e.now}
	al.Alert = Alert{
		Rule: a.ID, Title: a.Title, Severity: a.Severity, Subject: s.who.cleaned(), Opened: e.Now(), Last: e.Now(),
		Count: 1, Value: f.value, Limit: f.limit, Advice: a.Advice,
	}
	al.Group = strings.Join([]string{al.Subject.Kind, al.Subject.Tenant, al.Subject.Environment, al.Subject.ID}, "/")
	al.Key = a.ID + "/" + al.Group
	al.Expected, al.Seen = a.explain(f, e.Now())
	if f.proof != nil {
		for _, id := range f.proof.list() {
			al.Events = append(al.Events, Clean(id))
		}
	} else if f.ev.ID != "" {
		al.Events = []string{Clean(e.h.clip(f.ev.ID))}
	}
	al.Silence = Silence{Rule: a.ID, Subject: al.Subject, Until: e.Now().Add(24 * time.Hour)}
	al.Silenced = e.silenced(&al.Alert)
	al.frozen = a.Freeze && al.Silenced == ""
	if al.frozen {
		s.freeze(e.now)
	}
	e.company(al)
	a.open++
	e.open[al.open] = al
	e.opened = append(e.opened, al)
	e.tell(Opened, al)
	return al
}

// company marks the alerts about something new while another freezing one is open beside them.
func (e *Engine) company(al *alert) {
	for _, o := range e.opened {
		if o.open.key == al.open.key && o.rule != nil {
			al.beside = al.beside || (o.frozen && o.rule.Method != firstSeen)
			o.beside = o.beside || (al.frozen && al.rule.Method != firstSeen)
		}
	}
}

// crowd stands for all subjects when there are too many to name.
func (e *Engine) crowd() *subject {
	return &subject{key: "*", who: Subject{Kind: byAll, ID: "many more"}, born: e.now}
}

func (e *Engine) grow(al *alert, f finding) {
	al.Count++
	al.last, al.Last = e.now, e.Now()
	if len(al.Events) < maxEvidence && f.ev.ID != "" {
		if id := Clean(e.h.clip(f.ev.ID)); !slices.Contains(al.Events, id) {
			al.Events = append(al.Events, id)
		}
	}
	value := f.value
	if al.rule != nil && (al.rule.Method == match || al.rule.Method == firstSeen) {
		value = float64(al.Count)
	} else if f.value >= 1.1*al.Value && al.rule != nil {
		_, al.Seen = al.rule.explain(f, e.Now())
	}
	if value < 1.1*al.Value && al.rule != nil && al.rule.Method != match && al.rule.Method != firstSeen {
		return // no news; writing the same again would only cost
	}
	al.Value = max(al.Value, value)
	if al.Value >= 2*al.told && al.Value >= al.told+4 {
		al.told = al.Value
		if al.Value >= 10*al.Limit && al.Severity < Critical && al.rule != nil && al.Severity == al.rule.Severity && al.rule.Method != firstSeen {
			al.Severity++
		}
		e.tell(Updated, al)
	}
}

func (e *Engine) tell(what string, al *alert) {
	a := al.Alert
	a.Events = slices.Clone(al.Events)
	e.changes = append(e.changes, Change{what, a})
}

// sweep closes the alerts that have been quiet for long enough, and looks at the silences again.
func (e *Engine) sweep() {
	e.swept = e.now
	if len(e.opened) == 0 {
		return
	}
	kept := e.opened[:0]
	for _, al := range e.opened {
		if al.rule == nil || e.now-al.last >= al.rule.quiet() {
			e.close(al, "")
			continue
		}
		e.resilence(al)
		kept = append(kept, al)
	}
	clear(e.opened[len(kept):])
	e.opened = kept
}

// quiet is after how many milliseconds without more an alert closes: not while its events are still in
// the window, from which they would open it again.
func (r *Rule) quiet() int64 { return max(r.Quiet, r.Window).Milliseconds() }

// close ends an alert; the caller takes it out of the list.
func (e *Engine) close(al *alert, v Judgement) {
	delete(e.open, al.open)
	al.Closed, al.Verdict = e.Now(), v
	if al.rule != nil {
		al.rule.open--
	}
	if s := e.subjects[al.open.key]; s != nil {
		if al.frozen {
			s.thaw(e.now)
		}
		if al.rule != nil && v != Malicious && (v == AsExpected || !al.beside) {
			for _, h := range al.pending {
				state[meeting](s, al.rule).learn(h, e.now/dayMillis)
			}
		}
	}
	e.tell(Closed, al)
}

// Resolve closes an alert because a person said so; false when no such alert is open. The changes are
// valid until the next call.
func (e *Engine) Resolve(key string, v Judgement) ([]Change, bool) {
	e.changes = e.changes[:0]
	for i, al := range e.opened {
		if al.Key == key {
			e.opened = slices.Delete(e.opened, i, i+1)
			e.close(al, v)
			return e.changes, true
		}
	}
	return nil, false
}

// Alerts lists what is open, the oldest first.
func (e *Engine) Alerts() []Alert {
	out := make([]Alert, 0, len(e.opened))
	for _, al := range e.opened {
		a := al.Alert
		a.Events = slices.Clone(al.Events)
		out = append(out, a)
	}
	return out
}

// rewire connects the open alerts with the rules as they are now, and closes those whose rule is gone.
func (e *Engine) rewire() {
	byID := map[string]*active{}
	for _, a := range e.rules {
		byID[a.ID] = a
		a.open = 0
	}
	kept := e.opened[:0]
	for _, al := range e.opened {
		if al.rule = byID[al.Rule]; al.rule == nil {
			e.close(al, "")
			continue
		}
		al.rule.open++
		kept = append(kept, al)
	}
	clear(e.opened[len(kept):])
	e.opened = kept
}

func (s Subject) cleaned() Subject {
	return Subject{Kind: s.Kind, Tenant: Clean(s.Tenant), Environment: Clean(s.Environment), ID: Clean(s.ID)}
}
