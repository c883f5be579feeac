// SPDX-License-Identifier: Apache-2.0

//go:build realvault

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

// These crash rotations at every act with the credential in a real server:
//
//	go test -tags realvault ./internal/upstream -run Real
//
// Whoever gives the tag wants them run, so an address that is missing is a failure.

func setting(t *testing.T, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set", name)
	}
	return v
}

// TestRealKV needs a Vault or OpenBao with a KV version 2 engine at "secret" and a token that may write there.
func TestRealKV(t *testing.T) {
	address, token := setting(t, "AIRSIDE_TEST_VAULT_ADDRESS"), setting(t, "AIRSIDE_TEST_VAULT_TOKEN")
	crashEverywhere(t, func(*testing.T) place {
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
	})
}

// TestRealAWS makes secrets that begin with "airside-test/" and deletes them at once.
func TestRealAWS(t *testing.T) {
	region, endpoint := setting(t, "AIRSIDE_TEST_AWS_REGION"), os.Getenv("AIRSIDE_TEST_AWS_ENDPOINT")
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID: setting(t, "AWS_ACCESS_KEY_ID"), SecretAccessKey: setting(t, "AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		}, nil
	})
	c := sm.New(sm.Options{Region: region, Credentials: credentials}, func(o *sm.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	crashEverywhere(t, func(*testing.T) place {
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
	})
}
