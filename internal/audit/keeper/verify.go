// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Verdict is what Verify found.
type Verdict struct {
	audit.Result
	Signed   int64     // entries under the newest checkpoint that fits
	SignedAt time.Time // when that was made
	Reason   string    // what is wrong
}

// Verify walks the stored trail of a tenant, in the caller's transaction, and holds it against every checkpoint
// that is kept.
func (k *Keeper) Verify(ctx context.Context, tenant string) (v Verdict, err error) {
	by, err := k.signing(ctx)
	if err != nil {
		return v, err
	}
	r := store.Read(ctx)
	anchor, err := audit.ReadAnchor(r, tenant)
	if err != nil {
		return v, err
	}
	all, err := bounds(r, tenant)
	if err != nil {
		return v, err
	}
	peaks, err := merkle.Restore(anchor.Size, anchor.Peaks)
	if err != nil {
		return Verdict{Result: audit.Result{Broken: 1}, Reason: "the anchor of the deleted entries was altered"}, nil
	}
	var chain []byte = anchor.Chain
	fits := func() bool {
		for len(all) > 0 && all[0].size <= peaks.Size {
			b := all[0]
			all = all[1:]
			if b.size == 0 {
				continue
			}
			c, err := checkpoint.Open(b.note, by.verifier)
			if err != nil || c.Tenant != tenant || c.Size != b.size || c.Root != peaks.Root() || string(c.Chain) != string(chain) {
				v.Reason = fmt.Sprintf("the checkpoint of %d entries was signed over others, or is not ours", b.size)
				v.Broken = v.Signed + 1
				return false
			}
			v.Signed, v.SignedAt = c.Size, c.At
		}
		return true
	}
	if !fits() {
		return v, nil
	}
	stopped := false
	res, err := audit.Walk(r, tenant, func(e *store.AuditEntry) error {
		peaks.Add(merkle.Leaf(e.Hash), nil)
		chain = e.Hash
		if !stopped && !fits() {
			stopped = true
		}
		return nil
	})
	if err != nil {
		return v, err
	}
	broken := v.Broken
	v.Result = res
	switch {
	case stopped:
		v.Intact, v.Broken = false, broken
	case !res.Intact:
		v.Reason = "this entry is missing, was altered, or does not follow from the one before"
	case len(all) > 0:
		v.Intact, v.Broken = false, res.Count+1
		v.Reason = fmt.Sprintf("the end was cut off: a checkpoint says that there were %d entries", all[len(all)-1].size)
	}
	return v, nil
}

// Proof shows that an entry is in the tree of a checkpoint.
type Proof struct {
	Seq        int64
	Hash       string   // of the entry, hexadecimal; its leaf is SHA-256(0x00 | hash)
	Path       []string // the hashes next to the way from the leaf to the root, base64
	Checkpoint string
}

// Prove makes one, out of the caller's transaction. RESOURCE_NOT_FOUND for an entry that is not there, or not
// under a checkpoint yet.
func Prove(ctx context.Context, tenant string, seq int64) (p Proof, err error) {
	defer errs.Wrap(&err, "prove entry %d", seq)
	r := store.Read(ctx)
	h, err := readHead(r, tenant)
	if err != nil {
		return p, err
	}
	e, err := entryAt(r, tenant, seq)
	if err != nil {
		return p, err
	}
	if e == nil || seq < 1 || seq > h.Size {
		return p, missing(strconv.FormatInt(seq, 10))
	}
	path, err := tlog.ProveRecord(h.Size, seq-1, merkle.Reader(tiles(r, tenant)))
	if err != nil {
		return p, err
	}
	p = Proof{Seq: seq, Hash: hex.EncodeToString(e.Hash), Path: []string{}, Checkpoint: h.Note}
	for _, n := range path {
		p.Path = append(p.Path, n.String())
	}
	return p, nil
}
