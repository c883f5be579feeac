// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"time"
)

// Severity orders alerts.
type Severity uint8

// The severities, lowest first.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

//nolint:gochecknoglobals // constant tables
var (
	severities = []string{"low", "medium", "high", "critical"}
	methods    = []string{match, count, distinct, ratio, sequence, firstSeen, baseline, offHours}
	scopes     = []string{byClient, byNetwork, bySubject, byEndpoint, byTenant, byEnvironment, byAll}
)

func (s Severity) String() string {
	if s < Low || s > Critical {
		return fmt.Sprintf("severity %d", uint8(s))
	}
	return severities[s-1]
}

// MarshalText writes the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, name := range severities {
		if name == string(b) {
			*s = Severity(i + 1)
			return nil
		}
	}
	return fmt.Errorf("%q is no severity", Clean(string(b)))
}

// The methods of finding.
const (
	match     = "match"      // every event that matches
	count     = "count"      // so many in a window, or so much of a field
	distinct  = "distinct"   // so many different values of a field in a window
	ratio     = "ratio"      // such a share of the events in a window
	sequence  = "sequence"   // so many in a window, and then one of another sort
	firstSeen = "first-seen" // a value of a field that this subject never had
	baseline  = "baseline"   // more in a window than usual at this hour of the week
	offHours  = "off-hours"  // so many in a window, at an hour at which the subject rests
)

// What a rule counts by: each subject has a count of its own.
const (
	byClient      = "client"
	byNetwork     = "network"
	bySubject     = "subject"
	byEndpoint    = "endpoint"
	byTenant      = "tenant"
	byEnvironment = "environment"
	byAll         = "all"
)

// Rule is one way of finding something. What it says is data; see rules/*.yaml.
type Rule struct {
	ID        string
	Title     string
	What      string // the things counted, as the alert names them
	Advice    string // what to do when it fires
	Severity  Severity
	Method    string
	Where     Filter
	Of        Filter // ratio: the whole
	Then      Filter // sequence: what must follow
	By        string
	Field     string // distinct, first-seen: whose values; count, baseline: what is summed
	Window    time.Duration
	Threshold float64
	Share     float64       // ratio: at least so much of the whole
	Times     float64       // count, distinct: over the usual day; baseline: over the usual hour
	Learn     time.Duration // how long a subject must be known before it can surprise
	Quiet     time.Duration // the alert closes after so long without more
	Freeze    bool          // while the alert is open its subject teaches nothing
	Disabled  bool
	Changed   string // by which overlay, and why
	Tests     []Case

	get  func(*Event) string // the field's text
	sum  func(*Event) int64  // the field's number; nil to count events
	file string
	line int
}

// learns reports whether a rule has a memory that an attack must not write.
func (r *Rule) learns() bool {
	return r.Times > 0 || r.Method == baseline || r.Method == offHours || r.Method == firstSeen
}

// Set is the rules that are on together.
type Set struct {
	Rules []*Rule
}

// Rule finds a rule by its id.
func (s *Set) Rule(id string) *Rule {
	for _, r := range s.Rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}
