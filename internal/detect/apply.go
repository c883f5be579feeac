// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"math"
	"slices"
)

// The states of the methods.
type (
	counting struct {
		counter
		usual
	}
	sampling struct {
		sample
		usual
	}
	pairing struct{ part, whole counter }
	meeting struct{ known }
)

// state is the memory of a rule for a subject, made when it is first needed.
func state[T any](s *subject, a *active) *T {
	st, ok := s.states[a.slot].(*T)
	if !ok {
		st = new(T)
		s.states[a.slot] = st
	}
	return st
}

// apply is one rule on one event: hit says that it is one of those counted, otherwise it is one of the
// whole (ratio) or the one that follows (sequence).
func (e *Engine) apply(a *active, s *subject, ev *Event, t int64, hit bool) {
	switch a.Method {
	case match:
		e.fire(a, s, finding{ev: ev, value: 1, limit: 1})
	case count:
		st := state[counting](s, a)
		v := float64(st.add(t, e.now, a.window, float32(amount(a.Rule, ev))))
		e.judge(a, s, ev, v, &st.usual, &st.proof)
	case distinct:
		h, ok := e.h.value(ev, a.Rule)
		if !ok {
			return
		}
		st := state[sampling](s, a)
		e.judge(a, s, ev, st.add(h, t, e.now, a.window), &st.usual, &st.sample.proof)
	case ratio:
		e.share(a, s, ev, t, hit)
	case sequence:
		st := state[counter](s, a)
		if hit {
			e.h.witness(&st.proof, ev, float64(st.add(t, e.now, a.window, 1)), a.Threshold)
			return
		}
		if v := float64(st.read(e.now, a.window)); v >= a.Threshold {
			e.h.witness(&st.proof, ev, v, a.Threshold)
			e.fire(a, s, finding{ev: ev, value: v, limit: a.Threshold, proof: st.proof})
			*st = counter{}
		}
	case firstSeen:
		e.meet(a, s, ev)
	case baseline, offHours:
		e.compare(a, s, ev, t)
	}
}

func amount(r *Rule, ev *Event) int64 {
	if r.sum == nil {
		return 1
	}
	return r.sum(ev)
}

// judge compares a count with the threshold and, where the rule says so, with the usual day.
func (e *Engine) judge(a *active, s *subject, ev *Event, v float64, u *usual, kept **evidence) {
	limit, expected := a.Threshold, 0.0
	if a.Times > 0 {
		u.see(v, e.now, s.tainted)
		expected = float64(u.level)
		limit = max(limit, expected*a.Times)
		if u.days == 0 || e.now-s.born < max(a.Learn.Milliseconds(), 3*dayMillis) {
			limit = never
		}
	}
	e.weigh(a, s, finding{ev: ev, value: v, limit: limit, expected: expected}, kept)
}

// weigh keeps the event as evidence when it may matter, and fires above the limit. What is open stays
// open down to half of it, so that an attack that slows down is still the same one.
func (e *Engine) weigh(a *active, s *subject, f finding, kept **evidence) {
	if f.value < f.limit/2 && f.value < f.limit-maxEvidence {
		return
	}
	e.h.witness(kept, f.ev, f.value, f.limit)
	f.proof = *kept
	if f.value >= f.limit || (a.open > 0 && f.value >= f.limit/2 && e.standing(a, s) != nil) {
		e.fire(a, s, f)
	}
}

func (e *Engine) share(a *active, s *subject, ev *Event, t int64, hit bool) {
	st := state[pairing](s, a)
	whole := float64(st.whole.add(t, e.now, a.window, 1))
	if !hit {
		return
	}
	part := float64(st.part.add(t, e.now, a.window, 1))
	e.h.witness(&st.part.proof, ev, part, a.Threshold*a.Share)
	if whole >= a.Threshold && part >= a.Share*whole {
		e.fire(a, s, finding{ev: ev, value: part / whole, limit: a.Share, expected: whole, proof: st.part.proof})
	}
}

// meet fires on a value that the subject never had, once it has been known for long enough. The value
// is not learned before its alert closes, and not then either when something worse was open beside it.
func (e *Engine) meet(a *active, s *subject, ev *Event) {
	h, ok := e.h.value(ev, a.Rule)
	if !ok {
		return
	}
	st := state[meeting](s, a)
	day := e.now / dayMillis
	if st.has(h, day) {
		return
	}
	if e.now-s.born < a.Learn.Milliseconds() || st.diverse() || len(st.entries) == 0 {
		st.learn(h, day)
		return
	}
	al := e.fire(a, s, finding{ev: ev, value: 1, limit: 1})
	if al.Silenced != "" {
		st.learn(h, day)
	} else if len(al.pending) < maxKnown && !slices.Contains(al.pending, h) {
		al.pending = append(al.pending, h)
	}
}

// compare is for the rules that know the hours of the week.
func (e *Engine) compare(a *active, s *subject, ev *Event, t int64) {
	st := state[series](s, a)
	st.turn(e.now, s.tainted)
	v := st.window.add(t, e.now, a.window, float32(amount(a.Rule, ev)))
	st.peak = max(st.peak, v)
	if hour := e.now / hourMillis; st.limitHour != hour {
		st.limitHour = hour
		level := st.level(hour)
		limit := never
		switch {
		case (hour-st.since)*hourMillis < a.Learn.Milliseconds():
		case a.Method == offHours:
			if st.resting(hour) {
				limit = a.Threshold
			}
		default:
			limit = level * a.Times
			if a.sum == nil {
				limit += 3 * math.Sqrt(level) // small counts scatter
			}
			limit = max(limit, a.Threshold)
		}
		st.expected, st.limit = float32(level), float32(limit)
	}
	e.weigh(a, s, finding{ev: ev, value: float64(v), limit: float64(st.limit), expected: float64(st.expected)}, &st.window.proof)
}
