// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Plan is what a file will hold: from one checkpoint to another, so that its beginning and its end are signed.
type Plan struct {
	Header      string // first line
	First, Last int64
	Checkpoint  string // line behind the last entry; empty for an empty trail
}

// bound is a place where a file can begin or end.
type bound struct {
	size int64
	note string
}

// Plan makes a checkpoint of now and plans a file with the entries of a period; zero times are no bound. As it
// ends at checkpoints, it may hold some more.
func (k *Keeper) Plan(ctx context.Context, tenant string, from, to time.Time) (p Plan, err error) {
	defer errs.Wrap(&err, "plan an export")
	by, err := k.signing(ctx)
	if err != nil {
		return p, err
	}
	// Of a trail that is not in order the part that was signed before can be had.
	if _, err := k.Checkpoint(ctx, tenant); err != nil && !errors.Is(err, ErrBroken) {
		return p, err
	}
	err = k.o.Store.View(ctx, func(ctx context.Context) error {
		r := store.Read(ctx)
		all, err := bounds(r, tenant)
		if err != nil {
			return err
		}
		// The first bound of which the last entry is not before the time.
		at := func(t time.Time) (int, error) {
			var problem error
			i := sort.Search(len(all), func(i int) bool {
				e, err := entryAt(r, tenant, all[i].size)
				if err != nil {
					problem = err
				}
				return e != nil && !e.At.Before(t)
			})
			return i, problem
		}
		first, last := 0, len(all)-1
		if !from.IsZero() {
			i, err := at(from)
			if err != nil {
				return err
			}
			first = min(max(i-1, 0), last)
		}
		if !to.IsZero() {
			i, err := at(to)
			if err != nil {
				return err
			}
			last = max(min(i, last), first)
		}
		p, err = plan(r, tenant, by, all[first], all[last])
		return err
	})
	return p, err
}

// bounds are the beginning of what is kept, the checkpoints that are kept, and the newest one.
func bounds(r store.Reader, tenant string) ([]bound, error) {
	a, err := audit.ReadAnchor(r, tenant)
	if err != nil {
		return nil, err
	}
	h, err := readHead(r, tenant)
	if err != nil {
		return nil, err
	}
	kept, err := stamps(r, tenant)
	if err != nil {
		return nil, err
	}
	out := []bound{{a.Size, a.Note}}
	for _, s := range kept {
		if s.Size > out[len(out)-1].size {
			out = append(out, bound{s.Size, s.Note})
		}
	}
	if h.Size > out[len(out)-1].size {
		out = append(out, bound{h.Size, h.Note})
	}
	return out, nil
}

func entryAt(r store.Reader, tenant string, seq int64) (*store.AuditEntry, error) {
	for e, err := range r.Audit(tenant, seq) {
		if err != nil || e.Seq != seq {
			return nil, err
		}
		return e, nil
	}
	return nil, nil //nolint:nilnil // there is none
}

func plan(r store.Reader, tenant string, by *key, from, to bound) (Plan, error) {
	h := trailfile.Header{Tenant: tenant, First: from.size + 1, Last: to.size, Key: by.public}
	if from.size > 0 {
		p, err := merkle.PeaksAt(from.size, merkle.Reader(tiles(r, tenant)))
		if err != nil {
			return Plan{}, err
		}
		h.Anchor, h.Peaks = from.note, p.Bytes()
	}
	p := Plan{Header: string(h.Line()), First: h.First, Last: h.Last}
	if h.Last >= h.First {
		p.Checkpoint = string(trailfile.CheckpointLine(to.note))
	}
	return p, nil
}

// Lines gives the lines of a file between header and last checkpoint, at most limit entries of them, and the
// entry to go on with; 0 when that was all.
func Lines(r store.Reader, tenant string, first, last int64, limit int) (lines []string, next int64, err error) {
	kept, err := stamps(r, tenant)
	if err != nil {
		return nil, 0, err
	}
	notes := map[int64]string{}
	for _, s := range kept {
		if s.Size < last {
			notes[s.Size] = s.Note
		}
	}
	next = first
	var b []byte
	for e, err := range r.Audit(tenant, first) {
		if err != nil {
			return nil, 0, err
		}
		if e.Seq > last || e.Seq-first >= int64(limit) {
			break
		}
		b = trailfile.AppendEntry(b[:0], e)
		lines = append(lines, string(b))
		if n := notes[e.Seq]; n != "" {
			lines = append(lines, string(trailfile.CheckpointLine(n)))
		}
		next = e.Seq + 1
	}
	switch {
	case next > last:
		return lines, 0, nil
	case next == first:
		return nil, 0, fmt.Errorf("%w: entry %d is not there", ErrBroken, first)
	}
	return lines, next, nil
}
