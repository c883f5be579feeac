// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"fmt"
	"strings"
	"time"
)

// Message is what a sink is told of an alert. Its text is safe to show already.
type Message struct {
	ID                              string // of the alert: every sink groups by it
	Rev                             int    // grows with what there is to tell
	At                              time.Time
	Tenant, Rule, Severity, State   string
	Client, Environment             string
	Summary, Expected, Seen, Advice string
	Count                           int
	Events                          []string
	StartedAt, LastAt, ResolvedAt   time.Time
	Silence, Link, Incident         string
	Last, By, Note                  string // the newest that happened to it
	First                           bool   // this sink was told nothing yet
	Test                            bool
}

// title is one line: state, severity, what.
func (m *Message) title() string {
	state := m.State
	if m.Test {
		state = "TEST"
	} else if m.State == "OPEN" && m.Last != "" {
		state = m.Last // escalated, raised, reopened
	}
	return fmt.Sprintf("[%s] %s: %s", state, m.Severity, m.Summary)
}

const stamp = "2006-01-02 15:04:05 MST"

// lines are the facts, name and value.
func (m *Message) lines() [][2]string {
	all := [][2]string{
		{"Rule", m.Rule}, {"Client", m.Client}, {"Environment", m.Environment},
		{"Expected", m.Expected}, {"Seen", m.Seen}, {"Advice", m.Advice}, {"Times", fmt.Sprint(m.Count)},
		{"From", m.StartedAt.UTC().Format(stamp)}, {"Until", m.LastAt.UTC().Format(stamp)},
		{"Events", strings.Join(m.Events, ", ")}, {"Incident", m.Incident}, {"Alert", m.ID}, {"Read it", m.Link},
	}
	if m.Last != "" {
		all = append(all, [2]string{"Last", strings.TrimSpace(m.Last + " " + m.By + " " + m.Note)})
	}
	if m.State == "OPEN" && !m.Test {
		all = append(all, [2]string{"Acknowledge", "airside alerts ack " + m.ID}, [2]string{"To be silent", m.Silence})
	}
	out := all[:0]
	for _, l := range all {
		if l[1] != "" {
			out = append(out, l)
		}
	}
	return out
}

func (m *Message) text() string {
	var b strings.Builder
	b.WriteString(m.title() + "\n\n")
	for _, l := range m.lines() {
		fmt.Fprintf(&b, "%-13s %s\n", l[0]+":", l[1])
	}
	return b.String()
}
