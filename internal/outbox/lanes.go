// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"container/heap"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// lane is what is kept in order: one of its deliveries is under way at a time.
type lane struct{ endpoint, resource string }

// suspectAfter is how many failures in a row make an endpoint a suspect: it gets one attempt at a
// time, so that what hangs or is down holds a single worker.
const suspectAfter = 3

// endpoint is what the courier knows of a receiver.
type endpoint struct {
	ready    []*store.Delivery // due heads of lanes that wait for a worker
	running  int
	failures int // in a row
}

func (e *endpoint) room(limit int) bool {
	if e.failures >= suspectAfter {
		limit = 1
	}
	return e.running < limit
}

// queue is the part of a tenant's pending deliveries that the courier has in hand. It is made of what
// the store says and can be lost.
type queue struct {
	tenant    string
	endpoints map[string]*endpoint
	taken     map[lane]struct{} // lanes that are ready or under way
	running   int
	performed int   // attempts made since the start of the process
	stale     bool  // the store may have heads that are due and not in hand
	wakes     wakes // when retries become due
	err       error // the last one met
}

// add takes in heads of lanes that are not in hand yet.
func (q *queue) add(heads []*store.Delivery) {
	for _, d := range heads {
		l := lane{d.Endpoint, d.Resource}
		if _, ok := q.taken[l]; ok {
			continue
		}
		e := q.endpoints[d.Endpoint]
		if e == nil {
			e = &endpoint{}
			q.endpoints[d.Endpoint] = e
		}
		q.taken[l] = struct{}{}
		e.ready = append(e.ready, d)
	}
}

// finish lets go of a lane after an attempt.
func (q *queue) finish(d *store.Delivery, o outcome, err error) {
	e := q.endpoints[d.Endpoint]
	delete(q.taken, lane{d.Endpoint, d.Resource})
	q.running--
	e.running--
	if err != nil {
		q.err = err
	}
	if !o.made {
		return
	}
	q.performed++
	e.failures++
	if o.delivered {
		e.failures = 0
	}
	if !o.nextAt.IsZero() {
		heap.Push(&q.wakes, o.nextAt)
	}
}

// hasUse reports whether it is worth looking for new heads at the endpoints. One that has lanes waiting
// is looked at when they run out.
func (q *queue) hasUse(news map[string]struct{}) bool {
	for id := range news {
		if e := q.endpoints[id]; e == nil || len(e.ready) == 0 {
			return true
		}
	}
	return false
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
