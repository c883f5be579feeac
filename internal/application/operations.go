// SPDX-License-Identifier: Apache-2.0

package application

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// SettingsIn is the body of createApplication.
type SettingsIn struct {
	Body Settings `body:"json"`
}

// Shown is an application with its secret, which is shown this once.
type Shown struct {
	Application
	ClientSecret string `json:"clientSecret,omitempty"` // none where it is in a vault
}

// Create is createApplication, after BeforeCreate. API_VALIDATION_FAILED, DUPLICATE_VALUE for the name.
func (s *Service) Create(ctx context.Context, in SettingsIn) (Shown, error) {
	if holder := preparedIn(ctx).holder; holder != "" {
		return Shown{}, taken(holder)
	}
	if err := cmp.Or(s.check(ctx, &in.Body, nil), s.ends(&in.Body)); err != nil {
		return Shown{}, err
	}
	digest, err := provided(ctx, &in.Body)
	if err != nil {
		return Shown{}, err
	}
	id, secret, err := s.d.Credentials.IssueApplication(ctx, in.Body.Company, in.Body.Role, digest)
	if err != nil {
		return Shown{}, err
	}
	now := s.d.Clock.Now()
	a := &Application{ClientID: id, Settings: in.Body, State: Active, CreatedAt: now, UpdatedAt: now, SecretRotatedAt: now, tenant: actor.Tenant(ctx)}
	if err := named(store.From(ctx).Insert(a.record())); err != nil {
		return Shown{}, err
	}
	s.keep(ctx, a)
	revision.Values(ctx, Values(nil, &a.Settings))
	return Shown{*a, secret}, nil
}

// IDIn names an application.
type IDIn struct {
	ClientID string `path:"clientId"`
}

// Get is getApplication. RESOURCE_NOT_FOUND.
func (s *Service) Get(ctx context.Context, in IDIn) (*Application, error) {
	a, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, r.Version)
	return a, s.used(ctx, a)
}

// used adds when an application called last.
func (s *Service) used(ctx context.Context, a *Application) (err error) {
	if s.d.Uses != nil {
		a.LastCallAt, err = s.d.Uses.LastCall(store.Read(ctx), a.tenant, a.ClientID)
	}
	return err
}

// ListIn narrows the list.
type ListIn struct {
	Environment string `query:"environment"`
	Name        string `query:"name"`
}

// ListOut are applications by name.
type ListOut struct {
	Applications []*Application `json:"applications"`
	Since        time.Time      `json:"callsRecordedSince,omitzero"` // without a lastCallAt, an application has made no call since
}

// List is listApplications.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	out := ListOut{Applications: []*Application{}}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind}) {
		if err != nil {
			return out, err
		}
		a, err := read(r)
		if err != nil {
			return out, err
		}
		if (in.Environment == "" || in.Environment == a.Environment) && (in.Name == "" || in.Name == a.Name) {
			out.Applications = append(out.Applications, a)
		}
	}
	slices.SortFunc(out.Applications, func(a, b *Application) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range out.Applications {
		if err := s.used(ctx, a); err != nil {
			return out, err
		}
	}
	if s.d.Uses == nil {
		return out, nil
	}
	var err error
	out.Since, err = s.d.Uses.Since(store.Read(ctx), actor.Tenant(ctx))
	return out, err
}

// UpdateIn is the complete new state of the settings.
type UpdateIn struct {
	ClientID string   `path:"clientId"`
	Body     Settings `body:"json"`
}

// Update is updateApplication. It takes effect at the application's next call. The environment, role and
// company of a credential never change: API_VALIDATION_FAILED. RESOURCE_NOT_FOUND, PRECONDITION_FAILED.
func (s *Service) Update(ctx context.Context, in UpdateIn) (*Application, error) {
	a, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return nil, err
	}
	if err := revision.Demand(ctx, r.Version); err != nil {
		return nil, err
	}
	if err := cmp.Or(s.check(ctx, &in.Body, a), s.ends(&in.Body), a.keeps(&in.Body)); err != nil {
		return nil, err
	}
	revision.Values(ctx, Values(&a.Settings, &in.Body))
	a.Settings = in.Body
	return a, s.write(ctx, a, r.Version)
}

// keeps refuses what never changes of a credential.
func (a *Application) keeps(in *Settings) error {
	for _, f := range []struct{ pointer, was, is string }{
		{"/environment", a.Environment, in.Environment}, {"/role", a.Role, in.Role}, {"/companyId", a.Company, in.Company},
	} {
		if f.was != f.is {
			return errs.Invalidf(f.pointer, "immutable", "a credential keeps its environment, role and company; make another application").Allow(f.was)
		}
	}
	return nil
}

// Delete is deleteApplication: its secret and tokens are dead when this commits. RESOURCE_NOT_FOUND.
func (s *Service) Delete(ctx context.Context, in IDIn) (struct{}, error) {
	a, _, err := s.own(ctx, in.ClientID)
	if err != nil {
		return struct{}{}, err
	}
	if err := s.d.Credentials.RemoveApplication(ctx, a.ClientID); err != nil {
		return struct{}{}, err
	}
	if err := store.From(ctx).Remove(a.tenant, kind, a.ClientID); err != nil {
		return struct{}{}, err
	}
	if err := store.From(ctx).Remove(a.tenant, kindQuota, a.ClientID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return struct{}{}, err
	}
	peers.Note(ctx, a.tenant, peers.Applications, func(n int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.order.Own(a.tenant, a.ClientID, n) {
			delete(s.live, a.ClientID)
		}
		delete(s.held, a.ClientID)
	})
	return struct{}{}, nil
}

// RotateIn says how long the old secret goes on working.
type RotateIn struct {
	ClientID string `path:"clientId"`
	Body     struct {
		OverlapSeconds int `json:"overlapSeconds"`
	} `body:"json"`
}

// Rotate is rotateApplicationSecret, after BeforeRotate. RESOURCE_NOT_FOUND.
func (s *Service) Rotate(ctx context.Context, in RotateIn) (Shown, error) {
	a, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return Shown{}, err
	}
	if preparedIn(ctx).finished {
		return Shown{*a, ""}, nil
	}
	digest, err := provided(ctx, &a.Settings)
	if err != nil {
		return Shown{}, err
	}
	secret, until, err := s.d.Credentials.RotateApplication(ctx, a.ClientID, time.Duration(in.Body.OverlapSeconds)*time.Second, digest)
	if err != nil {
		return Shown{}, err
	}
	a.SecretRotatedAt, a.PreviousUntil = s.d.Clock.Now(), until
	if err := s.write(ctx, a, r.Version); err != nil {
		return Shown{}, err
	}
	return Shown{*a, secret}, nil
}

// SuspendIn says why.
type SuspendIn struct {
	ClientID string `path:"clientId"`
	Body     struct {
		Reason string `json:"reason"`
	} `body:"json"`
}

// Suspend is suspendApplication: every call is refused from the commit on, tokens stay. RESOURCE_NOT_FOUND.
func (s *Service) Suspend(ctx context.Context, in SuspendIn) (*Application, error) {
	a, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return nil, err
	}
	revision.Values(ctx, fmt.Sprintf("reason: %q", in.Body.Reason))
	a.State, a.Suspension = Suspended, &Suspension{Reason: in.Body.Reason, By: actor.From(ctx).ClientID, At: s.d.Clock.Now()}
	return a, s.write(ctx, a, r.Version)
}

// Hold changes the rate of an application and nothing else; nil for none. RESOURCE_NOT_FOUND.
func (s *Service) Hold(ctx context.Context, clientID string, rate *Rate) error {
	a, r, err := s.own(ctx, clientID)
	if err != nil {
		return err
	}
	a.Rate = rate
	return s.write(ctx, a, r.Version)
}

// Resume is resumeApplication. RESOURCE_NOT_FOUND.
func (s *Service) Resume(ctx context.Context, in IDIn) (*Application, error) {
	a, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return nil, err
	}
	a.State, a.Suspension = Active, nil
	return a, s.write(ctx, a, r.Version)
}

// EndTokens is endApplicationTokens: its next calls need new tokens. RESOURCE_NOT_FOUND.
func (s *Service) EndTokens(ctx context.Context, in IDIn) (struct{}, error) {
	if _, _, err := s.own(ctx, in.ClientID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.d.Credentials.EndTokens(ctx, in.ClientID)
}
