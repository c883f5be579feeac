// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// What was acknowledged before a kill is delivered afterwards, in order: the files of a running
// database, copied as a killed process would leave them, hold everything that is still to be sent.
func TestNothingIsLostInAKill(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	before, after := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "a.db")
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: before, MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	rec := newReceiver(t, nil)
	r := newRigOn(t, st, outbox.Options{})
	r.subscribe(t, rec.URL)
	for n := range 20 {
		r.tell(t, fmt.Sprint(1_000_000_000+n%4), n/4+1)
	}
	// Nothing was sent yet: this outbox was not started.
	for _, ext := range []string{"", "-wal"} {
		b, err := os.ReadFile(before + ext)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(after+ext, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Options{Path: after, MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	if n := newRigOn(t, again, outbox.Options{}).settle(t); n != 20 {
		t.Errorf("%d of 20 were sent", n)
	}
	seen := map[string]int{}
	for _, g := range rec.received() {
		var p struct {
			PnrID   string
			Version int
		}
		decode(t, g.event.Payload, &p)
		if p.Version != seen[p.PnrID]+1 {
			t.Errorf("%s is at %d after %d", p.PnrID, p.Version, seen[p.PnrID])
		}
		seen[p.PnrID] = p.Version
	}
}
