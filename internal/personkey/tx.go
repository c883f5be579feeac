// SPDX-License-Identifier: Apache-2.0

package personkey

import (
	"errors"
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// tx seals what it writes, too.
type tx struct {
	store.Tx
	reader  reader
	s       *Store
	secrets map[string][]byte // of people this transaction wrote about
	unknown []string          // ids that are nobody's, for everybody to know once it is committed
}

// Event, Events and Idempotent are the reader's: Tx has those of the store below.
func (t *tx) Event(tenant, id string) (*store.Event, error) { return t.reader.Event(tenant, id) }

// Events is the reader's.
func (t *tx) Events(q store.EventQuery) iter.Seq2[*store.Event, error] { return t.reader.Events(q) }

// Idempotent is the reader's.
func (t *tx) Idempotent(tenant, client, key string) (*store.Idempotency, error) {
	return t.reader.Idempotent(tenant, client, key)
}

// AppendEvent seals the body for the users whose ids are in it, or in the name of the resource.
func (t *tx) AppendEvent(e *store.Event) error {
	sealed := *e
	var err error
	if sealed.Body, err = t.seal(e.Tenant, e.Body, e.Resource, eventPlace(e)); err != nil {
		return err
	}
	err = t.Tx.AppendEvent(&sealed)
	e.Seq = sealed.Seq
	return err
}

// PutIdempotent seals the answer for the users whose ids are in it.
func (t *tx) PutIdempotent(i *store.Idempotency) error {
	sealed := *i
	var err error
	if sealed.Body, err = t.seal(i.Tenant, i.Body, "", idemPlace(i)); err != nil {
		return err
	}
	return t.Tx.PutIdempotent(&sealed)
}

// seal gives a text as it is stored: itself when no user is in it.
func (t *tx) seal(tenant string, plain []byte, beside string, at seal.Place) ([]byte, error) {
	var people []string
	var secrets [][]byte
	for _, id := range idsIn(append([]byte(beside+" "), plain...)) {
		s, err := t.secret(tenant, id)
		if err != nil {
			return nil, err
		}
		if s != nil {
			people, secrets = append(people, id), append(secrets, s)
		}
	}
	if len(people) == 0 {
		return plain, nil
	}
	if len(people) > mostPeople {
		return nil, fmt.Errorf("%s %s is about %d people, more than can be kept", at.Table, at.ID, len(people))
	}
	k, err := combine(people, secrets)
	if err != nil {
		return nil, err
	}
	return k.Seal(header(people), plain, at), nil
}

// secret is a user's, made when there is none yet; nil when the id is nobody's.
func (t *tx) secret(tenant, id string) ([]byte, error) {
	name := tenant + "/" + id
	if s, ok := t.secrets[name]; ok || t.s.strangers.has(name) {
		return s, nil
	}
	s, err := secret(t.Tx, tenant, id)
	if err == nil && s == nil {
		if _, err = t.Get(tenant, kindUser, id); err == nil {
			s, err = makeSecret(t.Tx, tenant, id)
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		if len(t.unknown) == 0 {
			t.AfterCommit(func() { t.s.strangers.add(t.unknown) })
		}
		t.unknown, err = append(t.unknown, name), nil
	}
	if err == nil {
		if t.secrets == nil {
			t.secrets = map[string][]byte{}
		}
		t.secrets[name] = s
	}
	return s, err
}

// Destroy removes the key of a user: what was sealed with it is gone. Remove the user first: a key is made
// anew for whoever is one.
func Destroy(st store.Tx, tenant, userID string) error {
	if t, ok := st.(*tx); ok {
		delete(t.secrets, tenant+"/"+userID)
	}
	err := st.Remove(tenant, kindKey, userID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Seal gives a text as it may be kept where it can never be changed, such as in the audit trail: sealed for
// the users whose ids are in it or in beside, itself when there is none. id tells it from others.
func Seal(st store.Tx, tenant, id, beside string, plain []byte) ([]byte, error) {
	t, ok := st.(*tx)
	if !ok {
		return plain, nil
	}
	return t.seal(tenant, plain, beside, seal.Place{Table: "text", ID: id})
}

// Open gives back what Seal was given. gone: one of the users was purged.
func Open(r store.Reader, tenant, id string, sealed []byte) (plain []byte, gone bool, err error) {
	return open(r, tenant, sealed, seal.Place{Table: "text", ID: id})
}
