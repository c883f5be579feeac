// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"slices"
	"strings"
)

// Subject is whom an alert is about.
type Subject struct {
	Kind        string `json:"kind"` // what the rule counts by
	Tenant      string `json:"tenant,omitempty"`
	Environment string `json:"environment,omitempty"`
	ID          string `json:"id,omitempty"`
}

// Name is the subject in two words.
func (s Subject) Name() string {
	if s.ID == "" {
		return s.Kind
	}
	return s.Kind + " " + Clean(s.ID)
}

// subject is what is known of one.
type subject struct {
	key  string
	who  Subject
	list *lru
	born int64
	last int64

	// While freezing alerts are open, and over the time they were, nothing is learned.
	freezing            int
	taintFrom, taintTo  int64
	states              []any // by the place of the rule among those of this kind
	previous, following *subject
}

func (s *subject) tainted(from, to int64) bool {
	return (s.freezing > 0 && to > s.taintFrom) || (s.taintTo > from && s.taintFrom < to)
}

func (s *subject) freeze(now int64) {
	if s.freezing == 0 && (now < s.taintFrom || now-s.taintTo > dayMillis) { // else one time, with the pause in it
		s.taintFrom, s.taintTo = now, now
	}
	s.freezing++
}

func (s *subject) thaw(now int64) {
	s.freezing = max(s.freezing-1, 0)
	s.taintTo = max(now, s.taintFrom+1)
}

// lru is a bounded list of subjects, the one used last in front.
type lru struct {
	max, n      int
	first, last *subject
}

func (l *lru) push(s *subject) {
	s.list, s.previous, s.following = l, nil, l.first
	if l.first != nil {
		l.first.previous = s
	} else {
		l.last = s
	}
	l.first = s
	l.n++
}

func (l *lru) remove(s *subject) {
	if s.previous != nil {
		s.previous.following = s.following
	} else {
		l.first = s.following
	}
	if s.following != nil {
		s.following.previous = s.previous
	} else {
		l.last = s.previous
	}
	s.list, s.previous, s.following = nil, nil, nil
	l.n--
}

func (l *lru) touch(s *subject) {
	if l.first != s {
		l.remove(s)
		l.push(s)
	}
}

// identify names the subject that a rule of this kind counts an event for, false when there is none.
func (e *Engine) identify(by string, ev *Event) (Subject, bool) {
	s := Subject{Kind: by}
	switch by {
	case byClient:
		s.Tenant, s.Environment, s.ID = ev.Tenant, ev.Environment, ev.Client
	case bySubject:
		s.Tenant, s.ID = ev.Tenant, ev.Subject
	case byEndpoint:
		s.Tenant, s.Environment, s.ID = ev.Tenant, ev.Environment, ev.Endpoint
	case byTenant:
		s.ID = ev.Tenant
	case byEnvironment:
		s.ID = ev.Environment
	case byNetwork:
		return s, ev.Address.IsValid()
	case byAll:
		return s, true
	}
	return s, s.ID != ""
}

// find gives the record of the subject, made when it is new. Clients that never succeeded live in a
// list of their own: whoever invents client ids pushes out only other inventions.
func (e *Engine) find(by string, ev *Event) *subject {
	who, ok := e.identify(by, ev)
	if !ok {
		return nil
	}
	b := e.buf[:0]
	b = append(b, by...)
	if by == byNetwork {
		p := ev.network()
		a := p.Addr().As16()
		b = append(append(b, 0), a[:]...)
	} else {
		for _, part := range [...]string{who.Tenant, who.Environment, who.ID} {
			b = append(b, 0)
			if len(part) > maxName {
				part = e.h.clip(part)
			}
			b = append(b, part...)
		}
	}
	e.buf = b
	s := e.subjects[string(b)]
	if s == nil {
		if by == byNetwork {
			who.ID = ev.network().String()
		}
		who.Tenant, who.Environment, who.ID = e.intern(who.Tenant), e.intern(who.Environment), strings.Clone(e.h.clip(who.ID))
		s = &subject{key: string(b), who: who, born: e.now, states: make([]any, e.slots[by])}
		e.subjects[s.key] = s
		switch by {
		case byClient:
			e.strangers.push(s)
		default:
			e.others.push(s)
		}
		e.evict(s.list)
	}
	if s.list == &e.strangers && ev.outcome() == "success" {
		e.strangers.remove(s)
		e.clients.push(s)
		e.evict(&e.clients)
	}
	s.list.touch(s)
	s.last = e.now
	return s
}

// intern is a copy of a text that may stay, one for all subjects: tenants and environments are few.
func (e *Engine) intern(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := e.names[s]; ok {
		return kept
	}
	kept := strings.Clone(e.h.clip(s))
	if len(e.names) < 1000 && len(s) <= maxName {
		e.names[kept] = kept
	}
	return kept
}

func (e *Engine) evict(l *lru) {
	for l.n > l.max {
		s := l.last
		l.remove(s)
		delete(e.subjects, s.key)
		e.stats.Evicted++
	}
}

// all lists the subjects, those unused for longest first.
func (e *Engine) all() []*subject {
	var out []*subject
	for _, l := range []*lru{&e.clients, &e.strangers, &e.others} {
		for s := l.last; s != nil; s = s.previous {
			out = append(out, s)
		}
	}
	return slices.Clip(out)
}
