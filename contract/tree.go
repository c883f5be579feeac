// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"
)

// The contract's own files are walked with these: each hands out the bytes of
// the parts, so that what is not asked for is never decoded.

const docDepth = 200

var (
	errWantObject = errors.New("expected an object")
	errWantArray  = errors.New("expected an array")
	errWantText   = errors.New("expected a string")
)

// members calls f for each member of an object, in the order written.
func members(raw []byte, f func(key string, val []byte) error) error {
	r := reader{src: raw}
	return r.members(func(key string) error {
		return f(key, r.raw())
	})
}

// members calls f where the value of each member of an object starts; f moves
// past the value.
func (r *reader) members(f func(key string) error) error {
	if r.peek() != '{' {
		return errWantObject
	}
	for ok := r.open('}'); ok; ok = r.more('}') {
		k, plain := r.key()
		if !plain {
			k = unescape(k)
		}
		if r.fault != "" {
			break
		}
		if err := f(string(k)); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return r.asError()
}

// raw moves past a value and returns its bytes. Their capacity ends with them: behind them the document goes on,
// which may lie in memory that cannot be written.
func (r *reader) raw() []byte {
	r.peek()
	from := r.pos
	r.skip(docDepth)
	return r.src[from:r.pos:r.pos]
}

// elements calls f for each element of an array.
func elements(raw []byte, f func(val []byte) error) error {
	r := reader{src: raw}
	if r.peek() != '[' {
		return errWantArray
	}
	n := 0
	for ok := r.open(']'); ok; ok = r.more(']') {
		val := r.raw()
		if r.fault != "" {
			break
		}
		if err := f(val); err != nil {
			return fmt.Errorf("[%d]: %w", n, err)
		}
		n++
	}
	return r.asError()
}

func (r *reader) asError() error {
	if r.fault == "" {
		return nil
	}
	return fmt.Errorf("%s: %s", where(r.src, r.at), r.fault)
}

func readText(raw []byte, to *string) error {
	r := reader{src: raw}
	if r.peek() != '"' {
		return errWantText
	}
	s, plain := r.text()
	if plain {
		*to = unsafe.String(unsafe.SliceData(s), len(s)) //nolint:gosec // documents are kept, and nobody writes into them
	} else {
		*to = string(unescape(s))
	}
	return r.asError()
}

func readTexts(raw []byte, to *[]string) error {
	return elements(raw, func(val []byte) error {
		var s string
		if err := readText(val, &s); err != nil {
			return err
		}
		*to = append(*to, s)
		return nil
	})
}

func readBool(raw []byte, to *bool) (err error) {
	*to, err = strconv.ParseBool(string(raw))
	return err
}

func readInt(raw []byte, to *int) (err error) {
	*to, err = strconv.Atoi(string(raw))
	return err
}

func readFloat(raw []byte, to **float64) error {
	f, err := strconv.ParseFloat(string(raw), 64)
	*to = &f
	return err
}
