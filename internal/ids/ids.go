// SPDX-License-Identifier: Apache-2.0

package ids

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"

	"github.com/airside-travel/airside/internal/clock"
)

// UUID makes a version 7 UUID: sortable by the (real) millisecond of creation.
func UUID() string {
	var b [16]byte
	random(b[6:])
	ms := uint64(clock.System().Now().UnixMilli())
	b[0], b[1], b[2] = byte(ms>>40), byte(ms>>32), byte(ms>>24)
	b[3], b[4], b[5] = byte(ms>>16), byte(ms>>8), byte(ms)
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[:], b[:4])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	hex.Encode(s[9:], b[4:6])
	hex.Encode(s[14:], b[6:8])
	hex.Encode(s[19:], b[8:10])
	hex.Encode(s[24:], b[10:])
	return string(s[:])
}

// IsUUID reports whether s has the shape 8-4-4-4-12 of hexadecimal digits.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// Digits makes a ten-digit id without leading zero, as trips and PNRs carry. It is drawn, not
// counted, so that ids do not tell how much business there is; the store refuses a repeat.
func Digits() string {
	var b [8]byte
	random(b[:])
	n := 1_000_000_000 + binary.BigEndian.Uint64(b[:])%9_000_000_000
	var s [10]byte
	for i := 9; i >= 0; i-- {
		s[i] = byte('0' + n%10)
		n /= 10
	}
	return string(s[:])
}

// Bytes gives n random bytes.
func Bytes(n int) []byte {
	b := make([]byte, n)
	random(b)
	return b
}

// Trace makes the 32-digit hexadecimal id of a request.
func Trace() string { return hex.EncodeToString(Bytes(16)) }

func random(b []byte) { _, _ = rand.Read(b) } // never fails since Go 1.24
