// SPDX-License-Identifier: Apache-2.0

package ids

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// The lengths of a secret behind its prefix, in characters.
const (
	secretLength   = 43 // 32 bytes
	checksumLength = 6  // 4 bytes
)

// ApplicationSecret begins the client secrets of applications.
const ApplicationSecret = "aap_"

// Secret makes a 256-bit secret with a readable prefix, in unpadded base64url. It ends in a checksum of what stands
// before, by which scanners tell it from what only looks like one. The checksum is no part of the check of a
// credential: secrets without one, of older versions, stay good.
func Secret(prefix string) string {
	var b [32]byte
	random(b[:])
	s := prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return s + checksum(s)
}

// Checksum is what the end of a secret says about it.
type Checksum int

// What the end of a secret says.
const (
	ChecksumAbsent Checksum = iota // made before there were checksums, or no secret
	ChecksumRight
	ChecksumWrong // not one of ours, or mistyped
)

// CheckedSecret looks at the checksum of a secret with its prefix, which ends in the first underscore.
func CheckedSecret(s string) Checksum {
	_, rest, ok := strings.Cut(s, "_")
	switch {
	case !ok || len(rest) == secretLength:
		return ChecksumAbsent
	case len(rest) != secretLength+checksumLength || checksum(s[:len(s)-checksumLength]) != s[len(s)-checksumLength:]:
		return ChecksumWrong
	}
	return ChecksumRight
}

// checksum is CRC-32 in base64url.
func checksum(s string) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], crc32.ChecksumIEEE([]byte(s)))
	return base64.RawURLEncoding.EncodeToString(b[:])
}
