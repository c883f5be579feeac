// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// numbered names a data key.
type numbered struct {
	name   string // tenant/company
	number int64
}

// reader opens what it reads.
type reader struct {
	store.Reader
	s     *Store
	fresh map[numbered]*seal.Key // in a write transaction: keys that it may have made itself
}

func (r *reader) engine() store.Reader { return r.Reader }

// cached is a key that is known without asking the engine.
func (r *reader) cached(tenant string, w wrapper) *seal.Key {
	name := tenant + "/" + w.company
	if k := r.fresh[numbered{name, w.number}]; k != nil {
		return k
	}
	return r.s.keys.get(name, w.number)
}

// key is the data key with which a document was sealed, nil when it is gone. A key seen by a write
// transaction may be its own and undone with it, so only readers make it known to all.
func (r *reader) key(tenant string, w wrapper) (*seal.Key, error) {
	if k := r.cached(tenant, w); k != nil {
		return k, nil
	}
	c, err := loadNumber(r.Reader, tenant, w.company, w.number)
	if err != nil || c == nil {
		return nil, err
	}
	k, err := c.open(r.s.master, tenant, w.company)
	if err != nil {
		return nil, err
	}
	name := tenant + "/" + w.company
	if r.fresh != nil {
		r.fresh[numbered{name, w.number}] = k
	} else {
		r.s.keys.put(name, w.number, k)
	}
	return k, nil
}

// open replaces the document of a record by what was sealed.
func (r *reader) open(rec *store.Record) (*store.Record, error) {
	w := wrapperOf(rec.Doc)
	if w.company == "" {
		return rec, nil
	}
	k, err := r.key(rec.Tenant, w)
	if err != nil {
		return nil, err
	}
	return openWith(k, w, rec)
}

func openWith(k *seal.Key, w wrapper, rec *store.Record) (*store.Record, error) {
	if k == nil {
		return nil, fmt.Errorf("%s %s: the key of its company is gone: %w", rec.Kind, rec.ID, store.ErrCorrupt)
	}
	doc, err := k.Open(rec.Doc[w.size:], place(rec.Kind, rec.ID))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", rec.Kind, rec.ID, store.ErrCorrupt, err)
	}
	rec.Doc, rec.Company = doc, w.company // so that reading and writing it again keeps it sealed
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

// List opens what the engine lists.
func (r *reader) List(q store.Query) iter.Seq2[*store.Record, error] {
	return r.opened(r.Reader.List(q))
}

// Walk opens what the engine meets.
func (r *reader) Walk(tenant, kind, id string, limit int) iter.Seq2[*store.Record, error] {
	return r.opened(r.Reader.Walk(tenant, kind, id, limit))
}

// opened opens what the engine yields. A key that is not known yet cannot be read while the engine's list
// is open; what is left of it is then read to its end first.
func (r *reader) opened(list iter.Seq2[*store.Record, error]) iter.Seq2[*store.Record, error] {
	return func(yield func(*store.Record, error) bool) {
		var waiting []*store.Record
		for rec, err := range list {
			if err == nil {
				if w := wrapperOf(rec.Doc); w.company != "" {
					k := r.cached(rec.Tenant, w)
					if k == nil || len(waiting) > 0 {
						waiting = append(waiting, rec)
						continue
					}
					rec, err = openWith(k, w, rec)
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
	reader  reader
	sealing map[string]sealing // tenant/company → its key, of companies this transaction wrote for
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

// Walk is the reader's.
func (t *tx) Walk(tenant, kind, id string, limit int) iter.Seq2[*store.Record, error] {
	return t.reader.Walk(tenant, kind, id, limit)
}

// seals is the key that seals a company now, without one when it has none. It is read in each transaction:
// another process may have rotated it, and what is sealed with a former key could never be opened once the
// walk has gone by.
func (t *tx) seals(tenant, companyID string) (sealing, error) {
	name := tenant + "/" + companyID
	if s, ok := t.sealing[name]; ok {
		return s, nil
	}
	c, _, err := load(t.Tx, tenant, companyID)
	if err != nil || c == nil {
		return sealing{}, err
	}
	for _, n := range t.reader.s.keys.before(name, c.Number) {
		if former, _, err := stored(t.Tx, tenant, kindFormer, formerID(companyID, n)); err != nil {
			return sealing{}, err
		} else if former == nil {
			t.reader.s.keys.drop(name, n) // destroyed, perhaps by another process
		}
	}
	w := wrapper{company: companyID, number: c.Number}
	k := t.reader.cached(tenant, w)
	if k == nil {
		if k, err = c.open(t.reader.s.master, tenant, companyID); err != nil {
			return sealing{}, err
		}
		t.reader.fresh[numbered{name, c.Number}] = k
	}
	s := sealing{companyID, c.Number, k}
	t.sealing[name] = s
	return s, nil
}

// sealed gives the record as it is stored; the same one when its company has no key.
func (t *tx) sealed(rec *store.Record) (*store.Record, error) {
	if rec.Kind == kindKey { // what this transaction seals from here on is sealed with the new one
		delete(t.sealing, rec.Tenant+"/"+rec.ID)
	}
	company := companyOf(rec)
	if company == "" {
		return rec, nil
	}
	s, err := t.seals(rec.Tenant, company)
	if err != nil || s.key == nil {
		return rec, err
	}
	out := *rec
	out.Doc = s.seal(rec)
	return &out, nil
}

// Reseal seals with the key of today.
func (t *tx) Reseal(rec *store.Record) error {
	out, err := t.sealed(rec)
	if err != nil {
		return err
	}
	return t.Tx.Reseal(out)
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
