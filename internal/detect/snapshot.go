// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrSnapshot says that bytes are not a snapshot of this version, or are damaged.
var ErrSnapshot = errors.New("not a snapshot of the detection's state")

// A snapshot begins with its version and ends with a checksum. Version 1 is the only one.
const (
	snapshotMagic = "airside-detect\x00\x01"
	maxShapes     = maxRules
)

// walker is the state of a method.
type walker interface{ walk(k *codec) }

// newState makes the empty state of a method, by the number it has in a snapshot; nil for none.
func newState(tag uint64) walker {
	switch tag {
	case 1:
		return new(counting)
	case 2:
		return new(sampling)
	case 3:
		return new(pairing)
	case 4:
		return new(counter)
	case 5:
		return new(meeting)
	case 6:
		return new(series)
	}
	return nil
}

func tagOf(s any) uint64 {
	switch s.(type) {
	case *counting:
		return 1
	case *sampling:
		return 2
	case *pairing:
		return 3
	case *counter:
		return 4
	case *meeting:
		return 5
	case *series:
		return 6
	}
	return 0
}

// shapes is, of each kind of subject, what the states stand for.
func (e *Engine) shapes() map[string][]string {
	out := map[string][]string{}
	for _, a := range e.rules {
		out[a.By] = append(out[a.By], a.shape())
	}
	return out
}

// Snapshot is the whole memory of the engine, but for counters of the process and the silences, which
// belong to whoever set them.
func (e *Engine) Snapshot() []byte {
	k := &codec{b: []byte(snapshotMagic)}
	e.walkHead(k)
	shapes := e.shapes()
	for _, by := range scopeOrder {
		s := shapes[by]
		list(k, &s, maxShapes, k.text)
	}
	all := e.all()
	k.length(len(all), 1)
	for _, s := range all {
		in := e.listIndex(s.list)
		k.u64(&in)
		walkSubject(k, s)
	}
	k.length(len(e.opened), 1)
	for _, al := range e.opened {
		walkAlert(k, al)
	}
	return binary.LittleEndian.AppendUint32(k.b, crc32.ChecksumIEEE(k.b))
}

func (e *Engine) walkHead(k *codec) {
	k.u64(&e.h.k0)
	k.u64(&e.h.k1)
	whole(k, &e.now)
	whole(k, &e.swept)
	whole(k, &e.ahead)
	whole(k, &e.behind)
}

func (e *Engine) listIndex(l *lru) uint64 {
	switch l {
	case &e.clients:
		return 0
	case &e.strangers:
		return 1
	}
	return 2
}

func walkSubject(k *codec, s *subject) {
	k.text(&s.key)
	for _, p := range []*string{&s.who.Kind, &s.who.Tenant, &s.who.Environment, &s.who.ID} {
		k.text(p)
	}
	for _, p := range []*int64{&s.born, &s.last, &s.taintFrom, &s.taintTo} {
		whole(k, p)
	}
	whole(k, &s.freezing)
	list(k, &s.states, maxShapes, func(p *any) {
		tag := tagOf(*p)
		k.u64(&tag)
		if k.reading {
			*p = nil
			if w := newState(tag); w != nil {
				*p = w
			} else if tag != 0 {
				k.bad = true
			}
		}
		if w, ok := (*p).(walker); ok {
			w.walk(k)
		}
	})
}

func walkAlert(k *codec, al *alert) {
	for _, p := range []*string{&al.open.rule, &al.open.key, &al.what} {
		k.text(p)
	}
	whole(k, &al.last)
	k.f64(&al.told)
	k.flag(&al.frozen)
	k.flag(&al.beside)
	list(k, &al.pending, maxKnown, k.u64)
	var text string
	if !k.reading {
		b, err := json.Marshal(&al.Alert)
		if err != nil {
			panic(err) // texts, numbers and times always can
		}
		text = string(b)
	}
	k.text(&text)
	if k.reading && json.Unmarshal([]byte(text), &al.Alert) != nil {
		k.bad = true
	}
}

// Restore replaces the memory by a snapshot. Memory of rules that are gone, or look at something else
// than when it was taken, is left out, and so is what exceeds the bounds. On an error nothing changes.
func (e *Engine) Restore(snapshot []byte) error {
	n := len(snapshot) - crc32.Size
	if n < len(snapshotMagic) || string(snapshot[:len(snapshotMagic)]) != snapshotMagic {
		return fmt.Errorf("%w: it does not begin like one of version 1", ErrSnapshot)
	}
	if crc32.ChecksumIEEE(snapshot[:n]) != binary.LittleEndian.Uint32(snapshot[n:]) {
		return fmt.Errorf("%w: its checksum is wrong", ErrSnapshot)
	}
	k := &codec{b: snapshot[len(snapshotMagic):n], reading: true}
	fresh := New(e.set, e.o)
	fresh.silences = e.silences
	fresh.walkHead(k)
	from := map[string][]int{} // where each state goes, -1 for nowhere
	for _, by := range scopeOrder {
		var old []string
		list(k, &old, maxShapes, k.text)
		now := fresh.shapes()[by]
		for _, shape := range old {
			to := -1
			for i := range now {
				if now[i] == shape {
					to = i
				}
			}
			from[by] = append(from[by], to)
		}
	}
	for range k.length(0, 1) {
		fresh.restoreSubject(k, from)
	}
	for range k.length(0, 1) {
		al := &alert{}
		walkAlert(k, al)
		if len(fresh.opened) < fresh.o.Alerts+len(fresh.rules) && !k.bad {
			fresh.open[al.open] = al
			fresh.opened = append(fresh.opened, al)
		}
	}
	if k.bad || len(k.b) > 0 {
		return fmt.Errorf("%w: its content does not fit together", ErrSnapshot)
	}
	fresh.rewire()
	fresh.changes = nil
	fresh.stats = e.stats
	for i, a := range fresh.rules {
		a.hits, a.whole = e.rules[i].hits, e.rules[i].whole
	}
	*e = *fresh
	e.relist()
	return nil
}

func (e *Engine) restoreSubject(k *codec, from map[string][]int) {
	var in uint64
	k.u64(&in)
	s := &subject{}
	walkSubject(k, s)
	if k.bad || e.subjects[s.key] != nil || in > 2 {
		k.bad = true
		return
	}
	states := make([]any, e.slots[s.who.Kind])
	for i, to := range from[s.who.Kind] {
		if to >= 0 && i < len(s.states) {
			states[to] = s.states[i]
		}
	}
	s.states = states
	l := []*lru{&e.clients, &e.strangers, &e.others}[in]
	e.subjects[s.key] = s
	l.push(s)
	e.evict(l)
}

// relist tells the subjects where their lists are, after the engine moved.
func (e *Engine) relist() {
	for _, l := range []*lru{&e.clients, &e.strangers, &e.others} {
		for s := l.first; s != nil; s = s.following {
			s.list = l
		}
	}
}
