// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"slices"
	"sync"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
)

// rights are what a user may do, as far as it does not depend on the request.
type rights struct {
	user   *User // nil: gone, inactive, or of a company that is gone
	grants []actor.Grant
	owners map[string]audience.Owner // nil while no grant asks who books
}

// cache keeps the rights of users until something changes them. A change is noted once it is committed;
// what was read before that is not kept, so nobody acts on rights that somebody was told are gone.
type cache struct {
	mu      sync.RWMutex
	tenants map[string]*known
}

type known struct {
	generation uint64
	users      map[string]*rights
	owners     map[string]audience.Owner
}

// maxKnown bounds how many users of a tenant are remembered; past it all are read anew.
const maxKnown = 20_000

// find is the rights that are known, and the generation that a newly read one belongs to.
func (c *cache) find(tenant, user string) (*rights, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k := c.tenants[tenant]
	if k == nil {
		return nil, 0
	}
	return k.users[user], k.generation
}

func (c *cache) keep(tenant, user string, r *rights, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.tenant(tenant)
	if k.generation != generation {
		return
	}
	if len(k.users) >= maxKnown {
		clear(k.users)
	}
	if r.owners != nil {
		if k.owners == nil {
			k.owners = r.owners
		}
		r.owners = k.owners // one map for all
	}
	k.users[user] = r
}

// tenant is what is known of a tenant; the caller holds the lock.
func (c *cache) tenant(id string) *known {
	if c.tenants == nil {
		c.tenants = map[string]*known{}
	}
	k := c.tenants[id]
	if k == nil {
		k = &known{users: map[string]*rights{}}
		c.tenants[id] = k
	}
	return k
}

// drop forgets one user, or everybody ("").
func (c *cache) drop(tenant, user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.tenant(tenant)
	k.generation++
	if user != "" {
		delete(k.users, user)
		return
	}
	clear(k.users)
	k.owners = nil
}

// UserChanged notes, in the transaction that changes a user, his roles or his groups, that his rights
// must be read anew.
func (s *Service) UserChanged(ctx context.Context, userID string) {
	tenant := actor.Tenant(ctx)
	peers.Note(ctx, tenant, peers.Rights, func(int64) { s.cache.drop(tenant, userID) })
}

// CompaniesChanged notes that companies came, went or changed hands.
func (s *Service) CompaniesChanged(ctx context.Context) { s.changed(ctx) }

func (s *Service) changed(ctx context.Context) {
	tenant := actor.Tenant(ctx)
	peers.Note(ctx, tenant, peers.Rights, func(int64) { s.cache.drop(tenant, "") })
}

// Follow forgets the rights of a tenant's users, which another process changed (peers.Follower).
func (s *Service) Follow(_ context.Context, tenant string, _ int64) error {
	s.cache.drop(tenant, "")
	return nil
}

// Complete gives the actor of a user's token the rights that the user has now, from both systems. A
// client that is bound to a company stays bound to it. ACCESS_TOKEN_INVALID when the user is gone or
// inactive.
func (s *Service) Complete(ctx context.Context, a *actor.Actor) (*actor.Actor, error) {
	if a.UserID == "" {
		return a, nil
	}
	r, generation := s.cache.find(a.Tenant, a.UserID)
	if r == nil {
		var err error
		if r, err = s.read(ctx, a.Tenant, a.UserID); err != nil {
			return nil, err
		}
		if _, inside := store.Current(ctx); !inside { // what a transaction reads may be undone with it
			s.cache.keep(a.Tenant, a.UserID, r, generation)
		}
	}
	if r.user == nil || a.Bound != "" && r.user.CompanyID != a.Bound {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The user of the token is not active any more.")
	}
	out := *a
	out.Home, out.Company, out.Roles, out.Grants = r.user.CompanyID, r.user.CompanyID, r.user.Roles, r.grants
	if a.Bound == "" && slices.ContainsFunc(out.Roles, wide) {
		out.Company = ""
	}
	if owners := r.owners; owners != nil {
		out.Owner = func(id string) audience.Owner { return owners[id] }
	}
	return &out, nil
}

// read reads the rights of a user in a transaction of its own.
func (s *Service) read(ctx context.Context, tenant, userID string) (*rights, error) {
	r := &rights{}
	err := s.store.View(ctx, func(ctx context.Context) error {
		ctx = actor.With(ctx, &actor.Actor{Tenant: tenant})
		*r = rights{}
		u, err := s.dir.User(ctx, userID)
		if err == nil && u.Active {
			_, err = s.dir.Company(ctx, u.CompanyID)
		}
		if errs.Is(err, errs.ResourceNotFound) || err == nil && !u.Active {
			return nil
		}
		if err != nil {
			return err
		}
		r.user = u
		if r.grants, err = s.grants(ctx, userID); err != nil {
			return err
		}
		if slices.ContainsFunc(r.grants, func(g actor.Grant) bool { return slices.ContainsFunc(g.Scope.Audiences, asksWhoBooks) }) {
			r.owners, err = s.dir.Owners(ctx)
		}
		return err
	})
	return r, err
}

func asksWhoBooks(a audience.Audience) bool {
	return slices.ContainsFunc(a.Predicates, func(p audience.Predicate) bool { return p.Type != audience.Company })
}

// grants are what the groups of a user permit.
func (s *Service) grants(ctx context.Context, userID string) ([]actor.Grant, error) {
	groups, err := s.groupsOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	var out []actor.Grant
	for _, g := range groups {
		for _, a := range g.Assignments {
			r, err := s.role(ctx, a.RoleID)
			if err != nil {
				return nil, err
			}
			if r == nil {
				continue
			}
			for _, p := range r.Permissions {
				out = append(out, actor.Grant{Permission: p.Permission, Actions: p.Actions, Scope: a.Scope})
			}
		}
	}
	return out, nil
}
