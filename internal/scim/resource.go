// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const kindUser = "scim.user"

// kept is what stands beside a profile: the resource as the directory wrote it, and what the profile
// said in SCIM's terms right after.
type kept struct {
	Resource map[string]any `json:"resource"`
	Seen     map[string]any `json:"seen"`
	Hidden   bool           `json:"hidden,omitempty"` // deleted through SCIM
}

func (s *Service) kept(ctx context.Context, id string) (*kept, *store.Record, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	k := new(kept)
	if err := json.Unmarshal(r.Doc, k); err != nil {
		return nil, nil, fmt.Errorf("scim: user %s is stored broken: %w", id, err)
	}
	return k, r, nil
}

// read is the resource of a user of the company. RESOURCE_NOT_FOUND, also for one that was deleted
// through SCIM and not activated since.
func (s *Service) read(ctx context.Context, c, id string) (map[string]any, error) {
	p, err := s.directory.Person(ctx, c, id)
	if err != nil {
		return nil, err
	}
	k, _, err := s.kept(ctx, id)
	if err != nil {
		return nil, err
	}
	if k != nil && k.Hidden && !p.Active {
		return nil, errs.Missing("user", id)
	}
	derived, err := s.derive(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.complete(k.over(derived), p), nil
}

// over is what the directory wrote, as far as the profile still says the same; else the profile.
func (k *kept) over(derived map[string]any) map[string]any {
	if k == nil || k.Resource == nil {
		return derived
	}
	out := merge(k.Resource, k.Seen, derived, mapped())
	ext := merge(enterprise(k.Resource), enterprise(k.Seen), enterprise(derived), mappedEnterprise())
	delete(out, enterpriseURN)
	put(out, enterpriseURN, ext)
	return out
}

func merge(wrote, seen, derived map[string]any, names []string) map[string]any {
	out := maps.Clone(wrote)
	if out == nil {
		out = map[string]any{}
	}
	for _, name := range names {
		if reflect.DeepEqual(seen[name], derived[name]) {
			continue
		}
		if derived[name] == nil {
			delete(out, name)
			continue
		}
		out[name] = derived[name]
	}
	return out
}

// complete adds what the server says about the resource.
func (s *Service) complete(out map[string]any, p *Person) map[string]any {
	out = maps.Clone(out)
	schemas := []any{coreURN}
	if len(enterprise(out)) > 0 {
		schemas = append(schemas, enterpriseURN)
	}
	out["schemas"], out["id"], out["active"] = schemas, p.ID, p.Active
	out["meta"] = map[string]any{
		"resourceType": "User", "location": s.location(p.ID),
		"created": p.Created.UTC().Format(time.RFC3339), "lastModified": p.Updated.UTC().Format(time.RFC3339),
	}
	return out
}

func (s *Service) location(id string) string { return s.baseURL() + "/v2/scim/Users/" + id }

// keep stores the resource beside its profile and answers it as it reads now.
func (s *Service) keep(ctx context.Context, c, id string, resource map[string]any) (UserOut, error) {
	p, err := s.directory.Person(ctx, c, id)
	if err != nil {
		return UserOut{}, err
	}
	derived, err := s.derive(ctx, p)
	if err != nil {
		return UserOut{}, err
	}
	k := &kept{Resource: visible(resource), Seen: derived}
	if err := s.store(ctx, c, id, k); err != nil {
		return UserOut{}, err
	}
	return UserOut{doc: s.complete(k.over(derived), p)}, nil
}

func (s *Service) hide(ctx context.Context, c, id string) error {
	k, _, err := s.kept(ctx, id)
	if err != nil {
		return err
	}
	if k == nil {
		k = new(kept)
	}
	k.Hidden = true
	return s.store(ctx, c, id, k)
}

func (s *Service) store(ctx context.Context, c, id string, k *kept) error {
	doc, err := json.Marshal(k)
	if err != nil {
		return err
	}
	now := s.clocks.Now(actor.Tenant(ctx))
	r := &store.Record{Tenant: actor.Tenant(ctx), Kind: kindUser, ID: id, Parent: c, CreatedAt: now, UpdatedAt: now, Doc: doc}
	_, old, err := s.kept(ctx, id)
	if err != nil {
		return err
	}
	if old == nil {
		return store.From(ctx).Insert(r)
	}
	r.CreatedAt = old.CreatedAt
	return store.From(ctx).Update(r, old.Version)
}
