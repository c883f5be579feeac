// SPDX-License-Identifier: Apache-2.0

package keeper_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "tenant-a"

// bench is a store with a clock and whatever keepers a test wants.
type bench struct {
	store.Store
	mu  sync.Mutex
	now time.Time
	log bytes.Buffer
}

func open(t *testing.T) *bench {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{Store: s, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
}

func (b *bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) keeper(o keeper.Options) *keeper.Keeper {
	o.Store, o.Clock, o.Owner, o.Log = b, clock.Func(b.Now), "platform", slog.New(slog.NewTextHandler(&b.log, nil))
	return keeper.New(o)
}

// write appends entries, one transaction each.
func (b *bench) write(t *testing.T, n int) {
	t.Helper()
	for range n {
		b.update(t, func(tx store.Tx) error {
			return audit.Append(tx, &store.AuditEntry{
				Tenant: tenant, At: b.Now(), Actor: "client-1", Operation: "updateUser", Outcome: "ALLOWED", Detail: []byte(`{"class":"change"}`),
			})
		})
	}
}

func (b *bench) update(t *testing.T, fn func(store.Tx) error) {
	t.Helper()
	if err := b.Update(t.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) }); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) view(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	if err := b.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) verdict(t *testing.T, k *keeper.Keeper) (v keeper.Verdict) {
	t.Helper()
	b.view(t, func(ctx context.Context) (err error) {
		v, err = k.Verify(ctx, tenant)
		return err
	})
	return v
}

// read opens a checkpoint with the keeper's key.
func read(t *testing.T, k *keeper.Keeper, signed string) checkpoint.Checkpoint {
	t.Helper()
	c, err := checkpoint.Open(signed, verifier(t, k))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verifier(t *testing.T, k *keeper.Keeper) note.Verifier {
	t.Helper()
	public, err := k.VerifierKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// export writes a file as a client would, some lines at a time.
func (b *bench) export(t *testing.T, k *keeper.Keeper, from, to time.Time) []byte {
	t.Helper()
	p, err := k.Plan(t.Context(), tenant, from, to)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := trailfile.NewWriter(&out)
	lines := []string{p.Header}
	for next := p.First; next > 0 && p.Last >= p.First; {
		var some []string
		b.view(t, func(ctx context.Context) (err error) {
			some, next, err = keeper.Lines(store.Read(ctx), tenant, next, p.Last, 3)
			return err
		})
		lines = append(lines, some...)
	}
	if p.Checkpoint != "" {
		lines = append(lines, p.Checkpoint)
	}
	for _, l := range lines {
		if err := w.Add([]byte(l)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func report(t *testing.T, file []byte, o trailfile.Options) trailfile.Report {
	t.Helper()
	r, err := trailfile.Verify(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	b := open(t)
	k := b.keeper(keeper.Options{})
	if c, err := k.Checkpoint(t.Context(), tenant); c != "" || err != nil {
		t.Errorf("of an empty trail: %q, %v", c, err)
	}
	b.write(t, 5)
	first, err := k.Checkpoint(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	b.advance(time.Minute)
	if again, err := k.Checkpoint(t.Context(), tenant); again != first || err != nil {
		t.Errorf("another one without another entry: %q, %v", again, err)
	}
	b.write(t, 4)
	other := b.keeper(keeper.Options{}) // another process, or this one after a restart
	second, err := other.Checkpoint(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	old, now := read(t, other, first), read(t, k, second)
	var p merkle.Peaks
	var chain []byte
	b.view(t, func(ctx context.Context) error {
		for e, err := range store.Read(ctx).Audit(tenant, 0) {
			if err != nil {
				return err
			}
			p.Add(merkle.Leaf(e.Hash), nil)
			chain = e.Hash
			if p.Size == 5 && p.Root() != old.Root {
				t.Error("the first root is not that of the entries")
			}
		}
		return nil
	})
	if d := cmp.Diff(checkpoint.Checkpoint{Tenant: tenant, Size: 9, Root: p.Root(), Chain: chain, At: b.Now()}, now); d != "" {
		t.Error(d)
	}
	if v := b.verdict(t, k); !v.Intact || v.Signed != 9 || v.Count != 9 {
		t.Errorf("verified: %+v", v)
	}
	b.view(t, func(ctx context.Context) error {
		proof, err := keeper.Prove(ctx, tenant, 3)
		if err != nil {
			return err
		}
		h, err := hex.DecodeString(proof.Hash)
		var path tlog.RecordProof
		for _, text := range proof.Path {
			n, err := tlog.ParseHash(text)
			if err != nil {
				return err
			}
			path = append(path, n)
		}
		c := read(t, k, proof.Checkpoint)
		return errors.Join(err, tlog.CheckRecord(path, c.Size, c.Root, 2, merkle.Leaf(h)))
	})
}

// Processes that share a store write one log, whoever is faster.
func TestNoFork(t *testing.T) {
	t.Parallel()
	b := open(t)
	var nodes []*keeper.Keeper
	for range 3 {
		nodes = append(nodes, b.keeper(keeper.Options{}))
	}
	var mu sync.Mutex
	roots := map[int64]tlog.Hash{}
	var running sync.WaitGroup
	for _, k := range nodes {
		running.Go(func() {
			for range 40 {
				signed, err := k.Checkpoint(t.Context(), tenant)
				if err != nil {
					t.Error(err)
					return
				}
				if signed == "" {
					continue
				}
				c := read(t, k, signed)
				mu.Lock()
				if r, ok := roots[c.Size]; ok && r != c.Root {
					t.Errorf("two roots of %d entries", c.Size)
				}
				roots[c.Size] = c.Root
				mu.Unlock()
			}
		})
	}
	b.write(t, 200)
	running.Wait()
	if signed, err := nodes[0].Checkpoint(t.Context(), tenant); err != nil || read(t, nodes[1], signed).Size != 200 {
		t.Errorf("at last: %v, %v", signed, err)
	}
	if v := b.verdict(t, nodes[2]); !v.Intact || v.Signed != 200 {
		t.Errorf("verified: %+v", v)
	}
}

// What is not in order is not signed, and it is said once.
func TestBrokenIsNotSigned(t *testing.T) {
	t.Parallel()
	b := open(t)
	k := b.keeper(keeper.Options{Keep: time.Hour})
	b.write(t, 3)
	before, err := k.Checkpoint(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, 2)
	b.update(t, func(tx store.Tx) error {
		last, err := tx.LastAudit(tenant)
		if err != nil {
			return err
		}
		forged := &store.AuditEntry{Tenant: tenant, Seq: 6, At: b.Now(), Actor: "nobody", PrevHash: last.Hash, Hash: bytes.Repeat([]byte{1}, 32)}
		return tx.AppendAudit(forged)
	})
	b.write(t, 1)
	for range 3 {
		k.Pass(t.Context())
	}
	if n := strings.Count(b.log.String(), "tampered"); n != 1 || !strings.Contains(b.log.String(), "entry 6") {
		t.Errorf("it was said %d times: %s", n, b.log.String())
	}
	if _, err := k.Checkpoint(t.Context(), tenant); !errors.Is(err, keeper.ErrBroken) {
		t.Errorf("signing answers %v", err)
	}
	if read(t, k, before).Size != 3 {
		t.Error("the first checkpoint changed")
	}
	b.advance(48 * time.Hour)
	if d, err := k.Retain(t.Context(), tenant); !errors.Is(err, keeper.ErrBroken) || d.Entries > 0 {
		t.Errorf("retention answers %+v, %v", d, err)
	}
	if v := b.verdict(t, k); v.Intact || v.Broken != 6 || v.Signed != 5 || v.Reason == "" {
		t.Errorf("verified: %+v", v)
	}
}

// Somebody who rewrites the whole chain cannot sign it.
func TestRewrittenChain(t *testing.T) {
	t.Parallel()
	b, forger := open(t), open(t)
	k := b.keeper(keeper.Options{})
	b.write(t, 6)
	if _, err := k.Checkpoint(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	forger.now = forger.now.Add(time.Second)
	forger.write(t, 6)
	b.view(t, func(ctx context.Context) error { // the records of the true one beside the entries of the forged one
		forger.update(t, func(tx store.Tx) error {
			for _, at := range [][3]string{{tenant, "audit.head", "head"}, {"platform", "audit.key", "key"}} {
				r, err := store.Read(ctx).Get(at[0], at[1], at[2])
				if err == nil {
					err = tx.Insert(r)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		return nil
	})
	k = forger.keeper(keeper.Options{})
	if v := forger.verdict(t, k); v.Intact || v.Broken != 1 || v.Reason == "" {
		t.Errorf("verified: %+v", v)
	}
	forger.write(t, 1)
	if _, err := k.Checkpoint(t.Context(), tenant); !errors.Is(err, keeper.ErrBroken) {
		t.Errorf("signing answers %v", err)
	}
}

// What is too old goes to a file; the rest hangs on a checkpoint and grows on.
func TestRetention(t *testing.T) {
	t.Parallel()
	b := open(t)
	dir := t.TempDir()
	k := b.keeper(keeper.Options{Keep: 24 * time.Hour, Archive: dir})
	for range 10 { // hourly
		b.write(t, 7)
		if _, err := k.Checkpoint(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		b.advance(time.Hour)
	}
	if d, err := k.Retain(t.Context(), tenant); err != nil || d.Entries != 0 {
		t.Errorf("dropped early: %+v, %v", d, err)
	}
	b.advance(19 * time.Hour) // now the first five batches are older than a day
	got, err := k.Retain(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(keeper.Dropped{Entries: 35, First: 36, Archive: "tenant-a-1-35.jsonl.zst"}, got); d != "" {
		t.Fatal(d)
	}
	if d, err := b.keeper(keeper.Options{Keep: 24 * time.Hour}).Retain(t.Context(), tenant); err != nil || d.Entries != 0 || d.First != 36 {
		t.Errorf("once more: %+v, %v", d, err)
	}
	b.view(t, func(ctx context.Context) error {
		for e, err := range store.Read(ctx).Audit(tenant, 0) {
			if err != nil || e.Seq != 36 {
				t.Errorf("the first entry left is %d, %v", e.Seq, err)
			}
			break
		}
		last, err := store.Read(ctx).LastAudit(tenant)
		if err == nil && (last.Operation != "dropAuditEntries" || last.Target != "entries 1 to 35") {
			t.Errorf("the trail says %q of %q", last.Operation, last.Target)
		}
		return err
	})
	b.write(t, 2)
	if v := b.verdict(t, k); !v.Intact || v.Count != 73 || v.From != 36 || v.Signed != 71 {
		t.Errorf("verified: %+v", v)
	}
	packed, err := os.ReadFile(filepath.Join(dir, got.Archive))
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	archived, err := d.DecodeAll(packed, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := trailfile.Options{Key: verifier(t, k)}
	if r := report(t, archived, o); !r.Intact || r.First != 1 || r.Last != 35 {
		t.Errorf("archive: %+v", r)
	}
	if r := report(t, b.export(t, k, time.Time{}, time.Time{}), o); !r.Intact || r.First != 36 || r.Last != 73 {
		t.Errorf("what is left: %+v", r)
	}
}

func TestExportOfAPeriod(t *testing.T) {
	t.Parallel()
	b := open(t)
	k := b.keeper(keeper.Options{})
	if r := report(t, b.export(t, k, time.Time{}, time.Time{}), trailfile.Options{}); !r.Intact || r.Entries != 0 {
		t.Errorf("of an empty trail: %+v", r)
	}
	began := b.Now()
	for range 6 {
		b.write(t, 5)
		if _, err := k.Checkpoint(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		b.advance(time.Hour)
	}
	o := trailfile.Options{Key: verifier(t, k)}
	for _, tc := range []struct {
		from, to    time.Time
		first, last int64
	}{
		{time.Time{}, time.Time{}, 1, 30},
		{began.Add(2 * time.Hour), began.Add(3 * time.Hour), 11, 20},
		{began.Add(150 * time.Minute), time.Time{}, 16, 30},
		{time.Time{}, began.Add(-time.Hour), 1, 5},
		{began.Add(99 * time.Hour), time.Time{}, 31, 30}, // nothing
	} {
		r := report(t, b.export(t, k, tc.from, tc.to), o)
		if !r.Intact || r.First != tc.first || r.Last != tc.last {
			t.Errorf("%v to %v: %d to %d, want %d to %d: %v", tc.from, tc.to, r.First, r.Last, tc.first, tc.last, r.Problems)
		}
	}
}
