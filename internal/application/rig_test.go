// SPDX-License-Identifier: Apache-2.0

package application_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "t-1"

var load = sync.OnceValues(contract.Load)

// rig is a store, a clock, and the services of the processes that share them.
type rig struct {
	store   *sqlite.Store
	engine  *permit.Engine
	now     time.Time
	issued  int
	removed []string
}

func newRig(t testing.TB) *rig {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := permit.New(c, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{store: s, engine: e, now: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)}
}

// node is another process: it knows what the store knows.
func (r *rig) node(t testing.TB) *application.Service {
	t.Helper()
	s := application.New(application.Deps{
		Clock: clock.Func(func() time.Time { return r.now }), Store: r.store, Credentials: r, Environments: r, Companies: r, Permits: r.engine,
	})
	r.follow(t, s)
	return s
}

func (r *rig) follow(t testing.TB, s *application.Service) {
	t.Helper()
	if err := r.store.View(context.WithoutCancel(t.Context()), s.Load); err != nil {
		t.Fatal(err)
	}
}

// as runs fn in a transaction of the TMC's administrator.
func (r *rig) as(t testing.TB, fn func(ctx context.Context) error) error {
	t.Helper()
	return r.store.Update(as(t), fn)
}

// as is the context of a call of the TMC's administrator.
func as(t testing.TB) context.Context {
	t.Helper()
	return actor.With(context.WithoutCancel(t.Context()), &actor.Actor{Tenant: tenant, ClientID: "admin", Roles: []string{actor.TMCAdmin}})
}

// make registers an application and answers its client id.
func (r *rig) make(t testing.TB, s *application.Service, settings application.Settings) string {
	t.Helper()
	if settings.Name == "" {
		settings.Name = fmt.Sprintf("mailer %d", r.issued)
	}
	settings.Owner, settings.Environment = "lena@example.com", "production"
	var id string
	if err := r.as(t, func(ctx context.Context) error {
		got, err := s.Create(ctx, application.SettingsIn{Body: settings})
		id = got.ClientID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *rig) IssueApplication(context.Context, string, string, []byte) (id, secret string, err error) {
	r.issued++
	return fmt.Sprintf("client-%d", r.issued), "secret", nil
}

func (r *rig) RotateApplication(_ context.Context, _ string, overlap time.Duration, _ []byte) (string, time.Time, error) {
	return "secret", r.now.Add(overlap), nil
}

func (*rig) Holder(context.Context, []byte) (string, bool, error) { return "", false, nil }

func (*rig) EndTokens(context.Context, string) error { return nil }

func (r *rig) RemoveApplication(_ context.Context, id string) error {
	r.removed = append(r.removed, id)
	return nil
}

func (*rig) Environment(name string) (permit.Environment, bool) {
	return permit.Environment{Name: name, Live: name == "production", Mode: "live"}, name == "production" || name == application.Sandbox
}

func (*rig) Names() []string { return []string{application.Sandbox, "production"} }

func (*rig) HasCompany(_ context.Context, _, company string) (bool, error) {
	return company == "c-1", nil
}

// code is the code of an error; "" for none.
func code(err error) errs.Code {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	if err != nil {
		return errs.Code(err.Error())
	}
	return ""
}
