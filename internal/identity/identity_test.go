// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "0190a0b0-0000-7000-8000-0000000000aa"

type nobody struct{}

func (nobody) UserByEmail(context.Context, string, string) (*identity.User, error) {
	return nil, store.ErrNotFound
}
func (nobody) HasCompany(context.Context, string, string) (bool, error) { return true, nil }

type bundle struct {
	t     *testing.T
	store store.Store
	s     *identity.Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bundle{t, st, identity.New(clock.NewTenants(clock.System()), nobody{}, nil)}
}

// admin runs fn in a write transaction as the TMC's administrator.
func (b *bundle) admin(fn func(ctx context.Context) error) error {
	ctx := actor.With(b.t.Context(), &actor.Actor{Tenant: tenant, Roles: []string{actor.TMCAdmin}})
	return b.store.Update(ctx, fn)
}

func (b *bundle) client() (out identity.CreateOut) {
	b.t.Helper()
	err := b.admin(func(ctx context.Context) (err error) {
		out, err = b.s.Issue(ctx, tenant, "", actor.TMCAdmin, false)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bundle) token(id, secret string) (out identity.TokenOut, err error) {
	err = b.store.Update(b.t.Context(), func(ctx context.Context) (err error) {
		out, err = b.s.FetchToken(ctx, identity.TokenIn{GrantType: identity.GrantClient, ClientID: id, ClientSecret: secret})
		return err
	})
	return out, err
}

func (b *bundle) rotate(id string) (out identity.RotateOut, err error) {
	var in identity.ClientIn
	in.Body.ClientID = id
	err = b.admin(func(ctx context.Context) (err error) {
		out, err = b.s.Rotate(ctx, in)
		return err
	})
	return out, err
}

// TestRotationLeavesNoOldToken rotates while many callers fetch tokens with the secret of the moment.
// Whatever they got before a rotation returned must be dead after it.
func TestRotationLeavesNoOldToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	secret := c.ClientSecret
	for round := range 5 {
		var mu sync.Mutex
		var got []string
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					tok, err := b.token(c.ClientID, secret)
					if errs.Is(err, errs.CredentialInvalid) {
						return // the secret died under us
					}
					if err != nil {
						t.Errorf("round %d: %v", round, err)
						return
					}
					mu.Lock()
					got = append(got, tok.AccessToken)
					mu.Unlock()
				}
			})
		}
		for {
			mu.Lock()
			n := len(got)
			mu.Unlock()
			if n >= 20 {
				break
			}
		}
		rotated, err := b.rotate(c.ClientID)
		close(stop)
		callers.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range got {
			if _, err := b.s.Authenticate(t.Context(), tok); !errs.Is(err, errs.TokenInvalid) {
				t.Fatalf("round %d: a token of the old secret still opens: %v", round, err)
			}
		}
		if _, err := b.token(c.ClientID, secret); !errs.Is(err, errs.CredentialInvalid) {
			t.Fatalf("round %d: the old secret still works: %v", round, err)
		}
		secret = rotated.ClientSecret
	}
}

// TestTokensSurviveARestart loads a second service from the same store.
func TestTokensSurviveARestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	tok, err := b.token(c.ClientID, c.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	again := identity.New(clock.NewTenants(clock.System()), nobody{}, nil)
	if _, err := again.Authenticate(t.Context(), tok.AccessToken); err == nil {
		t.Fatal("an empty service knows the token")
	}
	if err := b.store.View(t.Context(), again.Load); err != nil {
		t.Fatal(err)
	}
	a, err := again.Authenticate(t.Context(), tok.AccessToken)
	if err != nil || a.Actor.Tenant != tenant || a.Actor.ClientID != c.ClientID {
		t.Errorf("after the restart: %+v %v", a, err)
	}
}

// TestARefusedTransactionIssuesNothing rolls back after a token was made: it must not open anything.
func TestARefusedTransactionIssuesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	refused := errors.New("refused")
	var tok identity.TokenOut
	err := b.store.Update(t.Context(), func(ctx context.Context) (err error) {
		tok, err = b.s.FetchToken(ctx, identity.TokenIn{GrantType: identity.GrantClient, ClientID: c.ClientID, ClientSecret: c.ClientSecret})
		if err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if _, err := b.s.Authenticate(t.Context(), tok.AccessToken); !errs.Is(err, errs.TokenInvalid) {
		t.Errorf("a token that was rolled back opens: %v", err)
	}
}

// TestExpiredTokensAreForgotten carries out the job that a token leaves behind.
func TestExpiredTokensAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	if _, err := b.token(c.ClientID, c.ClientSecret); err != nil {
		t.Fatal(err)
	}
	var jobs []*store.Job
	err := b.store.View(t.Context(), func(ctx context.Context) (err error) {
		jobs, err = store.Read(ctx).DueJobs(tenant, clock.System().Now().Add(2*time.Hour), 10)
		return err
	})
	if err != nil || len(jobs) != 1 {
		t.Fatalf("jobs %v %v", jobs, err)
	}
	if err := b.store.Update(t.Context(), func(ctx context.Context) error { return b.s.Expire(ctx, jobs[0]) }); err != nil {
		t.Fatal(err)
	}
	left := 0
	err = b.store.View(t.Context(), func(ctx context.Context) (err error) {
		left, err = store.Read(ctx).Count(store.Query{Tenant: identity.Platform, Kind: "identity.token"})
		return err
	})
	if err != nil || left != 0 {
		t.Errorf("%d tokens left, %v", left, err)
	}
}

func TestSecretsRestAsHashes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	err := b.store.View(t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: identity.Platform, Kind: "identity.client"}) {
			if err != nil {
				return err
			}
			if s := string(r.Doc); len(c.ClientSecret) < 40 || strings.Contains(s, c.ClientSecret[4:]) {
				t.Errorf("the record shows the secret: %s", s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
