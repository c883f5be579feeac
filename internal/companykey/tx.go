// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// reader opens what it reads.
type reader struct {
	store.Reader
	s     *Store
	fresh map[string]*seal.Key // in a write transaction: keys that it may have made itself
}

func (r *reader) engine() store.Reader { return r.Reader }

// cached is a key that is known without asking the engine.
func (r *reader) cached(name string) *seal.Key {
	if k := r.fresh[name]; k != nil {
		return k
	}
	if k, ok := r.s.keys.Load(name); ok {
		return k.(*seal.Key) //nolint:forcetypeassert // only keys are stored
	}
	return nil
}

// key is the data key of a company, nil when it has none. A key seen by a write transaction may be its own and
// undone with it, so only readers make it known to all.
func (r *reader) key(tenant, companyID string) (*seal.Key, error) {
	name := tenant + "/" + companyID
	if k := r.cached(name); k != nil {
		return k, nil
	}
	c, _, err := load(r.Reader, tenant, companyID)
	if err != nil || c == nil {
		return nil, err
	}
	k, err := c.open(r.s.master, tenant, companyID)
	if err != nil {
		return nil, err
	}
	if r.fresh != nil {
		r.fresh[name] = k
	} else {
		r.s.keys.Store(name, k)
	}
	return k, nil
}

// open replaces the document of a record by what was sealed.
func (r *reader) open(rec *store.Record) (*store.Record, error) {
	company := sealedFor(rec.Doc)
	if company == "" {
		return rec, nil
	}
	k, err := r.key(rec.Tenant, company)
	if err != nil {
		return nil, err
	}
	return openWith(k, rec)
}

func openWith(k *seal.Key, rec *store.Record) (*store.Record, error) {
	if k == nil {
		return nil, fmt.Errorf("%s %s: the key of its company is gone: %w", rec.Kind, rec.ID, store.ErrCorrupt)
	}
	doc, err := k.Open(rec.Doc[len(mark)+companySize:], place(rec.Kind, rec.ID))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", rec.Kind, rec.ID, store.ErrCorrupt, err)
	}
	rec.Doc, rec.Company = doc, sealedFor(rec.Doc) // so that reading and writing it again keeps it sealed
	return rec, nil
}

// Get opens what the engine gets.
func (r *reader) Get(tenant, kind, id string) (*store.Record, error) {
	rec, err := r.Reader.Get(tenant, kind, id)
	if err != nil {
		return nil, err
	}
	return r.open(rec)
}

// Find opens what the engine finds.
func (r *reader) Find(tenant, kind, field, value string) (*store.Record, error) {
	rec, err := r.Reader.Find(tenant, kind, field, value)
	if err != nil {
		return nil, err
	}
	return r.open(rec)
}

// List opens what the engine lists. A key that is not known yet cannot be read while the engine's list
// is open; what is left of it is then read to its end first.
func (r *reader) List(q store.Query) iter.Seq2[*store.Record, error] {
	return func(yield func(*store.Record, error) bool) {
		var waiting []*store.Record
		for rec, err := range r.Reader.List(q) {
			if err == nil {
				if company := sealedFor(rec.Doc); company != "" {
					k := r.cached(rec.Tenant + "/" + company)
					if k == nil || len(waiting) > 0 {
						waiting = append(waiting, rec)
						continue
					}
					rec, err = openWith(k, rec)
				} else if len(waiting) > 0 {
					waiting = append(waiting, rec)
					continue
				}
			}
			if !yield(rec, err) {
				return
			}
		}
		for _, rec := range waiting {
			if !yield(r.open(rec)) {
				return
			}
		}
	}
}

// tx seals what it writes, too.
type tx struct {
	store.Tx
	reader reader
}

func (t *tx) engine() store.Reader { return t.Tx }

// Get, Find and List are the reader's: Tx has the engine's own.
func (t *tx) Get(tenant, kind, id string) (*store.Record, error) {
	return t.reader.Get(tenant, kind, id)
}

// Find is the reader's.
func (t *tx) Find(tenant, kind, field, value string) (*store.Record, error) {
	return t.reader.Find(tenant, kind, field, value)
}

// List is the reader's.
func (t *tx) List(q store.Query) iter.Seq2[*store.Record, error] { return t.reader.List(q) }

// sealed gives the record as it is stored; the same one when its company has no key.
func (t *tx) sealed(rec *store.Record) (*store.Record, error) {
	company := companyOf(rec)
	if company == "" {
		return rec, nil
	}
	k, err := t.reader.key(rec.Tenant, company)
	if err != nil || k == nil {
		return rec, err
	}
	out := *rec
	out.Doc = k.Seal(append([]byte(mark), company...), rec.Doc, place(rec.Kind, rec.ID))
	return &out, nil
}

// Insert seals and inserts.
func (t *tx) Insert(rec *store.Record) error {
	out, err := t.sealed(rec)
	if err != nil {
		return err
	}
	err = t.Tx.Insert(out)
	rec.Version = out.Version
	return err
}

// Update seals and updates.
func (t *tx) Update(rec *store.Record, expect int64) error {
	out, err := t.sealed(rec)
	if err != nil {
		return err
	}
	err = t.Tx.Update(out, expect)
	rec.Version = out.Version
	return err
}
