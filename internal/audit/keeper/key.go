// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"encoding/json"
	"errors"

	"golang.org/x/mod/sumdb/note"

	"github.com/airside-travel/airside/internal/audit/checkpoint"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const (
	kindKey = "audit.key"
	keyID   = "key"
)

// key signs the checkpoints of all tenants. The private half is in the store, sealed like everything there.
type key struct {
	public   string
	signer   note.Signer
	verifier note.Verifier
}

type keyDoc struct {
	Private string `json:"private"`
	Public  string `json:"public"`
}

// VerifierKey is the public key, as text: what a verifier is given.
func (k *Keeper) VerifierKey(ctx context.Context) (string, error) {
	got, err := k.signing(ctx)
	if err != nil {
		return "", err
	}
	return got.public, nil
}

// signing reads the key, or makes it at the very first start. Of processes that try together one makes it.
func (k *Keeper) signing(ctx context.Context) (_ *key, err error) {
	defer errs.Wrap(&err, "audit key")
	k.mu.Lock()
	got := k.key
	k.mu.Unlock()
	if got != nil {
		return got, nil
	}
	var doc keyDoc
	read := func(ctx context.Context) error {
		rec, err := store.Read(ctx).Get(k.o.Owner, kindKey, keyID)
		if err != nil {
			return err
		}
		return json.Unmarshal(rec.Doc, &doc)
	}
	err = k.o.Store.View(ctx, read)
	if errors.Is(err, store.ErrNotFound) {
		err = k.o.Store.Update(ctx, func(ctx context.Context) error {
			if err := read(ctx); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			var err error
			if doc.Private, doc.Public, err = note.GenerateKey(nil, checkpoint.KeyName); err != nil {
				return err
			}
			text, err := json.Marshal(doc)
			if err != nil {
				return err
			}
			now := k.o.Clock.Now()
			return store.From(ctx).Insert(&store.Record{Tenant: k.o.Owner, Kind: kindKey, ID: keyID, CreatedAt: now, UpdatedAt: now, Doc: text})
		})
	}
	if err != nil {
		return nil, err
	}
	got = &key{public: doc.Public}
	if got.signer, err = note.NewSigner(doc.Private); err != nil {
		return nil, errors.New("what is stored is no key") // the library's error shows it
	}
	if got.verifier, err = note.NewVerifier(doc.Public); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key = got
	return got, nil
}

// Sign signs a text that is no checkpoint with the key of the trail; the text says what it is in its first line.
func (k *Keeper) Sign(ctx context.Context, text string) (string, error) {
	by, err := k.signing(ctx)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: text}, by.signer)
	return string(signed), err
}
