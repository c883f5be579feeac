// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// TestSharedReferences: however a reference is spelled, it is one place.
func TestSharedReferences(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		one, two string
		shared   bool
	}{
		{"file:/a/s.age#a", "file:/a/s.age#a", true},
		{"file:/a/s.age#a", "file:/a/../a/s.age#a", true},
		{"file:/a/s.age#a", "file:/a//./s.age#a", true},
		{"aws-sm://user", "aws-sm://user#clientSecret", true},
		{"file:/a/s.age#a", "file:/a/s.age#b", false},
		{"env:A", "env:B", false},
	} {
		one, two := production(t), production(t)
		one.AdminSecret, one.AdminClientID, two.AdminSecret, two.AdminClientID = vault.Ref{}, "", vault.Ref{}, ""
		two.Name, two.ClientID = "rehearsal", "r"
		one.Secret, two.Secret = ref(t, tc.one), ref(t, tc.two)
		if err := upstream.ValidateAll([]upstream.Environment{one, two}); errors.Is(err, upstream.ErrInvalid) != tc.shared {
			t.Errorf("%s and %s: %v", tc.one, tc.two, err)
		}
	}
}

// TestCompare: one credential in two places is found by its value, and never shown.
func TestCompare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, key := filepath.Join(dir, "s.age"), filepath.Join(dir, "key")
	if err := vault.NewKeyFile(key); err != nil {
		t.Fatal(err)
	}
	seal, err := vault.KeyFile(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed := vault.NewSealed(seal, clock.System())
	if err := sealed.Create(t.Context(), file, map[string]string{
		"a": canary, "b": canary, "c": "other", "pair": `{"clientId":"p","clientSecret":"` + canary + `"}`, "id": `{"clientId":"p","clientSecret":"third"}`,
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, filepath.Join(dir, "link.age")); err != nil {
		t.Fatal(err)
	}
	env := vault.Env(func(name string) (string, bool) {
		v, ok := map[string]string{"A": canary, "B": canary, "C": "other", "secret/a": canary}[name]
		return v, ok
	})
	vaults := vault.New(vault.Options{Clock: clock.System(), Backends: map[vault.Scheme]vault.Backend{
		vault.SchemeFile: sealed, vault.SchemeEnv: env, vault.SchemeKV: env, // as if it were behind a network
	}})
	for _, tc := range []struct {
		name, one, two, admin string
		remote                bool
		says                  string
	}{
		{name: "two fields of a file", one: "file:$F#a", two: "file:$F#b", says: `environments "one" and "two" use the same secret: `},
		{name: "two variables", one: "env:A", two: "env:B", says: `environments "one" and "two" use the same secret: env:A and env:B hold one value`},
		{name: "a file and a variable", one: "file:$F#a", two: "env:B", says: "use the same secret"},
		{name: "a link to the file", one: "file:$F#a", two: "file:$L#a", says: "use the same secret"},
		{name: "a pair and a secret alone", one: "file:$F#pair", two: "env:B", says: "use the same secret"},
		{name: "one client id", one: "file:$F#pair", two: "file:$F#id", says: "use the same client id"},
		{name: "its own admin's", one: "env:A", two: "env:C", admin: "env:B", says: `environment "one": admin secret: must be another API user's, but env:A and env:B`},
		{name: "different ones", one: "env:A", two: "env:C"},
		{name: "one that is not there", one: "env:A", two: "env:NONE"},
		{name: "a vault is not asked", one: "vault://m/secret/a#f", two: "env:A"},
		{name: "a vault is asked", one: "vault://m/secret/a#f", two: "env:A", remote: true, says: "vault://m/secret/a#f and env:A hold one value"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			at := func(text string) (r vault.Ref) {
				if text != "" {
					r = ref(t, strings.NewReplacer("$F", file, "$L", filepath.Join(dir, "link.age")).Replace(text))
				}
				return r
			}
			found, _ := upstream.Compare(t.Context(), vaults, []upstream.Environment{
				{Name: "one", Secret: at(tc.one), AdminSecret: at(tc.admin)}, {Name: "two", Secret: at(tc.two)},
			}, tc.remote)
			if tc.says == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || !errors.Is(found[0], upstream.ErrInvalid) || !strings.Contains(found[0].Error(), tc.says) || strings.Contains(found[0].Error(), canary) {
				t.Errorf("found %v, want %q", found, tc.says)
			}
		})
	}
}
