// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// MaxNetworks is how many networks are kept of a client and operation: the latest.
const MaxNetworks = 16

const (
	kind     = "usage"
	kindMeta = "usage.record"
	metaID   = "record"
	maxGaps  = 50
)

// Tally is what is known of one client and operation.
type Tally struct {
	Count    int64                `json:"count"`             // that were let through, whatever came of them
	Refused  int64                `json:"refused,omitempty"` // by authentication, rights or limits
	First    time.Time            `json:"first,omitzero"`
	Last     time.Time            `json:"last,omitzero"`
	Networks map[string]time.Time `json:"networks,omitempty"` // with the last time each
	More     bool                 `json:"more,omitempty"`     // there were others
}

func (u *Tally) add(at time.Time, network string) {
	u.Count++
	if u.First.IsZero() || at.Before(u.First) {
		u.First = at
	}
	if at.After(u.Last) {
		u.Last = at
	}
	u.seen(network, at)
}

func (u *Tally) seen(network string, at time.Time) {
	if network == "" {
		return
	}
	if u.Networks == nil {
		u.Networks = map[string]time.Time{}
	}
	if at.After(u.Networks[network]) {
		u.Networks[network] = at
	}
	if len(u.Networks) <= MaxNetworks {
		return
	}
	oldest := ""
	for n, t := range u.Networks {
		if oldest == "" || t.Before(u.Networks[oldest]) || t.Equal(u.Networks[oldest]) && n < oldest {
			oldest = n
		}
	}
	delete(u.Networks, oldest)
	u.More = true
}

func (u *Tally) merge(o *Tally) {
	u.Count, u.Refused, u.More = u.Count+o.Count, u.Refused+o.Refused, u.More || o.More
	if u.First.IsZero() || !o.First.IsZero() && o.First.Before(u.First) {
		u.First = o.First
	}
	if o.Last.After(u.Last) {
		u.Last = o.Last
	}
	for _, n := range slices.Sorted(maps.Keys(o.Networks)) {
		u.seen(n, o.Networks[n])
	}
}

// Gap is a time of which some calls were not kept.
type Gap struct {
	At    time.Time `json:"at"` // when it was noticed
	Calls int       `json:"calls"`
}

// Meta is what is known about the recording itself.
type Meta struct {
	Since time.Time `json:"since"` // when the first use was kept
	Gaps  []Gap     `json:"gaps,omitempty"`
}

// write adds what one tenant's clients did.
func (r *Recorder) write(ctx context.Context, tenant string, clients map[string]map[string]*Tally, lost Gap) error {
	tx := store.From(ctx)
	var first, last time.Time
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		rec, err := tx.Get(tenant, kind, client)
		all := map[string]*Tally{}
		switch {
		case errors.Is(err, store.ErrNotFound):
			rec = nil
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(rec.Doc, &all); err != nil {
				return fmt.Errorf("usage of %s is stored broken: %w", client, err)
			}
		}
		for id, u := range clients[client] {
			if u.Last.After(last) {
				last = u.Last
			}
			if !u.First.IsZero() && (first.IsZero() || u.First.Before(first)) {
				first = u.First
			}
			if all[id] == nil {
				all[id] = &Tally{}
			}
			all[id].merge(u)
		}
		doc, err := json.Marshal(all)
		if err != nil {
			return err
		}
		next := &store.Record{Tenant: tenant, Kind: kind, ID: client, CreatedAt: last, UpdatedAt: last, Doc: doc}
		if rec == nil {
			err = tx.Insert(next)
		} else {
			next.CreatedAt = rec.CreatedAt
			err = tx.Update(next, rec.Version)
		}
		if err != nil {
			return err
		}
	}
	return r.note(ctx, tenant, first, last, lost)
}

// note keeps when recording began and what it missed.
func (r *Recorder) note(ctx context.Context, tenant string, first, last time.Time, lost Gap) error {
	tx := store.From(ctx)
	m, err := ReadMeta(tx, tenant)
	if err != nil {
		return err
	}
	begun := m.Since.IsZero() && !first.IsZero()
	if begun {
		m.Since = first
	}
	last = later(last, lost.At)
	if lost.Calls > 0 {
		m.Gaps = append(m.Gaps, lost)
		m.Gaps = m.Gaps[max(0, len(m.Gaps)-maxGaps):]
	}
	if !begun && lost.Calls == 0 {
		return nil
	}
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	rec := &store.Record{Tenant: tenant, Kind: kindMeta, ID: metaID, CreatedAt: m.Since, UpdatedAt: last, Doc: doc}
	if err = tx.Update(rec, 0); errors.Is(err, store.ErrNotFound) {
		err = tx.Insert(rec)
	}
	if err != nil || !begun || r.o.Begun == nil {
		return err
	}
	return r.o.Begun(ctx, tenant)
}

// ReadMeta says since when a tenant's calls are kept; Since is zero when none was.
func ReadMeta(r store.Reader, tenant string) (m Meta, err error) {
	rec, err := r.Get(tenant, kindMeta, metaID)
	if errors.Is(err, store.ErrNotFound) {
		return m, nil
	} else if err != nil {
		return m, err
	}
	return m, json.Unmarshal(rec.Doc, &m)
}

// Of is what a tenant's client used, by operation; empty when nothing is known.
func Of(r store.Reader, tenant, client string) (map[string]Tally, error) {
	out := map[string]Tally{}
	rec, err := r.Get(tenant, kind, client)
	if errors.Is(err, store.ErrNotFound) {
		return out, nil
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(rec.Doc, &out); err != nil {
		return nil, fmt.Errorf("usage of %s is stored broken: %w", client, err)
	}
	return out, nil
}
