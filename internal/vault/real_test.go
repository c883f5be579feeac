// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
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
func realServers(t *testing.T) map[string]func(t *testing.T) *harness {
	t.Helper()
	out := map[string]func(t *testing.T) *harness{}
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
func realKV(address, token string) func(t *testing.T) *harness {
	return func(t *testing.T) *harness {
		t.Helper()
		open := func() vault.Backend {
			k, err := vault.NewKV(vault.KVOptions{Address: address, Auth: vault.TokenAuth{Token: literal(token)}, Clock: clock.System()})
			want(t, err, nil)
			return k
		}
		path := "airside-test/" + ids.UUID()
		send := func(ctx context.Context, method, kind, body string) {
			req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(address, "/")+"/v1/secret/"+kind+"/"+path, strings.NewReader(body))
			want(t, err, nil)
			req.Header.Set("X-Vault-Token", token)
			answer, err := http.DefaultClient.Do(req)
			want(t, err, nil)
			if answer.Body.Close(); answer.StatusCode >= 300 {
				t.Fatalf("%s %s: %s", method, kind, answer.Status)
			}
		}
		t.Cleanup(func() { send(context.WithoutCancel(t.Context()), http.MethodDelete, "metadata", "") })
		return &harness{
			Backend: open(), reopen: open, ref: parse(t, "vault://secret/"+path+"#a"), sibling: parse(t, "vault://secret/"+path+"#b"),
			outside: func(fields string) { send(t.Context(), http.MethodPut, "data", `{"data":`+fields+`}`) },
		}
	}
}

// realAWS makes secrets that begin with "airside-test/" and deletes them at once.
func realAWS(t *testing.T, region, endpoint string) func(t *testing.T) *harness {
	t.Helper()
	is := aws.Credentials{AccessKeyID: setting(t, "AWS_ACCESS_KEY_ID"), SecretAccessKey: setting(t, "AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return is, nil })
	return func(t *testing.T) *harness {
		t.Helper()
		open := func() vault.Backend {
			a, err := vault.NewAWS(vault.AWSOptions{Region: region, Endpoint: endpoint, Credentials: credentials})
			want(t, err, nil)
			return a
		}
		c := sm.New(sm.Options{Region: region, Credentials: credentials}, func(o *sm.Options) {
			if endpoint != "" {
				o.BaseEndpoint = &endpoint
			}
		})
		name := "airside-test/" + ids.UUID()
		t.Cleanup(func() {
			_, _ = c.DeleteSecret(context.WithoutCancel(t.Context()), &sm.DeleteSecretInput{SecretId: &name, ForceDeleteWithoutRecovery: aws.Bool(true)}) // it may never have been made
		})
		return &harness{
			Backend: open(), reopen: open, ref: parse(t, "aws-sm://"+name+"#a"), sibling: parse(t, "aws-sm://"+name+"#b"),
			outside: func(fields string) {
				if !json.Valid([]byte(fields)) {
					t.Fatal("not JSON")
				}
				_, err := c.PutSecretValue(t.Context(), &sm.PutSecretValueInput{SecretId: &name, SecretString: &fields})
				want(t, err, nil)
			},
		}
	}
}
