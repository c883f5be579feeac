// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

const (
	kindWatch = "detect.state"
	kindPart  = "detect.part"
	partSize  = 256 << 10 // bytes: a transaction of its own each, so that nobody waits for long
)

// memory is what the detection keeps over a restart; the snapshot lies beside it, in parts. The store seals
// both.
type memory struct {
	Generation string           `json:"generation"`
	Parts      int              `json:"parts"`
	Since      int64            `json:"since"`
	Counted    int64            `json:"counted"`
	Used       map[string]int64 `json:"used"`
}

type part struct {
	Data []byte `json:"data"`
}

// Bounds of what is removed.
const (
	partGrace = time.Hour           // parts without a head that are younger may be of a snapshot that is being written
	headLife  = 30 * 24 * time.Hour // of the state of a process that is gone: detection looks back no further
)

// stateOf names a process's state. Containers listen on the same address, so it takes their host, too.
func stateOf(listen string) string {
	host, err := os.Hostname()
	if err != nil {
		return listen
	}
	return host + "/" + listen
}

// listens is the address in the name of a state; before hosts were in it, it was all of it.
func listens(node string) string { return node[strings.LastIndexByte(node, '/')+1:] }

func partID(generation string, n int) string { return fmt.Sprintf("%s-%05d", generation, n) }

// keep writes what is remembered, when something was seen since the last time.
func (w *watch) keep(ctx context.Context) {
	w.saving.Lock()
	defer w.saving.Unlock()
	seen := w.runner.Stats().Seen
	if seen == w.saved {
		return
	}
	var snapshot []byte
	err := w.runner.Do(ctx, func(e *detect.Engine) { snapshot = e.Snapshot() })
	if err == nil {
		err = w.write(ctx, snapshot)
	}
	if err != nil {
		w.log.WarnContext(ctx, "what the detection remembers could not be kept", slog.Any("error", err))
		return
	}
	w.saved = seen
	today := day(w.clock.Now())
	if w.swept == today {
		return
	}
	if err := w.sweep(ctx); err != nil {
		w.log.WarnContext(ctx, "old state of the detection could not be removed", slog.Any("error", err))
		return
	}
	w.swept = today
}

func (w *watch) write(ctx context.Context, snapshot []byte) error {
	now := w.clock.Now()
	m := memory{Generation: ids.UUID()}
	put := func(kind, id string, doc any) error {
		raw, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		return w.store.Update(ctx, func(ctx context.Context) error {
			tx := store.From(ctx)
			r := &store.Record{Tenant: identity.Platform, Kind: kind, ID: id, CreatedAt: now, UpdatedAt: now, Doc: raw}
			if err := tx.Update(r, 0); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return tx.Insert(r)
		})
	}
	for chunk := range slices.Chunk(snapshot, partSize) {
		if err := put(kindPart, partID(m.Generation, m.Parts), part{chunk}); err != nil {
			return err
		}
		m.Parts++
	}
	w.mu.Lock()
	m.Since, m.Counted, m.Used = w.since, w.counted, maps.Clone(w.used)
	w.mu.Unlock()
	old := w.head(ctx)
	if err := put(kindWatch, w.node, m); err != nil {
		return err
	}
	return w.drop(ctx, old)
}

// head is what this process kept last; nil when it kept nothing.
func (w *watch) head(ctx context.Context) (m *memory) {
	_ = w.store.View(ctx, func(ctx context.Context) (err error) { // whoever needs it fails on what is missing
		m, err = w.own(store.Read(ctx))
		return err
	})
	return m
}

func (w *watch) own(r store.Reader) (*memory, error) {
	rec, err := r.Get(identity.Platform, kindWatch, w.node)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing was kept
	}
	if err != nil {
		return nil, err
	}
	return readMemory(rec), nil
}

// readMemory reads a head; nil when it is none of ours.
func readMemory(r *store.Record) *memory {
	m := new(memory)
	if json.Unmarshal(r.Doc, m) != nil {
		return nil
	}
	return m
}

// latest is what a process that listens on the same address kept last. A container that takes the place of another
// has a new host name, and goes on with what that one had learned.
func (w *watch) latest(r store.Reader) (m *memory, err error) {
	var at time.Time
	for rec, err := range r.List(store.Query{Tenant: identity.Platform, Kind: kindWatch}) {
		if err != nil {
			return nil, err
		}
		if listens(rec.ID) != listens(w.node) || rec.UpdatedAt.Before(at) {
			continue
		}
		if got := readMemory(rec); got != nil {
			m, at = got, rec.UpdatedAt
		}
	}
	return m, nil
}

func (w *watch) drop(ctx context.Context, old *memory) error {
	if old == nil {
		return nil
	}
	for n := range old.Parts {
		if err := w.remove(ctx, kindPart, partID(old.Generation, n)); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the parts that no head names, which a process left that ended between two transactions, and heads
// that nobody has written for long.
func (w *watch) sweep(ctx context.Context) error {
	now := w.clock.Now()
	type row struct{ kind, id string }
	var gone []row
	err := w.store.View(ctx, func(ctx context.Context) error {
		r, named := store.Read(ctx), map[string]bool{}
		gone = nil
		for rec, err := range r.List(store.Query{Tenant: identity.Platform, Kind: kindWatch}) {
			if err != nil {
				return err
			}
			if rec.ID != w.node && now.Sub(rec.UpdatedAt) > headLife {
				gone = append(gone, row{kindWatch, rec.ID})
			} else if m := readMemory(rec); m != nil {
				named[m.Generation] = true
			}
		}
		for rec, err := range r.List(store.Query{Tenant: identity.Platform, Kind: kindPart}) {
			if err != nil {
				return err
			}
			generation := rec.ID[:max(strings.LastIndexByte(rec.ID, '-'), 0)]
			if !named[generation] && now.Sub(rec.CreatedAt) > partGrace {
				gone = append(gone, row{kindPart, rec.ID})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range gone {
		if err := w.remove(ctx, g.kind, g.id); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a row that another process may have removed already.
func (w *watch) remove(ctx context.Context, kind, id string) error {
	err := w.store.Update(ctx, func(ctx context.Context) error {
		return store.From(ctx).Remove(identity.Platform, kind, id)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// kept reads what was remembered, in one transaction: the process whose state it is may be writing the next. Without
// any, m is nil; m without a snapshot comes with the error.
func (w *watch) kept(ctx context.Context) (m *memory, snapshot []byte, err error) {
	var out bytes.Buffer
	err = w.store.View(ctx, func(ctx context.Context) (err error) {
		out.Reset()
		r := store.Read(ctx)
		if m, err = w.own(r); err == nil && m == nil {
			m, err = w.latest(r)
		}
		if err != nil || m == nil {
			return err
		}
		for n := range m.Parts {
			rec, err := r.Get(identity.Platform, kindPart, partID(m.Generation, n))
			if err != nil {
				return err
			}
			var p part
			if err := json.Unmarshal(rec.Doc, &p); err != nil {
				return err
			}
			out.Write(p.Data)
		}
		return nil
	})
	return m, out.Bytes(), err
}

// restore takes up what was remembered at the last stop.
func (w *watch) restore(ctx context.Context) error {
	m, raw, err := w.kept(ctx)
	if m == nil {
		return err
	}
	w.mu.Lock()
	w.since, w.counted = m.Since, m.Counted
	if m.Used != nil {
		w.used = m.Used
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(w.runner.Do(ctx, func(e *detect.Engine) { err = e.Restore(raw) }), err)
}

// again makes the engine anew after a crash.
func (w *watch) again() *detect.Engine {
	e := detect.New(w.rules.now(), detect.Options{Key: w.key})
	if m, raw, err := w.kept(context.Background()); m != nil && err == nil && e.Restore(raw) != nil {
		e.Reset()
	}
	return e
}

// readRules reads the embedded rules with a file over them; "" is no file.
func readRules(name string) (*detect.Set, []byte, error) {
	if name == "" {
		set, err := detect.Load()
		return set, nil, err
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("AIRSIDE_DETECT_RULES: %w", err)
	}
	set, err := detect.Load(detect.File{Name: name, Data: raw})
	return set, raw, err
}
