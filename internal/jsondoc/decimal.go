// SPDX-License-Identifier: Apache-2.0

package jsondoc

import (
	"strconv"
	"strings"
)

// Scaled is a JSON number times a power of ten, as money is read in minor units: exact, and half away from zero where
// the number has more decimals than that. False for what is no number or has more than 18 digits.
func Scaled(number string, digits int) (int64, bool) {
	mantissa, power, scientific := strings.Cut(strings.ToLower(number), "e")
	exponent := 0
	if scientific {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			if digitsOnly(strings.TrimLeft(power, "+-")) == "" {
				return 0, false
			}
			exponent = farAway // with any digits before it, it is too large or nothing
			if power[0] == '-' {
				exponent = -farAway
			}
		}
		exponent = min(max(exponent, -farAway), farAway)
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	all := digitsOnly(whole + fraction)
	if whole == "" || dotted && fraction == "" || all == "" {
		return 0, false
	}
	// The value is 0.all times ten to the power of point.
	point := len(whole) + exponent + digits
	short := strings.TrimLeft(all, "0")
	point -= len(all) - len(short)
	switch {
	case short == "" || point < 0:
		return 0, true
	case point > 18:
		return 0, false
	}
	var n int64
	for i := range point {
		n *= 10
		if i < len(short) {
			n += int64(short[i] - '0')
		}
	}
	if point < len(short) && short[point] >= '5' { // what follows that digit makes no difference
		n++
	}
	if negative {
		n = -n
	}
	return n, true
}

// farAway is further than any text can move a point back.
const farAway = 1 << 30

// digitsOnly is the text, or nothing when it holds anything but digits.
func digitsOnly(text string) string {
	if strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}
