// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Report is what a scan looked at and found.
type Report struct {
	Texts    int       `json:"texts"` // files, or runs of added lines
	Bytes    int64     `json:"bytes"`
	Skipped  []string  `json:"skipped,omitempty"` // too large to look at
	Findings []Finding `json:"findings"`
}

// largest is how many bytes of one file are looked at; larger ones are named as skipped.
const largest = 8 << 20

func (s *Scanner) add(r *Report, excuses map[string]bool, file, commit string, content []byte, first int) {
	r.Texts++
	r.Bytes += int64(len(content))
	for _, f := range s.Text(file, content, first) {
		f.Commit = commit
		if commit != "" {
			f.Fingerprint = commit + ":" + f.Fingerprint
		}
		if !excuses[f.Fingerprint] {
			r.Findings = append(r.Findings, f)
		}
	}
}

// Path scans a file, or the files below a folder: in a git repository those that git has or would add.
func (s *Scanner) Path(ctx context.Context, root string) (*Report, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	r := &Report{Findings: []Finding{}}
	if !info.IsDir() {
		return r, s.file(r, nil, root, filepath.ToSlash(root))
	}
	excuses, err := excusesIn(root)
	if err != nil {
		return nil, err
	}
	defer func() {
		slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.File, b.File) })
	}()
	if out, err := git(ctx, root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"); err == nil {
		for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			full := filepath.Join(root, filepath.FromSlash(name))
			if info, err := os.Lstat(full); err != nil || !info.Mode().IsRegular() {
				continue // deleted but not yet committed, a link, or another repository
			}
			if err := s.file(r, excuses, full, name); err != nil {
				return nil, err
			}
		}
		return r, nil
	}
	return r, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		return s.file(r, excuses, p, filepath.ToSlash(name))
	})
}

func (s *Scanner) file(r *Report, excuses map[string]bool, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return err
	}
	if len(content) > largest {
		r.Skipped = append(r.Skipped, name)
		return nil
	}
	s.add(r, excuses, name, "", content, 1)
	return nil
}

// Staged scans the lines that the next commit would add.
func (s *Scanner) Staged(ctx context.Context, dir string) (*Report, error) {
	return s.changes(ctx, dir, "diff", "--cached", "--unified=0", "--no-color", "--no-ext-diff", "--text", "--diff-filter=ACMRT", "--src-prefix=a/", "--dst-prefix=b/")
}

// History scans every line that any commit of any branch and tag added.
func (s *Scanner) History(ctx context.Context, dir string) (*Report, error) {
	return s.changes(ctx, dir, "log", "--all", "--patch", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv",
		"--text", "--diff-merges=off", "--src-prefix=a/", "--dst-prefix=b/", "--format=%x00commit %H")
}

// changes reads what git says was added, a run of added lines at a time.
func (s *Scanner) changes(ctx context.Context, dir string, args ...string) (*Report, error) {
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	excuses, err := excusesIn(strings.TrimSpace(string(top)))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "core.quotepath=off", "-c", "diff.noprefix=false"}, args...)...) //nolint:gosec // our own arguments
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("run git: %w", err)
	}
	r := &Report{Findings: []Finding{}}
	if err := s.patch(r, excuses, bufio.NewReaderSize(out, 64<<10)); err != nil {
		cancel()
		_ = cmd.Wait() // ended by us
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("git %s: %s: %w", args[0], bytes.TrimSpace(failed.Bytes()), err)
	}
	return r, nil
}

func (s *Scanner) patch(r *Report, excuses map[string]bool, in *bufio.Reader) error {
	var commit, file string
	var first, left int // of the hunk: the line its additions begin at, and how many additions are still to come
	var added []byte
	flush := func() {
		if len(added) > 0 && len(added) <= largest {
			s.add(r, excuses, file, commit, added, first)
		} else if len(added) > 0 {
			r.Skipped = append(r.Skipped, strings.TrimPrefix(commit+":"+file, ":"))
		}
		added = nil
	}
	for {
		line, err := in.ReadBytes('\n')
		switch {
		case left > 0 && bytes.HasPrefix(line, []byte("+")):
			added = append(added, line[1:]...)
			if left--; left == 0 {
				flush()
			}
		case left > 0: // a removed line, or a note on a missing line break
		case bytes.HasPrefix(line, []byte("\x00commit ")):
			commit = string(bytes.TrimSpace(line[len("\x00commit "):]))
		case bytes.HasPrefix(line, []byte("+++ ")):
			file = patchName(string(bytes.TrimRight(line[4:], "\r\n\t")))
		case bytes.HasPrefix(line, []byte("@@ ")):
			first, left = hunk(string(line))
		}
		if errors.Is(err, io.EOF) {
			flush()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// hunk reads "@@ -1,2 +3,4 @@".
func hunk(line string) (first, count int) {
	_, rest, _ := strings.Cut(line, " +")
	span, _, _ := strings.Cut(rest, " ")
	from, n, several := strings.Cut(span, ",")
	first, _ = strconv.Atoi(from) // git writes numbers
	if !several {
		return first, 1
	}
	count, _ = strconv.Atoi(n)
	return first, count
}

func patchName(s string) string {
	if plain, err := strconv.Unquote(s); err == nil {
		s = plain
	}
	return strings.TrimPrefix(s, "b/")
}

// excusesIn reads the fingerprints of .gitleaksignore. Each needs a comment with the reason above it.
func excusesIn(root string) (map[string]bool, error) {
	const name = ".gitleaksignore"
	text, err := os.ReadFile(filepath.Join(root, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	out, reason := map[string]bool{}, ""
	n := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			reason = ""
		case strings.HasPrefix(line, "#"):
			reason = strings.TrimSpace(line[1:])
		case reason == "":
			return nil, fmt.Errorf("%s:%d: a line of comment with the reason is missing above the fingerprint", name, n)
		default:
			out[line] = true
		}
	}
	return out, nil
}

func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...) //nolint:gosec // our own arguments
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %s: %w", args[0], bytes.TrimSpace(failed.Bytes()), err)
	}
	return out, nil
}
