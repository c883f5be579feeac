// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/ids"
)

type repo struct {
	t   *testing.T
	dir string
	s   *Scanner
}

func newRepo(t *testing.T) *repo {
	t.Helper()
	s, err := New("")
	if err != nil {
		t.Fatal(err)
	}
	r := &repo{t, t.TempDir(), s}
	r.git("init", "--quiet")
	return r
}

func (r *repo) git(args ...string) error {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.dir, "-c", "user.name=Lena", "-c", "user.email=lena@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil && args[0] != "commit" {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return err
}

func (r *repo) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) found(rep *Report, err error) []string {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	out := []string{}
	for _, f := range rep.Findings {
		out = append(out, f.Fingerprint[strings.LastIndex(f.Fingerprint, f.File):])
	}
	return out
}

func (r *repo) want(got []string, want ...string) {
	r.t.Helper()
	if d := cmp.Diff(append([]string{}, want...), got); d != "" {
		r.t.Error(d)
	}
}

// TestSources finds a secret where it is: in the working tree, in what is staged, and for ever in history.
func TestSources(t *testing.T) {
	t.Parallel()
	r, ctx := newRepo(t), t.Context()
	r.write("a.txt", "one\ntwo\nthree\n")
	r.write(".gitignore", "ignored.env\n")
	r.write("ignored.env", "X="+ids.Secret("asc_"))
	r.git("add", ".")
	r.git("commit", "--quiet", "-m", "first")
	r.want(r.found(r.s.Path(ctx, r.dir)))

	r.write("a.txt", "one\ntwo\nkey "+ids.Secret("aap_")+"\nthree\n")
	r.write("dir/a name.txt", "+++ b/other\n"+ids.Secret("ast_")+"\n")
	r.want(r.found(r.s.Staged(ctx, r.dir)))
	r.want(r.found(r.s.Path(ctx, r.dir)), "a.txt:airside-secret:3", "dir/a name.txt:airside-secret:2")
	r.git("add", ".")
	r.want(r.found(r.s.Staged(ctx, r.dir)), "a.txt:airside-secret:3", "dir/a name.txt:airside-secret:2")
	r.git("commit", "--quiet", "-m", "second")
	r.write("a.txt", "one\n")
	r.git("rm", "--quiet", "--cached", "dir/a name.txt")
	r.git("add", "a.txt")
	r.git("commit", "--quiet", "-m", "third")
	r.want(r.found(r.s.Staged(ctx, r.dir)))
	rep, err := r.s.History(ctx, r.dir)
	r.want(r.found(rep, err), "a.txt:airside-secret:3", "dir/a name.txt:airside-secret:2")

	r.write(".gitleaksignore", rep.Findings[0].Fingerprint+"\n")
	if _, err := r.s.History(ctx, r.dir); err == nil || !strings.Contains(err.Error(), "reason") {
		t.Errorf("a fingerprint without a reason is taken: %v", err)
	}
	r.write(".gitleaksignore", "# rotated on the same day\n"+rep.Findings[0].Fingerprint+"\n")
	r.want(r.found(r.s.History(ctx, r.dir)), "dir/a name.txt:airside-secret:2")
}

// TestHook installs the check twice, keeps what is there, and refuses what it cannot add to.
func TestHook(t *testing.T) {
	t.Parallel()
	r, ctx := newRepo(t), t.Context()
	r.write(".git/hooks/pre-commit", "#!/bin/sh\ntouch ran\n")
	program := filepath.Join(r.dir, "it's a program")
	for i, changed := range []bool{true, false} {
		state, err := InstallHook(ctx, r.dir, program)
		if err != nil || state.Changed != changed || !state.Installed {
			t.Fatalf("installation %d: %+v, %v", i, state, err)
		}
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\" > called\nexit 1\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	r.write("x", "x")
	r.git("add", "x")
	if r.git("commit", "-m", "x") == nil {
		t.Error("the commit was made although the check refused")
	}
	called, err := os.ReadFile(filepath.Join(r.dir, "called"))
	if err != nil || string(called) != "secrets scan --staged\n" {
		t.Errorf("called with %q, %v", called, err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "ran")); err == nil {
		t.Error("the other hook ran after a refusal")
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	if err := r.git("commit", "-m", "x"); err != nil {
		t.Errorf("nothing was found, and the commit was refused: %v", err)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "ran")); err != nil {
		t.Error("the hook that was there did not run")
	}
	r.write(".git/hooks/pre-commit", "#!/usr/bin/perl\n")
	if _, err := InstallHook(ctx, r.dir, program); err == nil {
		t.Error("shell lines went into a Perl script")
	}
}
