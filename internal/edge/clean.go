// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
)

// What an event keeps of texts that callers and others chose, in characters or bytes.
const (
	maxPath, maxAgent, maxName, maxText, maxChain = 200, 120, 80, 300, 8000

	maxWord = 40 // a longer part of a path that leads nowhere says nothing
)

// clean makes the event fit to be kept, logged and shown. Whatever others wrote into it is cut and looked
// through for credentials and card numbers; of the path only ids stay that mean nothing to strangers.
func (m *Mux) clean(c *call) {
	e := c.event
	e.Path = c.path()
	e.UserAgent = redact.Text(e.UserAgent, maxAgent)
	if e.Operation == "" { // else it is one that we know
		e.Method = redact.Text(e.Method, 20)
	}
	e.Message, e.Hint = private(e.Message, maxText), private(e.Hint, maxText)
	e.Internal = redact.Emails(redact.Block(e.Internal, maxChain))
	for i := range e.Stages {
		d := &e.Stages[i]
		switch d.Verdict {
		case telemetry.Refused, telemetry.Failed, telemetry.Broken, telemetry.Found, telemetry.Lossy:
			d.Rule = redact.Text(d.Rule, maxText)
		default: // the others name what is ours: lists, grants, policies, environments
		}
	}
	e.CleanDetails(func(text string) string { return private(text, maxText) })
	if w := e.Webhook; w != nil {
		for _, text := range [...]*string{&w.ID, &w.EventType, &w.Operation, &w.Secret} {
			*text = private(*text, 200)
		}
	}
	if u := e.Upstream; u != nil {
		u.RequestID, u.Debug = redact.Text(u.RequestID, maxName), redact.Text(u.Debug, 200)
		for i := range u.Drift {
			u.Drift[i] = redact.Text(u.Drift[i], 200)
		}
	}
}

// private is a text of an error without the people in it.
func private(s string, limit int) string {
	return redact.Text(redact.Emails(s), limit)
}

// path is the path as it is logged. In one that has an operation, values that are neither UUIDs nor short
// numbers give way to the name of their parameter: external ids may be names, numbers of documents, anything.
func (c *call) path() string {
	if c.r == nil { // it was refused before it was read
		return ""
	}
	if c.ep == nil {
		parts := strings.Split(redact.Text(c.r.URL.Path, maxPath), "/")
		for i, p := range parts {
			if len(p) > maxWord {
				parts[i] = "…"
			}
		}
		return private(strings.Join(parts, "/"), maxPath)
	}
	path := c.ep.op.Path
	for i := range c.ep.op.Params {
		p := &c.ep.op.Params[i]
		if p.In != contract.InPath {
			continue
		}
		if v := c.r.PathValue(p.Name); ids.IsUUID(strings.ToLower(v)) || shortNumber(v) {
			path = strings.Replace(path, "{"+p.Name+"}", v, 1)
		}
	}
	return path
}

// shortNumber reports whether a text is a number that is too short for a card or a document.
func shortNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 12
}
