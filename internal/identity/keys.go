// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Statuses of a partner key.
const (
	keyActive  = "ACTIVE"
	keyRevoked = "REVOKED"
)

// key is PartnerPublicKeyInfo with the key itself.
type key struct {
	ID         string          `json:"id"`
	OrgID      string          `json:"orgId"`
	KID        string          `json:"kid"`
	Status     string          `json:"status"`
	CreatedAt  string          `json:"createdAt"`
	Thumbprint string          `json:"thumbprint"` // RFC 7638, SHA-256, base64url
	JWK        json.RawMessage `json:"jwk,omitempty"`
}

// AddKeyIn is PartnerPublicKeyRequest.
type AddKeyIn struct {
	CompanyID string `path:"companyId"`
	Body      struct {
		KeyType string `json:"keyType"`
		JWKS    struct {
			Keys []json.RawMessage `json:"keys"`
		} `json:"jwks"`
	} `body:"json"`
}

// KeysOut lists keys without their material.
type KeysOut struct {
	Keys []key `json:"keys"`
}

// AddKey is addPartnerPublicKey: exactly one RSA key a request; a kid in use is refused.
func (s *Service) AddKey(ctx context.Context, in AddKeyIn) (KeysOut, error) {
	if err := s.company(ctx, in.CompanyID); err != nil {
		return KeysOut{}, err
	}
	if n := len(in.Body.JWKS.Keys); n != 1 {
		return KeysOut{}, errs.Invalidf("/jwks/keys", "maxItems", "exactly one key a request is taken, %d came", n)
	}
	raw := in.Body.JWKS.Keys[0]
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(raw); err != nil || !jwk.Valid() || !jwk.IsPublic() {
		return KeysOut{}, errs.Invalidf("/jwks/keys/0", "key", "the key is not a valid public RSA key in JWK form").Because(err)
	}
	thumb, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return KeysOut{}, errs.Invalidf("/jwks/keys/0", "key", "the key has no RFC 7638 thumbprint").Because(err)
	}
	now := s.clocks.Now(actor.Tenant(ctx))
	k := key{ID: ids.UUID(), OrgID: in.CompanyID, KID: jwk.KeyID, Status: keyActive, CreatedAt: now.Format(time.RFC3339), Thumbprint: base64.RawURLEncoding.EncodeToString(thumb), JWK: raw}
	rec, err := keyRecord(actor.Tenant(ctx), &k)
	if err != nil {
		return KeysOut{}, err
	}
	rec.CreatedAt, rec.UpdatedAt = now, now
	err = store.From(ctx).Insert(rec)
	if _, ok := errors.AsType[*store.DuplicateError](err); ok {
		return KeysOut{}, errs.OnField(errs.DuplicateValue, "/jwks/keys/0/kid", "unique", "a key with the kid %q exists already", clip(k.KID))
	}
	k.JWK = nil
	return KeysOut{Keys: []key{k}}, err
}

// ListKeysIn asks for the keys of a company.
type ListKeysIn struct {
	CompanyID string `path:"companyId"`
	Status    string `query:"status"`
}

// ListKeys is listPartnerPublicKeys.
func (s *Service) ListKeys(ctx context.Context, in ListKeysIn) (KeysOut, error) {
	if err := s.company(ctx, in.CompanyID); err != nil {
		return KeysOut{}, err
	}
	out := KeysOut{Keys: []key{}}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindKey, Parent: in.CompanyID}) {
		if err != nil {
			return KeysOut{}, err
		}
		k, err := readKey(r)
		if err != nil {
			return KeysOut{}, err
		}
		if k.Status == in.Status || (in.Status == "" && k.Status == keyActive) {
			k.JWK = nil
			out.Keys = append(out.Keys, *k)
		}
	}
	return out, nil
}

// RevokeKeyIn names a key.
type RevokeKeyIn struct {
	CompanyID string `path:"companyId"`
	KID       string `path:"kid"`
}

// RevokeKey is revokePartnerPublicKey: token exchange with the key fails from now on. RESOURCE_NOT_FOUND.
func (s *Service) RevokeKey(ctx context.Context, in RevokeKeyIn) (struct{}, error) {
	if err := s.company(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	tx := store.From(ctx)
	r, err := tx.Find(actor.Tenant(ctx), kindKey, "key.kid", in.CompanyID+"|"+in.KID)
	if errors.Is(err, store.ErrNotFound) {
		return struct{}{}, errs.Missing("partner key", in.KID)
	} else if err != nil {
		return struct{}{}, err
	}
	k, err := readKey(r)
	if err != nil {
		return struct{}{}, err
	}
	k.Status = keyRevoked
	rec, err := keyRecord(r.Tenant, k)
	if err != nil {
		return struct{}{}, err
	}
	rec.CreatedAt, rec.UpdatedAt = r.CreatedAt, s.clocks.Now(r.Tenant)
	return struct{}{}, tx.Update(rec, r.Version)
}

// activeKeys finds the keys with a kid that may sign for the client: those of its company, or of any
// company of its TMC.
func (s *Service) activeKeys(ctx context.Context, c *client, kid string) ([]jose.JSONWebKey, error) {
	var out []jose.JSONWebKey
	for r, err := range store.Read(ctx).List(store.Query{Tenant: c.Tenant, Kind: kindKey, Field: "key.anykid", Value: kid}) {
		if err != nil {
			return nil, err
		}
		k, err := readKey(r)
		if err != nil {
			return nil, err
		}
		if k.Status != keyActive || (c.Company != "" && k.OrgID != c.Company) {
			continue
		}
		var jwk jose.JSONWebKey
		if err := jwk.UnmarshalJSON(k.JWK); err != nil {
			return nil, fmt.Errorf("identity: stored key %s: %w", k.ID, err)
		}
		out = append(out, jwk)
	}
	return out, nil
}

// company checks that the caller may act for the company and that it exists.
func (s *Service) company(ctx context.Context, id string) error {
	a := actor.From(ctx)
	if err := a.MayCompany(id); err != nil {
		return err
	}
	ok, err := s.directory.HasCompany(ctx, a.Tenant, id)
	if err == nil && !ok {
		return errs.Missing("company", id)
	}
	return err
}

func keyRecord(tenant string, k *key) (*store.Record, error) {
	doc, err := json.Marshal(k)
	return &store.Record{Tenant: tenant, Kind: kindKey, ID: k.ID, Parent: k.OrgID, Doc: doc, Index: []store.Entry{
		{Field: "key.kid", Value: k.OrgID + "|" + k.KID, Unique: true}, {Field: "key.anykid", Value: k.KID},
	}}, err
}

func readKey(r *store.Record) (*key, error) {
	k := new(key)
	if err := json.Unmarshal(r.Doc, k); err != nil {
		return nil, fmt.Errorf("identity: key %s: %w", r.ID, err)
	}
	return k, nil
}
