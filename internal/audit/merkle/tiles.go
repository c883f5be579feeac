// SPDX-License-Identifier: Apache-2.0

package merkle

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// height of a tile: it holds 256 hashes of one level, and of every eighth level only.
const (
	height = 8
	width  = 1 << height
)

// Load reads the hashes of a tile as they are stored, nil when there are none.
type Load func(tile string) ([]byte, error)

// Tiles are the tiles that a growing tree changes.
type Tiles struct {
	load    Load
	Changed map[string][]byte
	Began   map[string]bool // changed ones that did not exist before
	last    []last          // by level
}

// last is the tile that a hash was put into last.
type last struct {
	n    int64
	name string
}

// NewTiles begins; load gives those that are not full yet.
func NewTiles(load Load) *Tiles {
	return &Tiles{load: load, Changed: map[string][]byte{}, Began: map[string]bool{}}
}

// Grow adds leaves to a tree.
func (t *Tiles) Grow(p *Peaks, leaves []tlog.Hash) error {
	var problem error
	for _, leaf := range leaves {
		p.Add(leaf, func(level int, n int64, h tlog.Hash) {
			if level%height == 0 && problem == nil {
				problem = t.put(level/height, n, h)
			}
		})
	}
	return problem
}

func (t *Tiles) put(level int, n int64, h tlog.Hash) error {
	id, at := t.named(level, n/width), int(n%width)
	row, ok := t.Changed[id]
	if !ok {
		row = make([]byte, 0, width*tlog.HashSize) // what is loaded is not ours to write behind
		if at > 0 {
			stored, err := t.load(id)
			if err != nil {
				return err
			}
			row = append(row, stored...)
		}
	}
	if len(row) != at*tlog.HashSize {
		return fmt.Errorf("merkle: tile %s has %d bytes, want %d hashes", id, len(row), at)
	}
	if at == 0 {
		t.Began[id] = true
	}
	t.Changed[id] = append(row, h[:]...)
	return nil
}

// named is name, which is asked for a whole row after another.
func (t *Tiles) named(level int, n int64) string {
	for len(t.last) <= level {
		t.last = append(t.last, last{n: -1})
	}
	if l := &t.last[level]; l.n != n {
		*l = last{n, name(level, n)}
	}
	return t.last[level].name
}

func name(level int, n int64) string {
	return tlog.Tile{H: height, L: level, N: n, W: width}.Path()
}

// Reader gives the hashes of a tree out of its tiles, for proofs.
func Reader(load Load) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			t := tlog.TileForIndex(height, index)
			row, err := load(name(t.L, t.N))
			if err != nil {
				return nil, err
			}
			if len(row) < t.W*tlog.HashSize {
				return nil, fmt.Errorf("merkle: tile %s has %d bytes, too few", t.Path(), len(row))
			}
			if out[i], err = tlog.HashFromTile(t, row[:t.W*tlog.HashSize], index); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// PeaksAt are the peaks that the tree had at a size.
func PeaksAt(size int64, r tlog.HashReader) (Peaks, error) {
	var indexes []int64
	for level, done := 62, int64(0); level >= 0; level-- {
		if size>>level&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(level, done>>level))
			done += 1 << level
		}
	}
	hashes, err := r.ReadHashes(indexes)
	return Peaks{Size: size, Hashes: hashes}, err
}
