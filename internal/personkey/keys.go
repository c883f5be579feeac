// SPDX-License-Identifier: Apache-2.0

package personkey

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

const (
	kindKey  = "person_key" // id: the user; no parent, so that a key of the company does not seal it
	kindUser = "user"
	keySize  = 32
)

// mark begins what is sealed here; the number of people, their ids and the sealed bytes follow. No text that
// we keep begins so.
const mark = "\x00pk1"

// mostPeople bounds whose keys one text is sealed with, by the size of the number.
const mostPeople = 1<<16 - 1

// strangers remembers ids that are no user's. Ids are drawn at random by us, so none becomes one later.
type strangers struct {
	mu  sync.Mutex
	ids map[string]struct{}
}

const mostStrangers = 100_000

func (s *strangers) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.ids[name]
	return ok
}

func (s *strangers) add(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ids) > mostStrangers || s.ids == nil {
		s.ids = map[string]struct{}{} // they are found again soon
	}
	for _, n := range names {
		s.ids[n] = struct{}{}
	}
}

// secret reads the secret of a person; nil for somebody without one.
func secret(r store.Reader, tenant, id string) ([]byte, error) {
	rec, err := r.Get(tenant, kindKey, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(rec.Doc) != keySize {
		return nil, fmt.Errorf("key of user %s: %w", id, store.ErrCorrupt)
	}
	return rec.Doc, nil
}

// makeSecret draws the secret of a user.
func makeSecret(tx store.Tx, tenant, id string) ([]byte, error) {
	key := ids.Bytes(keySize)
	at := time.Unix(0, 0).UTC() // of no interest
	return key, tx.Insert(&store.Record{Tenant: tenant, Kind: kindKey, ID: id, CreatedAt: at, UpdatedAt: at, Doc: key})
}

// combine makes one key of the secrets of several people, in the order of their ids.
func combine(people []string, secrets [][]byte) (*seal.Key, error) {
	var all []byte
	for _, s := range secrets {
		all = append(all, s...)
	}
	return seal.DataKey(strings.Join(people, " "), all)
}

func header(people []string) []byte {
	b := binary.BigEndian.AppendUint16([]byte(mark), uint16(len(people))) //nolint:gosec // mostPeople
	for _, id := range people {
		b = append(b, id...)
	}
	return b
}

// parse splits what was sealed here; ok is false for anything else.
func parse(b []byte) (people []string, sealed []byte, ok bool) {
	rest, found := strings.CutPrefix(string(b[:min(len(b), len(mark)+2)]), mark)
	if !found || len(rest) != 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16([]byte(rest)))
	b = b[len(mark)+2:]
	if len(b) < n*idSize {
		return nil, nil, false
	}
	for ; n > 0; n-- {
		people = append(people, string(b[:idSize]))
		b = b[idSize:]
	}
	return people, b, true
}

// open gives back what was sealed, as it was given when it was not. gone: a key of it was destroyed.
func open(r store.Reader, tenant string, b []byte, at seal.Place) (plain []byte, gone bool, err error) {
	people, sealed, ok := parse(b)
	if !ok {
		return b, false, nil
	}
	secrets := make([][]byte, len(people))
	for i, id := range people {
		if secrets[i], err = secret(r, tenant, id); err != nil {
			return nil, false, err
		}
		if secrets[i] == nil {
			return nil, true, nil
		}
	}
	k, err := combine(people, secrets)
	if err != nil {
		return nil, false, err
	}
	if plain, err = k.Open(sealed, at); err != nil {
		return nil, false, fmt.Errorf("%s %s: %w: %w", at.Table, at.ID, store.ErrCorrupt, err)
	}
	return plain, false, nil
}
