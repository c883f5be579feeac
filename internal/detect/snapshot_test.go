// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airside-travel/airside/internal/detect"
)

// busy is three weeks of a few clients, with failures in it.
func busy() []detect.Event {
	var out []detect.Event
	for i := range 40_000 {
		ev := traffic(i, 12, monday.Add(time.Duration(i)*30*time.Second))
		switch {
		case i%97 == 0:
			ev.Kind, ev.Status, ev.Reason = detect.Token, 403, detect.WrongSecret
		case i > 20_000 && i%700 == 0: // a burst
			for n := range 15 {
				bad := wrongSecret(0, fmt.Sprintf("app-%d", i%9))
				bad.At, bad.ID = ev.At.Add(time.Duration(n)*time.Second), fmt.Sprintf("%d-%d", i, n)
				out = append(out, bad)
			}
			continue
		case i > 30_000 && i < 33_000 && i%4 == 0:
			ev.Client, ev.Agent = "new", fmt.Sprintf("tool-%c", 'a'+i%7)
		}
		out = append(out, ev)
	}
	return out
}

// TestSnapshotChangesNothing interrupts an engine again and again: what it finds stays the same.
func TestSnapshotChangesNothing(t *testing.T) {
	t.Parallel()
	events := busy()
	o := detect.Options{Key: [16]byte{7}, Clients: 13, Strangers: 4, Others: 30}
	want := observe(detect.New(detect.Builtin(), o), events...)
	if len(want) < 20 {
		t.Fatalf("only %d changes: there is nothing to compare", len(want))
	}
	var got []detect.Change
	e := detect.New(detect.Builtin(), o)
	for i := 0; i < len(events); i += 4999 {
		got = append(got, observe(e, events[i:min(i+4999, len(events))]...)...)
		b := e.Snapshot()
		e = detect.New(detect.Builtin(), detect.Options{Clients: 13, Strangers: 4, Others: 30}) // the key comes along
		if err := e.Restore(b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b, e.Snapshot()); d != "" {
			t.Fatal("the snapshot of what was restored is another one")
		}
	}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(detect.Silence{})); d != "" {
		t.Error(d)
	}
}

// TestDamagedSnapshots are refused, and the engine goes on with what it had.
func TestDamagedSnapshots(t *testing.T) {
	t.Parallel()
	e := detect.New(detect.Builtin(), detect.Options{})
	observe(e, busy()[20_000:22_000]...)
	good := e.Snapshot()
	damaged := [][]byte{nil, []byte("x"), good[:len(good)-1], good[:len(good)/2], append([]byte("airside-detect\x00\x02"), good[16:]...)}
	for i := 0; i < len(good); i += len(good)/50 + 1 {
		b := append([]byte(nil), good...)
		b[i] ^= 0x40
		damaged = append(damaged, b)
	}
	for _, b := range damaged {
		if err := e.Restore(b); !errors.Is(err, detect.ErrSnapshot) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	if d := cmp.Diff(good, e.Snapshot()); d != "" {
		t.Error("the engine changed")
	}
}

// TestRulesChangeWhileRunning keeps what the unchanged rules remember, live and in a snapshot.
func TestRulesChangeWhileRunning(t *testing.T) {
	t.Parallel()
	fewer, err := detect.Load(detect.File{Name: "ours.yaml", Data: []byte("overlay:\n  - {rule: auth-failure-network, disabled: true, reason: an office behind one address}\n")})
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(e *detect.Engine) *detect.Engine{
		"live": func(e *detect.Engine) *detect.Engine { e.Adopt(fewer); return e },
		"restarted": func(e *detect.Engine) *detect.Engine {
			n := detect.New(fewer, detect.Options{})
			if err := n.Restore(e.Snapshot()); err != nil {
				t.Fatal(err)
			}
			return n
		},
	} {
		e := detect.New(detect.Builtin(), detect.Options{})
		for n := range 9 {
			observe(e, wrongSecret(n, "app-1"))
		}
		e = change(e)
		if got := only(observe(e, wrongSecret(9, "app-1")), detect.Opened, "auth-failure-burst"); len(got) != 1 {
			t.Errorf("%s: nine failures were forgotten", name)
		}
	}
	e := detect.New(detect.Builtin(), detect.Options{})
	for n := range 30 {
		observe(e, wrongSecret(n, "app-1"))
	}
	if got := only(e.Adopt(fewer), detect.Closed, "auth-failure-network"); len(got) != 1 {
		t.Errorf("the alert of a rule that is gone stays open")
	}
}

// FuzzRestore never panics, and never takes what it would not write.
func FuzzRestore(f *testing.F) {
	e := detect.New(detect.Builtin(), detect.Options{})
	observe(e, busy()[:40]...)
	f.Add(e.Snapshot())
	set := detect.Builtin()
	some := busy()[:50]
	f.Add([]byte("airside-detect\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e := detect.New(set, detect.Options{})
		if e.Restore(detect.Seal(b)) == nil {
			observe(e, some...)
			e.Snapshot()
		}
	})
}

// FuzzLoad never panics, and always says where.
func FuzzLoad(f *testing.F) {
	f.Add("rules:\n  - id: x\n")
	f.Add("overlay:\n  - {rule: auth-spray, threshold: 7, reason: x}\n")
	f.Add("rules: [{id: abc, tests: [{name: x, events: [{kind: token, repeat: 3}]}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := detect.LoadOnly(detect.File{Name: "f.yaml", Data: []byte(text)})
		var problems detect.Problems
		if err != nil && (!errors.As(err, &problems) || problems[0].Line < 1 || strings.ContainsAny(problems[0].Message, "\x1b\r\n")) {
			t.Errorf("%v", err)
		}
	})
}
