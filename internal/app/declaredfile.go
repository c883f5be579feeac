// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/errs"
)

const credentialCreated = detect.CredentialCreated

// applicationFile is a file that declares applications: {"tmcId": …, "applications": [settings…]}, the settings in
// the form that `airside app show` prints.
type applicationFile struct {
	name    string
	tmc     string
	entries []applicationEntry
	lines   map[string]int // by JSON pointer
}

type applicationEntry struct {
	pointer  string
	settings application.Settings
}

// parseApplications reads a file strictly: what it says that nobody reads is a mistake. The error names all mistakes,
// each with file, line, pointer and reason.
func parseApplications(name string, raw []byte, op *contract.Operation) (*applicationFile, error) {
	f := &applicationFile{name: name}
	var err error
	if f.lines, err = locate(raw); err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	var doc struct {
		TMC          string            `json:"tmcId"`
		Applications []json.RawMessage `json:"applications"`
	}
	if err := strict(raw, &doc); err != nil {
		return nil, f.unread("", err)
	}
	if doc.Applications == nil {
		return nil, fmt.Errorf("%s: /applications: is required; an empty list suspends all that the file declared before", name)
	}
	f.tmc = doc.TMC
	var problems []error
	names := map[string]string{}
	for i, text := range doc.Applications {
		e := applicationEntry{pointer: fmt.Sprintf("/applications/%d", i)}
		for _, v := range op.CheckBody("application/json", text) {
			problems = append(problems, f.at(e.pointer+v.Pointer, v.Message))
		}
		var whole application.Application // what only the server sets may stand there, and is not read
		if err := strict(text, &whole); err != nil {
			problems = append(problems, f.unread(e.pointer, err))
		}
		e.settings = whole.Settings
		if first, twice := names[e.settings.Name]; twice && e.settings.Name != "" {
			problems = append(problems, f.at(e.pointer+"/name", "is the name of "+first+" too"))
		}
		names[e.settings.Name] = e.pointer
		f.entries = append(f.entries, e)
	}
	return f, errors.Join(problems...)
}

// ApplicationsIn reads a file that declares applications as a server does that has its name in
// AIRSIDE_APPLICATIONS_FILE. The error names all mistakes, each with file, line, pointer and reason.
func ApplicationsIn(name string, raw []byte, c *contract.Contract) ([]application.Settings, error) {
	f, err := parseApplications(name, raw, c.Operation("createApplication"))
	if err != nil {
		return nil, err
	}
	out := make([]application.Settings, len(f.entries))
	for i := range f.entries {
		out[i] = f.entries[i].settings
	}
	return out, nil
}

// strict decodes what must be known, all of it.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func (f *applicationFile) at(pointer, reason string) error {
	for at := pointer; ; at = at[:strings.LastIndexByte(at, '/')] {
		if line := f.lines[at]; line > 0 {
			return fmt.Errorf("%s:%d: %s: %s", f.name, line, pointer, reason)
		}
		if at == "" || !strings.Contains(at, "/") {
			return fmt.Errorf("%s: %s: %s", f.name, pointer, reason)
		}
	}
}

// unread finds the place of a member that nobody reads.
func (f *applicationFile) unread(below string, err error) error {
	_, rest, ok := strings.Cut(err.Error(), `unknown field "`)
	if !ok {
		return f.at(below, err.Error())
	}
	member := "/" + strings.TrimSuffix(rest, `"`)
	place, first := below+member, 0
	for at, line := range f.lines {
		if strings.HasPrefix(at, below+"/") && strings.HasSuffix(at, member) && (first == 0 || line < first || line == first && at < place) {
			place, first = at, line
		}
	}
	return f.at(place, "is not known here")
}

// wrong says what is wrong with an application, where the file has it.
func (f *applicationFile) wrong(e *applicationEntry, err error) error {
	x := errs.As(err)
	if x == nil {
		return f.at(e.pointer, err.Error())
	}
	if len(x.Fields) == 0 {
		return f.at(e.pointer, x.Message)
	}
	var problems []error
	for _, field := range x.Fields {
		reason := field.Message
		if len(field.Allowed) > 0 {
			reason += "; allowed: " + strings.Join(field.Allowed, ", ")
		}
		problems = append(problems, f.at(e.pointer+field.Pointer, reason))
	}
	return errors.Join(problems...)
}

// locate finds the line of each value in a JSON text, by its pointer. A name that an object has twice is an error, as
// is what follows the text.
func locate(raw []byte) (map[string]int, error) {
	l := &locator{raw: raw, d: json.NewDecoder(bytes.NewReader(raw)), lines: map[string]int{}}
	l.d.UseNumber()
	err := l.value("")
	if err == nil {
		if _, err = l.d.Token(); errors.Is(err, io.EOF) {
			return l.lines, nil
		}
		err = errors.New("there is more than one value")
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("%d: %w", l.line(), err)
}

type locator struct {
	raw   []byte
	d     *json.Decoder
	lines map[string]int
}

// line is where the decoder is.
func (l *locator) line() int {
	return 1 + bytes.Count(l.raw[:min(int(l.d.InputOffset()), len(l.raw))], []byte("\n"))
}

func (l *locator) value(at string) error {
	t, err := l.d.Token()
	if err != nil {
		return err
	}
	l.lines[at] = l.line()
	delim, _ := t.(json.Delim)
	for i := 0; delim != 0 && l.d.More(); i++ {
		next := fmt.Sprintf("%s/%d", at, i)
		if delim == '{' {
			key, err := l.d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string) // the decoder takes nothing else for a key
			next = at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			if l.lines[next] > 0 {
				return fmt.Errorf("%s: is there twice", next)
			}
		}
		if err := l.value(next); err != nil {
			return err
		}
	}
	if delim != 0 {
		_, err = l.d.Token()
	}
	return err
}
