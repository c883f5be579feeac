// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// upstreams are the real APIs behind this server, by name.
type upstreams map[string]*behind

// Find gives one by name.
func (u upstreams) Find(name string) edge.Upstream {
	if b := u[name]; b != nil {
		return b
	}
	return nil
}

// behind is one of them, as the edge sees it.
type behind struct {
	client  *upstream.Client
	base    *url.URL
	config  config.Environment
	mode    func() string
	allowed func(op *contract.Operation) bool
}

func (b *behind) Mode() string                       { return b.mode() }
func (b *behind) BaseURL() *url.URL                  { return b.base }
func (b *behind) Timeout() time.Duration             { return b.config.Timeout }
func (b *behind) Allows(op *contract.Operation) bool { return b.allowed(op) }

// Send sends, and says what failed in the edge's words.
func (b *behind) Send(r *http.Request, within time.Duration) (*http.Response, error) {
	resp, err := b.client.Send(r, within)
	if err == nil {
		return resp, nil
	}
	e, ok := errors.AsType[*upstream.Error](err)
	switch {
	case !ok:
		return nil, err
	case errors.Is(err, upstream.ErrCredential):
		return nil, errs.New(errs.UpstreamCredential, "the credential of the environment %s does not open the real API", b.config.Name).Because(err)
	case errors.Is(err, upstream.ErrLimit) && !errors.Is(err, context.Canceled):
		return nil, waiting(errs.New(errs.EgressLimit, "the environment %s has reached its limit of %s that leave for the real API", b.config.Name, e.Detail), e.RetryAfter).
			With("environment", b.config.Name).Because(err)
	case errors.Is(err, upstream.ErrThrottled):
		return nil, waiting(errs.New(errs.UpstreamUnavailable, "the real API asks to wait before it gives another token"), e.RetryAfter).Because(err)
	case errors.Is(err, upstream.ErrUnavailable) && e.Op == "token":
		return nil, waiting(errs.New(errs.UpstreamUnavailable, "the token endpoint of the environment %s does not answer", b.config.Name), e.RetryAfter).Because(err)
	case e.Unsent || !errors.Is(err, upstream.ErrUnavailable) || e.Op != "send": // whatever ended the wait
		return nil, &edge.NotSent{Cause: err}
	}
	return nil, err
}

// waiting adds how long to wait, which the edge says in Retry-After too.
func waiting(e *errs.Error, wait time.Duration) *errs.Error {
	if wait <= 0 {
		return e
	}
	return e.With("retryAfterSeconds", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// Lookup finds what a creation left behind.
func (b *behind) Lookup(ctx context.Context, op *contract.Operation, path string, body []byte) (edge.Answer, bool, error) {
	found, err := b.client.Lookup(ctx, op.ID, path, body)
	if err != nil || found == nil {
		return edge.Answer{}, false, err
	}
	return edge.Answer{Status: op.SuccessStatus, Body: found}, true, nil
}

// openUpstreams makes the clients of the configured environments; nothing is called yet.
func (a *App) openUpstreams(ctx context.Context) error {
	a.upstreams = upstreams{}
	all, err := upstreamOptions(ctx, a.cfg, a.o.Environ, a.secrets, a.store, a.o.Clock)
	if err != nil {
		return err
	}
	for i, o := range all {
		o.Event = a.upstreamEvent
		client, err := upstream.New(ctx, o)
		if err != nil {
			return err
		}
		base, err := url.Parse(o.Environment.BaseURL)
		if err != nil {
			return err
		}
		c := a.cfg.Upstreams[i]
		open, err := allowed(a.contract, &c)
		if err != nil {
			return err
		}
		a.upstreams[c.Name] = &behind{
			client: client, base: base, config: c,
			mode:    func() string { return a.services.environments.Mode(c.Name) },
			allowed: open,
		}
	}
	return nil
}

// upstreamOptions are the configured environments, in their order.
func upstreamOptions(ctx context.Context, cfg config.Config, environ []string, secrets *vault.Vaults, st store.Store, c clock.Clock) ([]upstream.Options, error) {
	if len(cfg.Upstreams) == 0 {
		return nil, nil
	}
	var key *vault.SealKey
	if cfg.SealKey != "" || cfg.SealPassphrase != "" {
		k, err := vault.Seal(VaultSettings(cfg, environ, c))
		if err != nil {
			return nil, err
		}
		key = &k
	}
	var out []upstream.Options
	var all []upstream.Environment
	for i := range cfg.Upstreams {
		e, err := UpstreamOf(&cfg.Upstreams[i], cfg.Dev)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		out = append(out, upstream.Options{
			Environment: e, Vaults: secrets, Store: st, Tenant: identity.Platform, Clock: c, Escrow: Escrow(cfg), Key: key,
			Record: recorder{c}.record, Names: needs(&cfg.Upstreams[i]),
		})
	}
	return out, separate(ctx, secrets, all)
}

// needs are the settings that a rotation may lack, by the names that they have.
func needs(c *config.Environment) map[upstream.Need]string {
	return map[upstream.Need]string{
		upstream.NeedKey:    "AIRSIDE_SEAL_KEY_FILE or AIRSIDE_SEAL_PASSPHRASE_FILE",
		upstream.NeedEscrow: "AIRSIDE_ESCROW_DIR",
		upstream.NeedVault:  c.Variable("SECRET") + " to a place in a vault or a sealed file that can be written",
		upstream.NeedAdmin:  c.Variable("ADMIN_CLIENT_ID") + " and " + c.Variable("ADMIN_SECRET") + " to the credential of a second API user, a TMC admin",
		upstream.NeedRole:   c.Variable("ROLE"),
		upstream.NeedAlone:  c.Variable("ROTATE_ALONE") + "=true",
	}
}

// Upstreams opens the database and the environments behind it, for the command that rotates while no server
// uses that database. done closes them.
func Upstreams(environ []string) func(ctx context.Context, cfg config.Config) ([]upstream.Options, func() error, error) {
	return func(ctx context.Context, cfg config.Config) ([]upstream.Options, func() error, error) {
		c := clock.System()
		secrets, err := vault.Open(VaultSettings(cfg, environ, c))
		if err != nil {
			return nil, nil, err
		}
		st, key, err := openStore(ctx, cfg)
		if err != nil {
			return nil, nil, err
		}
		all, err := upstreamOptions(ctx, cfg, environ, secrets, companykey.Wrap(st, key), c)
		if err != nil {
			return nil, nil, errors.Join(err, st.Close())
		}
		return all, st.Close, nil
	}
}

// VaultSettings are what configuration says of vaults.
func VaultSettings(cfg config.Config, environ []string, c clock.Clock) vault.Settings {
	return vault.Settings{
		Address: cfg.VaultAddress, Namespace: cfg.VaultNamespace, CAFile: cfg.VaultCA,
		Auth: cfg.VaultAuth, AuthMount: cfg.VaultAuthMount, Role: cfg.VaultRole, Credential: cfg.VaultCredential,
		AWSRegion: cfg.AWSRegion, AWSEndpoint: cfg.AWSEndpoint, SealKeyFile: cfg.SealKey, PassphraseFile: cfg.SealPassphrase,
		Cache: cfg.VaultCache, Clock: c,
		Lookup: func(name string) (string, bool) {
			for _, kv := range environ {
				if k, v, ok := strings.Cut(kv, "="); ok && k == name {
					return v, true
				}
			}
			return "", false
		},
	}
}

// UpstreamOf is an environment of the configuration as its client has it; with loopback, plain http on this machine is
// allowed. The error names what is no reference, and does not repeat it.
func UpstreamOf(c *config.Environment, loopback bool) (upstream.Environment, error) {
	e := upstream.Environment{
		Name: c.Name, BaseURL: c.BaseURL, TokenURL: c.TokenURL, Audience: c.Audience, TMC: c.TMC, ClientID: c.ClientID,
		AdminClientID: c.AdminClientID, Role: c.Role, Company: c.Company, Loopback: loopback,
		Timeouts: upstream.Timeouts{Response: c.Timeout},
		Limits:   upstream.Limits{Connections: c.Connections, Rate: c.Rate},
		Rotation: upstream.Schedule{Off: c.RotateAfter == 0, MaxAge: c.RotateAfter, Strategy: upstream.Strategy(c.Strategy), SelfOnly: c.SelfOnly},
	}
	if !slices.Contains([]string{environment.Live, environment.ReadOnly, environment.DryRun}, c.Mode) {
		return e, fmt.Errorf("%s=%q: must be live, read-only or dry-run", c.Variable("MODE"), c.Mode)
	}
	for _, ref := range []struct {
		text string
		into *vault.Ref
		name string
	}{{c.Secret, &e.Secret, "SECRET"}, {c.AdminSecret, &e.AdminSecret, "ADMIN_SECRET"}} {
		if ref.text == "" {
			continue
		}
		var err error
		if *ref.into, err = vault.ParseRef(ref.text); err != nil {
			return e, fmt.Errorf("%s: %w", c.Variable(ref.name), err)
		}
	}
	return e, nil
}

// Escrow is where answers of rotations wait until the vault has them; empty when there is no such place.
func Escrow(cfg config.Config) string {
	if cfg.EscrowDir != "" {
		return cfg.EscrowDir
	}
	if path, ok := strings.CutPrefix(cfg.Database, "sqlite:"); ok {
		return filepath.Join(filepath.Dir(path), "escrow")
	}
	return ""
}

func (a *App) upstreamEvent(ctx context.Context, e upstream.Event) {
	level := slog.LevelInfo
	switch {
	case e.Err != nil, e.Kind == upstream.EventOrphan, e.Kind == upstream.EventShared:
		level = slog.LevelError
	case e.Kind == upstream.EventDue, e.Kind == upstream.EventAged:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("environment", e.Environment), slog.String("kind", string(e.Kind))}
	if e.Rotation != "" {
		attrs = append(attrs, slog.String("rotation", e.Rotation))
	}
	if e.Strategy != "" {
		attrs = append(attrs, slog.String("strategy", string(e.Strategy)), slog.String("reason", string(e.Reason)), slog.String("step", e.Step))
	}
	if e.Detail != "" && (e.Err == nil || e.Detail != e.Err.Error()) {
		attrs = append(attrs, slog.String("detail", e.Detail))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	a.o.Log.LogAttrs(ctx, level, "upstream", attrs...)
	a.upstreamFound(e)
}

func (u upstreams) start() {
	for _, b := range u {
		b.client.Start()
	}
}

func (u upstreams) stop(ctx context.Context) error {
	var problems []error
	for _, b := range u {
		problems = append(problems, b.client.Stop(ctx))
	}
	return errors.Join(problems...)
}

// upstreamStatus is what an upstream's client knows of itself.
func (a *App) upstreamStatus(ctx context.Context, name string) environment.Status {
	b := a.upstreams[name]
	if b == nil {
		return environment.Status{}
	}
	s := b.client.Status(ctx)
	out := environment.Status{ClientID: s.ClientID, CredentialSince: s.Age.Since, RotationDue: s.Age.Due, Rotation: "none", TokenExpires: s.TokenExpires, Problem: s.Problem}
	if r := s.Rotation; r != nil {
		if out.Rotation = r.Step; out.Problem == "" && !r.Over {
			out.Problem = r.Trouble
		}
	}
	return out
}

// collectUpstreams tells at each scrape which credentials are refused.
func (a *App) collectUpstreams(context.Context) error {
	for name, b := range a.upstreams {
		refused := 0.0
		if b.client.Denied() {
			refused = 1
		}
		a.gauges.denied.Set(refused, name)
	}
	return nil
}
