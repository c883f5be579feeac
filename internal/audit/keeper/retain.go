// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// dropBatch is how many entries one transaction deletes: others want to write, too.
const dropBatch = 500

// Dropped is what Retain did.
type Dropped struct {
	Entries int64  // that were dropped now
	First   int64  // the first entry that is kept
	Archive string // file that holds the dropped ones
}

// retainAll applies the policy to every tenant. What fails is tried again an hour later.
func (k *Keeper) retainAll(ctx context.Context) {
	var tenants []string
	err := k.o.Store.View(ctx, func(ctx context.Context) (err error) {
		tenants, err = store.Read(ctx).Tenants()
		return err
	})
	if err != nil && ctx.Err() == nil {
		k.o.Log.WarnContext(ctx, "audit: what is too old could not be looked for", slog.Any("error", err))
	}
	for _, t := range tenants {
		if _, err := k.Retain(ctx, t); err != nil {
			k.complain(ctx, t, err)
		}
	}
}

// Retain drops the entries of a tenant that are older than the policy keeps. The rest hangs on a signed
// checkpoint about what was dropped, and still verifies. A trail that is not in order loses nothing.
func (k *Keeper) Retain(ctx context.Context, tenant string) (d Dropped, err error) {
	defer errs.Wrap(&err, "audit retention of %s", tenant)
	var old audit.Anchor
	var to bound
	by, err := k.signing(ctx)
	if err != nil {
		return d, err
	}
	if k.o.Keep > 0 {
		if _, err := k.Checkpoint(ctx, tenant); err != nil {
			return d, err
		}
	}
	err = k.o.Store.View(ctx, func(ctx context.Context) (err error) {
		r := store.Read(ctx)
		if old, err = audit.ReadAnchor(r, tenant); err != nil || k.o.Keep <= 0 {
			return err
		}
		to, err = k.outdated(r, tenant, old.Size)
		return err
	})
	if err != nil {
		return d, err
	}
	d.First = old.Size + 1
	if to.size > old.Size {
		if d, err = k.drop(ctx, tenant, by, old, to); err != nil {
			return d, err
		}
	}
	return d, k.sweep(ctx, tenant, d.First-1)
}

// outdated is the newest checkpoint of which all entries are too old, and which is not the end of the trail.
func (k *Keeper) outdated(r store.Reader, tenant string, after int64) (to bound, err error) {
	before := k.o.Clock.Now().Add(-k.o.Keep)
	all, err := bounds(r, tenant)
	if err != nil {
		return to, err
	}
	for _, b := range all[:len(all)-1] {
		if b.size <= after {
			continue
		}
		e, err := entryAt(r, tenant, b.size)
		if err != nil {
			return to, err
		}
		if e == nil || !e.At.Before(before) {
			break
		}
		to = b
	}
	return to, nil
}

// drop anchors what stays, and notes in the trail what goes. The entries themselves go afterwards.
func (k *Keeper) drop(ctx context.Context, tenant string, by *key, old audit.Anchor, to bound) (d Dropped, err error) {
	c, err := checkpoint.Open(to.note, by.verifier)
	if err != nil {
		return d, err
	}
	var peaks merkle.Peaks
	err = k.o.Store.View(ctx, func(ctx context.Context) (err error) {
		peaks, err = merkle.PeaksAt(to.size, merkle.Reader(tiles(store.Read(ctx), tenant)))
		return err
	})
	if err == nil && (c.Size != to.size || c.Root != peaks.Root()) {
		err = fmt.Errorf("%w: the checkpoint of %d entries does not fit the tree", ErrBroken, to.size)
	}
	if err != nil {
		return d, err
	}
	if k.o.Archive != "" {
		if d.Archive, err = k.archive(ctx, tenant, by, bound{old.Size, old.Note}, to); err != nil {
			return Dropped{}, err
		}
	}
	now := k.o.Clock.Now().UTC()
	detail, err := json.Marshal(map[string]string{"class": "security", "code": "older than " + k.o.Keep.String(), "archive": d.Archive})
	if err != nil {
		return d, err
	}
	d.Entries, d.First = to.size-old.Size, to.size+1
	return d, k.o.Store.Update(ctx, func(ctx context.Context) error {
		tx := store.From(ctx)
		is, err := audit.ReadAnchor(tx, tenant)
		if err != nil {
			return err
		}
		if is.Size >= to.size { // another process was faster
			d.Entries, d.First = 0, is.Size+1
			return nil
		}
		err = audit.Drop(tx, tenant, audit.Anchor{Size: to.size, Chain: c.Chain, Peaks: peaks.Bytes(), Note: to.note, At: now})
		return errors.Join(err, audit.Append(tx, &store.AuditEntry{
			Tenant: tenant, At: now, Actor: "retention", Operation: "dropAuditEntries", Outcome: "ALLOWED",
			Target: fmt.Sprintf("entries %d to %d", old.Size+1, to.size), Detail: detail,
		}))
	})
}

// sweep deletes what the anchor stands for, also what an earlier process left of it.
func (k *Keeper) sweep(ctx context.Context, tenant string, upTo int64) error {
	for upTo > 0 {
		n := 0
		err := k.o.Store.Update(ctx, func(ctx context.Context) (err error) {
			n, err = store.From(ctx).PruneAudit(tenant, upTo, dropBatch)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return k.thin(ctx, tenant, upTo)
}

// thin deletes the checkpoints about less than the anchor stands for.
func (k *Keeper) thin(ctx context.Context, tenant string, size int64) error {
	var kept []stamp
	err := k.o.Store.View(ctx, func(ctx context.Context) (err error) {
		kept, err = stamps(store.Read(ctx), tenant)
		return err
	})
	if err != nil || len(kept) == 0 || kept[0].Size >= size {
		return err
	}
	return k.o.Store.Update(ctx, func(ctx context.Context) error {
		for i, s := range kept {
			if s.Size >= size || i == dropBatch {
				break
			}
			if err := store.From(ctx).Remove(tenant, kindStamp, s.id); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}
