// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/audit/merkle"
	"github.com/airside-travel/airside/internal/store"
)

// The records of a tenant's tree. Checkpoints are kept one for each hour, the last of it.
const (
	kindHead  = "audit.head"
	headID    = "head"
	kindTile  = "audit.tile"
	kindStamp = "audit.checkpoint"

	hourFormat = "2006-01-02T15"
)

// head is how far a tenant's tree has grown, and the newest checkpoint.
type head struct {
	version int64     // of the record; 0 when there is none
	Size    int64     `json:"size"`
	Chain   []byte    `json:"chain"` // hash of the last entry
	Peaks   [][]byte  `json:"peaks"`
	Note    string    `json:"note"`
	At      time.Time `json:"at"`
}

func readHead(r store.Reader, tenant string) (head, error) {
	var h head
	rec, err := r.Get(tenant, kindHead, headID)
	if errors.Is(err, store.ErrNotFound) {
		return h, nil
	}
	if err == nil {
		h.version = rec.Version
		err = json.Unmarshal(rec.Doc, &h)
	}
	if err != nil {
		return h, fmt.Errorf("keeper: head of %s: %w", tenant, err)
	}
	return h, nil
}

// write replaces the head that was read.
func (h *head) write(tx store.Tx, tenant string) error {
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: tenant, Kind: kindHead, ID: headID, CreatedAt: h.At, UpdatedAt: h.At, Doc: doc}
	if h.version == 0 {
		return tx.Insert(r)
	}
	return tx.Update(r, h.version)
}

// tiles reads tiles of a tenant.
func tiles(r store.Reader, tenant string) merkle.Load {
	return func(id string) ([]byte, error) {
		rec, err := r.Get(tenant, kindTile, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return rec.Doc, nil
	}
}

// stamp is a checkpoint that was kept.
type stamp struct {
	id   string
	Size int64  `json:"size"`
	Note string `json:"note"`
}

// stamps are the checkpoints that were kept, oldest first.
func stamps(r store.Reader, tenant string) ([]stamp, error) {
	var out []stamp
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindStamp}) {
		if err != nil {
			return nil, err
		}
		var s stamp
		if err := json.Unmarshal(rec.Doc, &s); err != nil {
			return nil, fmt.Errorf("keeper: checkpoint %s of %s: %w", rec.ID, tenant, err)
		}
		s.id = rec.ID
		if n := len(out); n == 0 || out[n-1].Size < s.Size {
			out = append(out, s)
		}
	}
	return out, nil
}
