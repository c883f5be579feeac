// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// batch is how many entries are added to a tree in one go.
const batch = 4096

// Checkpoint signs everything that a tenant's trail holds, unless that has been done, and gives the newest
// checkpoint; empty for a trail without entries. Of processes that do it together one gets its checkpoint
// stored, and all of them answer that one.
func (k *Keeper) Checkpoint(ctx context.Context, tenant string) (signed string, err error) {
	defer errs.Wrap(&err, "checkpoint of %s", tenant)
	by, err := k.signing(ctx)
	if err != nil {
		return "", err
	}
	for {
		h, more, err := k.grow(ctx, tenant, by)
		switch {
		case errors.Is(err, store.ErrVersion), errors.Is(err, store.ErrExists):
			continue // another process was faster: begin where it ended
		case err != nil:
			return "", err
		case !more:
			k.mu.Lock()
			k.seen[tenant] = h.Size
			delete(k.told, tenant)
			k.mu.Unlock()
			return h.Note, nil
		}
	}
}

// grow adds up to a batch of entries; more is false when there was none.
func (k *Keeper) grow(ctx context.Context, tenant string, by *key) (h head, more bool, err error) {
	var t *merkle.Tiles
	// The entries are committed and never change, so reading and hashing them holds up nobody.
	err = k.o.Store.View(ctx, func(ctx context.Context) error {
		r := store.Read(ctx)
		var err error
		if h, err = readHead(r, tenant); err != nil {
			return err
		}
		anchor, err := audit.ReadAnchor(r, tenant)
		if err != nil {
			return err
		}
		if anchor.Size > h.Size {
			return fmt.Errorf("%w: the record of its tree is gone", ErrBroken)
		}
		var leaves []tlog.Hash
		res, err := audit.Continue(r, tenant, h.Size, h.Chain, batch, func(e *store.AuditEntry) error {
			leaves = append(leaves, merkle.Leaf(e.Hash))
			return nil
		})
		if err != nil {
			return err
		}
		if !res.Intact && len(leaves) == 0 {
			return fmt.Errorf("%w: entry %d is missing, was altered, or does not follow from the one before", ErrBroken, res.Broken)
		}
		if len(leaves) == 0 {
			return k.uncut(r, tenant, &h)
		}
		more = true
		peaks, err := merkle.Restore(h.Size, h.Peaks)
		if err != nil {
			return err
		}
		t = merkle.NewTiles(tiles(r, tenant))
		if err := t.Grow(&peaks, leaves); err != nil {
			return err
		}
		h.Size, h.Chain, h.Peaks, h.At = peaks.Size, res.Head, peaks.Bytes(), k.o.Clock.Now().UTC()
		c := checkpoint.Checkpoint{Tenant: tenant, Size: h.Size, Root: peaks.Root(), Chain: h.Chain, At: h.At}
		h.Note, err = c.Sign(by.signer)
		return err
	})
	if err != nil || !more {
		return h, false, err
	}
	return h, true, k.o.Store.Update(ctx, func(ctx context.Context) error { return k.keep(store.From(ctx), tenant, &h, t) })
}

// uncut notices that entries under a checkpoint are gone from the end.
func (k *Keeper) uncut(r store.Reader, tenant string, h *head) error {
	last, err := r.LastAudit(tenant)
	if err != nil {
		return err
	}
	if h.Size > 0 && (last == nil || last.Seq < h.Size) {
		return fmt.Errorf("%w: it was cut off before entry %d", ErrBroken, h.Size)
	}
	return nil
}

// keep writes what grew, in one transaction. The head is the lock: who finds another one wrote nothing.
func (k *Keeper) keep(tx store.Tx, tenant string, h *head, t *merkle.Tiles) error {
	if err := h.write(tx, tenant); err != nil {
		return err
	}
	for id, row := range t.Changed {
		rec := &store.Record{Tenant: tenant, Kind: kindTile, ID: id, CreatedAt: h.At, UpdatedAt: h.At, Doc: row}
		err := tx.Update(rec, 0)
		if errors.Is(err, store.ErrNotFound) {
			err = tx.Insert(rec)
		}
		if err != nil {
			return fmt.Errorf("tile %s: %w", id, err)
		}
	}
	doc, err := json.Marshal(stamp{Size: h.Size, Note: h.Note})
	if err != nil {
		return err
	}
	return audit.Keep(tx, &store.Record{
		Tenant: tenant, Kind: kindStamp, ID: h.At.Format(hourFormat), CreatedAt: h.At, UpdatedAt: h.At, Doc: doc,
	})
}
