// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// maxLine bounds one line of a file of events, in bytes.
const maxLine = 1 << 20

// LineError says which line of a file of events is wrong.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, Clean(e.Err.Error())) }

// Unwrap gives the cause.
func (e *LineError) Unwrap() error { return e.Err }

// ReadLines reads events from JSON lines. It ends at the first error, which is a *LineError.
func ReadLines(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		in := bufio.NewScanner(r)
		in.Buffer(make([]byte, 64<<10), maxLine)
		line := 0
		for in.Scan() {
			line++
			text := bytes.TrimSpace(in.Bytes())
			if len(text) == 0 {
				continue
			}
			ev, err := parseEvent(text)
			if err != nil {
				yield(ev, &LineError{line, err})
				return
			}
			if !yield(ev, nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("it is longer than %d bytes", maxLine)
			}
			yield(Event{}, &LineError{line + 1, err})
		}
	}
}

func parseEvent(text []byte) (Event, error) {
	var ev Event
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&ev); err != nil {
		return ev, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return ev, errors.New("there is more than one event in it")
	}
	return ev, ev.Check()
}

// Check says what keeps an event from being looked at.
func (e *Event) Check() error {
	if !slices.Contains(kinds, e.Kind) {
		return fmt.Errorf("kind is %q, which is none of %s", Clean(e.Kind), strings.Join(kinds, ", "))
	}
	if e.At.UnixMilli() <= 0 {
		return errors.New("at is missing, or before 1970")
	}
	return nil
}

// History runs the engine over a history and tells what changes. It stops at the first error.
func History(e *Engine, events iter.Seq2[Event, error], tell func(Change)) error {
	for ev, err := range events {
		if err != nil {
			return err
		}
		for _, c := range e.Observe(&ev) {
			tell(c)
		}
	}
	return nil
}
