// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// The modes.
const (
	Live     = "live"
	ReadOnly = "read-only"
	DryRun   = "dry-run"
)

// Sandbox is the environment that this process is itself.
const Sandbox = "sandbox"

// Spec is what configuration says of an upstream environment.
type Spec struct {
	Name, BaseURL, ClientID string
	Secret                  string // a reference
	Mode                    string // until another is switched to
	Live                    bool   // calls there have effects in the world
}

// Status is what an upstream's client knows of itself.
type Status struct {
	ClientID        string
	CredentialSince time.Time
	RotationDue     time.Time
	Rotation        string
	TokenExpires    time.Time
	Problem         string // what is wrong with the credential; empty when nothing is
}

// Deps are what the service stands on.
type Deps struct {
	Clock clock.Clock
	Specs []Spec
	// Status asks the client of an upstream environment; it must not touch the network.
	Status func(ctx context.Context, name string) Status
	// Rotate replaces the secret of an upstream environment. STATE_DOES_NOT_ALLOW while that goes on,
	// ROTATION_REFUSED, UPSTREAM_UNAVAILABLE.
	Rotate func(ctx context.Context, name string, incident bool) (Rotation, error)
	// Changed is called after an environment's mode changed.
	Changed func()
	// Tenant is under whom modes are kept: they are the process's, not a customer's.
	Tenant string
}

// Service knows the environments.
type Service struct {
	d     Deps
	mu    sync.RWMutex
	modes map[string]string
	order peers.Order
}

// New makes the service; Load fills it.
func New(d Deps) *Service { return &Service{d: d, modes: map[string]string{}} }

const kind = "environment.mode"

// switched is a mode as it is stored.
type switched struct {
	Mode string `json:"mode"`
}

// Load reads the modes that were switched to; the context carries a read transaction.
func (s *Service) Load(ctx context.Context) (err error) {
	modes, err := s.stored(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes = modes
	return nil
}

func (s *Service) stored(ctx context.Context) (modes map[string]string, err error) {
	defer errs.Wrap(&err, "environments: load")
	modes = map[string]string{}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: s.d.Tenant, Kind: kind}) {
		if err != nil {
			return nil, err
		}
		var m switched
		if err := json.Unmarshal(r.Doc, &m); err != nil {
			return nil, err
		}
		modes[r.ID] = m.Mode
	}
	return modes, nil
}

// Follow reads the modes anew (peers.Follower); the context carries a transaction.
func (s *Service) Follow(ctx context.Context, tenant string, n int64) error {
	if tenant != s.d.Tenant {
		return nil
	}
	modes, err := s.stored(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	newest := s.order.Follows(tenant, n)
	if newest {
		for name, mode := range s.modes {
			if s.order.Keeps(tenant, name) {
				modes[name] = mode
			}
		}
		s.modes = modes
	}
	s.mu.Unlock()
	if newest {
		s.d.Changed()
	}
	return nil
}

func (s *Service) spec(name string) *Spec {
	for i := range s.d.Specs {
		if s.d.Specs[i].Name == name {
			return &s.d.Specs[i]
		}
	}
	return nil
}

// Mode is what an environment lets through now.
func (s *Service) Mode(name string) string {
	s.mu.RLock()
	m := s.modes[name]
	s.mu.RUnlock()
	if m != "" {
		return m
	}
	if sp := s.spec(name); sp != nil && sp.Mode != "" {
		return sp.Mode
	}
	return Live
}

// Environment finds one for policies; false when it is not configured.
func (s *Service) Environment(name string) (permit.Environment, bool) {
	if name == Sandbox {
		return permit.Environment{Name: Sandbox, Mode: Live}, true
	}
	sp := s.spec(name)
	if sp == nil {
		return permit.Environment{}, false
	}
	return permit.Environment{Name: name, Live: sp.Live, Mode: s.Mode(name)}, true
}

// Names lists them, the sandbox first.
func (s *Service) Names() []string {
	out := []string{Sandbox}
	for i := range s.d.Specs {
		out = append(out, s.d.Specs[i].Name)
	}
	return out
}

// Shown is an environment as callers see it (schema Environment).
type Shown struct {
	Name            string    `json:"name"`
	Kind            string    `json:"kind"`
	Mode            string    `json:"mode"`
	Live            bool      `json:"live"`
	BaseURL         string    `json:"baseUrl,omitempty"`
	ClientID        string    `json:"clientId,omitempty"`
	Secret          string    `json:"secretReference,omitempty"`
	CredentialSince time.Time `json:"credentialSince,omitzero"`
	RotationDue     time.Time `json:"rotationDue,omitzero"`
	Rotation        string    `json:"rotation,omitempty"`
	TokenExpires    time.Time `json:"tokenExpiresAt,omitzero"`
	Problem         string    `json:"problem,omitempty"`
}

// ListOut are the environments.
type ListOut struct {
	Environments []Shown `json:"environments"`
}

// List is listEnvironments.
func (s *Service) List(ctx context.Context, _ struct{}) (ListOut, error) {
	out := ListOut{Environments: []Shown{{Name: Sandbox, Kind: "sandbox", Mode: Live}}}
	for i := range s.d.Specs {
		out.Environments = append(out.Environments, s.show(ctx, &s.d.Specs[i]))
	}
	return out, nil
}

func (s *Service) show(ctx context.Context, sp *Spec) Shown {
	st := s.d.Status(ctx, sp.Name)
	e := Shown{Name: sp.Name, Kind: "upstream", Mode: s.Mode(sp.Name), Live: sp.Live, BaseURL: sp.BaseURL, ClientID: sp.ClientID, Secret: sp.Secret,
		CredentialSince: st.CredentialSince.UTC(), RotationDue: st.RotationDue.UTC(), Rotation: st.Rotation, TokenExpires: st.TokenExpires.UTC(), Problem: st.Problem}
	if st.ClientID != "" {
		e.ClientID = st.ClientID
	}
	return e
}

// ModeIn switches an environment.
type ModeIn struct {
	Name string `path:"environment"`
	Body struct {
		Mode   string `json:"mode"`
		Reason string `json:"reason"` // for the audit trail
	} `body:"json"`
}

// SetMode is setEnvironmentMode. RESOURCE_NOT_FOUND; API_VALIDATION_FAILED for the sandbox, which has no
// modes.
func (s *Service) SetMode(ctx context.Context, in ModeIn) (Shown, error) {
	if in.Name == Sandbox {
		return Shown{}, errs.Invalidf("/mode", "unsupported", "the sandbox has no modes: nothing there has effects in the world")
	}
	sp := s.spec(in.Name)
	if sp == nil {
		return Shown{}, errs.Missing("environment", in.Name)
	}
	doc, err := json.Marshal(switched{in.Body.Mode})
	if err != nil {
		return Shown{}, err
	}
	tx, now := store.From(ctx), s.d.Clock.Now()
	if err := s.told(ctx, sp, &in); err != nil {
		return Shown{}, err
	}
	r := &store.Record{Tenant: s.d.Tenant, Kind: kind, ID: in.Name, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if err := tx.Update(r, 0); errors.Is(err, store.ErrNotFound) {
		err = tx.Insert(r)
		if err != nil {
			return Shown{}, err
		}
	} else if err != nil {
		return Shown{}, err
	}
	peers.Note(ctx, s.d.Tenant, peers.Environments, func(n int64) {
		s.mu.Lock()
		if s.order.Own(s.d.Tenant, in.Name, n) {
			s.modes[in.Name] = in.Body.Mode
		}
		s.mu.Unlock()
		s.d.Changed()
	})
	out := s.show(ctx, sp)
	out.Mode = in.Body.Mode
	return out, nil
}

// told says for the audit trail which mode took the place of which, and why.
func (s *Service) told(ctx context.Context, sp *Spec, in *ModeIn) error {
	was := switched{cmp.Or(sp.Mode, Live)}
	r, err := store.Read(ctx).Get(s.d.Tenant, kind, sp.Name)
	if err == nil {
		err = json.Unmarshal(r.Doc, &was)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	text := fmt.Sprintf("mode: %q -> %q", was.Mode, in.Body.Mode)
	if in.Body.Reason != "" {
		text += fmt.Sprintf("; reason: %q", in.Body.Reason)
	}
	revision.Values(ctx, text)
	return nil
}

// Rotation is what became of one (schema EnvironmentRotation).
type Rotation struct {
	Environment string   `json:"environment"`
	Strategy    string   `json:"strategy"`
	ClientID    string   `json:"clientId,omitempty"`
	Resumed     bool     `json:"resumed"`
	Orphans     []string `json:"orphans,omitempty"`
}

// RotateIn says which, and whether the secret has leaked.
type RotateIn struct {
	Name string `path:"environment"`
	Body struct {
		Incident bool `json:"incident"`
	} `body:"json"`
}

// Rotate is rotateEnvironmentCredential. It talks to the vault and the real API, so it opens its own
// transactions.
func (s *Service) Rotate(ctx context.Context, in RotateIn) (Rotation, error) {
	if s.spec(in.Name) == nil {
		return Rotation{}, errs.Missing("environment", in.Name)
	}
	return s.d.Rotate(ctx, in.Name, in.Body.Incident)
}
