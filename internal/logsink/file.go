// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file appends lines to a file and rotates it.
//
// What was written is on disk at the latest when Sync has passed, at each rotation and at the end. A file that
// somebody else moved or removed is made again, so that other tools may rotate it too.
type file struct {
	set *Setting
	encoder
	f      *os.File
	size   int64
	since  time.Time // of the present file
	synced time.Time
	dirty  bool
	broken bool // the last line may be half there
	untidy bool // the last rotation went wrong, which was said
	remove func(name string) error
	b      bytes.Buffer
}

func openFile(set *Setting, e encoder) (*file, error) {
	f := &file{set: set, encoder: e, remove: os.Remove}
	return f, f.open()
}

func (f *file) open() error {
	if err := os.MkdirAll(filepath.Dir(f.set.Path), 0o700); err != nil {
		return err
	}
	opened, err := os.OpenFile(f.set.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := opened.Stat()
	if err != nil {
		return errors.Join(err, opened.Close())
	}
	f.f, f.size, f.since = opened, info.Size(), f.o.Clock.Now()
	return nil
}

// present makes sure that what is open is what the path names.
func (f *file) present() error {
	if f.f != nil {
		there, err := os.Stat(f.set.Path)
		if err == nil {
			if mine, err := f.f.Stat(); err == nil && os.SameFile(there, mine) {
				return nil
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		err = f.shut()
		if err != nil {
			return err
		}
	}
	return f.open()
}

func (f *file) send(batch []entry) error {
	if err := f.present(); err != nil {
		return err
	}
	f.b.Reset()
	if f.broken {
		f.b.WriteByte('\n')
	}
	for _, x := range batch {
		if err := f.line(&f.b, x); err != nil {
			return err
		}
	}
	if f.size > 0 && (f.size+int64(f.b.Len()) > f.set.MaxSize || f.old()) {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.f.Write(f.b.Bytes())
	f.size += int64(n)
	f.dirty, f.broken = f.dirty || n > 0, err != nil && n > 0 || f.broken && n == 0
	return errors.Join(err, f.settle())
}

func (f *file) old() bool {
	return f.set.MaxAge > 0 && f.o.Clock.Now().Sub(f.since) >= f.set.MaxAge
}

// settle waits for the disk when it is time.
func (f *file) settle() error {
	now := f.o.Clock.Now()
	if !f.dirty || f.set.Sync == 0 || now.Sub(f.synced) < f.set.Sync {
		return nil
	}
	f.synced, f.dirty = now, false
	return f.f.Sync()
}

func (f *file) tick() error {
	if f.f == nil {
		return nil
	}
	if f.size > 0 && f.old() {
		return f.rotate()
	}
	return f.settle()
}

// said tells the process of a rotation that went wrong, once until one goes right. It costs no event: a file that
// is too large is better than none.
func (f *file) said(err error) {
	if err != nil && !f.untidy {
		f.o.Log.Error("the file of a log sink could not be rotated; events are written all the same", slog.String("file", f.set.Path), slog.Any("error", err))
	}
	f.untidy = err != nil
}

// rotate gives the file a name with the time, opens a new one and drops those that are too many or too old. It
// fails only when there is no file to write to.
func (f *file) rotate() error {
	if err := f.shut(); err != nil {
		return err
	}
	ext := filepath.Ext(f.set.Path)
	name := strings.TrimSuffix(f.set.Path, ext) + "-" + f.o.Clock.Now().UTC().Format("20060102T150405.000000Z")
	to := name + ext
	for n := 1; ; n++ {
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			break
		}
		to = fmt.Sprintf("%s.%d%s", name, n, ext)
	}
	moved := os.Rename(f.set.Path, to)
	if err := f.open(); err != nil {
		return errors.Join(moved, err)
	}
	f.said(errors.Join(moved, f.prune()))
	return nil
}

func (f *file) prune() error {
	ext := filepath.Ext(f.set.Path)
	stem := filepath.Base(strings.TrimSuffix(f.set.Path, ext)) + "-"
	all, err := os.ReadDir(filepath.Dir(f.set.Path))
	if err != nil {
		return err
	}
	var names []string
	for _, d := range all { // by name, which is by time
		rest, ok := strings.CutPrefix(d.Name(), stem)
		if ok && strings.HasSuffix(rest, ext) && d.Type().IsRegular() && len(rest) >= len("20060102T150405.000000Z") && rest[8] == 'T' {
			names = append(names, d.Name())
		}
	}
	slices.Sort(names)
	var problems []error
	for i, name := range names {
		at, err := time.Parse("20060102T150405.000000Z", strings.TrimPrefix(name, stem)[:len("20060102T150405.000000Z")])
		tooMany := f.set.Keep > 0 && len(names)-i > f.set.Keep
		tooOld := f.set.KeepFor > 0 && err == nil && f.o.Clock.Now().Sub(at) > f.set.KeepFor
		if tooMany || tooOld {
			problems = append(problems, f.remove(filepath.Join(filepath.Dir(f.set.Path), name)))
		}
	}
	return errors.Join(problems...)
}

func (f *file) shut() error {
	var err error
	if f.set.Sync > 0 {
		err = f.f.Sync()
	}
	err = errors.Join(err, f.f.Close())
	f.f, f.dirty, f.size = nil, false, 0
	return err
}

func (f *file) close() error {
	if f.f == nil {
		return nil
	}
	return f.shut()
}
