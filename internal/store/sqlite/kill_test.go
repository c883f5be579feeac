// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/airside-travel/airside/internal/store/sqlite"
)

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "write" {
		child(os.Args[2], os.Args[3])
	}
	os.Exit(m.Run())
}

// child writes accounts from eight callers and prints the id of each one that was acknowledged.
func child(path, prefix string) {
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: path, MasterKey: masterKey})
	if err == nil && strings.HasPrefix(prefix, "limited") {
		// Stands for a disk that fails: writing beyond the limit is an input/output error.
		signal.Ignore(syscall.SIGXFSZ)
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20})
	}
	if err != nil {
		os.Stdout.WriteString("error " + err.Error() + "\n")
		os.Exit(1)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", prefix, w, i)
				if err := s.Update(context.Background(), account(id)); err != nil {
					os.Stdout.WriteString("failed " + strings.SplitN(err.Error(), "\n", 2)[0] + "\n")
					err = s.Update(context.Background(), account(id))
					os.Stdout.WriteString("then " + err.Error() + "\n")
					if s.Ready(context.Background()) == nil {
						os.Stdout.WriteString("ready\n") // unexpected
					}
					return
				}
				os.Stdout.WriteString("wrote " + id + "\n")
			}
		})
	}
	wg.Wait()
	os.Exit(0)
}

// run starts the child, kills it after so many lines, and returns the lines.
func run(t *testing.T, path, prefix string, lines int) (out []string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "write", path, prefix)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for sc := bufio.NewScanner(pipe); sc.Scan(); {
		if out = append(out, sc.Text()); len(out) == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	return out
}

// A closed database can be opened at once although processes are being started meanwhile, which
// share all open files for a moment.
func TestReopenWhileForking(t *testing.T) {
	t.Parallel()
	var forking sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		forking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = exec.CommandContext(t.Context(), "true").Run() // starting it is all that matters
				}
			}
		})
	}
	o := sqlite.Options{Path: filepath.Join(t.TempDir(), "a.db"), MasterKey: masterKey}
	for range 30 {
		s, err := sqlite.Open(t.Context(), o)
		if err != nil {
			t.Error(err)
			break
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	forking.Wait()
}

func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var ids []string
	for i, lines := range []int{1, 60, 333, 700} {
		for _, line := range run(t, path, fmt.Sprint("kill", i), lines) {
			id, ok := strings.CutPrefix(line, "wrote ")
			if !ok {
				t.Fatal(line)
			}
			ids = append(ids, id)
		}
	}
	if len(ids) < 1094 {
		t.Errorf("only %d writes were acknowledged", len(ids))
	}
	holds(t, open(t, sqlite.Options{Path: path, MasterKey: masterKey}), ids)
}

// After the disk has failed nothing is accepted until a restart, and what was acknowledged is there.
func TestDiskFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var ids []string
	var failed, then int
	for _, line := range run(t, path, "limited", -1) {
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "wrote":
			ids = append(ids, rest)
		case "failed":
			failed++
		case "then":
			then++
			if !strings.Contains(rest, "restart needed") {
				t.Errorf("after the failure: %s", rest)
			}
		default:
			t.Error(line)
		}
	}
	if len(ids) == 0 || failed != 8 || then != 8 {
		t.Errorf("%d writes, %d failures, %d after them; want some, 8 and 8", len(ids), failed, then)
	}
	holds(t, open(t, sqlite.Options{Path: path, MasterKey: masterKey}), ids)
}
