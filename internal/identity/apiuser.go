// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
)

// CreateIn is CreateApiUsersRequest.
type CreateIn struct {
	Body struct {
		TMC            string `json:"tmcId"`
		Org            string `json:"orgId"`
		Role           string `json:"role"`
		CredentialType string `json:"credentialType"`
	} `body:"json"`
}

// CreateOut shows the secret, once.
type CreateOut struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret,omitempty"`
	SCIMToken    string `json:"scimToken,omitempty"`
}

// Create is createApiUser: API_USER_LIMIT_REACHED at the sixth, REFERENCE_NOT_FOUND for a company that
// is not the TMC's.
func (s *Service) Create(ctx context.Context, in CreateIn) (CreateOut, error) {
	tenant, b := actor.Tenant(ctx), in.Body
	role := b.Role
	if role == "" {
		role = actor.TMCAdmin
	}
	scim := b.CredentialType == "SCIM_TOKEN"
	if b.TMC != "" && b.TMC != tenant {
		return CreateOut{}, errs.OnField(errs.ReferenceNotFound, "/tmcId", "reference", "tmcId must be the caller's own TMC")
	}
	if scim && role != actor.CompanyAdmin {
		return CreateOut{}, errs.Invalidf("/role", "combination", "a SCIM_TOKEN needs the role COMPANY_ADMIN").Allow(actor.CompanyAdmin)
	}
	if role == actor.CompanyAdmin && b.Org == "" {
		return CreateOut{}, errs.Invalidf("/orgId", "required", "an API user with the role COMPANY_ADMIN needs the company it is for")
	}
	if b.Org != "" {
		ok, err := s.directory.HasCompany(ctx, tenant, b.Org)
		if err != nil {
			return CreateOut{}, err
		}
		if !ok {
			return CreateOut{}, errs.OnField(errs.ReferenceNotFound, "/orgId", "reference", "the TMC has no company %q", b.Org)
		}
	}
	company := ""
	if role == actor.CompanyAdmin {
		company = b.Org
	}
	return s.Issue(ctx, tenant, company, role, scim)
}

// Issue makes an API user in the running transaction; `airside tmc create` and the demo seed use it for a
// TMC's first one. API_USER_LIMIT_REACHED.
func (s *Service) Issue(ctx context.Context, tenant, company, role string, scim bool) (CreateOut, error) {
	tx := store.From(ctx)
	n, err := tx.Count(store.Query{Tenant: Platform, Kind: kindClient, Parent: tenant})
	if err != nil {
		return CreateOut{}, err
	}
	if n >= MaxClients {
		return CreateOut{}, errs.New(errs.APIUserLimit, "this TMC has %d API users, which is as many as it may have", n)
	}
	now := s.clocks.Base().Now()
	secret := ids.Secret("asc_")
	c := &client{ID: ids.UUID(), Tenant: tenant, Company: company, Role: role, SCIM: scim, SecretHash: hashSecret(secret), Generation: 1, CreatedAt: now, RotatedAt: now}
	if err := tx.Insert(c.record()); err != nil {
		return CreateOut{}, err
	}
	s.keep(ctx, c)
	if !scim {
		return CreateOut{ClientID: c.ID, ClientSecret: secret}, nil
	}
	token, err := envelope{"scim", c.ID, secret}.token()
	return CreateOut{ClientID: c.ID, SCIMToken: token}, err
}

// keep remembers a client that changed, and tells the other processes.
func (s *Service) keep(ctx context.Context, c *client) {
	peers.Note(ctx, c.Tenant, peers.Credentials, func(n int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.epoch++
		s.clients[c.ID] = c
		if s.order.Own(c.Tenant, c.ID, n) {
			delete(s.stale, c.ID)
		} else { // there is something newer, and nobody will say so again
			s.stale[c.ID] = true
		}
	})
}

// ListIn pages the caller's API users.
type ListIn struct {
	Limit  int `query:"limit"`
	Offset int `query:"offset"`
}

// ListOut is GetApiUsersResponse: ids, never secrets.
type ListOut struct {
	APIUsers []ListedUser `json:"apiUsers"`
	Total    int          `json:"totalCount"`
}

// ListedUser is one entry of the list.
type ListedUser struct {
	ClientID string `json:"clientId"`
}

// List is getApiUsers.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	tx := store.Read(ctx)
	q := store.Query{Tenant: Platform, Kind: kindClient, Parent: actor.Tenant(ctx)}
	total, err := tx.Count(q)
	if err != nil {
		return ListOut{}, err
	}
	out := ListOut{APIUsers: []ListedUser{}, Total: total}
	if in.Limit == 0 {
		return out, nil
	}
	q.Offset, q.Limit = in.Offset, in.Limit
	for r, err := range tx.List(q) {
		if err != nil {
			return ListOut{}, err
		}
		out.APIUsers = append(out.APIUsers, ListedUser{r.ID})
	}
	return out, nil
}

// ClientIn names an API user.
type ClientIn struct {
	Body struct {
		ClientID string `json:"clientId"`
	} `body:"json"`
}

// RotateOut shows the new secret, once.
type RotateOut struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

// Rotate is rotateClientSecret: the old secret and every token made with it are dead when this
// commits; the id stays. For a SCIM client the new secret is a whole SCIM token, ready to be used
// (CHOICE: the published answer has one place for it). RESOURCE_NOT_FOUND for another TMC's client.
func (s *Service) Rotate(ctx context.Context, in ClientIn) (RotateOut, error) {
	c, r, err := s.own(ctx, in.Body.ClientID)
	if err != nil {
		return RotateOut{}, err
	}
	secret := ids.Secret("asc_")
	c.RetiredHash = c.SecretHash
	c.SecretHash, c.RotatedAt = hashSecret(secret), s.clocks.Base().Now()
	c.Generation++
	tx := store.From(ctx)
	if err := tx.Update(c.record(), r.Version); err != nil {
		return RotateOut{}, err
	}
	if err := s.killTokens(ctx, c.ID); err != nil {
		return RotateOut{}, err
	}
	s.keep(ctx, c)
	if c.SCIM {
		secret, err = envelope{"scim", c.ID, secret}.token()
	}
	return RotateOut{ClientID: c.ID, ClientSecret: secret}, err
}

// Revoke is deleteApiUser: permanent, frees the place in the quota. RESOURCE_NOT_FOUND.
func (s *Service) Revoke(ctx context.Context, in ClientIn) (struct{}, error) {
	c, _, err := s.own(ctx, in.Body.ClientID)
	if err != nil {
		return struct{}{}, err
	}
	tx := store.From(ctx)
	if err := tx.Remove(Platform, kindClient, c.ID); err != nil {
		return struct{}{}, err
	}
	if err := s.entomb(ctx, c); err != nil {
		return struct{}{}, err
	}
	if err := s.killTokens(ctx, c.ID); err != nil {
		return struct{}{}, err
	}
	peers.Note(ctx, c.Tenant, peers.Credentials, func(int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.epoch++
		delete(s.clients, c.ID)
	})
	return struct{}{}, nil
}

// own reads a client of the caller's TMC.
func (s *Service) own(ctx context.Context, id string) (*client, *store.Record, error) {
	return s.ownOf(ctx, kindClient, "API user", id)
}

func (s *Service) ownOf(ctx context.Context, kind, noun, id string) (*client, *store.Record, error) {
	r, err := store.Read(ctx).Get(Platform, kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, errs.Missing(noun, id)
	} else if err != nil {
		return nil, nil, err
	}
	c, err := readClient(r)
	if err != nil {
		return nil, nil, err
	}
	if c.Tenant != actor.Tenant(ctx) {
		return nil, nil, errs.Missing(noun, id)
	}
	return c, r, nil
}

// killTokens removes the stored tokens of a client. In memory they are dead as soon as the client's
// generation changes.
func (s *Service) killTokens(ctx context.Context, clientID string) error {
	var dead []string
	for r, err := range store.From(ctx).List(store.Query{Tenant: Platform, Kind: kindToken, Parent: clientID}) {
		if err != nil {
			return err
		}
		dead = append(dead, r.ID)
	}
	for _, id := range dead {
		if err := s.forget(ctx, id, ReasonRotatedToken); err != nil {
			return err
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
