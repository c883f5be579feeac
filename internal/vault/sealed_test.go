// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

func sealedFile(t *testing.T, key vault.SealKey) (*vault.Sealed, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets.age")
	s := vault.NewSealed(key, clock.System())
	want(t, s.Create(t.Context(), path, map[string]string{"field": canary + "sealed"}), nil)
	return s, path
}

func TestSealedFileIsOpenedByAge(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	want(t, err, nil)
	keys := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keys, []byte("# made by age-keygen\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := vault.KeyFile(keys)
	want(t, err, nil)
	_, path := sealedFile(t, k)
	file, err := os.ReadFile(path)
	want(t, err, nil)
	silent(t, "the file", string(file))
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(file)), id)
	want(t, err, nil)
	var plain bytes.Buffer
	_, err = plain.ReadFrom(r)
	if want(t, err, nil); plain.String() != `{"field":"`+canary+`sealed"}`+"\n" {
		t.Errorf("age reads %q", plain.String())
	}
}

func TestSealedFileRefusals(t *testing.T) {
	t.Parallel()
	s, path := sealedFile(t, keyFile(t))
	ref := parse(t, "file:"+path+"#field")
	want(t, s.Create(t.Context(), path, map[string]string{"a": "b"}), vault.ErrConflict)
	want(t, s.Create(t.Context(), path+"2", nil), vault.ErrInvalid)
	want(t, s.Create(t.Context(), path+"2", map[string]string{"airside.stages": canary}), vault.ErrInvalid)
	want(t, s.Create(t.Context(), filepath.Join(path, "under", "a", "file"), map[string]string{"a": canary}), vault.ErrUnavailable)
	_, err := s.Get(t.Context(), parse(t, "file:"+path+"#another"), vault.Current)
	want(t, err, vault.ErrNotFound)
	for name, other := range map[string]vault.SealKey{"another key": keyFile(t), "a passphrase": passphrase(t)} {
		_, err := vault.NewSealed(other, clock.System()).Get(t.Context(), ref, vault.Current)
		if want(t, err, vault.ErrSealed); t.Failed() {
			t.Log(name)
		}
		want(t, vault.NewSealed(other, clock.System()).PutPending(t.Context(), ref, secret("x"), ids.UUID()), vault.ErrSealed)
	}
	file, err := os.ReadFile(path)
	want(t, err, nil)
	for _, damaged := range [][]byte{nil, file[:len(file)/2], bytes.Replace(file, file[100:101], []byte("!"), 1), []byte(`{"field":"` + canary + `"}`)} {
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Get(t.Context(), ref, vault.Current)
		want(t, err, vault.ErrSealed)
		want(t, s.Promote(t.Context(), ref, ids.UUID()), vault.ErrSealed)
	}
}

func TestSealedFileIsForItsOwner(t *testing.T) {
	t.Parallel()
	s, path := sealedFile(t, passphrase(t))
	token := ids.UUID()
	ref := parse(t, "file:"+path+"#field")
	want(t, s.PutPending(t.Context(), ref, secret("two"), token), nil)
	want(t, s.Promote(t.Context(), ref, token), nil)
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Stat(name)
		if want(t, err, nil); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if want(t, err, nil); len(left) != 2 {
		t.Errorf("%d files are left, want the file and its lock", len(left))
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	want(t, vault.NewKeyFile(path), nil)
	want(t, vault.NewKeyFile(path), vault.ErrConflict)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	_, err := vault.KeyFile(filepath.Join(dir, "none"))
	want(t, err, vault.ErrNotFound)
	if err := os.WriteFile(path, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = vault.KeyFile(path)
	want(t, err, vault.ErrInvalid)
	_, err = vault.Passphrase(vault.Secret{}, 0)
	want(t, err, vault.ErrInvalid)
}
