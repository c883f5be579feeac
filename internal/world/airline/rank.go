// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// ranked orders the offers by the query's criteria and cuts out the page: a quick-select of what is on it and before
// it, then a sort of only that.
func (e *Engine) ranked(s *scratch, q *supplier.AirQuery, legs int) []int32 {
	sorts := q.Sort
	if len(sorts) == 0 {
		sorts = []supplier.AirSort{{By: supplier.SortPrice}}
	}
	n := len(s.combos)
	s.order, s.keys = s.order[:0], s.keys[:0]
	for i := range s.combos {
		s.order = append(s.order, int32(i))
		s.keys = append(s.keys, e.sortKey(s, &s.combos[i], sorts[0], legs))
	}
	compare := func(a, b int32) int {
		if s.keys[a] != s.keys[b] {
			return cmp.Compare(s.keys[a], s.keys[b])
		}
		x, y := &s.combos[a], &s.combos[b]
		for _, by := range sorts[1:] {
			if c := cmp.Compare(e.sortKey(s, x, by, legs), e.sortKey(s, y, by, legs)); c != 0 {
				return c
			}
		}
		if x.total != y.total {
			return cmp.Compare(x.total, y.total)
		}
		byTime := supplier.AirSort{By: supplier.SortDuration}
		return cmp.Or(cmp.Compare(e.sortKey(s, x, byTime, legs), e.sortKey(s, y, byTime, legs)), cmp.Compare(a, b))
	}
	from := min(q.Offset, n)
	to := n
	if q.Limit > 0 {
		to = min(n, from+q.Limit)
	}
	if to < n {
		quickSelect(s.order, to, compare)
	}
	slices.SortFunc(s.order[:to], compare)
	return s.order[from:to]
}

// sortKey is the number by which a criterion orders an offer, smallest first.
func (e *Engine) sortKey(s *scratch, x *combo, by supplier.AirSort, legs int) int64 {
	var key int64
	switch by.By {
	case supplier.SortDepartureTime:
		_, c := s.part(x, 0)
		key = int64(c.dep)
	case supplier.SortArrivalTime:
		_, c := s.part(x, legs-1)
		key = int64(c.arr)
	case supplier.SortDuration:
		for leg := range legs {
			_, c := s.part(x, leg)
			key += int64(c.arr - c.dep)
		}
	default:
		key = x.total
	}
	if by.Descending {
		key = -key
	}
	if by.By == supplier.SortPrice && by.Shelf != supplier.ShelfAny {
		p, c := s.part(x, 0)
		if brands[e.archetype(c.carrier)][p.brand].shelf != by.Shelf {
			key += 1 << 50
		}
	}
	return key
}

// quickSelect moves the k first elements to the front, in any order.
func quickSelect(v []int32, k int, compare func(a, b int32) int) {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot := v[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for compare(v[i], pivot) < 0 {
				i++
			}
			for compare(pivot, v[j]) < 0 {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return
		}
	}
}
