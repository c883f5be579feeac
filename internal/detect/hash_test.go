// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestHash compares with the vectors that the authors of SipHash published: key 00 to 0f, and as many
// bytes 00, 01, and so on.
func TestHash(t *testing.T) {
	t.Parallel()
	var key [16]byte
	for i := range key {
		key[i] = byte(i)
	}
	h := newHasher(key)
	for n, want := range map[int]uint64{0: 0x726fdb47dd0e0e31, 1: 0x74f839c593dc67fd, 7: 0xab0200f58b01d137, 8: 0x93f5f5799a932462, 15: 0xa129ca6149be45e5} {
		var text []byte
		for i := range n {
			text = append(text, byte(i))
		}
		if got := h.sum(string(text)); got != want {
			t.Errorf("of %d bytes it is %x, want %x", n, got, want)
		}
	}
}

// TestCounterAgainstList holds the counter to a list of everything: never less than the window, never
// more than the window and a seventh.
func TestCounterAgainstList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.Int64Range(7, 100_000).Draw(t, "window")
		var c counter
		var all []int64
		now := int64(1_700_000_000_000)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now += rapid.Int64Range(0, window/2).Draw(t, "step")
			at := now - rapid.SampledFrom([]int64{0, 0, 0, window / 10}).Draw(t, "late")
			all = append(all, at)
			got := int(c.add(at, now, window, 1))
			least, most := 0, 0
			for _, x := range all {
				if x > now-window/parts*parts {
					least++
				}
				if x > now-window-window/parts-parts {
					most++
				}
			}
			if got < least || got > most {
				t.Fatalf("it counts %d, there are %d to %d", got, least, most)
			}
		}
	})
}

// TestSampleAgainstSet holds the sample to a set: exact while it is small, and near enough above.
func TestSampleAgainstSet(t *testing.T) {
	t.Parallel()
	h := newHasher([16]byte{1})
	for _, n := range []int{1, 10, maxSample, 200, 1000, 50_000} {
		var s sample
		var got float64
		for i := range n {
			got = s.add(h.sum(strings.Repeat("x", i%7)+string(rune(i))), int64(i), int64(i), 1<<40)
		}
		if n <= maxSample && got != float64(n) || got < 0.6*float64(n) || got > 1.5*float64(n) {
			t.Errorf("of %d it counts %.0f", n, got)
		}
		if len(s.entries) > maxSample {
			t.Errorf("it keeps %d", len(s.entries))
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"app-1":                   "app-1",
		"a\nb\r":                  `a\u{a}b\u{d}`,
		"\x1b[2J\x1b]0;owned\x07": `\u{1b}[2J\u{1b}]0;owned\u{7}`,
		"a\u202eb":                `a\u{202e}b`,
		"\xff\xfe":                `\xff\xfe`,
		`\u{a}`:                   `\\u{a}`,
		"Zürich 東京":               "Zürich 東京",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := Clean(strings.Repeat("x\n", 5000)); len(got) > 220 {
		t.Errorf("it keeps %d bytes", len(got))
	}
}
