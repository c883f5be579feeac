// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"strings"
	"syscall"
	"testing"
)

// until reads lines up to one that starts so, and fails when none comes. Whatever the program says
// that it may not say fails the test too.
func (p *program) until(r record, start string) {
	p.t.Helper()
	for line := range p.lines {
		if strings.HasPrefix(line, "refused false") {
			p.t.Errorf("not said to be the store's trouble: %s", line)
		}
		r.note(p.t, line)
		if strings.HasPrefix(line, start) {
			return
		}
	}
	p.t.Fatalf("the program never said %q", start)
}

// A full disk refuses what it cannot take and shows what it has; with space again it goes on by itself.
func TestDiskFull(t *testing.T) {
	for _, space := range []int64{0, 5000, 100_000} {
		m, acknowledged := newMachine(t, *seed), record{}
		p := start(t, "write", m.db(), "full", "a")
		p.until(acknowledged, "done a-0-5 ")
		m.d.leave(space)
		p.until(acknowledged, "refused true")
		p.until(acknowledged, "refused true")
		before := len(acknowledged)
		m.d.leave(plenty)
		for len(acknowledged) < before+50 {
			p.until(acknowledged, "done")
		}
		m.reboot(p, acknowledged, false)
		if gone := lost(acknowledged, m.examine(true)); len(gone) > 0 {
			t.Errorf("%d bytes left: lost %v", space, gone)
		}
	}
}

// When a file cannot be synchronised, nothing is written until a restart. The restart must not trust
// what only memory still holds: after a power cut, what was acknowledged before and since is there.
func TestSyncFails(t *testing.T) {
	for _, file := range []string{"airside.db-wal", "airside.db"} {
		for _, orderly := range []bool{false, true} {
			m, acknowledged := newMachine(t, *seed), record{}
			p := start(t, "write", m.db(), "full", "a")
			p.until(acknowledged, "done a-0-5 ")
			m.d.fail(file)
			for range 20 {
				p.until(acknowledged, "refused true")
			}
			if orderly {
				if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				p.until(acknowledged, "closed STORE_UNAVAILABLE")
			}
			p.end()
			if gone := lost(acknowledged, m.examine(false)); len(gone) > 0 {
				t.Errorf("%s, after the restart: lost %v", file, gone)
			}
			p = start(t, "write", m.db(), "full", "b")
			synced := 0
			for p.until(acknowledged, "done"); acknowledged["b-0-5"] == 0 || file == "airside.db" && m.d.synced(file) < synced+2; {
				p.until(acknowledged, "done")
				if synced == 0 {
					synced = m.d.synced(file)
				}
			}
			m.reboot(p, acknowledged, orderly)
			if gone := lost(acknowledged, m.examine(true)); len(gone) > 0 {
				t.Errorf("%s, after the power cut (closed before, torn now: %t): %d of %d lost: %v", file, orderly, len(gone), len(acknowledged), gone)
			}
		}
	}
}
