// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// TallySum collects what Tallies would write for several records, so that each tally is written once.
type TallySum struct {
	at   map[tallyKey]int
	sums []tallySum
}

type tallyKey struct{ tenant, kind, parent string }

type tallySum struct {
	tallyKey
	live, dead, moves int64
	added             bool
	first, last       mark
}

// Add takes the change of one record, as Tallies does.
func (t *TallySum) Add(tenant, kind string, old *Head, r *store.Record, ord int64) {
	switch {
	case old == nil:
		t.add(tallyKey{tenant, kind, r.Parent}, r.Deleted, mark{Micros(r.CreatedAt), ord})
	case r == nil:
		t.move(tallyKey{tenant, kind, old.Parent}, Bit(old.Deleted)-1, -Bit(old.Deleted))
	case r.Parent != old.Parent:
		t.move(tallyKey{tenant, kind, old.Parent}, Bit(old.Deleted)-1, -Bit(old.Deleted))
		t.add(tallyKey{tenant, kind, r.Parent}, r.Deleted, mark{old.Created, ord})
	case r.Deleted != old.Deleted:
		t.move(tallyKey{tenant, kind, r.Parent}, Bit(old.Deleted)-Bit(r.Deleted), Bit(r.Deleted)-Bit(old.Deleted))
	}
}

func (t *TallySum) of(k tallyKey) *tallySum {
	i, ok := t.at[k]
	if !ok {
		if t.at == nil {
			t.at = map[tallyKey]int{}
		}
		i = len(t.sums)
		t.at[k] = i
		t.sums = append(t.sums, tallySum{tallyKey: k})
	}
	return &t.sums[i]
}

func (t *TallySum) add(k tallyKey, deleted bool, at mark) {
	if k.parent == "" {
		return
	}
	s := t.of(k)
	s.live += 1 - Bit(deleted)
	s.dead += Bit(deleted)
	switch {
	case !s.added:
		s.added, s.first, s.last = true, at, at
	case at.created > s.last.created || at.created == s.last.created && at.ord > s.last.ord:
		s.last = at
	default:
		s.moves++
	}
}

func (t *TallySum) move(k tallyKey, live, dead int64) {
	if k.parent == "" {
		return
	}
	s := t.of(k)
	s.live += live
	s.dead += dead
	s.moves++
}

// Empty reports whether there is nothing to write.
func (t *TallySum) Empty() bool { return len(t.sums) == 0 }

// Clear drops what was collected.
func (t *TallySum) Clear() {
	clear(t.at)
	clear(t.sums)
	t.sums = t.sums[:0]
}

// Write hands what was collected to exec, and keeps it.
func (t *TallySum) Write(exec func(text string, args ...any) error) error {
	for _, s := range t.sums {
		text, args := sqltext.TallyMoveMany, []any{s.tenant, s.kind, s.parent, s.live, s.dead, s.moves}
		if s.added {
			text = sqltext.TallyAddMany
			args = []any{s.tenant, s.kind, s.parent, s.live, s.dead, s.last.created, s.last.ord, s.moves, s.first.created, s.first.ord}
		}
		if err := exec(text, args...); err != nil {
			return err
		}
	}
	return nil
}
