// SPDX-License-Identifier: Apache-2.0

package merkle_test

import (
	"encoding/binary"
	"maps"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit/merkle"
)

func leaf(i int) tlog.Hash { return merkle.Leaf(binary.BigEndian.AppendUint64(nil, uint64(i))) }

// Trees that grow in steps of any length have the root that the reference gives, and prove their leaves
// and their past.
func TestTree(t *testing.T) {
	t.Parallel()
	stored := map[string][]byte{}
	load := func(id string) ([]byte, error) { return stored[id], nil }
	var reference []tlog.Hash // stored hashes as the library keeps them
	read := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, reference[i])
		}
		return out, nil
	})
	var p merkle.Peaks
	roots := map[int64]tlog.Hash{0: p.Root()}
	n := 0
	for step := 1; n < 70_000; step = step*3/2 + 1 {
		var leaves []tlog.Hash
		for range step {
			leaves = append(leaves, leaf(n))
			more, err := tlog.StoredHashesForRecordHash(int64(n), leaf(n), read)
			if err != nil {
				t.Fatal(err)
			}
			reference = append(reference, more...)
			n++
		}
		tiles := merkle.NewTiles(load)
		if err := tiles.Grow(&p, leaves); err != nil {
			t.Fatal(err)
		}
		maps.Copy(stored, tiles.Changed)
		want, err := tlog.TreeHash(int64(n), read)
		if err != nil {
			t.Fatal(err)
		}
		if p.Root() != want || p.Size != int64(n) {
			t.Fatalf("the root of %d leaves is %v, want %v", n, p.Root(), want)
		}
		roots[p.Size] = p.Root()
	}
	r := merkle.Reader(load)
	for size, root := range roots {
		got, err := merkle.PeaksAt(size, r)
		if err != nil || got.Root() != root {
			t.Errorf("the peaks at %d give %v (%v), want %v", size, got.Root(), err, root)
		}
		if size == 0 {
			continue
		}
		past, err := tlog.ProveTree(p.Size, size, r)
		if err == nil {
			err = tlog.CheckTree(past, p.Size, p.Root(), size, root)
		}
		if err != nil {
			t.Errorf("the tree of %d leaves is not shown to be the beginning: %v", size, err)
		}
		i := size / 2
		proof, err := tlog.ProveRecord(size, i, r)
		if err == nil {
			err = tlog.CheckRecord(proof, size, root, i, leaf(int(i)))
		}
		if err != nil {
			t.Errorf("leaf %d of %d: %v", i, size, err)
		}
	}
	back, err := merkle.Restore(p.Size, p.Bytes())
	if err != nil || back.Root() != p.Root() {
		t.Errorf("restored peaks have the root %v (%v)", back.Root(), err)
	}
	if _, err := merkle.Restore(p.Size+1, p.Bytes()); err == nil {
		t.Error("peaks of another size were taken")
	}
}

func BenchmarkAdd(b *testing.B) {
	var p merkle.Peaks
	h := leaf(1)
	b.ReportAllocs()
	for b.Loop() {
		p.Add(merkle.Leaf(h[:]), nil)
	}
}
