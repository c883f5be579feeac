// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/logsink"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// The parts of a configuration that Preflight looks at.
const (
	PartVault        = "vault"
	PartSealKey      = "seal key"
	PartMasterKey    = "master key"
	PartLog          = "request log"
	PartPolicies     = "policies"
	PartEnvironments = "environments"
	PartSeparation   = "separation"
	PartOperations   = "operations"
	PartInbox        = "webhook inbox"
	PartSinks        = "alert sinks"
	PartDetection    = "detection"
	PartApplications = "applications file"
	PartStart        = "start"
)

// Trouble is what keeps a server with a configuration from starting. Err repeats no secret.
type Trouble struct {
	Part string
	Err  error
}

// Preflight holds a configuration to what `serve` holds it to when it starts: the same parsers, and at last the same
// composition on a database in memory. It opens no database and no file of a log, calls nobody, and listens nowhere.
// Each part is looked at whatever is wrong with the others. o.Relays are the brokers, Environ what references read.
func Preflight(ctx context.Context, cfg config.Config, c *contract.Contract, o Options) []Trouble {
	p := &preflight{cfg: cfg, o: o, contract: c}
	p.o.Clock = clock.System()
	p.vaults()
	p.keys()
	p.environments(ctx)
	p.files(ctx)
	p.compose(ctx)
	return p.out
}

type preflight struct {
	cfg      config.Config
	o        Options
	contract *contract.Contract
	secrets  *vault.Vaults // nil when they cannot be opened
	out      []Trouble
}

func (p *preflight) note(part string, err error) {
	if err != nil {
		p.out = append(p.out, Trouble{part, err})
	}
}

// vaults looks at what secrets are reached with. Without a key that opens files the rest can be judged all the same.
func (p *preflight) vaults() {
	s := VaultSettings(p.cfg, p.o.Environ, p.o.Clock)
	if s.SealKeyFile != "" || s.PassphraseFile != "" {
		if _, err := vault.Seal(s); err != nil {
			p.note(PartSealKey, err)
			s.SealKeyFile, s.PassphraseFile = "", ""
			if strings.HasPrefix(s.Credential, "file:") {
				return
			}
		}
	}
	secrets, err := vault.Open(s)
	if err == nil {
		p.secrets = secrets
	}
	p.note(PartVault, err)
}

// keys looks at the key that seals the database; a SQLite database without one gets it at its first start.
func (p *preflight) keys() {
	path, local := strings.CutPrefix(p.cfg.Database, "sqlite:")
	file := p.cfg.MasterKey
	switch {
	case local && file == "":
		file = path + ".key"
	case !local && !p.cfg.OnPostgres():
		return
	}
	_, err := readKey(file)
	if local && errors.Is(err, fs.ErrNotExist) {
		if _, made := os.Stat(path); made != nil {
			return
		}
	}
	p.note(PartMasterKey, err)
}

func (p *preflight) environments(ctx context.Context) {
	var all []upstream.Environment
	for i := range p.cfg.Upstreams {
		c := &p.cfg.Upstreams[i]
		e, err := UpstreamOf(c, p.cfg.Dev)
		p.note(PartEnvironments, err)
		if err == nil {
			all = append(all, e)
			p.note(PartEnvironments, e.Validate())
		}
		_, err = allowed(p.contract, c)
		p.note(PartOperations, err)
		_, _, err = hookRefs(c)
		p.note(PartInbox, err)
	}
	if !p.has(PartEnvironments) {
		p.note(PartSeparation, separate(ctx, p.secrets, all))
	}
}

func (p *preflight) has(part string) bool {
	for _, t := range p.out {
		if t.Part == part {
			return true
		}
	}
	return false
}

func (p *preflight) files(ctx context.Context) {
	p.note(PartLog, p.logs(ctx))
	_, err := permits(p.contract, p.cfg)
	p.note(PartPolicies, err)
	if p.cfg.AlertSinks != "" {
		_, err = sink.Load(p.cfg.AlertSinks)
		p.note(PartSinks, err)
	}
	if p.cfg.Detects() {
		_, _, err = readRules(p.cfg.DetectRules)
		p.note(PartDetection, err)
	}
	if p.cfg.Applications != "" {
		_, err = p.applications()
		p.note(PartApplications, err)
	}
}

// logs opens the sinks that leave nothing behind when they are opened: a file would be made.
func (p *preflight) logs(ctx context.Context) error {
	settings, err := parseSinks(p.cfg)
	if err != nil {
		return err
	}
	var open []logsink.Setting
	for i := range settings {
		if settings[i].Kind != "file" {
			open = append(open, settings[i])
		}
	}
	quiet := slog.New(slog.DiscardHandler)
	s, err := logsink.Open(ctx, open, logsink.Options{Log: quiet, Process: quiet.Handler(), Stdout: io.Discard, Stderr: io.Discard, Clock: p.o.Clock})
	if err != nil {
		return err
	}
	return s.Stop(ctx)
}

func (p *preflight) applications() (*applicationFile, error) {
	raw, err := os.ReadFile(p.cfg.Applications)
	if err != nil {
		return nil, err
	}
	return parseApplications(p.cfg.Applications, raw, p.contract.Operation("createApplication"))
}

// compose makes the whole server on a database in memory, as New does. What the parts have said is not said again.
func (p *preflight) compose(ctx context.Context) {
	if len(p.out) > 0 {
		return
	}
	cfg := p.cfg
	cfg.Database, cfg.LogSinks = "memory:", []string{"none"}
	o := p.o
	o.contract = p.contract
	o.Log = slog.New(slog.DiscardHandler)
	a, err := New(ctx, cfg, o)
	if err != nil {
		p.note(PartStart, err)
		return
	}
	if cfg.Applications != "" {
		p.note(PartApplications, p.declarable(ctx, a))
	}
	p.note(PartStart, a.Close(ctx))
}

// declarable holds the declared applications to the rules. Companies are in the database, which is not opened.
func (p *preflight) declarable(ctx context.Context, a *App) error {
	file, err := p.applications()
	if err != nil {
		return err
	}
	ctx = actor.With(ctx, &actor.Actor{Tenant: identity.Platform, ClientID: application.Configuration, Roles: []string{actor.TMCAdmin}})
	return a.store.View(ctx, func(ctx context.Context) error {
		var problems []error
		for i := range file.entries {
			e := &file.entries[i]
			if err := a.services.applications.Declarable(ctx, &e.settings); err != nil && !errs.Is(err, errs.ReferenceNotFound) {
				problems = append(problems, file.wrong(e, err))
			}
		}
		return errors.Join(problems...)
	})
}
