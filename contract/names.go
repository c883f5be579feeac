// SPDX-License-Identifier: Apache-2.0

package contract

import "encoding/binary"

// names finds a name's number without allocating: property names of an object,
// or the values of an enum.
type names struct {
	list  []string
	slots []int16 // hash → number + 1, linear probing
	mask  uint32
}

func newNames(list []string) *names {
	size := uint32(4)
	for int(size) < 2*len(list)+1 {
		size *= 2
	}
	n := &names{list: list, slots: make([]int16, size), mask: size - 1}
	for i, name := range list {
		h := hash([]byte(name)) & n.mask
		for n.slots[h] != 0 {
			h = (h + 1) & n.mask
		}
		n.slots[h] = int16(i + 1)
	}
	return n
}

// find returns the number of name, -1 if it is not there.
func (n *names) find(name []byte) int {
	for h := hash(name) & n.mask; ; h = (h + 1) & n.mask {
		i := int(n.slots[h]) - 1
		if i < 0 || n.list[i] == string(name) {
			return i
		}
	}
}

// hash mixes the length and up to sixteen bytes, which tells the names of one
// object apart. The tables are fixed, so nobody can crowd them.
func hash(b []byte) uint32 {
	var x, y uint64
	switch n := len(b); {
	case n >= 8:
		x = binary.LittleEndian.Uint64(b)
		y = binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(b))
		y = uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		x = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	x = (x ^ uint64(len(b))) * 0x9E3779B97F4A7C15
	x = (x ^ x>>29 ^ y) * 0xBF58476D1CE4E5B9
	return uint32(x >> 32)
}
