// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// tally is how many records a list has.
type tally struct {
	list              [3]string // tenant, kind, parent
	live, dead, moves int64
}

// tallied reads the counts of a list; a view reads those of the same list once.
func (r Reader) tallied(q store.Query) (tally, error) {
	t := tally{list: [3]string{q.Tenant, q.Kind, q.Parent}}
	if r.seen != nil && r.seen.list == t.list {
		return *r.seen, nil
	}
	got, err := r.First(q.Tenant, sqltext.TallyGet, q.Tenant, q.Kind, q.Parent)
	if err != nil {
		return t, err
	}
	if got != nil {
		t.live, t.dead, t.moves = got.Int(0), got.Int(1), got.Int(2)
	}
	if r.seen != nil {
		*r.seen = t
	}
	return t, nil
}

// Statement is one that writes.
type Statement struct {
	Text string
	Args []any
}

// Tallies keep the counts of lists right when a record is written: old is what is stored of it and r what will be,
// nil for nothing. ord is the record's.
func Tallies(tenant, kind string, old *Head, r *store.Record, ord int64) (out []Statement) {
	add := func(parent string, deleted bool, created int64) {
		if parent != "" {
			out = append(out, Statement{sqltext.TallyAdd, []any{tenant, kind, parent, 1 - Bit(deleted), Bit(deleted), created, ord}})
		}
	}
	move := func(parent string, live, dead int64) {
		if parent != "" {
			out = append(out, Statement{sqltext.TallyMove, []any{tenant, kind, parent, live, dead}})
		}
	}
	switch {
	case old == nil:
		add(r.Parent, r.Deleted, Micros(r.CreatedAt))
	case r == nil:
		move(old.Parent, Bit(old.Deleted)-1, -Bit(old.Deleted))
	case r.Parent != old.Parent:
		move(old.Parent, Bit(old.Deleted)-1, -Bit(old.Deleted))
		add(r.Parent, r.Deleted, old.Created)
	case r.Deleted != old.Deleted:
		move(r.Parent, Bit(old.Deleted)-Bit(r.Deleted), Bit(r.Deleted)-Bit(old.Deleted))
	}
	return out
}
