// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// journal notes every decided row in a file, so that a run that is cut off goes on where it stopped. A
// line that was torn by the cut is ignored: its row is looked at again, and found done.
type journal struct {
	file *os.File
	out  *bufio.Writer
	n    int
}

type note struct {
	Row   int     `json:"row"`
	Did   outcome `json:"did"`
	Fault []Fault `json:"faults,omitempty"`
}

type journalHead struct {
	Print string `json:"file"`
}

// openJournal reads what an earlier run of the same file has noted, and goes on with it. A journal of
// another file, or of this one before it was changed, is begun anew.
func openJournal(name, print string, each func(note)) (*journal, error) {
	if err := readJournal(name, print, each); err != nil {
		return nil, err
	}
	_, err := os.Stat(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the journal of the import: %w", err)
	}
	j := &journal{file: f, out: bufio.NewWriter(f)}
	if fresh {
		return j, errors.Join(j.write(journalHead{print}), j.out.Flush())
	}
	_, err = j.out.WriteString("\n") // ends a torn line
	return j, err
}

func readJournal(name, print string, each func(note)) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the journal of the import: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var head journalHead
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || head.Print != print {
		return os.Remove(name)
	}
	for lines.Scan() {
		var n note
		if json.Unmarshal(lines.Bytes(), &n) == nil && n.Row > 0 {
			each(n)
		}
	}
	return lines.Err()
}

func (j *journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = j.out.Write(append(line, '\n'))
	return err
}

// add notes a row. What a cut costs is at most a few rows that are looked at twice.
func (j *journal) add(n note) error {
	if j == nil {
		return nil
	}
	const every = 64
	if j.n++; j.n%every != 0 {
		return j.write(n)
	}
	return errors.Join(j.write(n), j.out.Flush())
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.out.Flush(), j.file.Close())
}

// rows is a set of row numbers.
type rows []uint64

func (r *rows) add(n int) {
	for len(*r) <= n/64 {
		*r = append(*r, 0)
	}
	(*r)[n/64] |= 1 << (n % 64)
}

func (r rows) has(n int) bool { return n/64 < len(r) && r[n/64]&(1<<(n%64)) != 0 }
