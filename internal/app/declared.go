// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/edge"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
)

// declaredEvery is how often the file of applications is looked at.
const declaredEvery = 10 * time.Second

// declared is the operator's file of applications, as it was carried out last.
type declared struct {
	mu    sync.Mutex
	raw   []byte
	wrong string // what was last said to be wrong with a later version

	stop context.CancelFunc
	done sync.WaitGroup
}

// errNoTMC says that there is nobody yet whom applications could belong to.
var errNoTMC = errors.New("there is no TMC yet; `airside tmc create` makes one")

// errWaits says that a part of the file could not be carried out yet.
var errWaits = errors.New("waits for the vault")

// startDeclared makes applications be as the file says before anybody calls, and follows the file from then on.
func (a *App) startDeclared(ctx context.Context) error {
	if a.cfg.Applications == "" {
		return nil
	}
	err := a.ReadApplications(ctx)
	if errors.Is(err, errNoTMC) || errors.Is(err, errWaits) {
		a.o.Log.WarnContext(ctx, "the file of applications waits", slog.String("file", a.cfg.Applications), slog.Any("error", err))
	} else if err != nil {
		return err
	}
	ctx, a.declared.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.declared.done.Go(func() {
		tick := time.NewTicker(declaredEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				a.followDeclared(ctx)
			}
		}
	})
	return nil
}

func (a *App) stopDeclared() {
	if a.declared.stop != nil {
		a.declared.stop()
		a.declared.done.Wait()
	}
}

// followDeclared takes up a file that has changed. One with a mistake changes nothing; it is said once.
func (a *App) followDeclared(ctx context.Context) {
	err := a.ReadApplications(ctx)
	said := ""
	if err != nil {
		said = err.Error()
	}
	a.declared.mu.Lock()
	news := said != a.declared.wrong
	a.declared.wrong = said
	a.declared.mu.Unlock()
	if err != nil && news && ctx.Err() == nil && !errors.Is(err, errNoTMC) {
		a.o.Log.ErrorContext(ctx, "the applications stay as they are", slog.Any("error", err))
	}
}

// ReadApplications carries the file of applications out, unless it is the one that was carried out last. A server
// does so at its start and every ten seconds.
func (a *App) ReadApplications(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "AIRSIDE_APPLICATIONS_FILE")
	name := a.cfg.Applications
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	a.declared.mu.Lock()
	same := a.declared.raw != nil && bytes.Equal(raw, a.declared.raw)
	a.declared.mu.Unlock()
	if same {
		return nil
	}
	file, err := parseApplications(name, raw, a.contract.Operation("createApplication"))
	if err != nil {
		return err
	}
	if ctx, err = a.declaring(ctx, file); err != nil {
		return err
	}
	// All of it is looked at before any of it is done.
	if err := a.store.View(ctx, func(ctx context.Context) error {
		var problems []error
		for i := range file.entries {
			e := &file.entries[i]
			if err := a.services.applications.Declarable(ctx, &e.settings); err != nil {
				problems = append(problems, file.wrong(e, err))
			}
		}
		return errors.Join(problems...)
	}); err != nil {
		return err
	}
	if err := a.declare(ctx, file); err != nil {
		return err
	}
	a.declared.mu.Lock()
	a.declared.raw = raw
	a.declared.mu.Unlock()
	return nil
}

// declaring acts as the configuration in the TMC that the file is about: the one it names, else the only one.
func (a *App) declaring(ctx context.Context, file *applicationFile) (context.Context, error) {
	var all []string
	err := a.store.View(ctx, func(ctx context.Context) (err error) {
		all, err = store.Read(ctx).Tenants()
		return err
	})
	if err != nil {
		return ctx, err
	}
	all = slices.DeleteFunc(all, func(t string) bool { return t == identity.Platform })
	tenant := file.tmc
	switch {
	case len(all) == 0:
		return ctx, errNoTMC
	case tenant == "" && len(all) > 1:
		return ctx, fmt.Errorf(`%s: there are %d TMCs in the database; say with "tmcId" which one the applications belong to`, file.name, len(all))
	case tenant == "":
		tenant = all[0]
	case !slices.Contains(all, tenant):
		return ctx, fmt.Errorf("%s:%d: /tmcId: there is no TMC %q in the database", file.name, file.lines["/tmcId"], tenant)
	}
	return actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: application.Configuration, Roles: []string{actor.TMCAdmin}}), nil
}

// declare does what differs, each application in a transaction of its own, and suspends what is not named any more.
func (a *App) declare(ctx context.Context, file *applicationFile) error {
	s := a.services.applications
	named := map[string]bool{}
	var waits []error
	for i := range file.entries {
		e := &file.entries[i]
		named[e.settings.Name] = true
		ctx, err := a.provide(ctx, e)
		if errs.Is(err, errs.VaultUnavailable) { // nothing else has to wait for it
			waits = append(waits, fmt.Errorf("%w: %w", errWaits, file.wrong(e, err)))
			continue
		} else if err != nil {
			return file.wrong(e, err)
		}
		if err := a.declaredAct(ctx, func(ctx context.Context) (application.Done, error) { return s.Declare(ctx, e.settings) }); err != nil {
			return file.wrong(e, err)
		}
	}
	var there map[string]string
	err := a.store.View(ctx, func(ctx context.Context) (err error) {
		there, err = s.Declared(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(there)) {
		if named[there[id]] {
			continue
		}
		if err := a.declaredAct(ctx, func(ctx context.Context) (application.Done, error) { return s.Withdraw(ctx, id) }); err != nil {
			return fmt.Errorf("suspend %s: %w", there[id], err)
		}
	}
	return errors.Join(waits...)
}

// provide sees to the vault into which the file puts an application's secret. VAULT_UNAVAILABLE only when the application
// is new: one that is there goes on with the secret that it has.
func (a *App) provide(ctx context.Context, e *applicationEntry) (context.Context, error) {
	s := a.services.applications
	next, held, err := s.Provide(ctx, e.settings)
	if held && err == nil {
		return next, nil
	}
	var list application.ListOut
	if failed := a.store.View(ctx, func(ctx context.Context) (err error) {
		list, err = s.List(ctx, application.ListIn{Name: e.settings.Name})
		return err
	}); failed != nil || len(list.Applications) == 0 {
		return next, errors.Join(failed, err)
	}
	attrs := []slog.Attr{slog.String("application", e.settings.Name), slog.String("reference", e.settings.SecretRef)}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	a.o.Log.LogAttrs(ctx, slog.LevelWarn, "the vault does not hold the secret of an application; `airside app rotate` puts a new one there", attrs...)
	return next, nil
}

// declaredAct does one thing, with its audit entry.
func (a *App) declaredAct(ctx context.Context, fn func(ctx context.Context) (application.Done, error)) error {
	var done application.Done
	err := a.store.Update(ctx, func(ctx context.Context) (err error) {
		if done, err = fn(ctx); err != nil || done.Operation == "" {
			return err
		}
		detail := map[string]string{"class": string(contract.AuditSecurity), "file": a.cfg.Applications}
		if err := a.declaredChange(ctx, &done, detail); err != nil {
			return err
		}
		return trail{a.clocks}.Record(ctx, edge.Act{Tenant: actor.Tenant(ctx), Actor: application.Configuration, Operation: done.Operation,
			Target: "clientId=" + done.ClientID, Outcome: "ALLOWED", Detail: detail})
	})
	if err != nil || done.Operation == "" {
		return err
	}
	attrs := []slog.Attr{slog.String("application", done.Name), slog.String("clientId", done.ClientID), slog.String("operation", done.Operation)}
	if done.Before == nil {
		attrs = append(attrs, slog.String("secret", cmp.Or(done.SecretRef, "nobody has it yet; `airside app rotate "+done.Name+"` shows one")))
	}
	level := slog.LevelInfo
	if done.Operation == "suspendApplication" {
		level = slog.LevelWarn
	}
	a.o.Log.LogAttrs(ctx, level, "the configuration changed an application", attrs...)
	return nil
}

// declaredChange adds to the detail of an entry what changed of rights, as it does for calls (see services.changes), and
// of all settings.
func (a *App) declaredChange(ctx context.Context, done *application.Done, detail map[string]string) error {
	if done.Operation == "suspendApplication" {
		return nil
	}
	now, err := a.services.applications.Get(ctx, application.IDIn{ClientID: done.ClientID})
	if err != nil {
		return err
	}
	body, err := json.Marshal(now.Settings)
	if err != nil {
		return err
	}
	what := granted(done.Before, body)
	var before *application.Settings
	if done.Before == nil {
		what = append([]string{credentialCreated}, what...)
	} else {
		before = &done.Before.Settings
	}
	if len(what) > 0 {
		detail["change"] = strings.Join(what, ",")
	}
	if values := application.Values(before, &now.Settings); values != "" {
		detail["values"] = values
	}
	return nil
}
