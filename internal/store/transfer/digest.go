// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// digest is the sum of the hashes of rows, modulo 2^256: equal for equal sets of rows, in whatever order
// an engine gives them.
type digest struct {
	rows int
	sum  [4]uint64 // least significant first
	buf  []byte
}

// add takes a row in, and returns its values when they are wanted.
func (d *digest) add(t sqltext.Table, r sqlread.Row, wanted bool) (values []any) {
	d.buf = d.buf[:0]
	for i, c := range t.Columns {
		switch c.Sort {
		case sqltext.Int:
			v := r.Int(i)
			d.buf = binary.BigEndian.AppendUint64(append(d.buf, 'i'), uint64(v)) //nolint:gosec // bits
			if wanted {
				values = append(values, v)
			}
		case sqltext.Text:
			v := r.Text(i)
			d.buf = append(binary.BigEndian.AppendUint64(append(d.buf, 't'), uint64(len(v))), v...)
			if wanted {
				values = append(values, v)
			}
		case sqltext.Blob:
			v := r.Blob(i)
			d.buf = append(binary.BigEndian.AppendUint64(append(d.buf, 'b'), uint64(len(v))), v...)
			if wanted {
				values = append(values, append([]byte{}, v...))
			}
		}
	}
	h := sha256.Sum256(d.buf)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
	d.rows++
	return values
}

func (d *digest) hex() string {
	var b []byte
	for _, word := range d.sum {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return hex.EncodeToString(b)
}
