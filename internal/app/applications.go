// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/usage"
	"github.com/airside-travel/airside/internal/vault"
)

// application is what counts for an application's credential; nil when the store knows no application of it. One that
// this process does not know another one may have made a moment ago: nothing is concluded from not knowing it.
func (g gate) application(ctx context.Context, tenant, clientID string) (*application.Live, error) {
	l := g.applications.Find(clientID)
	if l != nil || g.peers == nil {
		return l, nil
	}
	if err := g.peers.Refresh(ctx, tenant); err != nil {
		return nil, err
	}
	return g.applications.Find(clientID), nil
}

// caller turns what counts for an application into what the edge enforces.
func (g gate) caller(ctx context.Context, c *edge.Caller) (*edge.Caller, error) {
	l, err := g.application(ctx, c.Actor.Tenant, c.Actor.ClientID)
	if err != nil {
		return nil, err
	}
	if l != nil && l.Environment != environment.Sandbox { // what it lets through is nobody's in particular
		if err := g.peers.Follow(ctx, identity.Platform); err != nil {
			return nil, err
		}
		l = g.applications.Find(c.Actor.ClientID)
	}
	if l == nil {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The application of the token is not there any more.").Known(identity.ReasonRotatedToken)
	}
	if err := g.applications.Usable(l); err != nil {
		return c, err // known, and not let in
	}
	c.Networks, c.KeepsAll = l.Prefixes, l.RefuseLossy
	a := &edge.Application{
		Environment: l.Environment,
		Count:       func(ctx context.Context) (time.Duration, error) { return g.applications.Count(ctx, l) },
		Capped:      l.Purchases != nil, Quotes: g.applications.Quotes(l.ClientID),
		Permit: func(op *contract.Operation, from netip.Addr, at time.Time) (string, error) {
			if l.Set == nil {
				return "", errs.New(errs.EnvironmentForeign, "the environment %s of this credential is not configured in this server", l.Environment)
			}
			return l.Set.Decide(op, from, at)
		},
	}
	if l.Set != nil {
		a.Granted = l.Set
	}
	if l.Rate != nil {
		a.Rate = edge.Rate{PerSecond: l.Rate.PerSecond, Burst: l.Rate.Burst}
	}
	c.Application = a
	return c, nil
}

// knowing bounds how long the environment of a client that asks for a token is looked for.
const knowing = 5 * time.Second

// environmentOf is the environment of a client id, as the store has it when this process does not know the client; of
// every credential that is no application's it is the sandbox. Nothing is granted by it: who the client is, is looked
// at afterwards.
func (g gate) environmentOf(ctx context.Context) func(string) string {
	return func(clientID string) string {
		l := g.applications.Find(clientID)
		if l == nil && g.peers != nil {
			ctx, cancel := context.WithTimeout(ctx, knowing)
			defer cancel()
			if tenant, err := g.s.ApplicationOf(ctx, clientID); err == nil && tenant != "" {
				l, _ = g.application(ctx, tenant, clientID) // whoever cannot be found now gets no token either
			}
		}
		if l == nil {
			return environment.Sandbox
		}
		return l.Environment
	}
}

// reserved says what of this server uses a reference, so that no application's secret is put there.
func reserved(cfg config.Config) func(vault.Ref) string {
	used := map[string]string{cfg.VaultCredential: "the login of the vault"}
	for i := range cfg.Upstreams {
		e := &cfg.Upstreams[i]
		used[e.Secret], used[e.AdminSecret] = "the environment "+e.Name, "the environment "+e.Name
		for _, text := range append(slices.Clone(e.Hooks), e.HookSign) {
			used[text] = "the inbox of " + e.Name
		}
	}
	return func(ref vault.Ref) string {
		for text, by := range used {
			if other, err := vault.ParseRef(strings.TrimSpace(text)); err == nil && other.Overlaps(ref) {
				return by
			}
		}
		return ""
	}
}

// admit reports whether an application may get a token from an address. One that may not call has no use for tokens:
// its refusal is the one that its calls get.
func (g gate) admit(ctx context.Context, tenant, clientID string, from netip.Addr) (bool, error) {
	l, err := g.application(ctx, tenant, clientID)
	if err != nil || l == nil {
		return false, err
	}
	if len(l.Prefixes) > 0 && !edge.Networks(l.Prefixes).Contains(from) {
		return false, nil // it learns nothing else there
	}
	return true, g.applications.Usable(l)
}

// books lets the edge keep what applications buy.
type books struct{ s *application.Service }

func (b books) Prices(operation string) bool { return b.s.Prices(operation) }

func (b books) Reserve(ctx context.Context, p edge.Purchase) error {
	return b.s.Reserve(ctx, application.Purchase(p))
}

func (b books) Release(ctx context.Context, p edge.Purchase) error {
	return b.s.Release(ctx, application.Purchase(p))
}

func (b books) Quoted(ctx context.Context, tenant, operation string, answer []byte) error {
	return b.s.Quoted(ctx, tenant, operation, answer)
}

// uses is what is recorded of applications' calls; those of the last minute may be missing.
type uses struct{}

func (uses) LastCall(r store.Reader, tenant, client string) (last time.Time, err error) {
	all, err := usage.Of(r, tenant, client)
	for _, u := range all {
		if u.Last.After(last) {
			last = u.Last
		}
	}
	return last, err
}

func (uses) Since(r store.Reader, tenant string) (time.Time, error) {
	m, err := usage.ReadMeta(r, tenant)
	return m.Since, err
}

// permits reads the operator's policy file, if there is one.
func permits(c *contract.Contract, cfg config.Config) (*permit.Engine, error) {
	if cfg.PolicyFile == "" {
		return permit.New(c, "", nil)
	}
	text, err := os.ReadFile(cfg.PolicyFile)
	if err != nil {
		return nil, fmt.Errorf("AIRSIDE_POLICY_FILE: %w", err)
	}
	return permit.New(c, cfg.PolicyFile, text)
}

// specs are the environments as configuration has them.
func specs(cfg config.Config) []environment.Spec {
	var out []environment.Spec
	for i := range cfg.Upstreams {
		e := &cfg.Upstreams[i]
		out = append(out, environment.Spec{Name: e.Name, BaseURL: e.BaseURL, ClientID: e.ClientID, Secret: e.Secret, Mode: e.Mode, Live: !e.Rehearsal})
	}
	return out
}
