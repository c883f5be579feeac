// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	bao "github.com/openbao/openbao/api/v2"

	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

func literal(s string) vault.Source {
	return func(context.Context) (vault.Secret, error) { return vaultSecret(s), nil }
}

// faulty is a vault server whose writes and reads fail on demand.
type faulty struct {
	place
	fail   func(kind vaulttest.FaultKind, write bool, skip, times int)
	heal   func()
	vendor func(t *testing.T) string // the current value as the vendor's own client reads it
}

const kvPath = "prod/upstream"

func kvServer(t testing.TB) *faulty {
	t.Helper()
	srv := vaulttest.NewKV(t)
	srv.AddAppRole("airside", vaulttest.AppRole{
		RoleID: "role", TTL: time.Hour, MaxTTL: 24 * time.Hour, Grants: []vaulttest.Grant{{Path: "secret/*", Write: true}},
	})
	id := srv.NewSecretID("airside", vaulttest.SecretID{})
	return &faulty{
		place: func(t testing.TB, _ clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend) {
			t.Helper()
			srv.Put(kvPath, map[string]any{"prod": prod, "admin": admin})
			open = func() vault.Backend {
				k, err := vault.NewKV(vault.KVOptions{Address: srv.URL, Auth: vault.AppRoleAuth{RoleID: "role", SecretID: literal(id)}, Clock: clock.Func(srv.Now)})
				if err != nil {
					t.Fatal(err)
				}
				return k
			}
			return ref(t, "vault://secret/"+kvPath+"#prod"), ref(t, "vault://secret/"+kvPath+"#admin"), open
		},
		fail: func(kind vaulttest.FaultKind, write bool, skip, times int) {
			method := map[bool]string{true: "PUT", false: "GET"}[write]
			srv.Fail(vaulttest.Fault{Kind: kind, Method: method, Path: "/v1/secret/data/" + kvPath, Skip: skip, Times: times})
		},
		heal: srv.Heal,
		vendor: func(t *testing.T) string {
			t.Helper()
			cfg := bao.NewConfig()
			cfg.Address, cfg.DisableEnvironment = srv.URL, true
			c, err := bao.NewClient(cfg)
			if err != nil {
				t.Fatal(err)
			}
			c.SetToken(vaulttest.RootToken)
			got, err := c.KVv2("secret").Get(t.Context(), kvPath)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := got.Data["prod"].(string)
			return text
		},
	}
}

func awsServer(t testing.TB) *faulty {
	t.Helper()
	srv := vaulttest.NewSecretsManager(t)
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: srv.AccessKeyID, SecretAccessKey: srv.SecretAccessKey}, nil
	})
	return &faulty{
		place: func(t testing.TB, _ clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend) {
			t.Helper()
			text := func(s string) string {
				b, err := json.Marshal(map[string]string{"clientSecret": s})
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
			srv.Put("prod", text(prod))
			srv.Put("admin", text(admin))
			open = func() vault.Backend {
				a, err := vault.NewAWS(vault.AWSOptions{Region: srv.Region, Endpoint: srv.URL, Credentials: credentials})
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			return ref(t, "aws-sm://prod#clientSecret"), ref(t, "aws-sm://admin#clientSecret"), open
		},
		fail: func(kind vaulttest.FaultKind, write bool, skip, times int) {
			if kind == vaulttest.LeaseExpired { // ends the session for good; a login of AWS is not ours to renew
				kind = vaulttest.Denied
			}
			ops := map[bool][]string{true: {"PutSecretValue", "UpdateSecretVersionStage"}, false: {"GetSecretValue"}}[write]
			for _, op := range ops {
				srv.Fail(vaulttest.Fault{Kind: kind, Method: op, Path: "prod", Skip: skip, Times: times})
			}
		},
		heal: srv.Heal,
		vendor: func(t *testing.T) string {
			t.Helper()
			c := sm.New(sm.Options{Region: srv.Region, BaseEndpoint: &srv.URL, Credentials: credentials})
			out, err := c.GetSecretValue(t.Context(), &sm.GetSecretValueInput{SecretId: aws.String("prod")})
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string]string
			if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &fields); err != nil {
				t.Fatal(err)
			}
			return fields["clientSecret"]
		},
	}
}

var faults = map[string]vaulttest.FaultKind{
	"before": vaulttest.FailBefore, "after": vaulttest.FailAfter, "broken": vaulttest.Broken, "slow": vaulttest.Slow,
	"sealed": vaulttest.Sealed, "denied": vaulttest.Denied, "lease expired": vaulttest.LeaseExpired,
}

// A vault fails at each of its writes and reads during a rotation, once or until it is healed. Requests go on
// throughout, and when the vault is back the rotation ends with the credential in it, as the vendor's client sees it.
func TestVaultFaults(t *testing.T) {
	t.Parallel()
	for vendor, server := range map[string]func(t testing.TB) *faulty{"kv": kvServer, "aws": awsServer} {
		for name, kind := range faults {
			for _, write := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s %s, write %v", vendor, name, write), func(t *testing.T) {
					t.Parallel()
					for skip := range 4 {
						for _, times := range []int{1, 0} {
							if kind == vaulttest.Slow && (times == 0 || skip%2 == 0) { // each waits for a timeout in real time
								continue
							}
							rotateThrough(t, server(t), kind, write, skip, times)
						}
					}
				})
			}
		}
	}
}

func rotateThrough(t *testing.T, srv *faulty, kind vaulttest.FaultKind, write bool, skip, times int) {
	t.Helper()
	at := fmt.Sprintf("skip %d, times %d", skip, times)
	r := newRigOn(t, srv.place)
	r.hasty()
	r.env.Timeouts.Token = 2 * time.Second
	old := r.secret("prod")
	c := r.node(t)
	r.call(t, c, "")
	r.call(t, r.node(t), "")
	if !write {
		skip += 2 // past what reads the old secret, which needs it
	}
	srv.fail(kind, write, skip, times)
	rep, err := c.Rotate(t.Context(), upstream.Request{})
	r.call(t, c, `{"externalId":"meanwhile"}`)
	if err != nil {
		if !errors.Is(err, upstream.ErrUnavailable) && !errors.Is(err, upstream.ErrRisk) && !errors.Is(err, upstream.ErrCredential) {
			t.Errorf("%s: %+v %v", at, rep, err)
		}
		if r.secret("prod") != old && len(r.kept(t)) == 0 {
			t.Errorf("%s: no working credential is anywhere", at)
		}
		// Another node has no secret that works from the vault; it goes on with what the rotation shares.
		r.call(t, r.node(t), `{"externalId":"other"}`)
		srv.heal()
		r.ahead.Add(int64(2 * time.Hour)) // tokens and leases are over
		c.Tend(t.Context())
		rep, err = c.Rotate(t.Context(), upstream.Request{})
	}
	if err != nil || rep.Step != "done" {
		t.Fatalf("%s: %+v %v", at, rep, err)
	}
	srv.heal()
	r.settled(t, old, 2)
	if srv.vendor(t) != r.secret("prod") {
		t.Errorf("%s: the vendor's client reads another secret", at)
	}
}

// While the vault is away for hours, tokens are fetched with what the escrow has, on every node.
func TestVaultAwayForHours(t *testing.T) {
	t.Parallel()
	srv := kvServer(t)
	r := newRigOn(t, srv.place)
	r.hasty()
	old := r.secret("prod")
	c := r.node(t)
	r.call(t, c, "")
	srv.fail(vaulttest.Sealed, true, 1, 0) // the proof succeeds, then nothing does
	if rep, err := c.Rotate(t.Context(), upstream.Request{}); !errors.Is(err, upstream.ErrUnavailable) || rep.Step != "escrowed" {
		t.Fatal(rep, err)
	}
	srv.fail(vaulttest.Sealed, false, 0, 0)
	r.escrow = t.TempDir() // another machine
	other := r.node(t)
	for range 5 {
		r.ahead.Add(int64(50 * time.Minute))
		r.call(t, c, "")
		r.call(t, other, "")
		c.Tend(t.Context())
	}
	if n := len(r.saw(upstream.EventDegraded)); n == 0 {
		t.Error("nobody was told")
	}
	srv.heal()
	other.Tend(t.Context())
	r.settled(t, old, 2)
}
