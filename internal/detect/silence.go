// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Silence keeps alerts from being told, for a scope, until a time, for a reason. They are still found
// and listed. What a silence covers is taken for normal: it is learned, within the daily caps.
type Silence struct {
	ID      string       `json:"id,omitempty"`
	Rule    string       `json:"rule,omitempty"`   // empty for every rule about the subject
	Subject Subject      `json:"subject,omitzero"` // empty members match everything
	Network netip.Prefix `json:"network,omitzero"` // alerts about networks within this one
	From    time.Time    `json:"from,omitzero"`    // empty for at once
	Until   time.Time    `json:"until"`            //
	Reason  string       `json:"reason"`           //
	By      string       `json:"by,omitempty"`     // who set it
}

// maxSilence is for how long one silence may be set.
const maxSilence = 90 * 24 * time.Hour

// Check says what is wrong with a silence that somebody wants to set now.
func (s *Silence) Check(now time.Time) error {
	var problems []error
	if s.Rule == "" && s.Subject.ID == "" && !s.Network.IsValid() {
		problems = append(problems, errors.New("a silence names a rule, a subject or a network: one over everything would be an end of detection"))
	}
	if strings.TrimSpace(s.Reason) == "" {
		problems = append(problems, errors.New("a silence has a reason"))
	}
	if !s.Until.After(now) || s.Until.After(now.Add(maxSilence)) {
		problems = append(problems, fmt.Errorf("a silence ends, after now and within %s", span(maxSilence)))
	}
	return errors.Join(problems...)
}

func (s *Silence) covers(a *Alert, now time.Time) bool {
	if now.Before(s.From) || !now.Before(s.Until) || (s.Rule != "" && s.Rule != a.Rule) {
		return false
	}
	for _, p := range [...][2]string{
		{s.Subject.Kind, a.Subject.Kind}, {s.Subject.Tenant, a.Subject.Tenant},
		{s.Subject.Environment, a.Subject.Environment}, {s.Subject.ID, a.Subject.ID},
	} {
		if p[0] != "" && p[0] != p[1] {
			return false
		}
	}
	if s.Network.IsValid() {
		p, err := netip.ParsePrefix(a.Subject.ID)
		return err == nil && a.Subject.Kind == byNetwork && s.Network.Bits() <= p.Bits() && s.Network.Contains(p.Addr())
	}
	return true
}

// String is the scope and the end.
func (s Silence) String() string {
	var parts []string
	if s.Rule != "" {
		parts = append(parts, "rule "+s.Rule)
	}
	if s.Subject.ID != "" {
		parts = append(parts, s.Subject.Name())
	}
	if s.Network.IsValid() {
		parts = append(parts, "network "+s.Network.String())
	}
	return strings.Join(parts, ", ") + ", until " + s.Until.UTC().Format(time.RFC3339) + ", with a reason"
}

// Silence replaces the silences. The changes are valid until the next call.
func (e *Engine) Silence(list []Silence) []Change {
	e.changes = e.changes[:0]
	e.silences = append([]Silence(nil), list...)
	for _, al := range e.opened {
		e.resilence(al)
	}
	return e.changes
}

func (e *Engine) silenced(a *Alert) string {
	for i := range e.silences {
		if s := &e.silences[i]; s.covers(a, e.Now()) {
			if s.ID == "" {
				return "unnamed"
			}
			return s.ID
		}
	}
	return ""
}

// resilence follows silences that began or ended while an alert was open.
func (e *Engine) resilence(al *alert) {
	was := al.Silenced
	if al.Silenced = e.silenced(&al.Alert); (was == "") == (al.Silenced == "") || al.rule == nil {
		return
	}
	s := e.subjects[al.open.key]
	if freeze := al.rule.Freeze && al.Silenced == ""; freeze != al.frozen {
		al.frozen = freeze
		if s != nil && freeze {
			s.freeze(e.now)
		} else if s != nil {
			s.thaw(e.now)
		}
	}
	if al.Silenced == "" {
		e.tell(Updated, al)
	}
}
