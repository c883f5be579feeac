// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes, as `airside --help` documents them.
const (
	ExitOK          = 0
	ExitFailure     = 1
	ExitUsage       = 2
	ExitNotFound    = 3
	ExitDenied      = 4
	ExitConflict    = 5
	ExitUnavailable = 6
)

// Failure is why a command ended: what a person reads, what may help, and the exit code.
type Failure struct {
	Exit  int
	Err   error
	Hints []string
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// hint adds a line of advice and returns f.
func (f *Failure) hint(format string, args ...any) *Failure {
	f.Hints = append(f.Hints, fmt.Sprintf(format, args...))
	return f
}

func failf(exit int, format string, args ...any) *Failure {
	return &Failure{Exit: exit, Err: fmt.Errorf(format, args...)}
}

// runs wraps what a command does, so that every error that comes out of it has an exit code, and
// errors without one are known to be the flag parser's.
func runs(fn func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := fn(cmd, args)
		if _, ok := errors.AsType[*Failure](err); ok || err == nil {
			return err
		}
		if errors.Is(err, fs.ErrNotExist) { // a file or folder that was named
			return &Failure{Exit: ExitNotFound, Err: err}
		}
		return &Failure{Exit: ExitFailure, Err: err}
	}
}

// group makes a command that only holds others: help without arguments, a usage error with wrong ones.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		}
		return cmd.Help()
	}
	return cmd
}

// report writes a failure to standard error and returns its exit code.
func report(w io.Writer, err error, command string) int {
	if err == nil {
		return ExitOK
	}
	text := err.Error() // with what was said around the failure
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		head, advice, _ := strings.Cut(text, "\n\n") // cobra writes its suggestions after the error
		text, f = strings.TrimSpace(head), &Failure{Exit: ExitUsage}
		if names := strings.Fields(strings.TrimPrefix(advice, "Did you mean this?")); len(names) > 0 {
			f.hint("did you mean %s?", strings.Join(names, ", "))
		}
		f.hint("run `%s --help`", command)
	}
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			line = "airside: error: " + line
		} else {
			line = "               " + line
		}
		fmt.Fprintln(w, line)
	}
	for _, h := range f.Hints {
		fmt.Fprintln(w, "hint: "+h)
	}
	return f.Exit
}
