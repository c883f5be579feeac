// SPDX-License-Identifier: Apache-2.0

package detect

import "math/bits"

// maxSample bounds a sample. Up to so many different things the count is exact; above it is an
// estimate with a standard error of a ninth.
const maxSample = 128

// sample counts different things in a sliding window: the set of their hashes while it is small, and
// from then on only of those hashes that end in `level` zero bits. Unlike HyperLogLog it forgets.
type sample struct {
	level   uint8
	swept   int64    // when what is too old was last thrown out
	entries []uint64 // 32 bits of hash, 32 bits of seconds
	proof   *evidence
}

func (s *sample) add(hash uint64, t, now, window int64) float64 {
	if now-s.swept >= window/16 || now < s.swept {
		s.sweep(now, window)
	}
	id, at := hash>>32, uint32(t/1000)
	if !s.samples(id) {
		return s.size()
	}
	for i, e := range s.entries {
		if e>>32 == id {
			s.entries[i] = id<<32 | uint64(max(at, uint32(e)))
			return s.size()
		}
	}
	s.entries = append(s.entries, id<<32|uint64(at))
	for len(s.entries) > maxSample {
		s.level++
		kept := s.entries[:0]
		for _, e := range s.entries {
			if s.samples(e >> 32) {
				kept = append(kept, e)
			}
		}
		s.entries = kept
	}
	return s.size()
}

// sweep throws out what left the window, on either end: the clock may have been set back.
func (s *sample) sweep(now, window int64) {
	s.swept = now
	oldest, newest := (now-window)/1000, (now+window)/1000
	kept := s.entries[:0]
	for _, e := range s.entries {
		if when := int64(uint32(e)); when >= oldest && when <= newest {
			kept = append(kept, e)
		}
	}
	s.entries = kept
	if len(kept) == 0 {
		s.level, s.proof = 0, nil
	}
}

func (s *sample) samples(id uint64) bool { return bits.TrailingZeros64(id|1<<32) >= int(s.level) }

func (s *sample) size() float64 { return float64(len(s.entries)) * float64(uint64(1)<<s.level) }

// known is a set of values with the day each was last seen; the one unseen for longest goes first.
type known struct {
	entries []uint64 // 48 bits of hash, 16 bits of the day
}

const (
	maxKnown   = 48
	forgetDays = 60
)

// has reports whether the value was seen before, and notes that it was seen now.
func (k *known) has(hash uint64, day int64) bool {
	for i, e := range k.entries {
		if (e^hash)&^0xffff == 0 {
			old := int64(e & 0xffff)
			k.entries[i] = hash&^0xffff | uint64(day)&0xffff
			return day-old <= forgetDays
		}
	}
	return false
}

func (k *known) learn(hash uint64, day int64) {
	if k.has(hash, day) {
		return
	}
	e := hash&^0xffff | uint64(day)&0xffff
	for i := range k.entries {
		if (k.entries[i]^hash)&^0xffff == 0 {
			k.entries[i] = e
			return
		}
	}
	if len(k.entries) < maxKnown {
		k.entries = append(k.entries, e)
		return
	}
	oldest := 0
	for i := range k.entries {
		if k.entries[i]&0xffff < k.entries[oldest]&0xffff {
			oldest = i
		}
	}
	k.entries[oldest] = e
}

// diverse reports that so many values are known that a new one says nothing.
func (k *known) diverse() bool { return len(k.entries) >= maxKnown }
