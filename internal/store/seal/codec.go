// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// The first byte of what is sealed.
const (
	codecRaw  = 0
	codecZstd = 1
	codecS2   = 2
)

// MaxSize is the most bytes a value may have before it is sealed.
const MaxSize = 64 << 20

const (
	smallest = 400  // below it, compressing costs more than the bytes it saves
	small    = 2048 // below it, what zstd saves more than s2 costs ten times the time to open
)

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true), zstd.WithEncoderConcurrency(2))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxSize), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(4))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// pack appends codec and content, compressed when that saves an eighth.
func pack(dst, plain []byte) []byte {
	if len(plain) >= smallest && len(plain) < small {
		n := s2.MaxEncodedLen(len(plain))
		dst = slices.Grow(append(dst, codecS2), n)
		out := s2.Encode(dst[len(dst):len(dst)+n], plain)
		if len(out) < len(plain)-len(plain)/8 {
			return dst[:len(dst)+len(out)]
		}
		dst = dst[:len(dst)-1]
	} else if len(plain) >= small {
		out := encoder().EncodeAll(plain, append(dst, codecZstd))
		if len(out)-len(dst) < len(plain)-len(plain)/8 {
			return out
		}
		dst = out[:len(dst)]
	}
	return append(append(dst, codecRaw), plain...)
}

// unpack returns the content in memory of its own.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, ErrSealed
	}
	switch packed[0] {
	case codecRaw:
		return append([]byte{}, packed[1:]...), nil
	case codecS2:
		n, err := s2.DecodedLen(packed[1:])
		if err != nil || n >= small {
			return nil, ErrSealed
		}
		out, err := s2.Decode(nil, packed[1:])
		if err != nil {
			return nil, ErrSealed
		}
		return out, nil
	case codecZstd:
		out, err := decoder().DecodeAll(packed[1:], nil)
		if err != nil {
			return nil, ErrSealed
		}
		return out, nil
	}
	return nil, ErrSealed
}
