// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// JobReseal is the kind of the jobs that walk along a tenant's records for a company (Service.Reseal); the key
// of the job is the company.
const JobReseal = "companykey.reseal"

const (
	walkBatch = 200            // records looked at in one transaction: others want to write, too
	walkRun   = 50 * walkBatch // records after which other tenants have a turn
	walkPause = time.Second
)

// walk is how far it has come. Every record after Kind and ID is still to be looked at; what is written
// meanwhile is sealed with the new key anyway.
type walk struct {
	Number     int64     `json:"number"` // of the key that it seals with
	Former     []int64   `json:"former,omitempty"`
	Kind       string    `json:"kind,omitempty"`
	ID         string    `json:"id,omitempty"`
	Examined   int       `json:"examined"`
	Sealed     int       `json:"sealed"`
	StartedAt  time.Time `json:"startedAt"`
	FinishedAt time.Time `json:"finishedAt,omitzero"`
}

// loadWalk reads the walk of a company, nil when none was begun.
func loadWalk(r store.Reader, tenant, companyID string) (*walk, *store.Record, error) {
	rec, err := r.Get(tenant, kindWalk, companyID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var w walk
	if err := json.Unmarshal(rec.Doc, &w); err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", kindWalk, companyID, err)
	}
	return &w, rec, nil
}

func (w *walk) save(tx store.Tx, tenant, companyID string, rec *store.Record, now time.Time) error {
	doc, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if rec == nil {
		return tx.Insert(&store.Record{Tenant: tenant, Kind: kindWalk, ID: companyID, CreatedAt: now, UpdatedAt: now, Doc: doc})
	}
	rec.Doc, rec.UpdatedAt = doc, now
	return tx.Update(rec, rec.Version)
}

// begin has everything of a company sealed with the key of a number. A walk that was not finished begins anew and
// ends the keys that it would have ended, too.
func begin(tx store.Tx, tenant, companyID string, number int64, former []int64, now time.Time) error {
	w, rec, err := loadWalk(tx, tenant, companyID)
	if err != nil {
		return err
	}
	if w != nil {
		former = append(w.Former, former...)
	}
	next := &walk{Number: number, Former: former, StartedAt: now}
	if err := next.save(tx, tenant, companyID, rec, now); err != nil {
		return err
	}
	return tx.PutJob(&store.Job{Tenant: tenant, Kind: JobReseal, Key: companyID, Due: now})
}

// Reseal does the next piece of a walk, and puts the piece after it into the schedule. The last one destroys
// the keys that nothing is sealed with any more.
func (s *Service) Reseal(ctx context.Context, j *store.Job) error {
	t, ok := layer(ctx)
	if !ok {
		return errs.New(errs.InternalError, "documents can be sealed in a transaction of companykey.Store only")
	}
	w, rec, err := loadWalk(t.Tx, j.Tenant, j.Key)
	if err != nil || w == nil || !w.FinishedAt.IsZero() {
		return err
	}
	key, err := t.seals(j.Tenant, j.Key)
	if err != nil {
		return err
	}
	if key.key == nil {
		return fmt.Errorf("company %s: its key is gone: %w", j.Key, store.ErrCorrupt)
	}
	n, err := s.piece(t, j.Tenant, key, w)
	if err != nil {
		return err
	}
	now := s.clocks.Now(j.Tenant)
	if n < walkBatch {
		if err := finish(t, j.Tenant, j.Key, w, now); err != nil {
			return err
		}
		return w.save(t.Tx, j.Tenant, j.Key, rec, now)
	}
	next := &store.Job{Tenant: j.Tenant, Kind: JobReseal, Key: j.Key, Due: now}
	if w.Examined%walkRun == 0 {
		next.Due = now.Add(walkPause)
	}
	return errors.Join(w.save(t.Tx, j.Tenant, j.Key, rec, now), t.PutJob(next))
}

// piece looks at the next records and returns how many those were.
func (s *Service) piece(t *tx, tenant string, key sealing, w *walk) (n int, err error) {
	var batch []*store.Record
	for rec, err := range t.Tx.Walk(tenant, w.Kind, w.ID, walkBatch) {
		if err != nil {
			return 0, err
		}
		batch = append(batch, rec)
	}
	owners := owners{t.Tx, s.above, map[string]string{}}
	for _, rec := range batch {
		w.Kind, w.ID = rec.Kind, rec.ID
		w.Examined++
		with := wrapperOf(rec.Doc)
		if with.company == key.company && with.number == key.number {
			continue
		}
		owner, err := owners.of(rec)
		if err != nil {
			return 0, err
		}
		if owner != key.company {
			continue
		}
		if rec, err = t.reader.open(rec); err != nil {
			return 0, err
		}
		rec.Doc = key.seal(rec)
		if err := t.Tx.Reseal(rec); err != nil {
			return 0, err
		}
		w.Sealed++
	}
	return len(batch), nil
}

// finish destroys the former keys.
func finish(t *tx, tenant, companyID string, w *walk, now time.Time) error {
	w.FinishedAt = now
	if len(w.Former) == 0 {
		return nil
	}
	if err := t.Erase(); err != nil {
		return err
	}
	for _, n := range w.Former {
		if err := t.Tx.Remove(tenant, kindFormer, formerID(companyID, n)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		t.AfterCommit(func() { t.reader.s.keys.drop(tenant+"/"+companyID, n) })
	}
	w.Former = nil
	return nil
}
