// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// longest is the most characters of a cell; nothing that a profile takes is longer.
const longest = 2000

// row is one person of the file.
type row struct {
	n      int               // 1 for the first row below the header
	line   int               // of the file
	cells  map[string]string // by field, without empty ones
	column map[string]int    // by field, counted from 1
	fault  *Fault            // the row cannot be read
}

// reader takes a file apart, row by row.
type reader struct {
	file   *os.File
	csv    *csv.Reader
	header header
	n      int
}

// open reads the header. The separator is the one of comma, semicolon and tab that the first line has
// most of.
func open(name string, given map[string]string) (*reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r := &reader{file: f}
	if err := r.begin(f, given); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return r, nil
}

func (r *reader) begin(in io.Reader, given map[string]string) error {
	b := bufio.NewReaderSize(in, 64<<10)
	start, err := b.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		if _, err := b.Discard(3); err != nil {
			return err
		}
	case bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16; save it as CSV in UTF-8")
	}
	first, err := b.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	line, _, _ := bytes.Cut(first, []byte("\n"))
	r.csv = csv.NewReader(b)
	r.csv.ReuseRecord = true
	for _, c := range ",;\t" {
		if bytes.Count(line, []byte(string(c))) > bytes.Count(line, []byte(string(r.csv.Comma))) {
			r.csv.Comma = c
		}
	}
	names, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	if err != nil {
		return fmt.Errorf("the header: %w", err)
	}
	for i, name := range names {
		if !utf8.ValidString(name) {
			return fmt.Errorf("the name of column %d is not UTF-8; save the file as CSV in UTF-8", i+1)
		}
	}
	r.header, err = readHeader(names, given)
	return err
}

// next is the next row; io.EOF after the last one.
func (r *reader) next() (*row, error) {
	record, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	r.n++
	out := &row{n: r.n, cells: map[string]string{}, column: map[string]int{}}
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		out.line = parse.StartLine
		message := fmt.Sprintf("line %d, character %d: %v", parse.Line, parse.Column, parse.Err)
		if errors.Is(parse.Err, csv.ErrFieldCount) {
			message = fmt.Sprintf("the row has %d cells, the header has %d", len(record), len(r.header.names))
		}
		out.fault = &Fault{Row: out.n, Line: out.line, Code: "CSV", Message: message}
		return out, nil
	case err != nil:
		return nil, err
	}
	out.line, _ = r.csv.FieldPos(0)
	for i, text := range record {
		c := r.header.columns[i]
		if c == nil {
			continue
		}
		out.column[c.name] = i + 1
		text = strings.TrimSpace(text)
		switch {
		case !utf8.ValidString(text):
			out.fault = r.fault(out, c.name, "ENCODING", "is not UTF-8; save the file as CSV in UTF-8")
		case utf8.RuneCountInString(text) > longest:
			out.fault = r.fault(out, c.name, "LENGTH", fmt.Sprintf("is longer than %d characters", longest))
		case text != "":
			out.cells[c.name] = strings.Clone(text)
		}
	}
	return out, nil
}

// fault is a fault of one cell.
func (r *reader) fault(w *row, field, code, message string) *Fault {
	f := &Fault{Row: w.n, Line: w.line, Column: w.column[field], Code: code, Message: message}
	if f.Column > 0 {
		f.Header = r.header.names[f.Column-1]
	}
	return f
}

func (r *reader) close() error { return r.file.Close() }

// survey reads the whole file once: how many rows it has, and what tells it from every other file.
func survey(name string, given map[string]string, salt string) (rows int, print string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	io.WriteString(h, salt) //nolint:errcheck // a hash takes everything
	r := &reader{}
	tee := io.TeeReader(f, h)
	if err := r.begin(tee, given); err != nil {
		return 0, "", fmt.Errorf("%s: %w", name, err)
	}
	for {
		_, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var parse *csv.ParseError
		if err != nil && !errors.As(err, &parse) {
			return 0, "", err
		}
		rows++
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return 0, "", err
	}
	return rows, hex.EncodeToString(h.Sum(nil)), nil
}
