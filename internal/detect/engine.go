// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"math"
	"slices"
	"time"
)

// Options bound an engine. The zero value is what a server uses, except for Key.
type Options struct {
	Key       [16]byte // random; keeps names from being chosen to collide
	Clients   int      // clients that have succeeded at least once: 10,000
	Strangers int      // client ids that never have: 2,000
	Others    int      // networks, tenants, endpoints and so on: 8,000
	Alerts    int      // that are open at once: 1,000
}

// Engine holds the state of all rules for all subjects. It is for one goroutine.
type Engine struct {
	o     Options
	h     hasher
	set   *Set
	kinds map[string][]*active
	rules []*active
	slots map[string]int

	subjects                   map[string]*subject
	names                      map[string]string
	clients, strangers, others lru

	now           int64 // milliseconds: the latest time that is believed
	swept         int64
	ahead, behind int

	open     map[openKey]*alert
	opened   []*alert // in the order of opening
	silences []Silence

	stats   Stats
	changes []Change
	buf     []byte
}

// active is a rule that is on.
type active struct {
	*Rule
	slot   int
	window int64

	where, of, then Filter // without the kind, where that is sure
	open            int
	hits            uint64
	whole           uint64
}

// Stats counts what an engine has seen since it was made.
type Stats struct {
	Seen     uint64 `json:"seen"`
	Late     uint64 `json:"late"`    // out of time: only rules without memory looked at them
	Jumps    uint64 `json:"jumps"`   // times the clock was believed to have been set back
	Evicted  uint64 `json:"evicted"` // subjects forgotten to stay within the bound
	Subjects int    `json:"subjects"`
	Open     int    `json:"open"`
	// Rules has for each rule how many events matched, and of how many (for shares).
	Rules []RuleStats `json:"rules,omitempty"`
}

// RuleStats is what one rule has seen.
type RuleStats struct {
	ID      string `json:"id"`
	Matched uint64 `json:"matched"`
	Whole   uint64 `json:"whole,omitempty"`
	Open    int    `json:"open"`
}

// New makes an engine without memory.
func New(set *Set, o Options) *Engine {
	o.Clients = or(o.Clients, 10_000)
	o.Strangers = or(o.Strangers, 2_000)
	o.Others = or(o.Others, 8_000)
	o.Alerts = or(o.Alerts, 1_000)
	e := &Engine{o: o, h: newHasher(o.Key)}
	e.Reset()
	e.Adopt(set)
	return e
}

func or(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// Reset forgets everything but the rules and the silences.
func (e *Engine) Reset() {
	e.subjects, e.names = map[string]*subject{}, map[string]string{}
	e.clients, e.strangers, e.others = lru{max: e.o.Clients}, lru{max: e.o.Strangers}, lru{max: e.o.Others}
	e.open, e.opened = map[openKey]*alert{}, nil
	e.now, e.swept, e.ahead, e.behind = 0, 0, 0, 0
	e.buf = make([]byte, 0, 256)
	for _, a := range e.rules {
		a.open = 0
	}
}

// Adopt changes the rules. What the unchanged ones remember stays; alerts of rules that are gone close.
func (e *Engine) Adopt(set *Set) []Change {
	e.changes = e.changes[:0]
	old := map[string]*active{}
	for _, a := range e.rules {
		old[a.shape()] = a
	}
	e.set, e.rules, e.kinds, e.slots = set, nil, map[string][]*active{}, map[string]int{}
	from := map[string][]int{} // of each kind of subject: where each state comes from, -1 for nowhere
	for _, r := range set.Rules {
		if r.Disabled {
			continue
		}
		a := &active{Rule: r, slot: e.slots[r.By], window: r.Window.Milliseconds()}
		a.where, a.of, a.then = r.sure(r.Where), r.sure(r.Of), r.sure(r.Then)
		e.slots[r.By]++
		e.rules = append(e.rules, a)
		was := -1
		if o := old[r.shape()]; o != nil {
			was = o.slot
			a.hits, a.whole = o.hits, o.whole
		}
		from[r.By] = append(from[r.By], was)
		for _, k := range r.kinds() {
			e.kinds[k] = append(e.kinds[k], a)
		}
	}
	for _, s := range e.subjects {
		states := make([]any, len(from[s.who.Kind]))
		for i, was := range from[s.who.Kind] {
			if was >= 0 && was < len(s.states) {
				states[i] = s.states[was]
			}
		}
		s.states = states
	}
	e.rewire()
	return e.changes
}

// Set is the rules in use.
func (e *Engine) Set() *Set { return e.set }

// Now is the latest time that the engine believes.
func (e *Engine) Now() time.Time { return time.UnixMilli(e.now).UTC() }

// kinds are those of the events that a rule must see.
func (r *Rule) kinds() []string {
	out := append([]string(nil), r.Where.kinds()...)
	for _, f := range []Filter{r.Of, r.Then} {
		for _, k := range f.kinds() {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// sure leaves out the condition on the kind when the rule is shown events of no other.
func (r *Rule) sure(f Filter) Filter {
	for _, k := range r.kinds() {
		if !slices.Contains(f.kinds(), k) {
			return f
		}
	}
	return f.without("kind")
}

// Stats is a copy of the counters.
func (e *Engine) Stats() Stats {
	s := e.stats
	s.Subjects, s.Open = len(e.subjects), len(e.opened)
	for _, a := range e.rules {
		s.Rules = append(s.Rules, RuleStats{a.ID, a.hits, a.whole, a.open})
	}
	return s
}

// Observe takes one event and says what it changed. The answer is valid until the next call.
func (e *Engine) Observe(ev *Event) []Change {
	e.changes = e.changes[:0]
	e.stats.Seen++
	t := ev.At.UnixMilli()
	inTime := e.believe(t)
	if !inTime {
		e.stats.Late++
		t = e.now
	}
	var by string
	var s *subject
	var cache [len(scopeOrder)]*subject
	for _, a := range e.kinds[ev.Kind] {
		if !inTime && a.Method != match {
			continue
		}
		hit, other := a.where.holds(ev), false
		switch a.Method {
		case ratio:
			other = a.of.holds(ev)
			hit = hit && other
		case sequence:
			other = !hit && a.then.holds(ev)
		}
		if !hit && !other {
			continue
		}
		if by != a.By || s == nil {
			by = a.By
			i := scopeIndex(by)
			if cache[i] == nil {
				cache[i] = e.find(by, ev)
			}
			if s = cache[i]; s == nil {
				continue
			}
		}
		if hit {
			a.hits++
		}
		if other {
			a.whole++
		}
		e.apply(a, s, ev, t, hit)
	}
	if e.now-e.swept >= 1000 {
		e.sweep()
	}
	return e.changes
}

var scopeOrder = [...]string{byClient, byNetwork, bySubject, byEndpoint, byTenant, byEnvironment, byAll}

func scopeIndex(by string) int {
	for i, s := range scopeOrder {
		if s == by {
			return i
		}
	}
	return 0
}

const (
	lateMillis = 10 * 60_000 // how late an event may be
	leapMillis = dayMillis   // a step forward that one event alone is not believed
)

// believe moves the engine's time. An event that is far behind, or far ahead, does not move it until
// others confirm that the clock was set: three ahead, sixteen behind.
func (e *Engine) believe(t int64) bool {
	switch {
	case t <= 0:
		return false
	case e.now == 0:
		e.now = t
	case t > e.now+leapMillis:
		if e.ahead++; e.ahead < 3 {
			return false
		}
		e.now = t
	case t < e.now-lateMillis:
		if e.behind++; e.behind < 16 {
			return false
		}
		e.now, e.swept = t, 0
		e.stats.Jumps++
		for _, al := range e.opened {
			al.last = min(al.last, t)
		}
	default:
		e.now = max(e.now, t)
	}
	e.ahead, e.behind = 0, 0
	return true
}

// Tick tells the time while nothing happens, so that alerts close. The answer is valid until the next call.
func (e *Engine) Tick(now time.Time) []Change {
	e.changes = e.changes[:0]
	if t := now.UnixMilli(); t > e.now && e.now > 0 && e.believe(t) {
		e.sweep()
	}
	return e.changes
}

// never is the limit of what cannot fire yet.
var never = math.Inf(1)
