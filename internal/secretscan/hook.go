// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The lines of ours in a hook; what stands between them is replaced by the next installation.
const (
	hookBegin = "# airside: no secret gets into a commit"
	hookEnd   = "# airside: end"
)

// HookState is what is known of a repository's hook.
type HookState struct {
	Path      string `json:"path"`
	Installed bool   `json:"installed"`
	Changed   bool   `json:"changed"`
}

// Hook looks at the pre-commit hook of a repository, where core.hooksPath says it is.
func Hook(ctx context.Context, dir string) (HookState, error) {
	out, err := git(ctx, dir, "rev-parse", "--git-path", "hooks")
	if err != nil {
		return HookState{}, err
	}
	path := strings.TrimSpace(string(out))
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	state := HookState{Path: filepath.Join(path, "pre-commit")}
	text, err := os.ReadFile(state.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	} else if err != nil {
		return state, err
	}
	info, err := os.Stat(state.Path)
	if err != nil {
		return state, err
	}
	state.Installed = bytes.Contains(text, []byte(hookBegin)) && info.Mode()&0o111 != 0
	return state, nil
}

// InstallHook puts the staged check into the pre-commit hook. A hook that is there keeps its lines and runs after
// ours; one that is no shell script is refused.
func InstallHook(ctx context.Context, dir, program string) (HookState, error) {
	state, err := Hook(ctx, dir)
	if err != nil {
		return state, err
	}
	old, err := os.ReadFile(state.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return state, err
	}
	text := string(old)
	if text == "" {
		text = "#!/bin/sh\n"
	}
	head, rest, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(head, "#!") || !strings.Contains(head, "sh") {
		return state, fmt.Errorf("%s is no shell script; run %q from it by hand", state.Path, program+" secrets scan --staged")
	}
	if from := strings.Index(rest, hookBegin); from >= 0 {
		if n := strings.Index(rest[from:], hookEnd+"\n"); n >= 0 {
			rest = rest[:from] + rest[from+n+len(hookEnd)+1:]
		}
	}
	quoted := "'" + strings.ReplaceAll(program, "'", `'\''`) + "'"
	text = head + "\n" + hookBegin + "\n" + quoted + " secrets scan --staged || exit 1\n" + hookEnd + "\n" + rest
	state.Installed = true
	if text == string(old) {
		if info, err := os.Stat(state.Path); err == nil && info.Mode()&0o111 != 0 {
			return state, nil
		}
	}
	state.Changed = true
	if err := os.MkdirAll(filepath.Dir(state.Path), 0o755); err != nil { //nolint:gosec // git's own mode
		return state, err
	}
	temp := state.Path + ".airside"
	if err := os.WriteFile(temp, []byte(text), 0o755); err != nil { //nolint:gosec // hooks are run
		return state, err
	}
	return state, os.Rename(temp, state.Path)
}
