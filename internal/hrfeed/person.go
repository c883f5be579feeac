// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/airside-travel/airside/client"
)

// cellError is what is wrong with the value of a field.
type cellError struct{ field, code, message string }

func (e *cellError) Error() string { return e.field + ": " + e.message }

// apply writes the cells of a row into a profile and reports whether anything changed. errNobody,
// wrapped, when it names a manager who is not there yet; *cellError.
func (w *row) apply(ctx context.Context, l *lookup, user client.Object) (changed bool, err error) {
	for _, c := range columns() {
		text, given := w.cells[c.name]
		if !given || c.path == "" {
			continue
		}
		path := strings.Split(c.path, "/")
		if text == clearing {
			if c.kind == named || c.kind == person || c.name == "birthDate" {
				path = path[:len(path)-1]
			}
			if user.Get(path...) != nil {
				user.Remove(path...)
				changed = true
			}
			continue
		}
		value, err := c.value(ctx, l, text)
		if err != nil {
			return changed, err
		}
		if c.kind == phones {
			if !hasPhone(user.Get(path...), text) {
				user.Set([]any{map[string]any{"rawInput": text}}, path...)
				changed = true
			}
			continue
		}
		if user.Text(path...) != value {
			user.Set(value, path...)
			changed = true
		}
	}
	return changed, nil
}

// value is what goes into the profile for the text of a cell.
func (c *column) value(ctx context.Context, l *lookup, text string) (string, error) {
	switch c.kind {
	case upper:
		return enum(c.name, text), nil
	case date:
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return "", &cellError{c.name, "DATE", "must be a day of the calendar written as 2006-01-31"}
		}
		return t.Format(time.DateOnly), nil
	case named:
		id, err := l.named(ctx, c.name, text)
		if errors.Is(err, errNothing) {
			return "", &cellError{c.name, "REFERENCE_NOT_FOUND", errNothing.Error()}
		}
		return id, err
	case person:
		id, err := l.person(ctx, text)
		if errors.Is(err, errNobody) {
			return "", fmt.Errorf("%w: %w", &cellError{c.name, "REFERENCE_NOT_FOUND", errNobody.Error()}, errNobody)
		}
		return id, err
	}
	return text, nil
}

// enum is the API's spelling of a word that HR systems write in their own way.
func enum(field, text string) string {
	up := strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_", ".", "").Replace(text))
	if field == "gender" {
		switch up {
		case "M":
			return "MALE"
		case "F", "W":
			return "FEMALE"
		case "X", "D", "NON_BINARY", "DIVERSE":
			return "UNSPECIFIED"
		}
	}
	return up
}

// hasPhone reports whether a list of phone numbers is this one number.
func hasPhone(list any, text string) bool {
	l, _ := list.([]any)
	if len(l) != 1 {
		return false
	}
	m, _ := l[0].(map[string]any)
	return m["rawInput"] == text
}

// fieldAt is the field whose place in a profile a pointer of the server means.
func fieldAt(pointer string) string {
	pointer = strings.TrimPrefix(pointer, "/")
	best := ""
	length := -1
	for _, c := range columns() {
		if c.path == "" || !(pointer == c.path || strings.HasPrefix(pointer, c.path+"/") || strings.HasPrefix(c.path, pointer+"/") && pointer != "") {
			continue
		}
		if len(c.path) > length {
			best, length = c.name, len(c.path)
		}
	}
	return best
}
