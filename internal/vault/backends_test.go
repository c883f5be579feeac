// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

func parse(t *testing.T, text string) vault.Ref {
	t.Helper()
	ref, err := vault.ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// literal is a credential that stands in a test.
func literal(s string) vault.Source {
	return func(context.Context) (vault.Secret, error) { return vault.NewSecret([]byte(s)), nil }
}

func openKV(t *testing.T, srv *vaulttest.KV, auth vault.Auth) *vault.KV {
	t.Helper()
	k, err := vault.NewKV(vault.KVOptions{Address: srv.URL, Auth: auth, Clock: clock.Func(srv.Now)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var all = vaulttest.Grant{Path: "secret/*", Write: true}

// kinds are what the fake servers call the faults.
var kinds = map[fault]vaulttest.FaultKind{
	before: vaulttest.FailBefore, after: vaulttest.FailAfter, broken: vaulttest.Broken, slow: vaulttest.Slow,
	sealed: vaulttest.Sealed, denied: vaulttest.Denied, expired: vaulttest.LeaseExpired,
}

func kvHarness(t *testing.T) *harness {
	srv := vaulttest.NewKV(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, MaxTTL: 24 * time.Hour, Grants: []vaulttest.Grant{all}})
	id := srv.NewSecretID("airside", vaulttest.SecretID{})
	open := func() vault.Backend { return openKV(t, srv, vault.AppRoleAuth{RoleID: "role", SecretID: literal(id)}) }
	return &harness{
		Backend: open(), reopen: open,
		ref: parse(t, "vault://secret/prod/spotnana#clientSecret"), sibling: parse(t, "vault://secret/prod/spotnana#webhookSecret"),
		outside: func(fields string) { srv.Put("prod/spotnana", object(t, fields)) },
		fault: func(f fault) bool {
			srv.Fail(vaulttest.Fault{Kind: kinds[f], Method: "PUT", Path: "/v1/secret/data/prod/spotnana", Times: 1})
			return true
		},
		heal: srv.Heal,
	}
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func openAWS(t *testing.T, srv *vaulttest.SecretsManager, session string) *vault.AWS {
	t.Helper()
	a, err := vault.NewAWS(vault.AWSOptions{
		Region: srv.Region, Endpoint: srv.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: srv.AccessKeyID, SecretAccessKey: srv.SecretAccessKey, SessionToken: session}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func awsHarness(t *testing.T) *harness {
	srv := vaulttest.NewSecretsManager(t)
	open := func() vault.Backend { return openAWS(t, srv, "") }
	h := &harness{
		Backend: open(), reopen: open,
		ref: parse(t, "aws-sm://prod/spotnana#clientSecret"), sibling: parse(t, "aws-sm://prod/spotnana#webhookSecret"),
		outside: func(fields string) { srv.Put("prod/spotnana", fields) },
	}
	h.fault = func(f fault) bool {
		srv.Fail(vaulttest.Fault{Kind: kinds[f], Method: "PutSecretValue", Times: 1})
		srv.Fail(vaulttest.Fault{Kind: kinds[f], Method: "UpdateSecretVersionStage", Times: 1})
		return true
	}
	h.heal = func() {
		srv.Heal()
		srv.RequireSession("")
	}
	return h
}

func sealedHarness(key func(t *testing.T) vault.SealKey) func(t *testing.T) *harness {
	return func(t *testing.T) *harness {
		path := filepath.Join(t.TempDir(), "secrets.age")
		k := key(t)
		var next atomic.Int32 // the fault, or -1
		next.Store(-1)
		open := func() vault.Backend {
			s := vault.NewSealed(k, clock.System())
			s.Between(func(step string) error {
				f := fault(next.Load())
				if f == before && step == "before rename" || f == after && step == "after rename" || f == broken && step == "before write" {
					next.Store(-1)
					return errors.New("the disk says no: " + canary)
				}
				return nil
			})
			return s
		}
		h := &harness{
			Backend: open(), reopen: open,
			ref: parse(t, "file:"+path+"#clientSecret"), sibling: parse(t, "file:"+path+"#webhookSecret"),
			fault: func(f fault) bool { next.Store(int32(f)); return f <= broken },
			heal:  func() { next.Store(-1) },
		}
		h.outside = func(fields string) {
			flat := map[string]string{}
			for name, v := range object(t, fields) {
				if s, ok := v.(string); ok {
					flat[name] = s
				}
			}
			other := filepath.Join(t.TempDir(), "new.age")
			if err := vault.NewSealed(k, clock.System()).Create(t.Context(), other, flat); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		}
		return h
	}
}

func keyFile(t *testing.T) vault.SealKey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := vault.NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	k, err := vault.KeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func passphrase(t *testing.T) vault.SealKey {
	t.Helper()
	k, err := vault.Passphrase(secret("passphrase"), 4)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// cached is a backend behind the set that callers use.
func cached(open func(t *testing.T) *harness) func(t *testing.T) *harness {
	return func(t *testing.T) *harness {
		h := open(t)
		inner := h.reopen
		h.reopen = func() vault.Backend { return around(inner()) }
		h.Backend = h.reopen()
		return h
	}
}

func around(b vault.Backend) *vault.Vaults {
	return vault.New(vault.Options{
		Backends: map[vault.Scheme]vault.Backend{vault.SchemeKV: b, vault.SchemeAWS: b, vault.SchemeFile: b, vault.SchemeEnv: b},
		Clock:    clock.System(),
		TTL:      time.Nanosecond,
		Pause:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}

// TestBackends holds every backend to one suite, and real servers, where their address is given (realServers).
func TestBackends(t *testing.T) {
	t.Parallel()
	for name, open := range realServers(t) { // which cannot be told to fail
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conform(t, open)
		})
	}
	for name, open := range map[string]func(t *testing.T) *harness{
		"kv": kvHarness, "aws": awsHarness, "sealed by key file": sealedHarness(keyFile), "sealed by passphrase": sealedHarness(passphrase),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conform(t, open)
			conformFaults(t, open)
		})
		t.Run(name+" behind the cache", func(t *testing.T) {
			t.Parallel()
			conform(t, cached(open))
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := vault.Env(func(name string) (string, bool) { return canary + "env", name == "SPOTNANA_SECRET" })
	ref := parse(t, "env:SPOTNANA_SECRET")
	h, err := env.Get(t.Context(), ref, vault.Current)
	if want(t, err, nil); !h.Secret.Equal(secret("env")) {
		t.Error("another value was read")
	}
	_, err = env.Get(t.Context(), ref, vault.Pending)
	want(t, err, vault.ErrNotFound)
	_, err = env.Get(t.Context(), parse(t, "env:OTHER"), vault.Current)
	want(t, err, vault.ErrNotFound)
	want(t, env.PutPending(t.Context(), ref, secret("x"), ""), vault.ErrReadOnly)
	want(t, env.Promote(t.Context(), ref, ""), vault.ErrReadOnly)
	if list, err := env.Versions(t.Context(), ref); err != nil || len(list) != 1 {
		t.Errorf("versions: %v, %v", list, err)
	}
}
