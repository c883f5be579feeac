// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// sector is the smallest piece that a torn write keeps or loses.
const sector = 512

// disk is a directory of files that remembers what of it was synchronised. It makes no promise that
// POSIX does not make: a name is durable when its directory was synchronised, not when its file was.
type disk struct {
	mu      sync.Mutex
	chance  *rand.Rand
	live    map[string]*file
	durable map[string]*file
	past    []map[string]*file // states of the directory since it was last synchronised, oldest first
	inodes  uint64
	off     bool  // the power is cut: nothing is answered any more
	free    int64 // bytes that can still be allocated
	fails   string
}

// file is an inode.
type file struct {
	ino    uint64
	data   []byte         // as programs see it
	kept   []byte         // as it was last synchronised
	dirty  map[int64]bool // sectors that differ
	errors int            // failed synchronisations, each of which every open handle hears of once
	synced int            // those that went well and had something to do
}

// plenty is more than any test writes.
const plenty = 1 << 40

func newDisk(seed uint64) *disk {
	return &disk{chance: rand.New(rand.NewPCG(seed, 0)), live: map[string]*file{}, durable: map[string]*file{}, free: plenty}
}

// cut takes the power away: from now on every operation fails.
func (d *disk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
}

// restore gives the power back. What was not synchronised is gone; when torn, random sectors of it are
// there and the directory is as it was at some moment since.
func (d *disk) restore(torn bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if torn && len(d.past) > 0 {
		d.durable = d.past[d.chance.IntN(len(d.past))]
	}
	for _, name := range slices.Sorted(maps.Keys(d.durable)) {
		f := d.durable[name]
		if torn {
			for _, s := range slices.Sorted(maps.Keys(f.dirty)) {
				if d.chance.IntN(2) == 0 {
					f.keep(s)
				}
			}
		}
		f.data, f.dirty = bytes.Clone(f.kept), map[int64]bool{}
	}
	d.live, d.past, d.off = maps.Clone(d.durable), nil, false
}

// fail makes the next synchronisation of each file whose name ends so go wrong; "" for none.
func (d *disk) fail(suffix string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = suffix
}

// synced is how often the file was synchronised.
func (d *disk) synced(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.live[name].synced
}

// leave sets how many bytes can still be allocated.
func (d *disk) leave(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = bytes
}

// changed is called after each change of the directory.
func (d *disk) changed() { d.past = append(d.past, maps.Clone(d.live)) }

func (d *disk) syncDir() syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return syscall.EIO
	}
	d.durable, d.past = maps.Clone(d.live), nil
	return 0
}

// sync makes a file durable. When it fails, it does as Linux does: what could not be written counts as
// clean from then on, so that the next call succeeds and the data is nowhere but in memory.
func (d *disk) sync(f *file, heard *int) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return syscall.EIO
	}
	if d.fails != "" && len(f.dirty) > 0 && strings.HasSuffix(d.name(f), d.fails) {
		d.fails, f.dirty = "", map[int64]bool{}
		f.errors++
	}
	if *heard < f.errors {
		*heard = f.errors
		return syscall.EIO
	}
	if len(f.dirty) > 0 {
		f.synced++
	}
	if len(f.kept) > len(f.data) {
		f.kept = f.kept[:len(f.data)]
	}
	for s := range f.dirty {
		f.keep(s)
	}
	f.extend(int64(len(f.data)))
	f.dirty = map[int64]bool{}
	return 0
}

func (d *disk) name(f *file) string {
	for name, other := range d.live {
		if other == f {
			return name
		}
	}
	return ""
}

func (d *disk) write(f *file, data []byte, at int64) (int, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return 0, syscall.EIO
	}
	end := at + int64(len(data))
	if grows := end - int64(len(f.data)); grows > d.free {
		end -= grows - d.free // what still fits
		if end <= at {
			return 0, syscall.ENOSPC
		}
	}
	if end > int64(len(f.data)) {
		d.free -= end - int64(len(f.data))
		f.resize(end)
	}
	n := copy(f.data[at:end], data)
	f.touch(at, end)
	return n, 0
}

func (d *disk) truncate(f *file, size int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return syscall.EIO
	}
	if old := int64(len(f.data)); size < old {
		d.free += old - size // growing makes a hole, which takes no space
	}
	f.resize(size)
	return 0
}

func (f *file) resize(size int64) {
	old := int64(len(f.data))
	if size < old {
		clear(f.data[size:]) // what appears when it grows again is zero
		f.data = f.data[:size]
		return
	}
	f.data = slices.Grow(f.data, int(size-old))[:size]
	f.touch(old, size)
}

func (f *file) touch(from, to int64) {
	for s := from / sector; s*sector < to; s++ {
		f.dirty[s] = true
	}
}

// keep makes one sector durable.
func (f *file) keep(s int64) {
	from, to := s*sector, min((s+1)*sector, int64(len(f.data)))
	if from >= to {
		return // cut off since
	}
	f.extend(to)
	copy(f.kept[from:to], f.data[from:to])
}

func (f *file) extend(size int64) {
	if grow := size - int64(len(f.kept)); grow > 0 {
		f.kept = append(f.kept, make([]byte, grow)...)
	}
}
