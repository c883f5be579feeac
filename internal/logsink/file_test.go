// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Old files that cannot be removed cost no event, and are said once.
func TestOldFilesThatStayCostNoEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said bytes.Buffer
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	o := &Options{Log: slog.New(slog.NewTextHandler(&said, nil)), Clock: clock.Func(func() time.Time { return now })}
	f, err := openFile(&Setting{Kind: "file", Path: filepath.Join(dir, "requests.log"), MaxSize: 1, Keep: 1}, encoder{o: o})
	if err != nil {
		t.Fatal(err)
	}
	stuck := true
	f.remove = func(name string) error {
		if stuck {
			return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrPermission}
		}
		return os.Remove(name)
	}
	written := func() (n int) {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "*.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(b, []byte("\n"))
		}
		return n
	}
	for n := range 5 {
		now = now.Add(time.Second)
		if err := f.send([]entry{{event: &telemetry.Event{ID: "r"}}}); err != nil {
			t.Errorf("event %d: %v", n, err)
		}
	}
	if n := written(); n != 5 {
		t.Errorf("%d of 5 events are there", n)
	}
	if n := strings.Count(said.String(), "could not be rotated"); n != 1 {
		t.Errorf("it was said %d times: %s", n, &said)
	}
	stuck, now = false, now.Add(time.Second)
	if err := f.send([]entry{{event: &telemetry.Event{ID: "r"}}}); err != nil {
		t.Error(err)
	}
	if n := written(); n != 2 { // the present file and one before
		t.Errorf("%d events are left", n)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
}
