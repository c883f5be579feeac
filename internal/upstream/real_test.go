// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// realServers are servers that somebody runs, each in the table when the variables of the environment give its address. Without
// them only the fakes of vaulttest are there.
//
//	AIRSIDE_TEST_VAULT_ADDRESS, AIRSIDE_TEST_VAULT_TOKEN                  Vault or OpenBao
//	AIRSIDE_TEST_AWS_REGION, AIRSIDE_TEST_AWS_ENDPOINT (may be empty),    AWS Secrets Manager, or what speaks like it
//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
func realServers(t *testing.T) map[string]func(t *testing.T) place {
	t.Helper()
	out := map[string]func(t *testing.T) place{}
	if address := os.Getenv("AIRSIDE_TEST_VAULT_ADDRESS"); address != "" {
		out["a real KV"] = realKV(address, setting(t, "AIRSIDE_TEST_VAULT_TOKEN"))
	}
	if region := os.Getenv("AIRSIDE_TEST_AWS_REGION"); region != "" {
		out["a real Secrets Manager"] = realAWS(t, region, os.Getenv("AIRSIDE_TEST_AWS_ENDPOINT"))
	}
	return out
}

// setting is one that goes with an address, so that a missing one is a mistake.
func setting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set", name)
	}
	return v
}

// realKV needs a Vault or OpenBao with a KV version 2 engine at "secret" and a token that may write there.
func realKV(address, token string) func(t *testing.T) place {
	return func(*testing.T) place {
		return func(tb testing.TB, now clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend) {
			tb.Helper()
			path := "airside-test/" + ids.UUID()
			send := func(ctx context.Context, method, kind string, body any) {
				text, err := json.Marshal(body)
				if err != nil {
					tb.Fatal(err)
				}
				req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(address, "/")+"/v1/secret/"+kind+"/"+path, bytes.NewReader(text))
				if err != nil {
					tb.Fatal(err)
				}
				req.Header.Set("X-Vault-Token", token)
				res, err := (&http.Client{}).Do(req)
				if err != nil {
					tb.Fatal(err)
				}
				if res.Body.Close(); res.StatusCode >= 300 {
					tb.Fatalf("%s %s: %s", method, kind, res.Status)
				}
			}
			send(tb.Context(), http.MethodPut, "data", map[string]any{"data": map[string]string{"prod": prod, "admin": admin}})
			tb.Cleanup(func() { send(context.WithoutCancel(tb.Context()), http.MethodDelete, "metadata", nil) })
			open = func() vault.Backend {
				k, err := vault.NewKV(vault.KVOptions{Address: address, Auth: vault.TokenAuth{Token: literal(token)}, Clock: now})
				if err != nil {
					tb.Fatal(err)
				}
				return k
			}
			return ref(tb, "vault://secret/"+path+"#prod"), ref(tb, "vault://secret/"+path+"#admin"), open
		}
	}
}

// realAWS makes secrets that begin with "airside-test/" and deletes them at once.
func realAWS(t *testing.T, region, endpoint string) func(t *testing.T) place {
	t.Helper()
	is := aws.Credentials{AccessKeyID: setting(t, "AWS_ACCESS_KEY_ID"), SecretAccessKey: setting(t, "AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return is, nil })
	c := sm.New(sm.Options{Region: region, Credentials: credentials}, func(o *sm.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	return func(*testing.T) place {
		return func(tb testing.TB, _ clock.Clock, prod, admin string) (prodRef, adminRef vault.Ref, open func() vault.Backend) {
			tb.Helper()
			name := "airside-test/" + ids.UUID()
			text, err := json.Marshal(map[string]string{"prod": prod, "admin": admin})
			if err != nil {
				tb.Fatal(err)
			}
			if _, err := c.CreateSecret(tb.Context(), &sm.CreateSecretInput{Name: &name, SecretString: aws.String(string(text))}); err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() {
				ctx := context.WithoutCancel(tb.Context())
				if _, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: &name, ForceDeleteWithoutRecovery: aws.Bool(true)}); err != nil {
					tb.Error(err)
				}
			})
			open = func() vault.Backend {
				a, err := vault.NewAWS(vault.AWSOptions{Region: region, Endpoint: endpoint, Credentials: credentials})
				if err != nil {
					tb.Fatal(err)
				}
				return a
			}
			return ref(tb, "aws-sm://"+name+"#prod"), ref(tb, "aws-sm://"+name+"#admin"), open
		}
	}
}
