// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Lifetime is how long a token lives: expires_in 3600 in every published example.
const Lifetime = time.Hour

// LegacyLifetime is the lifetime of a token of the legacy endpoint, 86,400 s (auth page §3.1).
const LegacyLifetime = 24 * time.Hour

// Service issues and checks credentials. What it has in memory is a copy of the store's, changed
// after commit only.
type Service struct {
	clocks    *clock.Tenants
	directory Directory
	jwks      *JWKS // nil: uploaded keys only
	mu        sync.RWMutex
	clients   map[string]*client
	tokens    map[[32]byte]*grant
}

// grant is what a token stands for.
type grant struct {
	Client     string    `json:"client"`
	Generation int       `json:"generation"`
	UserID     string    `json:"userId,omitempty"`
	Company    string    `json:"company,omitempty"`
	Roles      []string  `json:"roles"`
	Expires    time.Time `json:"expires"` // on the tenant's clock
	actor      *actor.Actor
}

// New makes the service; Load fills it. jwks may be nil.
func New(clocks *clock.Tenants, d Directory, jwks *JWKS) *Service {
	return &Service{clocks: clocks, directory: d, jwks: jwks, clients: map[string]*client{}, tokens: map[[32]byte]*grant{}}
}

// Load reads clients and live tokens at start-up; the context carries a read transaction.
func (s *Service) Load(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "identity: load")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kind := range []string{kindClient, kindApplication} {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: Platform, Kind: kind}) {
			if err != nil {
				return err
			}
			c, err := readClient(r)
			if err != nil {
				return err
			}
			s.clients[c.ID] = c
		}
	}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: Platform, Kind: kindToken}) {
		if err != nil {
			return err
		}
		g := new(grant)
		if err := json.Unmarshal(r.Doc, g); err != nil {
			return fmt.Errorf("token: %w", err)
		}
		var h [32]byte
		if n, err := hex.Decode(h[:], []byte(r.ID)); err != nil || n != 32 {
			return fmt.Errorf("token id %q is not a hash", r.ID)
		}
		s.remember(h, g)
	}
	return nil
}

// remember puts a grant where Authenticate finds it; the caller holds the lock.
func (s *Service) remember(h [32]byte, g *grant) {
	c := s.clients[g.Client]
	if c == nil || c.Generation != g.Generation {
		return
	}
	g.actor = &actor.Actor{Tenant: c.Tenant, ClientID: c.ID, Company: g.Company, UserID: g.UserID, Roles: g.Roles, Bound: c.Company}
	s.tokens[h] = g
}

// Authenticate finds the actor of an access token or a SCIM token without touching the store. ACCESS_TOKEN_INVALID with the
// documented message for anything that is not a live token.
func (s *Service) Authenticate(_ context.Context, token string) (*actor.Actor, error) {
	h := sha256.Sum256([]byte(token))
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.tokens[h]
	if g == nil {
		if e, ok := openEnvelope(token); ok {
			return s.scimActor(e)
		}
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid")
	}
	c := s.clients[g.Client]
	if c == nil || c.Generation != g.Generation {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The client's secret was rotated or the client was revoked; that kills its tokens at once. Get a new token.")
	}
	if !s.clocks.Now(c.Tenant).Before(g.Expires) {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The token expired at %s on the tenant's clock. Get a new token.", g.Expires.UTC().Format(time.RFC3339))
	}
	return g.actor, nil
}

// TenantOf is whose a client is; empty for one that does not exist.
func (s *Service) TenantOf(id string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if c := s.clients[id]; c != nil {
		return c.Tenant
	}
	return ""
}

// verify compares a secret. An unknown client costs the same comparison as a wrong secret.
func (s *Service) verify(id, secret string) (*client, error) {
	got := hashSecret(secret)
	s.mu.RLock()
	c := s.clients[id]
	s.mu.RUnlock()
	want, before := make([]byte, len(got)), make([]byte, len(got))
	if c != nil && !c.SCIM {
		copy(want, c.SecretHash)
		if s.clocks.Base().Now().Before(c.PreviousUntil) {
			copy(before, c.PreviousHash)
		}
	}
	if subtle.ConstantTimeCompare(got, want)|subtle.ConstantTimeCompare(got, before) != 1 || c == nil {
		return nil, errs.New(errs.CredentialInvalid, "client_id and client_secret do not belong together")
	}
	return c, nil
}
