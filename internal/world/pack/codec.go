// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

const magic = "ASWORLD2"

var errFormat = errors.New("pack: not a world file of this format")

// Encode writes f. The same tables always give the same bytes.
func Encode(f *File) ([]byte, error) {
	c := &codec{enc: true}
	c.file(f)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	head := binary.LittleEndian.AppendUint32([]byte(magic), crc32.ChecksumIEEE(c.buf))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(c.buf)))
	return z.EncodeAll(c.buf, head), nil
}

// Decode reads what Encode wrote.
func Decode(data []byte) (*File, error) {
	if len(data) < len(magic)+8 || string(data[:len(magic)]) != magic {
		return nil, errFormat
	}
	sum := binary.LittleEndian.Uint32(data[len(magic):])
	size := binary.LittleEndian.Uint32(data[len(magic)+4:])
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	raw, err := z.DecodeAll(data[len(magic)+8:], make([]byte, 0, size))
	if err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(raw) != sum {
		return nil, errFormat
	}
	c := &codec{buf: raw}
	f := &File{Version: sum}
	c.file(f)
	if c.bad || c.at != len(raw) {
		return nil, errFormat
	}
	return f, nil
}

// codec walks the tables once in either direction, so that reading and writing cannot disagree.
type codec struct {
	enc  bool
	buf  []byte
	text string // what follows byte base when decoding, so that strings are slices of it
	base int
	at   int
	bad  bool
}

func (c *codec) uint(v uint64) uint64 {
	if c.enc {
		c.buf = binary.AppendUvarint(c.buf, v)
		return v
	}
	v, n := binary.Uvarint(c.buf[c.at:])
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.at += n
	return v
}

// length guards a count read from the file: no table has more rows than bytes.
func (c *codec) length(n int) int {
	n = int(c.uint(uint64(n)))
	if n > len(c.buf) {
		c.bad = true
		return 0
	}
	return n
}

func (c *codec) str(s *string) {
	n := c.length(len(*s))
	if c.enc {
		c.buf = append(c.buf, *s...)
		return
	}
	if n > len(c.buf)-c.at {
		c.bad = true
		return
	}
	if c.text == "" {
		c.base, c.text = c.at, string(c.buf[c.at:])
	}
	*s = c.text[c.at-c.base : c.at-c.base+n]
	c.at += n
}

func (c *codec) strs(ss ...*string) {
	for _, s := range ss {
		c.str(s)
	}
}

func (c *codec) i32(v *int32) {
	u := c.uint(uint64(uint32(*v<<1) ^ uint32(*v>>31)))
	*v = int32(uint32(u)>>1) ^ -int32(u&1)
}

func num[T ~uint8 | ~uint16 | ~uint32 | ~int64](c *codec, v *T) { *v = T(c.uint(uint64(*v))) }

func rows[T any](c *codec, s *[]T, row func(*T)) {
	n := c.length(len(*s))
	if !c.enc {
		*s = make([]T, n)
	}
	for i := range *s {
		row(&(*s)[i])
	}
}

// bytes is a column of bytes.
func (c *codec) bytes(s *[]uint8) {
	n := c.length(len(*s))
	if c.enc {
		c.buf = append(c.buf, *s...)
		return
	}
	if n > len(c.buf)-c.at {
		c.bad = true
		return
	}
	*s = append([]uint8(nil), c.buf[c.at:c.at+n]...)
	c.at += n
}

// words is a column of 16-bit numbers, low bytes first and then high bytes: planes compress better than pairs.
func (c *codec) words(s *[]uint16) {
	n := c.length(len(*s))
	if c.enc {
		for _, v := range *s {
			c.buf = append(c.buf, byte(v))
		}
		for _, v := range *s {
			c.buf = append(c.buf, byte(v>>8))
		}
		return
	}
	if 2*n > len(c.buf)-c.at {
		c.bad = true
		return
	}
	lo, hi := c.buf[c.at:c.at+n], c.buf[c.at+n:c.at+2*n]
	col := make([]uint16, n)
	for i := range col {
		col[i] = uint16(lo[i]) | uint16(hi[i])<<8
	}
	*s, c.at = col, c.at+2*n
}
