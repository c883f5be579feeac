// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

const (
	kindAnchor = "audit.anchor"
	anchorID   = "anchor"
)

// Anchor stands for the entries that were deleted by age: the rest of the chain hangs on it. The zero Anchor
// is that of a chain that has all of its entries.
type Anchor struct {
	Size  int64     `json:"size"`  // how many entries it stands for
	Chain []byte    `json:"chain"` // hash of the last of them
	Peaks [][]byte  `json:"peaks"` // of their Merkle tree
	Note  string    `json:"note"`  // the signed checkpoint about them
	At    time.Time `json:"at"`
}

// ReadAnchor reads the anchor of a tenant.
func ReadAnchor(r store.Reader, tenant string) (Anchor, error) {
	var a Anchor
	rec, err := r.Get(tenant, kindAnchor, anchorID)
	if errors.Is(err, store.ErrNotFound) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(rec.Doc, &a)
	}
	if err != nil {
		return a, fmt.Errorf("audit: anchor of %s: %w", tenant, err)
	}
	return a, nil
}

// Drop puts a new anchor in front of the entries behind it. From then on nothing reads those it stands for,
// and PruneAudit may delete them.
func Drop(tx store.Tx, tenant string, a Anchor) error {
	doc, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return Keep(tx, &store.Record{Tenant: tenant, Kind: kindAnchor, ID: anchorID, CreatedAt: a.At, UpdatedAt: a.At, Doc: doc})
}

// Keep inserts a record or replaces the one with its id.
func Keep(tx store.Tx, r *store.Record) error {
	err := tx.Update(r, 0)
	if errors.Is(err, store.ErrNotFound) {
		return tx.Insert(r)
	}
	return err
}
