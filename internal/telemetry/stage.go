// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"log/slog"
	"strings"
)

// Stage is a step on a request's way.
type Stage uint8

// The stages, about in the order in which a request comes to them.
const (
	Framing      Stage = iota // whether it is one request at all (package wire)
	Address                   // the list of networks that holds for everybody
	Route                     // which operation
	Authenticate              // whose token
	Environment               // where the call goes
	Mode                      // what that environment lets through at present
	Networks                  // the client's own list of networks
	Rate                      // rates and quotas
	Authorise                 // roles and scopes
	Permit                    // grants and policies
	Limits                    // size and type of the body
	Validate                  // the request, held to the contract
	Operation                 // the environment's list of operations
	Update                    // what a complete-object update would lose
	Replay                    // Idempotency-Key
	Cap                       // what an application may buy
	Inbox                     // what became of a webhook
	Send                      // the call to the real API
	Recovery                  // looking for what a call without an answer left behind
	Handle                    // carrying it out
	Drift                     // the answer, held to the contract
	Books                     // prices that passed
	Audit                     // the entry in the audit trail
	stageCount
)

//nolint:gochecknoglobals // constant table
var stageNames = [stageCount]string{
	"framing", "address", "route", "authenticate", "environment", "mode", "networks", "rate", "authorise", "permit", "limits", "validate",
	"operation", "update", "replay", "cap", "inbox", "send", "recovery", "handle", "drift", "books", "audit",
}

// String is the stage as events, the audit trail and explanations name it.
func (s Stage) String() string { return stageNames[s] }

// Verdict is what a stage made of a request, in one word.
type Verdict uint8

// The verdicts. Whatever is not Refused let the request go on.
const (
	Passed   Verdict = iota
	Refused          // the request ended here
	Failed           // on our side, and the request went on
	Done             // it was carried out
	Broken           // the answer ended early
	Found            // something that is not as it should be, or was looked for
	Lossy            // members would be lost
	Skipped          // not looked at
	None             // there is nothing
	New              // the key was not used before
	Replayed         // the answer is the one that was kept
	Repeated         // sent more than once
	Written          // as an entry of its own
	Counted          // with others in one entry
	verdictCount
)

//nolint:gochecknoglobals // constant table
var verdictNames = [verdictCount]string{
	"passed", "refused", "failed", "done", "broken", "found", "lossy", "skipped", "none", "new", "replayed", "repeated", "written", "counted",
}

// String is the word.
func (v Verdict) String() string { return verdictNames[v] }

// Decision is what one stage of the pipeline made of the request.
type Decision struct {
	Stage   Stage
	Verdict Verdict
	Rule    string // what decided: a list, a grant, a policy, a rule of the contract
}

// usual is how many decisions an event has room for: more than a request leaves unless much goes wrong.
const usual = 16

// detail is what an explanation says of one decision besides. Most have none, so they are kept apart.
type detail struct {
	of   int // in Stages
	text string
}

// Decide appends a stage's decision. A later one of the same stage takes the place of an earlier one in the log. The
// detail is for explanations only.
func (e *Event) Decide(s Stage, v Verdict, rule, explained string) {
	if e.Stages == nil {
		e.Stages = e.room[:0]
	}
	if explained != "" {
		e.details = append(e.details, detail{len(e.Stages), explained})
	}
	e.Stages = append(e.Stages, Decision{s, v, rule})
}

// Detail is what an explanation says of a decision besides, by its place in Stages; "" for nothing.
func (e *Event) Detail(i int) string {
	for _, d := range e.details {
		if d.of == i {
			return d.text
		}
	}
	return ""
}

// CleanDetails rewrites the details.
func (e *Event) CleanDetails(clean func(string) string) {
	for i := range e.details {
		e.details[i].text = clean(e.details[i].text)
	}
}

// ended is where a request ended that did not go well, and by which rule.
func (e *Event) ended() (stage, rule string) {
	for i := len(e.Stages) - 1; i >= 0; i-- {
		if d := &e.Stages[i]; d.Verdict == Refused || d.Verdict == Broken {
			return d.Stage.String(), d.Rule
		}
	}
	return "", ""
}

// latest are the places of the decisions that are logged: of each stage the last.
func (e *Event) latest() (at [stageCount]int16) {
	for i := range e.Stages {
		at[e.Stages[i].Stage] = int16(i) //nolint:gosec // there are never as many
	}
	return at
}

// stages writes the decisions as an object: of each stage the verdict, and what decided behind it.
func (e *Event) stages(l *line) {
	if len(e.Stages) == 0 {
		return
	}
	l.open("stages")
	last := e.latest()
	for i := range e.Stages {
		d := &e.Stages[i]
		switch {
		case int(last[d.Stage]) != i: // a later one counts
		case l.json:
			l.b = d.json(l.b)
		default:
			l.words(d.Stage.String(), d.Verdict.String(), d.Rule)
		}
	}
	if l.json {
		l.b = l.b[:len(l.b)-1] // the last comma
	}
	l.close()
}

// unusual writes the decisions that a reader should know of: what did not simply let the request pass. Of an error the
// last one stands behind it, so only what failed besides is written, such as its entry in the audit trail.
func (e *Event) unusual(l *line) {
	l.within = "stages"
	last := e.latest()
	for i := range e.Stages {
		d := &e.Stages[i]
		if e.ErrorCode != "" && d.Verdict != Failed {
			continue
		}
		switch d.Verdict {
		case Refused, Failed, Broken, Found, Lossy, Replayed, Repeated:
			if int(last[d.Stage]) == i {
				l.words(d.Stage.String(), d.Verdict.String(), d.Rule)
			}
		}
	}
	l.within = ""
}

// json appends a member of the object and a comma. Names and verdicts need no escape.
func (d *Decision) json(b []byte) []byte {
	b = append(append(append(b, '"'), stageNames[d.Stage]...), `":"`...)
	b = append(b, verdictNames[d.Verdict]...)
	switch {
	case d.Rule == "":
		return append(b, `",`...)
	case simple(d.Rule):
		b = append(append(b, ' '), d.Rule...)
		return append(b, `",`...)
	}
	return append(appendRest(append(b, ' '), d.Rule), ',')
}

// AppendStages appends the decisions as they stand in a line of JSON; null when there are none.
func (e *Event) AppendStages(b []byte) []byte {
	if len(e.Stages) == 0 {
		return append(b, "null"...)
	}
	l := line{b: b, json: true}
	e.stages(&l)
	return append(b, l.b[len(b)+len(`"stages":`):]...)
}

// stageAttr is what stages writes. One text holds all decisions, so that it is allocated once.
func (e *Event) stageAttr() slog.Attr {
	size := 0
	for i := range e.Stages {
		size += e.Stages[i].size()
	}
	var all strings.Builder
	all.Grow(size)
	last := e.latest()
	attrs := make([]slog.Attr, 0, len(e.Stages))
	for i := range e.Stages {
		d := &e.Stages[i]
		if int(last[d.Stage]) != i {
			continue
		}
		from := all.Len()
		all.WriteString(d.Verdict.String())
		if d.Rule != "" {
			all.WriteByte(' ')
			all.WriteString(d.Rule)
		}
		attrs = append(attrs, slog.String(d.Stage.String(), all.String()[from:]))
	}
	return slog.Attr{Key: "stages", Value: slog.GroupValue(attrs...)}
}

func (d *Decision) size() int { return len(d.Verdict.String()) + 1 + len(d.Rule) }
