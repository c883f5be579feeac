// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"slices"
	"strings"
	"sync"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// stride is how far apart the places are that are remembered of a list.
const stride = 512

// mostLists bounds how many lists are remembered.
const mostLists = 1000

// Pages remembers where in long lists every so many records are, so that a page far behind is not counted up to
// each time. It is safe for concurrent use; an engine has one, and only views use it: what a transaction sees of its
// own writes may never be.
type Pages struct {
	mu    sync.Mutex
	lists map[string]walk
}

// walk is what is known of a list while its moves stand still.
type walk struct {
	moves int64
	marks []mark // marks[i] is where record (i+1)*stride is; never changed, only replaced
}

type mark struct{ created, ord int64 }

func (p *Pages) marks(list string, moves int64) []mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.lists[list]; w.moves == moves {
		return w.marks
	}
	return nil
}

func (p *Pages) learn(list string, w walk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.lists[list]
	if ok && (known.moves > w.moves || known.moves == w.moves && len(known.marks) >= len(w.marks)) {
		return
	}
	if p.lists == nil || len(p.lists) >= mostLists {
		p.lists = map[string]walk{} // they are found again
	}
	p.lists[list] = w
}

// seek gives a place near a far offset of a list, and how far behind it the offset is; nil when the list is better
// counted from its beginning.
func (r Reader) seek(q store.Query) (from *mark, offset int, err error) {
	pages := r.Pages()
	if pages == nil || q.Parent == "" || q.Field != "" || q.Newest || q.Offset < stride {
		return nil, q.Offset, nil
	}
	got, err := r.First(q.Tenant, sqltext.TallyGet, q.Tenant, q.Kind, q.Parent)
	if err != nil || got == nil {
		return nil, q.Offset, err
	}
	moves := got.Int(2)
	list := strings.Join([]string{q.Tenant, q.Kind, q.Parent}, "\x00")
	if q.Deleted {
		list += "\x00"
	}
	known := pages.marks(list, moves)
	marks := known
	for want := q.Offset / stride; len(marks) < want; {
		l := shape(q)
		args := []any{q.Tenant, q.Kind, int64(1), int64(stride), q.Parent}
		if n := len(marks); n > 0 {
			l.From = true
			args = append(args, marks[n-1].created, marks[n-1].ord)
		}
		got, err := r.First(q.Tenant, l.Place(), args...)
		if err != nil {
			return nil, 0, err
		}
		if got == nil {
			break // the list ends before
		}
		marks = append(slices.Clip(marks), mark{got.Int(0), got.Int(1)})
	}
	if len(marks) > len(known) {
		pages.learn(list, walk{moves, marks})
	}
	n := min(q.Offset/stride, len(marks))
	if n == 0 {
		return nil, q.Offset, nil
	}
	return &marks[n-1], q.Offset - n*stride, nil
}
