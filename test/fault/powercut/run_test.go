// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is this binary playing another one on a mounted disk.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
}

// start runs it; its lines come until it has ended.
func start(t *testing.T, play string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], args...), lines: make(chan string, 1<<20)}
	p.cmd.Env = append(os.Environ(), "POWERCUT_PLAY="+play, "AIRSIDE_RATE=0", "AIRSIDE_TOKEN_RATE=0", "AIRSIDE_LOG_LEVEL=error")
	p.cmd.Stderr = t.Output()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			p.lines <- sc.Text()
		}
		_ = p.cmd.Wait() // killed, mostly
		close(p.lines)
	}()
	t.Cleanup(p.end)
	return p
}

// end kills it and waits until it is gone.
func (p *program) end() {
	_ = p.cmd.Process.Kill() // may have ended by itself
	for range p.lines {
	}
}

// record is what was acknowledged: the newest version of each booking.
type record map[string]int64

// note takes a line of the writing program and reports whether it is an acknowledgement.
func (r record) note(t *testing.T, line string) bool {
	t.Helper()
	var id string
	var version int64
	switch word, rest, _ := strings.Cut(line, " "); word {
	case "done":
		if _, err := fmt.Sscan(rest, &id, &version); err != nil {
			t.Fatal(line)
		}
		r[id] = version
		return true
	case "open", "refused", "closed":
	default:
		t.Error(line)
	}
	return false
}

// machine is a disk in a computer.
type machine struct {
	t       *testing.T
	d       *disk
	dir     string
	unmount func()
}

func newMachine(t *testing.T, seed uint64) *machine {
	t.Helper()
	m := &machine{t: t, d: newDisk(seed), dir: t.TempDir()}
	m.unmount = mount(t, m.d, m.dir)
	return m
}

func (m *machine) db() string { return filepath.Join(m.dir, "airside.db") }

// reboot ends the program by a power cut and gives the power back. The cut comes first, so that the
// program can be told of nothing that comes after it.
func (m *machine) reboot(p *program, r record, torn bool) {
	m.t.Helper()
	m.d.cut()
	_ = p.cmd.Process.Kill() // may have ended by itself
	for line := range p.lines {
		if r != nil && strings.HasPrefix(line, "done ") {
			r.note(m.t, line)
		}
	}
	m.unmount()
	m.d.restore(torn)
	m.unmount = mount(m.t, m.d, m.dir)
}

// examine opens the store in another program and returns what it holds. Whatever does not fit together
// fails the test.
func (m *machine) examine(orderly bool) record {
	m.t.Helper()
	how := "leave"
	if orderly {
		how = "close"
	}
	p := start(m.t, "examine", m.db(), how)
	defer p.end()
	line := <-p.lines
	var f found
	text, ok := strings.CutPrefix(line, "found ")
	if !ok || json.Unmarshal([]byte(text), &f) != nil {
		m.t.Fatalf("examine: %s", line)
	}
	for _, s := range f.Trouble {
		m.t.Error(s)
	}
	return f.Versions
}

// lost lists acknowledged versions that are not there.
func lost(acknowledged, there record) (out []string) {
	for id, v := range acknowledged {
		if there[id] < v {
			out = append(out, fmt.Sprintf("%s: version %d, acknowledged %d", id, there[id], v))
		}
	}
	return out
}
