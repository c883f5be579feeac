// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// Append puts an entry at the end of its tenant's chain. It sets Seq, PrevHash and Hash, and cuts At
// to the microseconds in UTC that a store keeps.
func Append(tx store.Tx, e *store.AuditEntry) error {
	last, err := tx.LastAudit(e.Tenant)
	if err != nil {
		return err
	}
	e.Seq, e.PrevHash = 1, nil
	if last != nil {
		e.Seq, e.PrevHash = last.Seq+1, last.Hash
	}
	e.At = time.UnixMicro(e.At.UnixMicro()).UTC()
	e.Hash = Hash(e)
	return tx.AppendAudit(e) // only this package may call it; archtest checks
}

// Hash is the SHA-256 hash of everything in the entry but Hash. Texts and bytes are preceded by
// their length and numbers have eight bytes, so no two entries have the same encoding.
func Hash(e *store.AuditEntry) []byte {
	var room [1024]byte // enough for most, so that none is asked for
	b := text(room[:0], "airside audit entry 1")
	b = text(b, e.Tenant)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, s := range [...]string{e.Actor, e.Operation, e.Target, e.Outcome, e.RequestID} {
		b = text(b, s)
	}
	b = text(b, e.Detail)
	b = text(b, e.PrevHash)
	sum := sha256.Sum256(b)
	return sum[:]
}

func text[T string | []byte](b []byte, s T) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

// Result is what Verify found.
type Result struct {
	Intact bool
	Count  int64  // entries that are in order, from the first one on, those included that were deleted by age
	Head   []byte // hash of the last of them; nil when there is none
	Broken int64  // sequence number of the first entry that is missing or wrong; 0 when intact
	From   int64  // the first entry that is kept, when earlier ones were deleted by age; else 0
}

// Verify walks a tenant's chain from its first entry, or from what it hangs on since earlier ones were
// deleted. A broken chain is a Result, not an error.
func Verify(r store.Reader, tenant string) (Result, error) {
	return Walk(r, tenant, nil)
}

// Walk is Verify that shows each entry in order; an error of fn ends it.
func Walk(r store.Reader, tenant string, fn func(*store.AuditEntry) error) (Result, error) {
	a, err := ReadAnchor(r, tenant)
	if err != nil {
		return Result{}, err
	}
	res := Result{Count: a.Size, Head: a.Chain}
	if a.Size > 0 {
		res.From = a.Size + 1
	}
	return walk(r, tenant, res, 0, fn)
}

// Continue walks on from an entry whose hash is known, and shows at most limit entries (0 for all).
func Continue(r store.Reader, tenant string, after int64, hash []byte, limit int, fn func(*store.AuditEntry) error) (Result, error) {
	return walk(r, tenant, Result{Count: after, Head: hash}, limit, fn)
}

func walk(r store.Reader, tenant string, res Result, limit int, fn func(*store.AuditEntry) error) (Result, error) {
	start := res.Count
	for e, err := range r.Audit(tenant, res.Count+1) {
		if errors.Is(err, store.ErrCorrupt) {
			res.Broken = res.Count + 1
			return res, nil
		}
		if err != nil {
			return Result{}, err
		}
		if e.Seq != res.Count+1 || !bytes.Equal(e.PrevHash, res.Head) || !bytes.Equal(e.Hash, Hash(e)) {
			res.Broken = res.Count + 1
			return res, nil
		}
		if fn != nil {
			if err := fn(e); err != nil {
				return Result{}, err
			}
		}
		res.Count, res.Head = e.Seq, e.Hash
		if limit > 0 && res.Count-start >= int64(limit) {
			break
		}
	}
	res.Intact = true
	return res, nil
}
