// SPDX-License-Identifier: Apache-2.0

package keeper_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/store"
)

// Each checkpoint goes to the folder once, and to the server until it is taken.
func TestCopies(t *testing.T) {
	t.Parallel()
	b := open(t)
	dir := t.TempDir()
	var mu sync.Mutex
	var posted []string
	down := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		posted = append(posted, string(body))
	}))
	t.Cleanup(server.Close)
	o := keeper.Options{Dir: dir, URL: server.URL}
	k := b.keeper(o)
	var want []string
	for i := range 3 {
		b.write(t, 2)
		k.Pass(t.Context())
		k.Pass(t.Context())
		signed, err := k.Checkpoint(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, signed)
		mu.Lock()
		down = i < 1
		mu.Unlock()
		if i == 1 {
			k.Pass(t.Context()) // the server is back; nothing was written since
			k = b.keeper(o)     // a restart
		}
	}
	path := filepath.Join(dir, keeper.FileName(tenant))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, checkpoint.Scan(string(file))); d != "" {
		t.Errorf("in the folder: %s", d)
	}
	mu.Lock()
	if d := cmp.Diff(want[1:], posted); d != "" {
		t.Errorf("sent: %s", d)
	}
	mu.Unlock()

	// A file that was cut short goes on, and one that knows more than the store is not written to.
	if err := os.WriteFile(path, file[:len(file)-30], 0o600); err != nil {
		t.Fatal(err)
	}
	k = b.keeper(o)
	b.write(t, 1)
	k.Pass(t.Context())
	file, err = os.ReadFile(path)
	if got := checkpoint.Scan(string(file)); err != nil || len(got) < 3 || read(t, k, got[len(got)-1]).Size != 7 {
		t.Errorf("after a cut: %q, %v", got, err)
	}
	younger := open(t) // as after the restoration of an old copy
	b.view(t, func(ctx context.Context) error {
		r, err := store.Read(ctx).Get("platform", "audit.key", "key")
		younger.update(t, func(tx store.Tx) error { return errors.Join(err, tx.Insert(r)) })
		return err
	})
	younger.write(t, 1)
	younger.keeper(keeper.Options{Dir: dir}).Pass(t.Context())
	if again, err := os.ReadFile(path); string(again) != string(file) || err != nil || !strings.Contains(younger.log.String(), "restored") {
		t.Errorf("%v, log: %s", err, younger.log.String())
	}
}

// A checkpoint is made at each tick after something was written, and one at the end; what waits to be written
// goes before it.
func TestInterval(t *testing.T) {
	t.Parallel()
	b := open(t)
	dir := t.TempDir()
	ticks := map[time.Duration]chan time.Time{10 * time.Second: make(chan time.Time), time.Minute: make(chan time.Time)}
	flushed := 0
	k := b.keeper(keeper.Options{
		Dir: dir, Interval: 10 * time.Second,
		Ticks: func(d time.Duration) (<-chan time.Time, func()) { return ticks[d], func() {} },
		Before: func(context.Context) error {
			flushed++
			if flushed == 2 {
				b.write(t, 1)
			}
			return nil
		},
	})
	b.write(t, 1)
	k.Start(t.Context())
	tick := func(d time.Duration) {
		for range 2 { // the second one is taken when what the first one started is done
			ticks[d] <- b.Now()
		}
	}
	count := func() int {
		file, err := os.ReadFile(filepath.Join(dir, keeper.FileName(tenant)))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return len(checkpoint.Scan(string(file)))
	}
	got := []int{count()}
	tick(10 * time.Second)
	got = append(got, count())
	tick(10 * time.Second)
	got = append(got, count())
	b.write(t, 1)
	tick(10 * time.Second)
	got = append(got, count())
	ticks[time.Minute] <- b.Now()
	k.Stop(t.Context())
	got = append(got, count())
	if d := cmp.Diff([]int{0, 1, 1, 2, 3}, got); d != "" || flushed != 2 {
		t.Errorf("flushed %d times; checkpoints: %s", flushed, d)
	}
}

// A folder that is not there is said once at the start, and its copies are made up for when it is; it is not made.
func TestFolderIsMissing(t *testing.T) {
	t.Parallel()
	b := open(t)
	dir := filepath.Join(t.TempDir(), "mnt")
	k := b.keeper(keeper.Options{Dir: dir, Interval: time.Hour, Ticks: func(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }})
	said := func(what string, want int) {
		t.Helper()
		if n := strings.Count(b.log.String(), what); n != want {
			t.Errorf("%d times %q, want %d:\n%s", n, what, want, b.log.String())
		}
	}
	k.Start(t.Context())
	said("level=ERROR msg=\"audit: checkpoints do not leave this machine", 1)
	b.write(t, 1)
	for range 5 {
		k.Pass(t.Context())
	}
	said("could not be brought away", 1)
	b.advance(time.Hour)
	k.Pass(t.Context())
	said("could not be brought away", 2)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	k.Pass(t.Context())
	said("are brought away again", 1)
	k.Stop(t.Context())
	if text, err := os.ReadFile(filepath.Join(dir, keeper.FileName(tenant))); err != nil || len(checkpoint.Scan(string(text))) != 1 {
		t.Errorf("%q, %v", text, err)
	}
	for path, want := range map[string]bool{dir: true, filepath.Join(dir, keeper.FileName(tenant)): false, dir + "x": false} {
		if err := keeper.Usable(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
