// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math"

	"github.com/go-faster/jx"
)

// Value is PolicyConstValue: what was expected or found. It is written only when somebody looks at it, because a
// search judges more offers than anybody reads. The constructors below make one.
type Value struct {
	kind   byte // 0: none; s, l, i, d, b, m
	text   string
	list   []string
	whole  int64
	number float64
}

func text(s string) Value { return Value{kind: 's', text: s} }

func texts(list ...string) Value { return Value{kind: 'l', list: list} }

func whole(n int) Value { return Value{kind: 'i', whole: int64(n)} }

func decimal(f float64) Value { return Value{kind: 'd', number: f} }

func flag(b bool) Value {
	if b {
		return Value{kind: 'b', whole: 1}
	}
	return Value{kind: 'b'}
}

// worth is an amount in minor units of a currency.
func worth(minor int64, digits int, currency string) Value {
	return Value{kind: 'm', text: currency, number: float64(minor) / math.Pow10(digits)}
}

func (v *Value) write(w *jx.Writer) {
	switch v.kind {
	case 's':
		w.RawStr(`{"s":`)
		w.Str(v.text)
	case 'l':
		w.RawStr(`{"sList":[`)
		for i, s := range v.list {
			if i > 0 {
				w.Comma()
			}
			w.Str(s)
		}
		w.RawStr(`]`)
	case 'i':
		w.RawStr(`{"i":`)
		w.Int64(v.whole)
	case 'd':
		w.RawStr(`{"d":`)
		w.Float64(v.number)
	case 'b':
		w.RawStr(`{"b":`)
		w.Bool(v.whole != 0)
	case 'm':
		w.RawStr(`{"money":{"amount":`)
		w.Float64(v.number)
		w.RawStr(`,"currencyCode":`)
		w.Str(v.text)
		w.RawStr(`}`)
	default:
		w.RawStr(`{`)
	}
	w.RawStr(`}`)
}

// String is the JSON of the value.
func (v Value) String() string {
	var w jx.Writer
	v.write(&w)
	return string(w.Buf)
}
