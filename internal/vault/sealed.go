// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// Sealed keeps secrets in files encrypted with age, one JSON object of names and strings each. A write makes a
// whole new file and moves it over the old one, so after a crash one of the two is there, complete. Writers
// take turns by a lock beside the file, readers need none.
type Sealed struct {
	key   SealKey
	clock clock.Clock
	step  func(string) error // what happens between the steps of a write: nothing, except in tests
}

// NewSealed makes the backend.
func NewSealed(key SealKey, c clock.Clock) *Sealed {
	return &Sealed{key: key, clock: c, step: func(string) error { return nil }}
}

// Get reads one stage of a field.
func (s *Sealed) Get(_ context.Context, ref Ref, stage Stage) (Held, error) {
	d, err := s.read("get", ref)
	if err != nil {
		return Held{}, err
	}
	return d.get(ref, stage)
}

// Versions lists the stages of a field.
func (s *Sealed) Versions(_ context.Context, ref Ref) ([]Version, error) {
	d, err := s.read("versions", ref)
	if err != nil {
		return nil, err
	}
	return d.versions(ref)
}

// PutPending stages a value; a file that does not exist is made.
func (s *Sealed) PutPending(ctx context.Context, ref Ref, value Secret, token string) error {
	if err := checkPut(ref, value, token); err != nil {
		return err
	}
	return s.change(ctx, "put", ref, func(d *document) (bool, error) {
		return d.put(ref, value.text(), token, s.clock.Now())
	})
}

// Promote makes the pending version current.
func (s *Sealed) Promote(ctx context.Context, ref Ref, token string) error {
	if err := checkToken("promote", ref, token); err != nil {
		return err
	}
	return s.change(ctx, "promote", ref, func(d *document) (bool, error) {
		return d.promote(ref, token, s.clock.Now())
	})
}

// Create seals fields into a new file; ErrConflict when it is there.
func (s *Sealed) Create(ctx context.Context, path string, fields map[string]string) error {
	ref := Ref{Scheme: SchemeFile, Path: path}
	for name := range fields {
		if !validField(name) {
			return fail("seal", ref, ErrInvalid, "a field's name is empty, reserved or has spaces")
		}
	}
	if len(fields) == 0 {
		return fail("seal", ref, ErrInvalid, "there is nothing to seal")
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return fileFailure("seal", ref, err)
	}
	defer unlock()
	if _, err := os.Lstat(path); err == nil {
		return fail("seal", ref, ErrConflict, "the file exists")
	}
	d := &document{fields: map[string]any{}}
	for k, v := range fields {
		d.fields[k] = v
	}
	return s.write("seal", ref, d)
}

func (s *Sealed) change(ctx context.Context, op string, ref Ref, edit func(*document) (bool, error)) error {
	unlock, err := lockFile(ctx, ref.Path+".lock")
	if err != nil {
		return fileFailure(op, ref, err)
	}
	defer unlock()
	d, err := s.read(op, ref)
	if op == "put" && errors.Is(err, ErrNotFound) {
		d, err = &document{fields: map[string]any{}, stages: map[string]*stageSet{}}, nil
	}
	if err != nil {
		return err
	}
	changed, err := edit(d)
	if err != nil || !changed {
		return err
	}
	return s.write(op, ref, d)
}

func (s *Sealed) read(op string, ref Ref) (*document, error) {
	info, err := os.Stat(ref.Path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxSealed) {
		return nil, fail(op, ref, ErrInvalid, "it is not a file, or larger than 1 MiB")
	}
	var sealed []byte
	if err == nil {
		sealed, err = os.ReadFile(ref.Path)
	}
	if err != nil {
		return nil, fileFailure(op, ref, err)
	}
	plain, err := s.key.decrypt(sealed)
	if err != nil {
		return nil, fail(op, ref, ErrSealed, "the key or passphrase does not open it, or it is damaged")
	}
	defer clear(plain)
	var data map[string]any
	if json.Unmarshal(plain, &data) != nil {
		return nil, fail(op, ref, ErrSealed, "it opens, but does not hold a JSON object")
	}
	d, ok := readDocument(data, info.ModTime().UTC().Truncate(time.Second))
	if !ok {
		return nil, fail(op, ref, ErrSealed, "its record of stages cannot be read")
	}
	return d, nil
}

func (s *Sealed) write(op string, ref Ref, d *document) error {
	data, err := d.data()
	if err != nil {
		return err
	}
	var plain bytes.Buffer
	defer func() { clear(plain.Bytes()) }()
	if err := json.NewEncoder(&plain).Encode(data); err != nil {
		return fail(op, ref, ErrInvalid, "it cannot be written as JSON")
	}
	sealed, err := s.key.encrypt(plain.Bytes())
	if err != nil {
		return fail(op, ref, ErrSealed, "it cannot be encrypted")
	}
	if err := s.replace(ref.Path, sealed); err != nil {
		return fileFailure(op, ref, err)
	}
	return nil
}

// replace is durable when it returns nil: content first, then the name, then the directory that has the name.
func (s *Sealed) replace(path string, content []byte) (err error) {
	if err := s.step("before write"); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".sealed-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when the rename succeeded
	_, err = tmp.Write(content)
	if err == nil {
		err = tmp.Sync()
	}
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = s.step("before rename")
	}
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	if err := s.step("after rename"); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// fileFailure translates what the file system said; its own text repeats paths only, but stays out anyway.
func fileFailure(op string, ref Ref, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(op, ref, ErrNotFound, "there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return fail(op, ref, ErrDenied, "the file system refuses it")
	case errors.Is(err, fs.ErrExist):
		return fail(op, ref, ErrConflict, "the file exists")
	case errors.Is(err, syscall.EROFS):
		return fail(op, ref, ErrReadOnly, "the file system is mounted read only")
	default:
		return unreachable(op, ref, err)
	}
}
