// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"bytes"
	"fmt"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
)

// span is a run of entries that were not there when their turn came.
type span struct{ from, to int64 }

// walk follows the entries in the order of the file.
type walk struct {
	v       *verifier
	next    int64  // the entry whose turn it is
	prev    []byte // hash of the one before
	linked  bool   // prev is known
	last    int64  // the newest entry that was read, for what is said about it
	peaks   merkle.Peaks
	sound   bool // all entries so far were in order: the tree means something
	checked int64
	gaps    []span
}

func (v *verifier) entry(l *prepared) {
	w := &v.walk
	v.r.Entries++
	if l.about != "" {
		w.broken(l.about)
		return
	}
	e := &l.entry
	switch {
	case e.Seq > v.header.Last:
		v.add(Added, entryName(e.Seq), e.Seq, fmt.Sprintf("the trail ends with entry %d", v.header.Last))
		return
	case e.Seq > w.next:
		w.gaps = append(w.gaps, span{w.next, e.Seq - 1})
		w.next, w.linked, w.sound = e.Seq, false, false
	case e.Seq < w.next:
		w.early(e.Seq)
		return
	}
	if w.linked && !bytes.Equal(e.PrevHash, w.prev) {
		w.sound = false
		seq := max(e.Seq-1, 1)
		v.add(Altered, entryName(seq), seq, fmt.Sprintf("entry %d follows one with another hash", e.Seq))
	}
	w.step(e.Hash)
	w.linked = true
	w.meet(e.Seq)
}

// step goes on behind an entry with this hash.
func (w *walk) step(h []byte) {
	w.last = w.next
	w.next++
	w.prev = h
	if w.sound {
		w.peaks.Add(merkle.Leaf(h), nil)
	}
}

// broken is an entry that cannot be what was written: it has the place whose turn it is.
func (w *walk) broken(about string) {
	if w.next > w.v.header.Last {
		w.v.add(Added, fmt.Sprintf("line after entry %d", w.last), 0, about)
		return
	}
	w.v.add(Altered, entryName(w.next), w.next, about)
	w.sound, w.linked = false, false
	w.last = w.next
	w.next++
}

// early is an entry whose turn has passed.
func (w *walk) early(seq int64) {
	for i, g := range w.gaps {
		if seq < g.from || seq > g.to {
			continue
		}
		w.v.add(Reordered, entryName(seq), seq, fmt.Sprintf("it stands behind entry %d", w.last))
		rest := []span{}
		if g.from < seq {
			rest = append(rest, span{g.from, seq - 1})
		}
		if seq < g.to {
			rest = append(rest, span{seq + 1, g.to})
		}
		w.gaps = append(append(append([]span{}, w.gaps[:i]...), rest...), w.gaps[i+1:]...)
		return
	}
	w.sound = false
	w.v.add(Added, entryName(seq), seq, fmt.Sprintf("it stands behind entry %d once more", w.last))
}

// checkpoint holds the walk against a checkpoint of the file.
func (v *verifier) checkpoint(text []byte) {
	var l checkpointLine
	if read(text, &l) != nil {
		v.add(Altered, fmt.Sprintf("checkpoint after entry %d", v.walk.last), 0, "its line is not as it was written")
		return
	}
	c, err := checkpoint.Open(l.Checkpoint, v.key)
	switch {
	case err != nil:
		v.add(Altered, fmt.Sprintf("checkpoint after entry %d", v.walk.last), 0, err.Error())
		return
	case c.Tenant != v.header.Tenant:
		v.add(Altered, fmt.Sprintf("checkpoint of %d entries", c.Size), 0, "it is another tenant's")
		return
	case c.Size != v.walk.next-1:
		if c.Size < v.walk.checked || c.Size > v.header.Last {
			v.add(Reordered, fmt.Sprintf("checkpoint of %d entries", c.Size), 0, fmt.Sprintf("it stands behind entry %d", v.walk.last))
		}
		return // else entries are missing, which has been told
	}
	v.walk.fit(&c)
	v.r.Checkpoints++
	v.r.At = c.At
}

// meet holds the walk against checkpoints from elsewhere when it has come to their sizes.
func (w *walk) meet(size int64) {
	for len(w.v.trusted) > 0 && w.v.trusted[0].Size <= size {
		if c := &w.v.trusted[0]; c.Size == size && w.fit(c) {
			w.v.r.Trusted++
		}
		w.v.trusted = w.v.trusted[1:]
	}
}

// fit says what does not fit a signed statement about all entries up to here.
func (w *walk) fit(c *checkpoint.Checkpoint) bool {
	chain := w.linked && !bytes.Equal(w.prev, c.Chain)
	root := w.sound && w.peaks.Root() != c.Root
	if chain || root {
		from := min(w.checked+1, c.Size)
		w.v.add(Altered, entryNames(max(from, w.v.header.First), c.Size), from,
			fmt.Sprintf("the checkpoint of %d entries was signed over others: they were written anew", c.Size))
		w.sound = false
		w.linked = false
	}
	if w.sound {
		w.v.r.Root = c.Root.String()
	}
	if !w.linked && !chain && !root { // what stood here is lost, but its hash was signed
		w.prev, w.linked = c.Chain, true
	}
	w.checked = max(w.checked, c.Size)
	return !chain && !root
}

// finish tells what never came.
func (w *walk) finish() {
	for _, g := range w.gaps {
		w.v.add(Missing, entryNames(g.from, g.to), g.from, "taken out")
	}
	if last := w.v.header.Last; w.next <= last {
		w.v.add(Cut, entryNames(w.next, last), w.next, "cut off at the end")
	}
	if n := len(w.v.trusted); n > 0 { // the largest says it all; what it says of entries up to the header's last has been told
		size := w.v.trusted[n-1].Size
		if from := max(w.next, w.v.header.Last+1); size >= from {
			w.v.add(Cut, entryNames(from, size), from, fmt.Sprintf("a checkpoint given says that there were %d entries", size))
		}
	}
}
