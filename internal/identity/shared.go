// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/store"
)

// maxTokens bounds how many tokens of other processes are remembered; past it all are read anew.
const maxTokens = 100_000

// Share makes the service one of several on the same database: what it does not know it looks for in the
// store, and before it believes what it knows of a tenant it follows the others. Call it before the first
// request, and not Load.
func (s *Service) Share(v Viewer, f Follower) {
	s.viewer, s.peers, s.asking = v, f, make(chan struct{}, maxAsking)
}

// maxAsking is how many reads for unknown tokens and clients are under way at once: whoever sends wrong ones must
// not take all connections from the others.
const maxAsking = 4

// ask reads from the store.
func (s *Service) ask(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, inside := store.Current(ctx); inside {
		return s.viewer.View(ctx, fn)
	}
	select {
	case s.asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.asking }()
	return s.viewer.View(ctx, fn)
}

// Follow forgets what is known of a tenant's clients (peers.Follower).
func (s *Service) Follow(_ context.Context, tenant string, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order.Follows(tenant, n)
	s.epoch++
	for id, c := range s.clients {
		if c.Tenant == tenant {
			s.stale[id] = true
		}
	}
	return nil
}

// client is an API user as it is now, nil when there is none.
func (s *Service) client(ctx context.Context, id string) (*client, error) {
	c, ok := s.known(id)
	if s.peers == nil {
		return c, nil
	}
	if c != nil {
		if err := s.peers.Follow(ctx, c.Tenant); err != nil {
			return nil, err
		}
		c, ok = s.known(id)
	}
	if ok {
		return c, nil
	}
	s.mu.RLock()
	epoch := s.epoch
	s.mu.RUnlock()
	c, err := s.readClient(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, inside := store.Current(ctx); !inside { // what a transaction reads may be undone with it
		s.mu.Lock()
		if s.epoch == epoch {
			delete(s.stale, id)
			if c == nil {
				delete(s.clients, id)
			} else {
				s.clients[id] = c
			}
		}
		s.mu.Unlock()
	}
	if c == nil {
		return nil, nil //nolint:nilnil // nobody
	}
	return c, s.peers.Follow(ctx, c.Tenant) // the rest of what the request is decided by
}

// known is what is remembered of a client, and whether that can be believed.
func (s *Service) known(id string) (c *client, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c = s.clients[id]
	return c, c != nil && !s.stale[id]
}

func (s *Service) readClient(ctx context.Context, id string) (c *client, err error) {
	err = s.ask(ctx, func(ctx context.Context) error {
		r, err := store.Read(ctx).Get(Platform, kindClient, id)
		if errors.Is(err, store.ErrNotFound) {
			r, err = store.Read(ctx).Get(Platform, kindApplication, id)
		}
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		c, err = readClient(r)
		return err
	})
	return c, err
}

// granted is what a token stands for, nil when it is none. Others' tokens are found in the store.
func (s *Service) granted(ctx context.Context, h [32]byte, token string) (*grant, error) {
	s.mu.RLock()
	g := s.tokens[h]
	s.mu.RUnlock()
	if g != nil || s.peers == nil || !strings.HasPrefix(token, tokenPrefix) {
		return g, nil
	}
	err := s.ask(ctx, func(ctx context.Context) error {
		r, err := store.Read(ctx).Get(Platform, kindToken, hex.EncodeToString(h[:]))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		g = new(grant)
		if err := json.Unmarshal(r.Doc, g); err != nil {
			return fmt.Errorf("identity: token: %w", err)
		}
		return nil
	})
	if err != nil || g == nil {
		return nil, err
	}
	c, err := s.client(ctx, g.Client)
	if err != nil || c == nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) >= maxTokens {
		clear(s.tokens)
	}
	g.stand(c)
	s.tokens[h] = g
	return g, nil
}
