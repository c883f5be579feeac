// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// noteEvery is how exact it is known when a secret matched last.
const noteEvery = time.Hour

// lately is when a secret signed; its record's id is environment and reference, which is no secret.
type lately struct {
	Since time.Time `json:"since"` // since when it is configured
	Match time.Time `json:"matchedAt,omitzero"`
}

// matched notes, now and then, that a secret signed.
func (s *Service) matched(tx store.Tx, box *inbox, ref string, now time.Time) error {
	if ref == "" {
		return nil
	}
	box.mu.Lock()
	recent := now.Sub(box.matched[ref]) < noteEvery
	box.mu.Unlock()
	if recent {
		return nil
	}
	if err := s.note(tx, box.Name, ref, now, now); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		box.mu.Lock()
		box.matched[ref] = now
		box.mu.Unlock()
	})
	return nil
}

// note writes about a secret; a zero match is none.
func (s *Service) note(tx store.Tx, environment, ref string, since, match time.Time) error {
	rec, l, err := readLately(tx, s.o.Tenant, environment, ref)
	if err != nil || rec != nil && match.IsZero() {
		return err
	}
	if rec == nil {
		l.Since = since
	}
	l.Match = match
	doc, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if rec == nil {
		return tx.Insert(&store.Record{Tenant: s.o.Tenant, Kind: kindSecret, ID: environment + " " + ref, Parent: environment, CreatedAt: since, UpdatedAt: since, Doc: doc})
	}
	rec.Doc, rec.UpdatedAt = doc, match
	return tx.Update(rec, rec.Version)
}

func readLately(r store.Reader, tenant, environment, ref string) (*store.Record, lately, error) {
	var l lately
	rec, err := r.Get(tenant, kindSecret, environment+" "+ref)
	if errors.Is(err, store.ErrNotFound) {
		return nil, l, nil
	}
	if err == nil {
		err = json.Unmarshal(rec.Doc, &l)
	}
	return rec, l, err
}
