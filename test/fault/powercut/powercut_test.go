// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	cuts = flag.Int("cuts", 4, "how often to cut the power under load")
	seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "what the moments and the torn sectors are drawn from")
)

// load lets a program write, cuts the power at a random moment and returns how much was acknowledged.
func (m *machine) load(r record, chance *rand.Rand, how, prefix string, torn bool) int {
	m.t.Helper()
	before := len(r)
	p := start(m.t, "write", m.db(), how, prefix)
	for line := range p.lines {
		if r.note(m.t, line) {
			break // the first one is done: the clock runs
		}
	}
	timer := time.After(time.Duration(50+chance.IntN(600)) * time.Millisecond)
	for over := false; !over; {
		select {
		case line := <-p.lines:
			r.note(m.t, line)
		case <-timer:
			over = true
		}
	}
	m.reboot(p, r, torn)
	return len(r) - before
}

// After each cut everything acknowledged is there, whole, and nothing is there by halves.
func TestPowerCut(t *testing.T) {
	t.Logf("-seed %d", *seed)
	chance, m, acknowledged := rand.New(rand.NewPCG(*seed, 1)), newMachine(t, *seed), record{}
	for round := range *cuts {
		torn := round%2 == 1
		n := m.load(acknowledged, chance, "full", fmt.Sprint("r", round), torn)
		there := m.examine(round%3 == 2)
		if gone := lost(acknowledged, there); len(gone) > 0 {
			t.Fatalf("cut %d (torn: %t): %d of %d acknowledged are lost: %v", round, torn, len(gone), len(acknowledged), gone)
		}
		if n == 0 {
			t.Errorf("cut %d: nothing was acknowledged, so nothing is proved", round)
		}
	}
	t.Logf("%d cuts: %d acknowledged, all there", *cuts, len(acknowledged))
}

// The control: the same with synchronous=NORMAL must lose something, else a cut is no cut.
func TestControlLoses(t *testing.T) {
	chance, gone, all := rand.New(rand.NewPCG(*seed, 2)), 0, 0
	for round := range min(*cuts, 3) {
		m, acknowledged := newMachine(t, *seed), record{}
		all += m.load(acknowledged, chance, "normal", fmt.Sprint("r", round), round%2 == 1)
		gone += len(lost(acknowledged, m.examine(true)))
	}
	t.Logf("control: %d of %d acknowledged are lost", gone, all)
	if gone == 0 {
		t.Error("synchronous=NORMAL lost nothing: these tests prove nothing")
	}
}

// A cut while the database is being made leaves something that can be opened.
func TestCutWhileCreating(t *testing.T) {
	chance := rand.New(rand.NewPCG(*seed, 3))
	for round := range *cuts {
		m, acknowledged := newMachine(t, *seed+uint64(round)), record{}
		p := start(t, "write", m.db(), "full", "r")
		<-time.After(time.Duration(chance.IntN(400)) * time.Millisecond)
		m.reboot(p, acknowledged, round%2 == 1)
		if gone := lost(acknowledged, m.examine(true)); len(gone) > 0 {
			t.Errorf("cut %d: lost %v", round, gone)
		}
	}
}
