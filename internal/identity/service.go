// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/peers"
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

	admit Admission // nil: applications get tokens from anywhere

	viewer Viewer
	peers  Follower            // nil: no other process uses the store
	dead   map[[32]byte]string // why tokens that are gone went, of the last ones
	asking chan struct{}       // holds one for each read under way
	epoch  uint64              // grows when something becomes stale
	stale  map[string]bool     // clients that another process may have changed
	order  peers.Order
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
	return &Service{clocks: clocks, directory: d, jwks: jwks, clients: map[string]*client{}, tokens: map[[32]byte]*grant{}, stale: map[string]bool{}}
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
	g.stand(c)
	s.tokens[h] = g
}

// stand gives the grant the actor it stands for.
func (g *grant) stand(c *client) {
	g.actor = &actor.Actor{Tenant: c.Tenant, ClientID: c.ID, Company: g.Company, UserID: g.UserID, Roles: g.Roles, Bound: c.Company}
}

// Identity is who a token is, and what is kept from him.
type Identity struct {
	Actor    *actor.Actor
	KeepsAll bool // his complete-object updates may leave out nothing that is stored
	// Application: the credential was made for one, which says what it may do. Whoever does not know that application
	// knows nothing that the credential opens.
	Application bool
}

// Authenticate finds the actor of an access token or a SCIM token; the store is asked only for what another
// process changed. ACCESS_TOKEN_INVALID with the documented message for anything that is not a live token.
func (s *Service) Authenticate(ctx context.Context, token string) (*Identity, error) {
	g, err := s.granted(ctx, sha256.Sum256([]byte(token)), token)
	if err != nil {
		return nil, err
	}
	if g == nil {
		if e, ok := openEnvelope(token); ok {
			return s.scim(ctx, e)
		}
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Known(s.lost(sha256.Sum256([]byte(token))))
	}
	c, err := s.client(ctx, g.Client)
	if err != nil {
		return nil, err
	}
	if c == nil || c.Generation != g.Generation {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The client's secret was rotated or the client was revoked; that kills its tokens at once. Get a new token.").Known(ReasonRotatedToken)
	}
	if !s.clocks.Now(c.Tenant).Before(g.Expires) {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The token expired at %s on the tenant's clock. Get a new token.", g.Expires.UTC().Format(time.RFC3339)).Known(ReasonExpiredToken)
	}
	return &Identity{g.actor, c.KeepsAll, c.Application}, nil
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

// verify compares a secret, and holds the client to the networks that it may call from. An unknown client, and a known
// one from elsewhere, cost the same comparison as a wrong secret and get the same answer, so that nobody can try
// secrets from where they do not open anything. What is remembered of the client may be old: issue looks again.
func (s *Service) verify(ctx context.Context, id, secret, address string) (*client, error) {
	got := hashSecret(secret)
	c, ok := s.known(id)
	if s.peers != nil && (!ok || subtle.ConstantTimeCompare(got, c.SecretHash) != 1) {
		var err error
		if c, err = s.readClient(ctx, id); err != nil {
			return nil, err
		}
	}
	want, before := make([]byte, len(got)), make([]byte, len(got))
	if c != nil && !c.SCIM {
		copy(want, c.SecretHash)
		if s.clocks.Base().Now().Before(c.PreviousUntil) {
			copy(before, c.PreviousHash)
		}
	}
	refuse := func(why string) error {
		return errs.New(errs.CredentialInvalid, "client_id and client_secret do not belong together").Known(why)
	}
	if subtle.ConstantTimeCompare(got, want)|subtle.ConstantTimeCompare(got, before) != 1 || c == nil {
		return nil, refuse(s.whyNot(ctx, id, c, got))
	}
	within, err := s.admitted(ctx, c, address)
	if err != nil {
		return nil, err
	}
	if !within {
		s.whyNot(ctx, id, c, got) // takes as long as it does for a wrong secret
		return nil, refuse(ReasonNetwork)
	}
	return c, nil
}

// Admission says whether an application may get a token from an address: whether the address is one of its own, and
// an error for one that may not call at all, whoever asks.
type Admission func(ctx context.Context, tenant, clientID string, from netip.Addr) (within bool, err error)

// Admit says who decides whether applications get tokens. API users may get them from anywhere.
func (s *Service) Admit(a Admission) { s.admit = a }

func (s *Service) admitted(ctx context.Context, c *client, address string) (bool, error) {
	if s.admit == nil || !c.Application {
		return true, nil
	}
	if s.peers != nil { // another process may have changed what it decides by
		if err := s.peers.Follow(ctx, c.Tenant); err != nil {
			return false, err
		}
	}
	from, _ := netip.ParseAddr(address) // the edge made it; the zero address is in no network
	return s.admit(ctx, c.Tenant, c.ID, from.Unmap())
}

// ApplicationOf is whose an application's credential is, also when another process made it a moment ago; "" for every
// other id.
func (s *Service) ApplicationOf(ctx context.Context, id string) (tenant string, err error) {
	if len(id) > maxID {
		return "", nil
	}
	c, err := s.client(ctx, id)
	if err != nil || c == nil || !c.Application {
		return "", err
	}
	return c.Tenant, nil
}
