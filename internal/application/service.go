// SPDX-License-Identifier: Apache-2.0

package application

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/network"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/vault"
)

// Credentials makes and ends what applications authenticate with, in the running transaction.
type Credentials interface {
	// The digest is that of a secret which is in a vault already; without one a secret is made, and shown.
	IssueApplication(ctx context.Context, company, role string, digest []byte) (id, secret string, err error)
	RotateApplication(ctx context.Context, id string, overlap time.Duration, digest []byte) (secret string, until time.Time, err error)
	// Holder is whose secret has a digest, and whether it opens anything; "" for nobody's.
	Holder(ctx context.Context, digest []byte) (id string, works bool, err error)
	EndTokens(ctx context.Context, id string) error
	RemoveApplication(ctx context.Context, id string) error
}

// Environments tells where applications can be.
type Environments interface {
	// Environment finds one by name; false when it is not configured here.
	Environment(name string) (permit.Environment, bool)
	// Names lists them, the sandbox first.
	Names() []string
}

// Companies finds companies.
type Companies interface {
	HasCompany(ctx context.Context, tenant, company string) (bool, error)
}

// Uses knows what applications called; nil: nobody does.
type Uses interface {
	// LastCall is the last call that was let through; zero when none is known.
	LastCall(r store.Reader, tenant, client string) (time.Time, error)
	// Since is from when on calls are known; zero when none is.
	Since(r store.Reader, tenant string) (time.Time, error)
}

// Deps are what the service stands on.
type Deps struct {
	Clock        clock.Clock // the system's: access does not follow a simulated clock
	Store        Store       // for quotas, which are taken outside of transactions
	Credentials  Credentials
	Environments Environments
	Companies    Companies
	Permits      *permit.Engine
	Uses         Uses
	Vault        Vault
	// Reserved says what uses a reference for something else, such as an environment; "" for nothing.
	Reserved func(ref vault.Ref) string
}

// Service keeps applications. What it has in memory is a copy of the store's, changed after commit only.
type Service struct {
	d    Deps
	mu   sync.RWMutex
	live map[string]*Live
	held map[string]*share // of quotas

	order peers.Order
	modes uint64 // grows when an environment changes its mode: what was compiled before is compiled again
}

// New makes the service; Load fills it.
func New(d Deps) *Service {
	return &Service{d: d, live: map[string]*Live{}, held: map[string]*share{}}
}

// Load reads all applications; the context carries a read transaction.
func (s *Service) Load(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "applications: load")
	tx := store.Read(ctx)
	tenants, err := tx.Tenants()
	if err != nil {
		return err
	}
	live := map[string]*Live{}
	for _, t := range tenants {
		if err := s.readInto(live, tx, t); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = live
	return nil
}

// readInto adds a tenant's applications.
func (s *Service) readInto(live map[string]*Live, tx store.Reader, tenant string) error {
	for r, err := range tx.List(store.Query{Tenant: tenant, Kind: kind}) {
		if err != nil {
			return err
		}
		a, err := read(r)
		if err != nil {
			return err
		}
		live[a.ClientID] = s.compile(a)
	}
	return nil
}

// Find gives what counts for a client now; nil when it is no application.
func (s *Service) Find(clientID string) *Live {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live[clientID]
}

// Usable is nil unless the application was suspended or has expired.
func (s *Service) Usable(l *Live) error {
	if l.State == Suspended {
		return errs.New(errs.ApplicationSuspended, "this application was suspended").With("since", l.Suspension.At.UTC().Format(time.RFC3339))
	}
	if !l.ExpiresAt.IsZero() && !s.d.Clock.Now().Before(l.ExpiresAt) {
		return errs.New(errs.ApplicationExpired, "this application's access ended at %s", l.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return nil
}

func (s *Service) compile(a *Application) *Live {
	l := &Live{Application: a}
	for _, n := range a.Networks {
		p, err := network.Parse(n)
		if err != nil {
			p = netip.Prefix{} // of an earlier version, which took it: it contains nothing, while leaving it out could open the door
		}
		l.Prefixes = append(l.Prefixes, p)
	}
	if env, ok := s.d.Environments.Environment(a.Environment); ok {
		l.Set = s.d.Permits.Compile(permit.Application{ID: a.ClientID, Owner: a.Owner, Environment: env, Grants: a.Grants})
	}
	return l
}

// Recompile is for when an environment changes its mode.
func (s *Service) Recompile() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes++
	for id, l := range s.live {
		s.live[id] = s.compile(l.Application)
	}
}

// compiled says by which modes compile works from here on.
func (s *Service) compiled() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.modes
}

// put lets count what was compiled by some modes; the caller holds the lock.
func (s *Service) put(l *Live, modes uint64) {
	if modes != s.modes {
		l = s.compile(l.Application)
	}
	s.live[l.ClientID] = l
}

// Follow reads a tenant's applications anew (peers.Follower); the context carries a transaction.
func (s *Service) Follow(ctx context.Context, tenant string, n int64) error {
	live, modes := map[string]*Live{}, s.compiled()
	if err := s.readInto(live, store.Read(ctx), tenant); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.order.Follows(tenant, n) {
		return nil
	}
	for id, l := range s.live {
		if l.tenant == tenant && live[id] == nil && !s.order.Keeps(tenant, id) {
			delete(s.live, id)
		}
	}
	for id, l := range live {
		if !s.order.Keeps(tenant, id) {
			s.put(l, modes)
		}
	}
	return nil
}

func (s *Service) keep(ctx context.Context, a *Application) {
	modes := s.compiled()
	l := s.compile(a)
	peers.Note(ctx, a.tenant, peers.Applications, func(n int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.order.Own(a.tenant, a.ClientID, n) {
			s.put(l, modes)
		}
	})
}

// check holds settings to the rules that the contract cannot state; was is the application so far, or nil.
func (s *Service) check(ctx context.Context, in *Settings, was *Application) error {
	if in.Environment == "" {
		in.Environment = Sandbox
	}
	if _, ok := s.d.Environments.Environment(in.Environment); !ok {
		return errs.Invalidf("/environment", "reference", "%q is no environment of this server", in.Environment).Allow(s.d.Environments.Names()...)
	}
	if a, err := mail.ParseAddress(in.Owner); err != nil || a.Address != in.Owner {
		return errs.Invalidf("/owner", "format", "the owner must be an e-mail address, so that somebody can be asked")
	}
	var inForce []permit.Grant
	if was != nil {
		inForce = was.Grants
	}
	if err := s.d.Permits.Check(in.Grants, inForce); err != nil {
		return err
	}
	for i, n := range in.Networks {
		if _, err := network.Parse(n); err != nil {
			return errs.Invalidf(fmt.Sprintf("/networks/%d", i), "format", "%q %v", n, err)
		}
	}
	if err := s.checkRef(in, was); err != nil {
		return err
	}
	if in.Rate != nil {
		if err := in.Rate.Check(); err != nil {
			return errs.Invalidf("/rate", "range", "the rate %v", err)
		}
	}
	if c := in.Purchases; c != nil && c.Count != nil && *c.Count < 0 {
		return errs.Invalidf("/purchases/countPerDay", "minimum", "a cap is not negative")
	}
	if in.RequestsPerDay < 0 {
		return errs.Invalidf("/requestsPerDay", "minimum", "a quota is not negative")
	}
	if c := in.Purchases; c != nil && c.Amount != nil && c.Amount.Minor < 0 {
		return errs.Invalidf("/purchases/amountPerDay/minor", "minimum", "a cap is not negative")
	}
	if in.Environment != Sandbox {
		if in.Role != "" || in.Company != "" {
			return errs.Invalidf("/role", "combination", "role and companyId are for the sandbox; the real API decides by the environment's credential")
		}
		return nil
	}
	if in.Role == "" {
		return errs.Invalidf("/role", "required", "inside the sandbox an application acts with a role").Allow(roles...)
	}
	if (in.Role == actor.CompanyAdmin) != (in.Company != "") {
		return errs.Invalidf("/companyId", "combination", "a company goes with the role COMPANY_ADMIN, and only with it")
	}
	if in.Company != "" {
		ok, err := s.d.Companies.HasCompany(ctx, actor.Tenant(ctx), in.Company)
		if err != nil {
			return err
		}
		if !ok {
			return errs.OnField(errs.ReferenceNotFound, "/companyId", "reference", "the TMC has no company %q", in.Company)
		}
	}
	return nil
}

// ends holds settings that somebody sends to an end of access that lies ahead. A file may say what is over.
func (s *Service) ends(in *Settings) error {
	if !in.ExpiresAt.IsZero() && !s.d.Clock.Now().Before(in.ExpiresAt) {
		return errs.Invalidf("/expiresAt", "future", "the end of access lies in the past")
	}
	return nil
}

//nolint:gochecknoglobals // constant; Go has no constant slices
var roles = []string{actor.TMCAdmin, actor.TMCAgent, actor.CompanyAdmin}

// own reads an application of the caller's TMC.
func (s *Service) own(ctx context.Context, id string) (*Application, *store.Record, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, errs.Missing("application", id)
	} else if err != nil {
		return nil, nil, err
	}
	a, err := read(r)
	return a, r, err
}

// write stores the changed application and lets it count from the commit on.
func (s *Service) write(ctx context.Context, a *Application, version int64) error {
	a.UpdatedAt = s.d.Clock.Now()
	if err := named(store.From(ctx).Update(a.record(), version)); err != nil {
		return err
	}
	s.keep(ctx, a)
	return nil
}

// named turns what a store refuses into the caller's answer.
func named(err error) error {
	if d, ok := errors.AsType[*store.DuplicateError](err); ok {
		return taken(d.ID)
	}
	if errors.Is(err, store.ErrVersion) {
		return errs.New(errs.VersionConflict, "the application changed meanwhile").Because(err)
	}
	return err
}

func taken(clientID string) error {
	return errs.OnField(errs.DuplicateValue, "/name", "unique", "another application has this name").With("clientId", clientID)
}
