// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"container/heap"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// lane is what is kept in order: one of its deliveries is under way at a time.
type lane struct{ endpoint, resource string }

// head is the first delivery of a lane, in hand.
type head struct {
	*store.Delivery
	fence int64 // under which its partition was held when it was taken in; 0: no lease asked for
}

// endpoint is what the courier knows of a receiver.
type endpoint struct {
	id      string
	ready   []head // due heads of lanes that wait for a worker
	running int
	missed  bool      // the store may have heads for it that were not taken in while others waited
	asked   time.Time // when its breaker lets something through, for which a wake is set
	policy  policy
	pace    pace
	breaker breaker
}

// room says whether one more attempt may begin. An endpoint under suspicion gets one at a time, so that
// what hangs or is down holds a single worker.
func (e *endpoint) room(limit int) bool {
	if e.policy.concurrency > 0 {
		limit = min(limit, e.policy.concurrency)
	}
	if e.breaker.failures >= suspectAfter {
		limit = 1
	}
	return e.running < limit
}

// hold is a head that must wait, and until when.
type hold struct {
	head
	until time.Time
	// failingSince is when the endpoint failed first, if the breaker is what holds.
	failingSince time.Time
}

// holdAll takes all waiting heads out of the endpoint's hands, to come back one after the other: as
// the breaker is half open, or as the rate allows.
func (e *endpoint) holdAll(now time.Time) (held []hold) {
	for _, h := range e.ready {
		if e.breaker.open(now) {
			held = append(held, hold{h, e.breaker.promise(), e.breaker.since})
		} else {
			held = append(held, hold{head: h, until: e.pace.promise(now, e.policy.rate)})
		}
	}
	e.ready = nil
	return held
}

// queue is the part of a tenant's pending deliveries that the courier has in hand. It is made of what
// the store says and can be lost.
type queue struct {
	tenant    string
	endpoints map[string]*endpoint
	taken     map[lane]int // lanes that are ready, under way or being put off, with their partition
	performed int          // attempts made since the start of the process
	stale     bool         // the store may have heads that are due and not in hand
	staleAll  bool         // and so for partitions that other processes work on
	wakes     wakes        // when retries become due
	settling  int          // callers of settle: what a breaker holds is put off at once, for a clock to be moved there
	err       error        // the last one met
}

func (q *queue) spoil() { q.stale, q.staleAll = true, true }

// add takes in heads of lanes that are not in hand yet.
func (q *queue) add(heads []head) {
	for _, h := range heads {
		l := lane{h.Endpoint, h.Resource}
		if _, ok := q.taken[l]; ok {
			continue
		}
		q.taken[l] = h.Partition
		e := q.endpoints[h.Endpoint]
		e.ready = append(e.ready, h)
	}
}

// supplied lists endpoints whose lanes need not be read now: those that have lanes waiting are looked at when these
// run out, and those that are held by their breaker when that is over. One that hangs or is down must not be read again
// for each delivery elsewhere. others is how many lanes the rest have in hand.
func (q *queue) supplied(now time.Time) (ids []string, others int) {
	others = len(q.taken)
	for id, e := range q.endpoints {
		if q.busy(e, now) && len(ids) < store.DueSkipMax {
			ids = append(ids, id)
			e.missed = true
			others -= len(e.ready) + e.running
		}
	}
	return ids, others
}

// busy reports whether an endpoint has no use for more lanes now. It is looked at again when it has.
func (q *queue) busy(e *endpoint, now time.Time) bool {
	held := e.breaker.open(now) && q.settling == 0
	if held && !e.asked.Equal(e.breaker.until) {
		e.asked = e.breaker.until
		heap.Push(&q.wakes, e.asked)
	}
	return held || len(e.ready) > 0
}

// judge counts an attempt, and tells what became of the endpoint's breaker.
func (q *queue) judge(d *store.Delivery, o outcome, now time.Time) (change, breaker) {
	b := &q.endpoints[d.Endpoint].breaker
	var c change
	switch {
	case !o.made:
		return unchanged, *b
	case o.delivered:
		c = b.succeed()
	default:
		c = b.fail(now)
	}
	q.performed++
	return c, *b
}

// finish lets go of a lane after an attempt.
func (q *queue) finish(d *store.Delivery, o outcome, err error) {
	delete(q.taken, lane{d.Endpoint, d.Resource})
	q.endpoints[d.Endpoint].running--
	if err != nil {
		q.err = err
	}
	if !o.nextAt.IsZero() {
		heap.Push(&q.wakes, o.nextAt)
	}
}

// hasUse reports whether it is worth looking for new heads at the endpoints.
func (q *queue) hasUse(news map[string]struct{}, now time.Time) (use bool) {
	for id := range news {
		if e := q.endpoints[id]; e == nil || !q.busy(e, now) {
			use = true
		} else {
			e.missed = true
		}
	}
	return use
}

// follow reports whether to look for new heads after an attempt: if the lane has a next or the endpoint
// has nothing else to do and missed some. Nothing else can have become due by it.
func (q *queue) follow(id string, o outcome, c change) bool {
	e := q.endpoints[id]
	e.missed = e.missed || o.more || !o.made
	if c != closed && (!e.missed || len(e.ready) > 0) {
		return false
	}
	e.missed = false
	return true
}

// due forgets wakes that have come and reports whether there were any.
func (q *queue) due(now time.Time) (any bool) {
	for len(q.wakes) > 0 && !q.wakes[0].After(now) {
		heap.Pop(&q.wakes)
		any = true
	}
	return any
}

// wakes is a heap of times.
type wakes []time.Time

func (w wakes) Len() int           { return len(w) }
func (w wakes) Less(i, j int) bool { return w[i].Before(w[j]) }
func (w wakes) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *wakes) Push(x any)        { *w = append(*w, x.(time.Time)) } //nolint:forcetypeassert // heap gives back what it got
func (w *wakes) Pop() any {
	last := len(*w) - 1
	t := (*w)[last]
	*w = (*w)[:last]
	return t
}
