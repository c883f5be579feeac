// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/internal/hrfeed"
)

// stamp tells whether a file is still being written.
type stamp struct {
	size int64
	at   time.Time
}

// watchFolder carries out the CSV files of a folder, by name, one after the other. A file counts as
// complete when two looks find it the same.
func (m *Main) watchFolder(ctx context.Context, f *importFlags, o hrfeed.Options) error {
	for _, dir := range []string{"done", "failed"} {
		// Not MkdirAll: the folder itself is somebody else's, and its name may be misspelt.
		if err := os.Mkdir(filepath.Join(f.watch, dir), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return failf(ExitUsage, "%w", err)
		}
	}
	if f.once {
		fmt.Fprintf(m.Stderr, "looking into %s once\n", f.watch)
	} else {
		fmt.Fprintf(m.Stderr, "watching %s every %s\n", f.watch, f.every)
	}
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	seen := map[string]stamp{}
	for {
		complete, found, err := look(f.watch, seen)
		if err != nil {
			return failf(ExitFailure, "%w", err)
		}
		if f.once {
			complete = sorted(found)
		}
		for _, name := range complete {
			if err := m.watched(ctx, name, f, o); err != nil {
				return err
			}
			delete(found, name)
		}
		if f.once {
			return nil
		}
		seen = found
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look lists the CSV files of a folder, and those that have not changed since the last look.
func look(dir string, seen map[string]stamp) (complete []string, found map[string]stamp, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	found = map[string]stamp{}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		now := stamp{info.Size(), info.ModTime()}
		if before, ok := seen[e.Name()]; ok && before == now {
			complete = append(complete, e.Name())
		}
		found[e.Name()] = now
	}
	return complete, found, nil
}

func sorted(found map[string]stamp) []string {
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// watched carries out one file of the folder and moves it: to done, or to failed when a row was
// refused or the file cannot be read. When the server is away the file stays for the next look.
func (m *Main) watched(ctx context.Context, name string, f *importFlags, o hrfeed.Options) error {
	path := filepath.Join(f.watch, name)
	o.Journal = path + ".state"
	report, err := hrfeed.Run(ctx, path, o)
	if ctx.Err() != nil {
		return nil
	}
	var refused *client.Error
	if err != nil && (report != nil && report.Rows > 0 || errors.As(err, &refused)) {
		fmt.Fprintf(m.Stderr, "%s: %v; it stays for the next look\n", name, err)
		if f.once {
			return refusal(err)
		}
		return nil
	}
	target := "done"
	var text string
	if err != nil {
		report, target, text = &hrfeed.Report{Faults: []hrfeed.Fault{{Code: "FILE", Message: err.Error()}}}, "failed", err.Error()
	} else if text = summary(report); report.Failed > 0 {
		target = "failed"
	}
	fmt.Fprintf(m.Stderr, "%s: %s\n", name, text)
	if o.DryRun {
		return nil
	}
	if len(report.Faults) > 0 {
		out, err := os.Create(filepath.Join(f.watch, target, name+".report.csv"))
		if err != nil {
			return failf(ExitFailure, "%w", err)
		}
		if err := errors.Join(report.WriteCSV(out), out.Close()); err != nil {
			return failf(ExitFailure, "%w", err)
		}
	}
	if err := os.Rename(path, filepath.Join(f.watch, target, name)); err != nil {
		return failf(ExitFailure, "%w", err)
	}
	return nil
}
