// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"time"
)

// Formats of the contract. Those of numbers are "int32", "int64", "integer",
// "float" and "double".
const (
	formatUUID     = "uuid"
	formatEmail    = "email"
	formatDateTime = "date-time"
	formatDate     = "date"
	formatURI      = "uri"
	formatByte     = "byte"   // base64
	formatBinary   = "binary" // bytes of an uploaded part
	formatPassword = "password"
	// Ours, so that a wrong code is refused where it stands.
	formatCountry  = "country"        // ISO 3166-1, two or three letters
	formatCountry2 = "country-alpha2" // two
	formatCurrency = "currency"       // ISO 4217
	formatTimezone = "timezone"       // IANA
)

func knownFormat(f string) bool {
	switch f {
	case formatUUID, formatEmail, formatDateTime, formatDate, formatURI, formatByte, formatBinary, formatPassword,
		formatCountry, formatCountry2, formatCurrency, formatTimezone,
		"int32", "int64", "integer", "float", "double":
		return true
	}
	return false
}

// textFormat returns the check of a string format, nil if any text will do.
func textFormat(f string) *matcher {
	switch f {
	case formatUUID:
		return &matcher{uuid, "a UUID such as 4f0c1a52-7d3b-4c68-9a0e-2b5d8f6e1c37"}
	case formatEmail:
		return &matcher{email, "an email address"}
	case formatDateTime:
		return &matcher{func(b []byte) bool {
			_, err := time.Parse(time.RFC3339, string(b))
			return err == nil
		}, "a date and time such as 2027-03-31T09:30:00Z"}
	case formatDate:
		return &matcher{func(b []byte) bool {
			_, err := time.Parse(time.DateOnly, string(b))
			return err == nil
		}, "a date such as 2027-03-31"}
	case formatURI:
		return &matcher{uri, "an absolute URI"}
	case formatCountry:
		return &matcher{country, "an ISO 3166 code of two or three capitals, such as GB"}
	case formatCountry2:
		return &matcher{shortCountry, "an ISO 3166 code of two capitals, such as GB"}
	case formatCurrency:
		return &matcher{currency, "an ISO 4217 code such as EUR"}
	case formatTimezone:
		return &matcher{timezone, "an IANA time zone such as Europe/London"}
	case formatByte:
		return &matcher{func(b []byte) bool {
			_, err := base64.StdEncoding.Strict().DecodeString(string(b))
			return err == nil && !bytes.ContainsAny(b, "\r\n")
		}, "base64"}
	}
	return nil
}

func uuid(b []byte) bool {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for i, c := range b {
		if c == '-' {
			if i != 8 && i != 13 && i != 18 && i != 23 {
				return false
			}
			continue
		}
		if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// email asks for what a mail system could deliver to: one @, a local part of
// at most 64 bytes, a domain of labels, no spaces. It is not RFC 5322.
func email(b []byte) bool {
	at := bytes.LastIndexByte(b, '@')
	if at < 1 || at > 64 || len(b)-at-1 > 253 {
		return false
	}
	local, domain := b[:at], b[at+1:]
	for i, c := range local {
		dot := c == '.' && (i == 0 || i == len(local)-1 || local[i-1] == '.')
		if c <= ' ' || c == 0x7f || dot || bytes.IndexByte([]byte(`()<>[]:;@\,"`), c) >= 0 {
			return false
		}
	}
	for label := range bytes.SplitSeq(domain, []byte{'.'}) {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if c < 0x80 && c != '-' && !digit(c) && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

// uri asks for a scheme, a colon and no spaces or controls.
func uri(b []byte) bool {
	colon := bytes.IndexByte(b, ':')
	if colon < 1 || colon == len(b)-1 || b[0]|0x20 < 'a' || b[0]|0x20 > 'z' {
		return false
	}
	for i, c := range b {
		if c <= ' ' || c == 0x7f || bytes.IndexByte([]byte("<>\"{}|\\^`"), c) >= 0 {
			return false
		}
		if i < colon && !digit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// numeric is what a number must be.
type numeric struct {
	whole    bool // an integer
	bits     int  // 32 or 64
	min, max *float64
}

// fits says whether a literal that has no fraction or exponent, or one for a
// fractional type, is in the range of the format.
func (n *numeric) fits(raw []byte) bool {
	switch {
	case n.whole && len(raw) <= 9:
		return true
	case n.whole:
		_, err := strconv.ParseInt(string(raw), 10, n.bits)
		return err == nil
	}
	return fitsFloat(raw, n.bits)
}

func fitsFloat(raw []byte, bits int) bool {
	if len(raw) <= 30 && bytes.IndexByte(raw, 'e') < 0 && bytes.IndexByte(raw, 'E') < 0 {
		return true
	}
	f, err := strconv.ParseFloat(string(raw), bits)
	return err == nil && !math.IsInf(f, 0)
}
