// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// Values of all sizes come back, whichever way they are packed, and so do small ones that were packed as large ones are.
func TestPack(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat(`{"airlineCode":"ZZ","cabin":"ECONOMY"},`, large/20))
	for _, n := range []int{0, 1, smallest - 1, smallest, large - 1, large, large + 1, len(text)} {
		packed := pack([]byte("x"), text[:n])[1:]
		want := byte(codecRaw)
		switch {
		case n >= large:
			want = codecZstd
		case n >= smallest:
			want = codecS2
		}
		got, err := unpack(packed)
		if err != nil || !bytes.Equal(got, text[:n]) || packed[0] != want {
			t.Errorf("%d bytes: got %d packed by %d, want by %d (%v)", n, len(got), packed[0], want, err)
		}
	}
	old := encoder().EncodeAll(text[:1000], []byte{codecZstd})
	if got, err := unpack(old); err != nil || !bytes.Equal(got, text[:1000]) {
		t.Errorf("a small value packed by zstd: %d bytes, %v", len(got), err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	whole := append([]byte{codecS2}, s2.Encode(nil, []byte(strings.Repeat("abc", 1000)))...)
	for name, packed := range map[string][]byte{
		"nothing": {}, "an unknown codec": {9, 1, 2}, "a cut value": whole[:len(whole)-2], "no value": {codecS2}, "no frame": {codecZstd, 1, 2, 3},
		"a length of terabytes": {codecS2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00},
		"a length of gigabytes": {codecS2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00},
	} {
		if got, err := unpack(packed); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
