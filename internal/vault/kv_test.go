// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

const read = "vault://secret/prod#field"

// reads reports how a read goes.
func reads(t *testing.T, k *vault.KV, kind error) {
	t.Helper()
	_, err := k.Get(t.Context(), parse(t, read), vault.Current)
	want(t, err, kind)
}

func newServer(t *testing.T) *vaulttest.KV {
	t.Helper()
	srv := vaulttest.NewKV(t)
	srv.Put("prod", map[string]any{"field": canary + "prod"})
	srv.Put("sandbox", map[string]any{"field": canary + "sandbox"})
	return srv
}

var prod = []vaulttest.Grant{{Path: "secret/data/prod", Write: true}}

const (
	logins    = "PUT /v1/auth/approle/login"
	renewals  = "PUT /v1/auth/token/renew-self"
	lookups   = "GET /v1/auth/token/lookup-self"
	podLogins = "PUT /v1/auth/kubernetes/login"
)

func calls(t *testing.T, srv *vaulttest.KV, what string, n int) {
	t.Helper()
	if got := srv.Calls(what); got != n {
		t.Errorf("%d calls of %s, want %d", got, what, n)
	}
}

func TestOneUseSecretIDServesForADayOfRenewals(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	id := srv.NewSecretID("airside", vaulttest.SecretID{Uses: 1, CIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	k := openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(id)})
	for range 48 {
		reads(t, k, nil)
		srv.Advance(45 * time.Minute)
	}
	calls(t, srv, logins, 1)
	calls(t, srv, renewals, 47)
	srv.Advance(2 * time.Hour) // asleep until the lease is over: the secret id is used up
	reads(t, k, vault.ErrDenied)
}

func TestSecretIDFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	id := srv.NewSecretID("airside", vaulttest.SecretID{CIDRs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	reads(t, openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(id)}), vault.ErrDenied)
	reads(t, openKV(t, srv, vault.AppRoleAuth{RoleID: "another", SecretID: literal(srv.NewSecretID("airside", vaulttest.SecretID{}))}), vault.ErrDenied)
}

func TestLoginAgainWhenTheMaximumIsNear(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, MaxTTL: 4 * time.Hour, Grants: prod})
	k := openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(srv.NewSecretID("airside", vaulttest.SecretID{}))})
	for range 32 { // a day: only renewing would end after four hours
		reads(t, k, nil)
		srv.Advance(45 * time.Minute)
	}
	if n := srv.Calls(logins); n < 6 || n > 8 {
		t.Errorf("%d logins in 24 hours with a maximum of 4", n)
	}
}

func TestRenewalThatFailsDoesNotEndTheLease(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	k := openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(srv.NewSecretID("airside", vaulttest.SecretID{Uses: 1}))})
	reads(t, k, nil)
	srv.Advance(45 * time.Minute)
	srv.Fail(vaulttest.Fault{Kind: vaulttest.Broken, Path: "/v1/auth/token/renew-self", Times: 1})
	reads(t, k, nil) // neither renewed nor logged in, but the lease runs
	calls(t, srv, renewals, 1)
	reads(t, k, nil) // not asked again at once
	calls(t, srv, renewals, 1)
	srv.Advance(2 * time.Minute)
	reads(t, k, nil)
	calls(t, srv, renewals, 2)
	srv.Advance(59 * time.Minute) // had that renewal not worked, this would be the end
	reads(t, k, nil)
}

func TestRevokedTokenIsReplaced(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	k := openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(srv.NewSecretID("airside", vaulttest.SecretID{}))})
	reads(t, k, nil)
	srv.RevokeAll()
	reads(t, k, nil)
	calls(t, srv, logins, 2)
}

func TestRefusalOfAPathCostsNoLogin(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	k := openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(srv.NewSecretID("airside", vaulttest.SecretID{Uses: 1}))})
	for range 3 {
		_, err := k.Get(t.Context(), parse(t, "vault://secret/sandbox#field"), vault.Current)
		want(t, err, vault.ErrDenied)
	}
	reads(t, k, nil)
	calls(t, srv, logins, 1)
}

func TestKubernetesLoginReadsTheTokenAnew(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddKubernetes("airside", vaulttest.Kubernetes{JWT: "first", TTL: time.Minute, Grants: prod})
	path := filepath.Join(t.TempDir(), "token")
	mount := func(jwt string) {
		if err := os.WriteFile(path, []byte(jwt+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mount("first")
	k := openKV(t, srv, vault.KubernetesAuth{Role: "airside", JWT: vault.Mounted(path)})
	reads(t, k, nil)
	srv.AddKubernetes("airside", vaulttest.Kubernetes{JWT: "second", TTL: time.Minute, Grants: prod})
	srv.Advance(time.Hour)
	reads(t, k, vault.ErrDenied)
	mount("second")
	reads(t, k, nil)
	calls(t, srv, podLogins, 3)
}

func TestTokenLogin(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	k := openKV(t, srv, vault.TokenAuth{Token: literal(vaulttest.RootToken)})
	reads(t, k, nil)
	srv.Advance(1000 * time.Hour)
	reads(t, k, nil)
	calls(t, srv, lookups, 1)

	limited := openKV(t, srv, vault.TokenAuth{Token: literal(srv.NewToken(time.Hour, 3*time.Hour, prod...))})
	for range 3 {
		reads(t, limited, nil)
		srv.Advance(45 * time.Minute)
	}
	reads(t, limited, nil)
	srv.Advance(time.Hour)
	reads(t, limited, vault.ErrDenied)
}

func TestSealedServer(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	k := openKV(t, srv, vault.TokenAuth{Token: literal(vaulttest.RootToken)})
	srv.Seal(true)
	reads(t, k, vault.ErrSealed)
	reads(t, k, vault.ErrUnavailable)
	srv.Seal(false)
	reads(t, k, nil)
}

func TestDeletedPathIsWrittenAgain(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	k := openKV(t, srv, vault.TokenAuth{Token: literal(vaulttest.RootToken)})
	ref, token := parse(t, read), ids.UUID()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, srv.URL+"/v1/secret/data/prod", http.NoBody)
	want(t, err, nil)
	req.Header.Set("X-Vault-Token", vaulttest.RootToken)
	answer, err := http.DefaultClient.Do(req)
	want(t, err, nil)
	answer.Body.Close()
	reads(t, k, vault.ErrNotFound)
	want(t, k.PutPending(t.Context(), ref, secret("again"), token), nil)
	want(t, k.Promote(t.Context(), ref, token), nil)
	reads(t, k, nil)
}
