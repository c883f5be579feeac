// SPDX-License-Identifier: Apache-2.0

package trailfile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/store"
)

const tenant = "0190a0b0-0000-7000-8000-00000000000a"

var began = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)

// notary holds the key that signs.
type notary struct {
	signer note.Signer
	key    note.Verifier
	public string
}

func newNotary(t testing.TB) notary {
	t.Helper()
	private, public, err := note.GenerateKey(nil, checkpoint.KeyName)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return notary{s, v, public}
}

// log is a trail of n entries.
func log(n int) []*store.AuditEntry {
	var out []*store.AuditEntry
	var prev []byte
	for i := range n {
		e := &store.AuditEntry{
			Tenant: tenant, Seq: int64(i + 1), At: began.Add(time.Duration(i) * time.Second), Actor: "client-1 for user Zoë <z@example.com>",
			Operation: "updateUser", Target: fmt.Sprintf("userId=%d", i), Outcome: "ALLOWED", RequestID: "r" + fmt.Sprint(i),
			Detail: []byte(`{"class":"change","ip":"192.0.2.7"}`), PrevHash: prev,
		}
		if i%7 == 3 {
			e.Target, e.Detail = "not \xff text", nil
		}
		rehash(e)
		prev = e.Hash
		out = append(out, e)
	}
	return out
}

func rehash(e *store.AuditEntry) { e.Hash = audit.Hash(e) }

// sealed are the checkpoints of a trail, by size.
func sealed(t testing.TB, n notary, entries []*store.AuditEntry, sizes ...int) (notes map[int64]string, peaks map[int64]merkle.Peaks) {
	t.Helper()
	notes, peaks = map[int64]string{}, map[int64]merkle.Peaks{}
	var p merkle.Peaks
	for _, e := range entries {
		p.Add(merkle.Leaf(e.Hash), nil)
		for _, size := range sizes {
			if p.Size == int64(size) {
				c := checkpoint.Checkpoint{Tenant: tenant, Size: p.Size, Root: p.Root(), Chain: e.Hash, At: e.At}
				signed, err := c.Sign(n.signer)
				if err != nil {
					t.Fatal(err)
				}
				notes[p.Size], peaks[p.Size] = signed, merkle.Peaks{Size: p.Size, Hashes: append(p.Hashes[:0:0], p.Hashes...)}
			}
		}
	}
	return notes, peaks
}

// file writes entries in the order given, with checkpoints behind the entries of their size.
func file(t testing.TB, h trailfile.Header, entries []*store.AuditEntry, notes map[int64]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := trailfile.NewWriter(&b)
	add := func(line []byte) {
		if err := w.Add(line); err != nil {
			t.Fatal(err)
		}
	}
	add(h.Line())
	for _, e := range entries {
		add(trailfile.AppendEntry(nil, e))
		if c := notes[e.Seq]; c != "" {
			add(trailfile.CheckpointLine(c))
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t testing.TB, file []byte, o trailfile.Options) trailfile.Report {
	t.Helper()
	r, err := trailfile.Verify(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Intact != (len(r.Problems) == 0) {
		t.Errorf("intact is %v with %d problems", r.Intact, len(r.Problems))
	}
	return r
}

func whole(n notary, last int) trailfile.Header {
	return trailfile.Header{Tenant: tenant, First: 1, Last: int64(last), Key: n.public}
}

func TestIntact(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	entries := log(40)
	notes, peaks := sealed(t, n, entries, 10, 25, 40)
	got := verify(t, file(t, whole(n, 40), entries, notes), trailfile.Options{Key: n.key, Checkpoints: []string{notes[25], notes[40]}})
	want := trailfile.Report{
		Tenant: tenant, First: 1, Last: 40, Entries: 40, Checkpoints: 3, Trusted: 2, Key: n.public, KeyGiven: true, Intact: true, At: entries[39].At,
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(trailfile.Report{}, "Root")); d != "" {
		t.Error(d)
	}
	at := peaks[10]
	part := trailfile.Header{Tenant: tenant, First: 11, Last: 40, Key: n.public, Anchor: notes[10], Peaks: at.Bytes()}
	if r := verify(t, file(t, part, entries[10:], notes), trailfile.Options{Checkpoints: []string{notes[10], notes[25]}}); !r.Intact || r.Entries != 30 || r.Trusted != 2 {
		t.Errorf("from an anchor on: %+v", r)
	}
	if r := verify(t, file(t, whole(n, 0), nil, nil), trailfile.Options{}); !r.Intact {
		t.Errorf("an empty trail: %+v", r)
	}
}

// What was cut off is told once, with numbers that can be, however many checkpoints were kept elsewhere.
func TestCutIsToldOnce(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	entries := log(60)
	notes, _ := sealed(t, n, entries, 10, 20, 30, 35, 40, 50, 60)
	for name, tc := range map[string]struct {
		kept  int // of the entries
		given []int64
		want  []string
	}{
		"older than the header":               {25, []int64{10, 20, 30, 35}, []string{"cut: entries 26 to 40: cut off at the end"}},
		"as old as the header":                {25, []int64{30, 35, 40}, []string{"cut: entries 26 to 40: cut off at the end"}},
		"newer than the header":               {25, []int64{30, 50, 60}, []string{"cut: entries 26 to 40: cut off at the end", "cut: entries 41 to 60: a checkpoint given says that there were 60 entries"}},
		"newer, and the header tells nothing": {40, []int64{10, 40, 50, 60}, []string{"cut: entries 41 to 60: a checkpoint given says that there were 60 entries"}},
	} {
		var given []string
		for _, size := range tc.given {
			given = append(given, notes[size])
		}
		r := verify(t, file(t, whole(n, 40), entries[:tc.kept], map[int64]string{10: notes[10], 20: notes[20]}), trailfile.Options{Checkpoints: given})
		var got []string
		for _, p := range r.Problems {
			if p.Kind == trailfile.Cut {
				got = append(got, fmt.Sprintf("%s: %s: %s", p.Kind, p.What, p.About))
			}
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Somebody who can write, but not sign, is found, and what he did is named.
func TestNamed(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	entries := log(40)
	notes, peaks := sealed(t, n, entries, 10, 25, 40)
	rechain := func(list []*store.AuditEntry, from int) {
		for i := from; i < len(list); i++ {
			list[i].PrevHash = list[i-1].Hash
			rehash(list[i])
		}
	}
	type forged struct {
		header  trailfile.Header
		entries []*store.AuditEntry
		notes   map[int64]string
	}
	for name, tc := range map[string]struct {
		forge func(f *forged)
		o     trailfile.Options
		want  []string // beginnings of what is told
	}{
		"altered":                     {func(f *forged) { f.entries[16].Actor = "nobody" }, trailfile.Options{}, []string{"altered: entry 17"}},
		"altered and hashed anew":     {func(f *forged) { f.entries[16].Actor = "nobody"; rehash(f.entries[16]) }, trailfile.Options{}, []string{"altered: entry 17"}},
		"altered and all hashed anew": {func(f *forged) { f.entries[16].Actor = "nobody"; rehash(f.entries[16]); rechain(f.entries, 17) }, trailfile.Options{}, []string{"altered: entries 11 to 25"}},
		"two altered":                 {func(f *forged) { f.entries[3].Actor = "nobody"; f.entries[30].Outcome = "" }, trailfile.Options{}, []string{"altered: entry 4 ", "altered: entry 31 "}},
		"one missing":                 {func(f *forged) { f.entries = append(f.entries[:16], f.entries[17:]...) }, trailfile.Options{}, []string{"missing: entry 17"}},
		"three missing":               {func(f *forged) { f.entries = append(f.entries[:16], f.entries[19:]...) }, trailfile.Options{}, []string{"missing: entries 17 to 19"}},
		"first missing":               {func(f *forged) { f.entries = f.entries[1:] }, trailfile.Options{}, []string{"missing: entry 1"}},
		"missing and numbered anew": {func(f *forged) {
			f.entries = append(f.entries[:16], f.entries[17:]...)
			for i := 16; i < len(f.entries); i++ {
				f.entries[i].Seq--
			}
			rechain(f.entries, 16)
			f.header.Last--
		}, trailfile.Options{}, []string{"altered: entries 11 to 25"}},
		"reordered": {func(f *forged) { f.entries[16], f.entries[17] = f.entries[17], f.entries[16] }, trailfile.Options{}, []string{"reordered: entry 17"}},
		"twice":     {func(f *forged) { f.entries = append(f.entries[:20:20], f.entries[15:]...) }, trailfile.Options{}, []string{"added: entry 16", "added: entry 17"}},
		"added": {func(f *forged) {
			e := *f.entries[39]
			e.Seq, e.PrevHash = 41, f.entries[39].Hash
			rehash(&e)
			f.entries = append(f.entries, &e)
		}, trailfile.Options{}, []string{"added: entry 41"}},
		"added and said so": {func(f *forged) {
			e := *f.entries[39]
			e.Seq, e.PrevHash = 41, f.entries[39].Hash
			rehash(&e)
			f.entries, f.header.Last = append(f.entries, &e), 41
		}, trailfile.Options{}, []string{"missing: checkpoint"}},
		"cut": {func(f *forged) { f.entries = f.entries[:33] }, trailfile.Options{}, []string{"cut: entries 34 to 40"}},
		"cut at a checkpoint": {func(f *forged) { f.entries, f.header.Last = f.entries[:25], 25 },
			trailfile.Options{Checkpoints: []string{notes[40]}}, []string{"cut: entries 26 to 40"}},
		"no checkpoint":            {func(f *forged) { f.notes = nil }, trailfile.Options{}, []string{"missing: checkpoint"}},
		"checkpoint of a stranger": {func(f *forged) { f.notes, _ = sealed(t, newNotary(t), entries, 40) }, trailfile.Options{}, []string{"altered: checkpoint"}},
		"all of a stranger": {func(f *forged) {
			other := newNotary(t)
			f.header.Key = other.public
			f.notes, _ = sealed(t, other, entries, 40)
		}, trailfile.Options{Key: n.key}, []string{"altered: checkpoint"}},
		"another tenant": {func(f *forged) { f.header.Tenant = "tenant-b" }, trailfile.Options{}, []string{"altered: entry 1 "}},
		"an anchor that is not signed": {func(f *forged) {
			at := peaks[10]
			f.header.First, f.header.Peaks, f.header.Anchor, f.entries = 11, at.Bytes(), strings.Replace(notes[10], "10", "11", 1), f.entries[10:]
		}, trailfile.Options{}, []string{"altered: header"}},
		"an anchor with other peaks": {func(f *forged) {
			at := peaks[10]
			at.Hashes[0], at.Hashes[1] = at.Hashes[1], at.Hashes[0]
			f.header.First, f.header.Peaks, f.header.Anchor, f.entries = 11, at.Bytes(), notes[10], f.entries[10:]
		}, trailfile.Options{}, []string{"altered: header"}},
		"without its first entries": {func(f *forged) { f.header.First, f.entries = 11, f.entries[10:] }, trailfile.Options{}, []string{"altered: header"}},
	} {
		f := forged{header: whole(n, 40), notes: notes}
		for _, e := range entries {
			c := *e
			f.entries = append(f.entries, &c)
		}
		tc.forge(&f)
		r := verify(t, file(t, f.header, f.entries, f.notes), tc.o)
		for i, want := range tc.want {
			if i >= len(r.Problems) || !strings.HasPrefix(r.Problems[i].String()+" ", want) {
				t.Errorf("%s: want %q among\n%v", name, tc.want, r.Problems)
				break
			}
		}
	}
}

// Whatever byte of a file is changed, taken out or put in, it is found, and the place is named.
func TestAnyByte(t *testing.T) {
	t.Parallel()
	n := newNotary(t)
	entries := log(24)
	notes, _ := sealed(t, n, entries, 10, 24)
	good := file(t, whole(n, 24), entries, notes)
	names := make([]string, 0, len(good)) // for each byte, what it belongs to
	seq := int64(0)
	for line := range bytes.Lines(good) {
		var name string
		switch {
		case seq == 0 && len(names) == 0:
			name = "header"
		case bytes.HasPrefix(line, []byte(`{"checkpoint"`)):
			name = "checkpoint"
		case bytes.HasPrefix(line, []byte(`{"lines"`)):
			name = "last line"
		default:
			seq++
			name = fmt.Sprintf("entry %d", seq)
		}
		for range line {
			names = append(names, name)
		}
	}
	const mutations = 10_000
	state := uint64(1)
	next := func(n int) int { // the same sequence every time
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	for i := range mutations {
		at := next(len(good))
		bad := bytes.Clone(good)
		switch i % 10 {
		case 8:
			bad = append(bad[:at], bad[at+1:]...)
			if bytes.Equal(bad, good[:len(good)-1]) || bytes.Equal(bad, good) {
				continue
			}
		case 9:
			bad = append(bad[:at], append([]byte{byte(32 + next(90))}, bad[at:]...)...)
		default:
			bad[at] ^= byte(1 + next(255))
		}
		r := verify(t, bad, trailfile.Options{})
		if r.Intact {
			t.Fatalf("mutation %d of byte %d (%s) was not found", i, at, names[at])
		}
		if !mentions(r.Problems, names[at]) {
			t.Fatalf("mutation %d of byte %d is in %s, told was\n%v", i, at, names[at], r.Problems)
		}
	}
	for cut := 0; cut < len(good); cut += 7 {
		if r := verify(t, good[:cut], trailfile.Options{}); r.Intact {
			t.Fatalf("cut after %d bytes", cut)
		}
	}
}

func mentions(list []trailfile.Problem, name string) bool {
	for _, p := range list {
		if p.What == name || strings.HasPrefix(p.What, name+" ") || strings.Contains(p.String(), name) {
			return true
		}
	}
	return false
}

func BenchmarkVerify(b *testing.B) {
	n := newNotary(b)
	entries := log(10_000)
	notes, _ := sealed(b, n, entries, 10_000)
	good := file(b, whole(n, 10_000), entries, notes)
	b.SetBytes(int64(len(good)))
	b.ReportAllocs()
	for b.Loop() {
		if r := verify(b, good, trailfile.Options{}); !r.Intact {
			b.Fatal(r.Problems)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/entry")
}
