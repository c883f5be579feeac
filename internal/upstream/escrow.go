// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// escrow keeps the answer to a rotation from the moment it arrives until the vault has it: one file sealed with age
// for each time the upstream was asked, on disk before anything else is done.
type escrow struct {
	dir    string
	env    string
	sealed *vault.Sealed
}

// escrowField is the name under which a file has its one secret, a pair.
const escrowField = "credential"

func (e *escrow) path(id string, attempt int) string {
	return filepath.Join(e.dir, e.env+"-"+id+"-"+strconv.Itoa(attempt)+".age")
}

func (e *escrow) ref(path string) vault.Ref {
	return vault.Ref{Scheme: vault.SchemeFile, Path: path, Field: escrowField}
}

// put writes a credential durably and gives the file's content.
func (e *escrow) put(ctx context.Context, id string, attempt int, c credential) ([]byte, error) {
	path := e.path(id, attempt)
	if err := e.sealed.PutPending(ctx, e.ref(path), c.value(true), ids.UUID()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// get reads it back; false when there is no such file.
func (e *escrow) get(ctx context.Context, path string) (credential, bool, error) {
	h, err := e.sealed.Get(ctx, e.ref(path), vault.Pending)
	if errors.Is(err, vault.ErrNotFound) {
		return credential{}, false, nil
	} else if err != nil {
		return credential{}, false, err
	}
	c, err := readCredential(h, "")
	c.held = vault.Held{}
	return c, err == nil, err
}

// open reads the copy that the journal has of a file.
func (e *escrow) open(ctx context.Context, id string, attempt int, content []byte) (credential, bool, error) {
	path := e.path(id, attempt)
	if c, ok, err := e.get(ctx, path); ok || err != nil || len(content) == 0 {
		return c, ok, err
	}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return credential{}, false, err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return credential{}, false, err
	}
	return e.get(ctx, path)
}

// prove writes, reads and removes a file.
func (e *escrow) prove(ctx context.Context, id string) error {
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return errors.New("the directory cannot be made")
	}
	defer e.remove(id)
	want := credential{client: "probe", secret: vault.NewSecret([]byte("probe"))}
	if _, err := e.put(ctx, id, 0, want); err != nil {
		return err
	}
	got, ok, err := e.get(ctx, e.path(id, 0))
	if err == nil && (!ok || !got.secret.Equal(want.secret)) {
		err = errors.New("what was written cannot be read back")
	}
	return err
}

// files are the environment's, of all rotations, by rotation and attempt.
func (e *escrow) files() []string {
	var out []string
	entries, err := os.ReadDir(e.dir) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range entries {
		rest, ok := strings.CutPrefix(f.Name(), e.env+"-")
		if ok && len(rest) > 36 && ids.IsUUID(rest[:36]) && strings.HasSuffix(rest, ".age") {
			out = append(out, filepath.Join(e.dir, f.Name()))
		}
	}
	return out
}

// remove forgets a rotation's files.
func (e *escrow) remove(id string) {
	for _, path := range e.files() {
		if strings.HasPrefix(filepath.Base(path), e.env+"-"+id+"-") {
			_ = os.Remove(path) // what stays is a sealed file whose secret is in the vault
			_ = os.Remove(path + ".lock")
		}
	}
}
