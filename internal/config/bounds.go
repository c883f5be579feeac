// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// bounded holds a number or duration to the tag that says what it may be: "1s to 24h", or "0 or 1h to 87600h". The
// tag is the text of the error and of the reference, too, so the three cannot differ. Without one nothing is below 0. NaN
// is in no range: a limit of NaN would let everything pass.
func bounded(sf reflect.StructField, n float64) error {
	rule := sf.Tag.Get("allow")
	if rule == "" {
		if n >= 0 && !math.IsInf(n, 1) {
			return nil
		}
		return errors.New("must be a number, not negative")
	}
	between := rule
	if rest, ok := strings.CutPrefix(rule, "0 or "); ok {
		if n == 0 {
			return nil
		}
		between = rest
	}
	least, most, _ := strings.Cut(between, " to ")
	if n >= amount(sf, least) && n <= amount(sf, most) { // false for what is no number
		return nil
	}
	return errors.New("must be " + rule)
}

// amount reads one end of a rule; what is none is refused by every value.
func amount(sf reflect.StructField, text string) float64 {
	if sf.Type == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return math.NaN()
		}
		return float64(d)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// help is what a setting is for, with what it may be.
func help(sf reflect.StructField) string {
	text := sf.Tag.Get("help")
	if rule := sf.Tag.Get("allow"); rule != "" {
		text += " (" + rule + ")"
	}
	return text
}
