// SPDX-License-Identifier: Apache-2.0

package airline

import "github.com/airside-travel/airside/internal/supplier"

// cand is one way to fly a leg: up to three flights. Times are minutes after 00:00 UTC of the leg's date.
type cand struct {
	flight   [3]int32
	route    [3]uint32
	day      [3]uint8 // local departure day after the leg's date
	n        uint8
	multi    bool // separate tickets
	from, to uint16
	carrier  uint16 // validating airline
	dep, arr int32
	cents    int64 // one-way fare of the lowest bucket and brand, USD cents
	km       int32 // great circle from end to end
}

// priced is a cand in one fare brand. Amounts are in the query's currency.
type priced struct {
	cand   int32
	brand  uint8
	bucket uint8
	seats  uint16 // seats left per segment, four bits each
	base   int64  // one adult
	tax    int64  // one adult
	total  int64  // all travelers
}

// combo is one priced way per leg.
type combo struct {
	part  [maxLegs]int32
	total int64
	multi bool
	round bool // return-trip fares apply
}

// edge is a route into one of the destinations.
type edge struct {
	route uint32
	next  int32
}

// path is a sequence of routes with two connections.
type path struct {
	lower      int32
	r1, r2, r3 uint32
}

// legWork is what one leg of a query found.
type legWork struct {
	q      legQuery
	cands  []cand
	priced []priced
	// reachable is false when no routes lead there on any date.
	reachable bool
}

// scratch is the memory of one search, reused for the next. Arrays by airport or airline are stamped with the epoch
// instead of being cleared.
type scratch struct {
	epoch   uint32
	marked  []uint32 // by airport: epoch
	head    []int32  // by airport: first edge
	edges   []edge
	paths   []path
	allowed []bool // by airline, when the query filters
	legs    [maxLegs]legWork
	combos  []combo
	order   []int32
	totals  []int64
	seen    counter // airlines
	via     counter // connecting airports
	text    []byte
	spans   []span
	fares   []uint16 // by airline and brand
	keys    []int64
	book    *book
	pricer  pricer
}

type span struct {
	seg      *supplier.Segment
	from, to int
}

func newScratch(n *network) *scratch {
	return &scratch{marked: make([]uint32, len(n.out)), head: make([]int32, len(n.out)),
		allowed: make([]bool, len(n.w.Airlines)), seen: newCounter(len(n.w.Airlines)), via: newCounter(len(n.out))}
}

// counter counts by a small index and remembers in which order indexes came first.
type counter struct {
	n    []int32
	used []uint16
}

func newCounter(size int) counter { return counter{n: make([]int32, size)} }

func (c *counter) add(i uint16, by int32) {
	if c.n[i] == 0 {
		c.used = append(c.used, i)
	}
	c.n[i] += by
}

func (c *counter) reset() {
	for _, i := range c.used {
		c.n[i] = 0
	}
	c.used = c.used[:0]
}
