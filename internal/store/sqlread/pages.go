// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"slices"
	"strings"
	"sync"

	"github.com/airside-travel/airside/internal/store"
)

const (
	stride    = 256  // how far apart the places are that are remembered of a list
	near      = 64   // an offset that is counted from the beginning
	mostLists = 1000 // how many lists are remembered
	mostPages = 256  // of how many pages of a list the beginning or the end is remembered
)

// Pages remembers where in long lists every so many records are, and where the last pages began and ended, so that
// a page far behind is not counted up to each time. It is safe for concurrent use; an engine has one, and only views
// use it: what a transaction sees of its own writes may never be.
type Pages struct {
	mu    sync.Mutex
	lists map[string]*walk
}

// walk is what is known of a list while its moves stand still.
type walk struct {
	moves int64
	marks []mark       // marks[i] is where record (i+1)*stride is; never changed, only replaced
	pages map[int]mark // where single records are
}

type mark struct{ created, ord int64 }

// known gives the marks of a list, and the record that begins a page or the one before it, if that is known.
func (p *Pages) known(list string, moves int64, offset int) (marks []mark, from *mark, behind int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.lists[list]
	if w == nil || w.moves != moves {
		return nil, nil, 0
	}
	for behind := range 2 {
		if m, ok := w.pages[offset-behind]; ok {
			return w.marks, &m, behind
		}
	}
	return w.marks, nil, 0
}

// at is what is known of a list at a time, nil when more recent things are.
func (p *Pages) at(list string, moves int64) *walk {
	w := p.lists[list]
	if w != nil && w.moves == moves {
		return w
	}
	if w != nil && w.moves > moves {
		return nil
	}
	if p.lists == nil || len(p.lists) >= mostLists {
		p.lists = map[string]*walk{} // they are found again
	}
	w = &walk{moves: moves, pages: map[int]mark{}}
	p.lists[list] = w
	return w
}

func (p *Pages) learn(list string, moves int64, marks []mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.at(list, moves); w != nil && len(w.marks) < len(marks) {
		w.marks = marks
	}
}

// page remembers the first and the last record of one that was read.
func (p *Pages) page(list string, moves int64, offset int, first, last mark, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.at(list, moves)
	if w == nil {
		return
	}
	if len(w.pages) > mostPages-2 {
		clear(w.pages)
	}
	w.pages[offset], w.pages[offset+n-1] = first, last
}

// place is where reading a page begins, and what is to be learnt from it.
type place struct {
	from   *mark // nil: at the beginning of the list
	offset int   // how many records to step over
	list   string
	moves  int64
	pages  *Pages // nil when nothing is learnt
}

// seek finds a place near a far offset of a list.
func (r Reader) seek(q store.Query) (place, error) {
	at := place{offset: max(q.Offset, 0)}
	pages := r.Pages()
	if pages == nil || q.Parent == "" || q.Field != "" || q.Newest || q.Only || q.Offset < near {
		return at, nil
	}
	t, err := r.tallied(q)
	if err != nil {
		return at, err
	}
	at.pages, at.moves, at.list = pages, t.moves, strings.Join(t.list[:], "\x00")
	if q.Deleted {
		at.list += "\x00"
	}
	known, from, behind := pages.known(at.list, t.moves, q.Offset)
	if from != nil {
		at.from, at.offset = from, behind
		return at, nil
	}
	marks := slices.Clip(known)
	for want := q.Offset / stride; len(marks) < want; {
		l := shape(q)
		args := []any{q.Tenant, q.Kind, int64(1), int64(stride), q.Parent}
		if n := len(marks); n > 0 {
			l.From = true
			args = append(args, marks[n-1].created, marks[n-1].ord)
		}
		got, err := r.First(q.Tenant, l.Place(), args...)
		if err != nil {
			return at, err
		}
		if got == nil {
			break // the list ends before
		}
		marks = append(marks, mark{got.Int(0), got.Int(1)})
	}
	if len(marks) > len(known) {
		pages.learn(at.list, t.moves, marks)
	}
	if n := min(q.Offset/stride, len(marks)); n > 0 {
		at.from, at.offset = &marks[n-1], q.Offset-n*stride
	}
	return at, nil
}
