// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"testing"

	"github.com/klauspost/compress/s2"
)

// What was stored before short texts were compressed with s2 is zstd, or plain.
func TestUnpack(t *testing.T) {
	t.Parallel()
	short, long := bytes.Repeat([]byte("Lena Okafor, "), 50), bytes.Repeat([]byte("Lena Okafor, "), 5000)
	for name, tc := range map[string]struct{ packed, want []byte }{
		"zstd":                      {encoder().EncodeAll(short, []byte{codecZstd}), short},
		"raw":                       {append([]byte{codecRaw}, short...), short},
		"s2":                        {append([]byte{codecS2}, s2.Encode(nil, short)...), short},
		"s2 of something long":      {append([]byte{codecS2}, s2.Encode(nil, long)...), nil},
		"s2 that promises a lot":    {[]byte{codecS2, 0xff, 0xff, 0xff, 0xff, 0x0f}, nil},
		"s2 that is cut":            {append([]byte{codecS2}, s2.Encode(nil, short)[:9]...), nil},
		"a codec that nobody knows": {[]byte{9, 1, 2}, nil},
		"nothing":                   {nil, nil},
	} {
		got, err := unpack(tc.packed)
		if !bytes.Equal(got, tc.want) || (tc.want == nil) != errors.Is(err, ErrSealed) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
