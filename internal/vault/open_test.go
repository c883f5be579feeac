// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/vaulttest"
)

func environment(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func opens(t *testing.T, s vault.Settings, ref string) {
	t.Helper()
	v, err := vault.Open(s)
	want(t, err, nil)
	h, err := v.Get(t.Context(), parse(t, ref), vault.Current)
	if want(t, err, nil); !h.Secret.Equal(secret("prod")) {
		t.Error("another value was read")
	}
}

func TestOpenLogsIn(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.AddAppRole("airside", vaulttest.AppRole{RoleID: "role", TTL: time.Hour, Grants: prod})
	srv.AddKubernetes("airside", vaulttest.Kubernetes{JWT: "jwt", TTL: time.Hour, Grants: prod})
	dir := t.TempDir()
	mounted := filepath.Join(dir, "jwt")
	if err := os.WriteFile(mounted, []byte("jwt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, file := filepath.Join(dir, "key"), filepath.Join(dir, "login.age")
	want(t, vault.NewKeyFile(keys), nil)
	key, err := vault.KeyFile(keys)
	want(t, err, nil)
	want(t, vault.NewSealed(key, clock.System()).Create(t.Context(), file, map[string]string{"id": srv.NewSecretID("airside", vaulttest.SecretID{})}), nil)
	base := vault.Settings{Address: srv.URL, Clock: clock.Func(srv.Now), Lookup: environment(map[string]string{"VAULT_TOKEN": vaulttest.RootToken})}

	token, approle, pod := base, base, base
	token.Auth, token.Credential = "token", "env:VAULT_TOKEN"
	opens(t, token, read)
	approle.Auth, approle.Role, approle.Credential, approle.SealKeyFile = "approle", "role", "file:"+file+"#id", keys
	opens(t, approle, read)
	pod.Auth, pod.Role, pod.Credential = "kubernetes", "airside", mounted
	opens(t, pod, read)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	none := environment(nil)
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		s    vault.Settings
		kind error
	}{
		"a literal":          {vault.Settings{Address: "https://127.0.0.1", Auth: "token", Credential: canary}, vault.ErrLiteral},
		"nothing":            {vault.Settings{Address: "https://127.0.0.1", Auth: "approle"}, vault.ErrLiteral},
		"a vault in a vault": {vault.Settings{Address: "https://127.0.0.1", Auth: "token", Credential: "vault://secret/a#b"}, vault.ErrInvalid},
		"no URL":             {vault.Settings{Address: "::" + canary, Auth: "kubernetes"}, vault.ErrInvalid},
		"in clear":           {vault.Settings{Address: "http://vault.example.com:8200", Auth: "token", Credential: "env:T"}, vault.ErrInvalid},
		"in clear, by name":  {vault.Settings{Address: "http://localhost.example.com", Auth: "token", Credential: "env:T"}, vault.ErrInvalid},
		"a password":         {vault.Settings{Address: "https://" + canary + ":x@127.0.0.1", Auth: "token", Credential: "env:T"}, vault.ErrInvalid},
		"AWS in clear": {vault.Settings{AWSRegion: "eu-central-1", AWSEndpoint: "http://secrets.example.com", Lookup: environment(map[string]string{
			"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s",
		})}, vault.ErrInvalid},
		"no certificate":     {vault.Settings{Address: "https://127.0.0.1", Auth: "kubernetes", CAFile: junk}, vault.ErrInvalid},
		"no key":             {vault.Settings{SealKeyFile: junk}, vault.ErrInvalid},
		"two keys":           {vault.Settings{SealKeyFile: junk, PassphraseFile: junk}, vault.ErrInvalid},
		"no passphrase":      {vault.Settings{PassphraseFile: junk + canary}, vault.ErrNotFound},
		"no AWS credentials": {vault.Settings{AWSRegion: "eu-central-1"}, vault.ErrNotFound},
		"a far endpoint": {vault.Settings{AWSRegion: "eu-central-1", Lookup: environment(map[string]string{
			"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/" + canary,
		})}, vault.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.s.Lookup == nil {
				tc.s.Lookup = none
			}
			tc.s.Clock = clock.System()
			_, err := vault.Open(tc.s)
			want(t, err, tc.kind)
		})
	}
}

// A setting that is wrong is named, and what an operator can do about it.
func TestOpenNamesTheSetting(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]vault.Settings{
		"AIRSIDE_VAULT_ADDRESS must begin with https://": {Address: "http://192.0.2.1:8200", Auth: "token", Credential: "env:T"},
		"loopback addresses only":                        {Address: "http://[2001:db8::1]", Auth: "token", Credential: "env:T"},
		"AIRSIDE_AWS_ENDPOINT must begin with https://":  {AWSRegion: "eu-central-1", AWSEndpoint: "http://192.0.2.1"},
		"AIRSIDE_VAULT_CREDENTIAL: ":                     {Address: "https://vault.example.com", Auth: "token", Credential: canary},
	} {
		s.Lookup, s.Clock = environment(nil), clock.System()
		if _, err := vault.Open(s); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	for _, address := range []string{"http://127.0.0.1:8200", "http://[::1]:8200", "http://localhost:8200", "https://vault.example.com"} {
		if _, err := vault.Open(vault.Settings{Address: address, Auth: "token", Credential: "env:T", Lookup: environment(nil), Clock: clock.System()}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOpenTrustsTheGivenCA(t *testing.T) {
	t.Parallel()
	fake := newServer(t)
	srv := httptest.NewTLSServer(fake)
	t.Cleanup(srv.Close)
	s := vault.Settings{
		Address: srv.URL, Auth: "token", Credential: "env:T", Clock: clock.Func(fake.Now), Lookup: environment(map[string]string{"T": vaulttest.RootToken}),
	}
	v, err := vault.Open(s)
	want(t, err, nil)
	_, err = v.Versions(t.Context(), parse(t, read))
	if want(t, err, vault.ErrUnavailable); err.Error() != "vault: versions "+read+": vault unavailable: log in: its certificate is not trusted" {
		t.Errorf("got %v", err)
	}
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(s.CAFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	opens(t, s, read)
}

func TestOpenAWSCredentials(t *testing.T) {
	t.Parallel()
	srv := vaulttest.NewSecretsManager(t)
	srv.RequireSession("session")
	srv.Put("prod", `{"field":"`+canary+`prod"}`)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "pod" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"AccessKeyId": srv.AccessKeyID, "SecretAccessKey": srv.SecretAccessKey, "Token": "session", "Expiration": "2099-01-01T00:00:00Z",
		})
	}))
	t.Cleanup(endpoint.Close)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("pod\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, vars := range map[string]map[string]string{
		"a key":       {"AWS_ACCESS_KEY_ID": srv.AccessKeyID, "AWS_SECRET_ACCESS_KEY": srv.SecretAccessKey, "AWS_SESSION_TOKEN": "session"},
		"a container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opens(t, vault.Settings{AWSRegion: srv.Region, AWSEndpoint: srv.URL, Lookup: environment(vars), Clock: clock.System()}, "aws-sm://prod#field")
		})
	}
}
