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

// head is what was kept last; nil when nothing was.
func (w *watch) head(ctx context.Context) (m *memory) {
	_ = w.store.View(ctx, func(ctx context.Context) error { // whoever needs it fails on what is missing
		r, err := store.Read(ctx).Get(identity.Platform, kindWatch, w.node)
		if err != nil {
			return err
		}
		m = new(memory)
		if err := json.Unmarshal(r.Doc, m); err != nil {
			m = nil
		}
		return err
	})
	return m
}

func (w *watch) drop(ctx context.Context, old *memory) error {
	if old == nil {
		return nil
	}
	for n := range old.Parts {
		err := w.store.Update(ctx, func(ctx context.Context) error {
			return store.From(ctx).Remove(identity.Platform, kindPart, partID(old.Generation, n))
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// snapshot reads the engine's part.
func (w *watch) snapshot(ctx context.Context, m *memory) ([]byte, error) {
	var out bytes.Buffer
	err := w.store.View(ctx, func(ctx context.Context) error {
		out.Reset()
		for n := range m.Parts {
			r, err := store.Read(ctx).Get(identity.Platform, kindPart, partID(m.Generation, n))
			if err != nil {
				return err
			}
			var p part
			if err := json.Unmarshal(r.Doc, &p); err != nil {
				return err
			}
			out.Write(p.Data)
		}
		return nil
	})
	return out.Bytes(), err
}

// restore takes up what was remembered at the last stop.
func (w *watch) restore(ctx context.Context) error {
	m := w.head(ctx)
	if m == nil {
		return nil
	}
	w.mu.Lock()
	w.since, w.counted = m.Since, m.Counted
	if m.Used != nil {
		w.used = m.Used
	}
	w.mu.Unlock()
	raw, err := w.snapshot(ctx, m)
	if err != nil {
		return err
	}
	return errors.Join(w.runner.Do(ctx, func(e *detect.Engine) { err = e.Restore(raw) }), err)
}

// again makes the engine anew after a crash.
func (w *watch) again() *detect.Engine {
	e := detect.New(w.rules.now(), detect.Options{Key: w.key})
	ctx := context.Background()
	if m := w.head(ctx); m != nil {
		if raw, err := w.snapshot(ctx, m); err == nil {
			if e.Restore(raw) != nil {
				e.Reset()
			}
		}
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
