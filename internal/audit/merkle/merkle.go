// SPDX-License-Identifier: Apache-2.0

package merkle

import (
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrPeaks says that hashes are not the peaks of a tree of that size.
var ErrPeaks = errors.New("merkle: another number of peaks than a tree of this size has")

// Leaf is the leaf for the hash of an audit entry.
func Leaf(entryHash []byte) tlog.Hash { return tlog.RecordHash(entryHash) }

// Peaks are the roots of the complete subtrees that a tree consists of, largest first: all that is needed to
// go on growing it. The zero value is the empty tree.
type Peaks struct {
	Size   int64
	Hashes []tlog.Hash
}

// Restore checks that there are as many hashes as the size asks for.
func Restore(size int64, hashes [][]byte) (Peaks, error) {
	p := Peaks{Size: size}
	if size < 0 || bits.OnesCount64(uint64(size)) != len(hashes) {
		return Peaks{}, ErrPeaks
	}
	for _, h := range hashes {
		if len(h) != tlog.HashSize {
			return Peaks{}, ErrPeaks
		}
		p.Hashes = append(p.Hashes, tlog.Hash(h))
	}
	return p, nil
}

// Bytes is what Restore takes.
func (p *Peaks) Bytes() [][]byte {
	out := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		out[i] = p.Hashes[i][:]
	}
	return out
}

// Add appends a leaf. made is told of every hash that this completes, by level and position; it may be nil.
func (p *Peaks) Add(leaf tlog.Hash, made func(level int, n int64, h tlog.Hash)) {
	if made == nil {
		made = func(int, int64, tlog.Hash) {}
	}
	n, level := p.Size, 0
	made(level, n, leaf)
	for ; n&1 == 1; n >>= 1 {
		last := len(p.Hashes) - 1
		leaf = tlog.NodeHash(p.Hashes[last], leaf)
		p.Hashes = p.Hashes[:last]
		level++
		made(level, n>>1, leaf)
	}
	p.Hashes = append(p.Hashes, leaf)
	p.Size++
}

// Root is the hash of the whole tree.
func (p *Peaks) Root() tlog.Hash {
	if len(p.Hashes) == 0 {
		h, _ := tlog.TreeHash(0, nil) // reads nothing
		return h
	}
	h := p.Hashes[len(p.Hashes)-1]
	for i := len(p.Hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(p.Hashes[i], h)
	}
	return h
}
