// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// TestRotate rotates the credential of an environment whose upstream is a second Airside.
func TestRotate(t *testing.T) {
	t.Parallel()
	srv := airsidetest.Start(t)
	status, body := srv.Call(t, srv.Token(t), "POST", "/v2/api-users", map[string]string{"role": "TMC_ADMIN"})
	var user struct{ ClientID, ClientSecret string }
	if err := json.Unmarshal(body, &user); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	dir := t.TempDir()
	file, keyFile := filepath.Join(dir, "secrets.age"), filepath.Join(dir, "key")
	if err := vault.NewKeyFile(keyFile); err != nil {
		t.Fatal(err)
	}
	key, err := vault.KeyFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	sealed := vault.NewSealed(key, clock.System())
	if err := sealed.Create(t.Context(), file, map[string]string{"prod": user.ClientSecret, "admin": srv.Demo.ClientSecret}); err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	vaults := vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{vault.SchemeFile: sealed}, Clock: clock.System()})
	production := upstream.Options{
		Environment: upstream.Environment{
			Name: "production", BaseURL: srv.URL, ClientID: user.ClientID, Secret: vault.Ref{Scheme: vault.SchemeFile, Path: file, Field: "prod"},
			AdminClientID: srv.Demo.ClientID, AdminSecret: vault.Ref{Scheme: vault.SchemeFile, Path: file, Field: "admin"},
			Loopback: true,
		},
		Vaults: vaults, Store: st, Tenant: "00000000-0000-0000-0000-000000000000", Clock: clock.System(), Escrow: filepath.Join(dir, "escrow"), Key: &key,
	}
	rehearsal := production
	rehearsal.Environment.Name = "rehearsal"
	list := []upstream.Options{production}
	rotate := func(args ...string) result {
		var out, errs bytes.Buffer
		m := cli.Main{Args: append([]string{"rotate"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
		m.Upstreams = func(context.Context, config.Config) ([]upstream.Options, func() error, error) {
			return list, func() error { return nil }, nil
		}
		return result{m.Run(t.Context()), out.String(), errs.String()}
	}
	says := func(r result, exit int, out, errs string) {
		t.Helper()
		if r.exit != exit || !strings.Contains(r.out, out) || !strings.Contains(r.err, errs) || strings.Contains(r.out+r.err, user.ClientSecret) {
			t.Errorf("%+v", r)
		}
	}
	says(rotate("--status"), 0, "production   ", "")
	says(rotate("--resume"), 0, "there is nothing to resume", "")
	says(rotate("nowhere"), cli.ExitNotFound, "", `there is no environment "nowhere"; there are production`)
	says(rotate("--strategy", "turns"), cli.ExitDenied, "", "its role is not configured")
	says(rotate("--strategy", "luck"), cli.ExitUsage, "", "automatic, in-place or turns")
	says(rotate("production"), 0, "rotated in place; in use: "+user.ClientID, "")
	says(rotate("--incident", "--json"), 0, `"step": "done"`, "")
	says(rotate("--status"), 0, "done 20", "")
	list = append(list, rehearsal)
	says(rotate(), cli.ExitUsage, "", "name one environment: production, rehearsal")
	h, err := sealed.Get(t.Context(), production.Environment.Secret, vault.Current)
	if err != nil || h.Secret.Equal(vault.NewSecret([]byte(user.ClientSecret))) {
		t.Errorf("the vault has the old secret: %v", err)
	}
	list = nil
	says(rotate(), cli.ExitNotFound, "", "no environment is configured")
	memory := []string{"AIRSIDE_DATABASE_URL=memory:"}
	if r := run(t, nil, memory, "rotate"); r.exit != cli.ExitNotFound {
		t.Errorf("the configuration names no environment: %+v", r)
	}
}
