// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Case is a test beside a rule: after these events it has opened alerts for exactly these subjects.
type Case struct {
	Name   string
	Alerts []string
	steps  []step
	line   int
}

// step is one event, or a row of them. {n} in a text is the number within the row.
type step struct {
	at, every time.Duration
	repeat    int
	fields    map[string]string
}

// Monday is when the time of tests begins.
func monday() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

var eventFields = []string{ //nolint:gochecknoglobals // a constant table
	"kind", "tenant", "environment", "client", "subject", "target", "company", "address", "agent", "operation", "effect",
	"status", "code", "reason", "object", "bytes", "amount", "change", "endpoint", "ageDays", "idleDays",
}

// maxSteps bounds how many events one test has.
const maxSteps = 100_000

func (r *reader) cases(n *yaml.Node) []Case {
	var out []Case
	for _, c := range r.list(n, "tests") {
		tc := Case{line: c.Line}
		for _, m := range r.members(c, "a test", []string{"name", "events", "alerts"}) {
			switch m.key.Value {
			case "name":
				tc.Name = r.text(m.value, "name")
			case "alerts":
				for _, a := range r.list(m.value, "alerts") {
					tc.Alerts = append(tc.Alerts, r.text(a, "an alert"))
				}
			case "events":
				total := 0
				for _, e := range r.list(m.value, "events") {
					s := r.step(e)
					total += s.repeat
					tc.steps = append(tc.steps, s)
				}
				if total > maxSteps {
					r.bad(m.value, "a test has at most "+strconv.Itoa(maxSteps)+" events", "")
				}
			}
		}
		if tc.Name == "" || len(tc.steps) == 0 {
			r.bad(c, "a test has a name and events", "alerts are the subjects that are expected, none when left out")
		}
		out = append(out, tc)
	}
	return out
}

func (r *reader) step(n *yaml.Node) step {
	s := step{repeat: 1, every: time.Second, at: -1, fields: map[string]string{}}
	for _, m := range r.members(n, "an event", append([]string{"at", "every", "repeat"}, eventFields...)) {
		switch k := m.key.Value; k {
		case "at":
			s.at = r.duration(m.value, k, 0, 365*24*time.Hour)
		case "every":
			s.every = r.duration(m.value, k, 0, 30*24*time.Hour)
		case "repeat":
			s.repeat = int(r.number(m.value, k, 1, maxSteps))
		default:
			s.fields[k] = r.text(m.value, k)
			var e Event
			if err := setField(&e, k, strings.ReplaceAll(s.fields[k], "{n}", "0")); err != nil {
				r.bad(m.value, err.Error(), nearest(m.value.Value, closed(k)))
			}
		}
	}
	if s.fields["kind"] == "" {
		r.bad(n, "the event has no kind", "one of "+strings.Join(kinds, ", "))
	}
	return s
}

func setField(e *Event, field, v string) error {
	if allowed := closed(field); allowed != nil && !slices.Contains(allowed, v) {
		return fmt.Errorf("%s cannot be %q", field, Clean(v))
	}
	texts := map[string]*string{
		"kind": &e.Kind, "tenant": &e.Tenant, "environment": &e.Environment, "client": &e.Client, "subject": &e.Subject,
		"target": &e.Target, "company": &e.Company, "agent": &e.Agent, "operation": &e.Operation, "effect": &e.Effect,
		"code": &e.Code, "reason": &e.Reason, "object": &e.Object, "change": &e.Change, "endpoint": &e.Endpoint,
	}
	if p := texts[field]; p != nil {
		*p = v
		return nil
	}
	if field == "address" {
		a, err := netip.ParseAddr(v)
		if err != nil {
			return fmt.Errorf("%q is no network address", Clean(v))
		}
		e.Address = a
		return nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return fmt.Errorf("%s must be a whole number", field)
	}
	switch field {
	case "status":
		e.Status = int(n)
	case "bytes":
		e.Bytes = n
	case "amount":
		e.Amount = n
	case "ageDays":
		e.AgeDays = int(n)
	case "idleDays":
		e.IdleDays = int(n)
	}
	return nil
}

// Events are the events of the test, in the order of their time.
func (c *Case) Events() []Event {
	var out []Event
	last := monday()
	for i, s := range c.steps {
		t := last
		if s.at >= 0 {
			t = monday().Add(s.at)
		}
		for n := range s.repeat {
			e := Event{ID: fmt.Sprintf("e%d-%d", i+1, n+1), At: t}
			for k, v := range s.fields {
				_ = setField(&e, k, strings.ReplaceAll(v, "{n}", strconv.Itoa(n))) //nolint:errcheck // checked when it was read
			}
			out = append(out, e)
			last = t
			t = t.Add(s.every)
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int { return a.At.Compare(b.At) })
	return out
}

// Verdict is how a test of a rule went; Problem is empty when it passed.
type Verdict struct {
	Rule, Test, Problem string
}

// Test runs the tests of the rules of these files, or of all without one, each rule by itself.
func (s *Set) Test(files ...string) []Verdict {
	var out []Verdict
	for _, r := range s.Rules {
		if len(files) > 0 && !slices.Contains(files, r.file) {
			continue
		}
		for i := range r.Tests {
			out = append(out, r.test(&r.Tests[i]))
		}
	}
	return out
}

func (r *Rule) test(c *Case) Verdict {
	v := Verdict{Rule: r.ID, Test: c.Name}
	alone := *r
	alone.Disabled = false
	e := New(&Set{Rules: []*Rule{&alone}}, Options{})
	var got []string
	events := c.Events()
	for i := range events {
		for _, ch := range e.Observe(&events[i]) {
			if ch.What == Opened {
				got = append(got, ch.Alert.Subject.Name())
			}
		}
	}
	want := slices.Sorted(slices.Values(c.Alerts))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		v.Problem = fmt.Sprintf("%s:%d: alerts for [%s], want [%s]", r.file, c.line, strings.Join(got, ", "), strings.Join(want, ", "))
	}
	return v
}
