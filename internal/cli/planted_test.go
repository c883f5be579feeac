// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/ids"
)

// once is a writer that says when the first line is there.
type once struct {
	bytes.Buffer
	mu   sync.Mutex
	told func()
}

func (o *once) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.Buffer.Write(b)
	if strings.Contains(o.String(), "Airside serves") {
		o.told()
	}
	return n, err
}

// TestCommandsPrintNoPlantedSecret: a secret in a setting is in nothing that a person is shown of the configuration,
// whether it is refused there or belongs there.
func TestCommandsPrintNoPlantedSecret(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	secret := ids.Secret("asc_")
	const far = "AIRSIDE_ENV_PRODUCTION_"
	for _, tc := range []struct {
		setting, value, canary string
		starts                 bool
	}{
		{"AIRSIDE_LOG_SINKS", "otlp+http://u:canary@h.example.com:4318", "canary", false},
		{"AIRSIDE_LOG_SINKS", "otlp+http://canary@h.example.com:4318", "canary", false},
		{"AIRSIDE_LOG_SINKS", "otlp+http://h.example.com:4318?token=canary", "canary", false},
		{"AIRSIDE_AUDIT_CHECKPOINT_URL", "https://u:canary@h.example.com", "canary", false},
		{"AIRSIDE_AUDIT_CHECKPOINT_URL", "https://h.example.com/x?a=canary", "canary", true},
		{"AIRSIDE_JWKS_URL", "https://u:canary@h.example.com", "canary", false},
		{"AIRSIDE_JWKS_URL", "https://h.example.com/x?a=canary", "canary", true},
		{"AIRSIDE_BASE_URL", "https://u:canary@h.example.com", "canary", false},
		{"AIRSIDE_BASE_URL", "https://h.example.com?token=canary", "canary", false},
		{"AIRSIDE_VAULT_ADDRESS", "https://u:canary@h.example.com", "canary", false},
		{"AIRSIDE_VAULT_CREDENTIAL", secret, secret, true}, // nothing asks a vault here
		{"AIRSIDE_CLIENT_SECRET", secret, secret, true},
		{"AIRSIDE_TOKEN", secret, secret, true},
		{"AIRSIDE_DATABASE_URL", "postgres://u:canary@127.0.0.1:1/a", "canary", false},
		{far + "BASE_URL", "https://u:canary@h.example.com", "canary", false},
		{far + "TOKEN_URL", "https://u:canary@h.example.com", "canary", false},
		{far + "CLIENT_ID", secret, secret, false},
		{far + "SECRET", secret, secret, false},
		{far + "WEBHOOK_SECRETS", secret, secret, false},
		{far + "WEBHOOK_TARGETS", "https://h.example.com/x?token=" + secret, secret, false},
		{far + "WEBHOOK_TARGETS", "https://u:canary@h.example.com/x", "canary", false},
		{far + "WEBHOOK_TARGETS", "https://h.example.com/x?token=canary", "canary", true},
	} {
		t.Run(tc.setting+" "+strings.NewReplacer(secret, "ours", "=", " ").Replace(tc.value), func(t *testing.T) {
			t.Parallel()
			environ := []string{"AIRSIDE_LISTEN=127.0.0.1:0", "AIRSIDE_DATABASE_URL=memory:", "AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_MASTER_KEY_FILE=" + t.TempDir() + "/key",
				far + "BASE_URL=https://api.example.com", far + "CLIENT_ID=c", far + "SECRET=env:FAR", far + "WEBHOOK_SIGN=env:OUT", "AIRSIDE_SHUTDOWN_TIMEOUT=1s",
				"AIRSIDE_URL=http://127.0.0.1:1", tc.setting + "=" + tc.value}
			for _, args := range [][]string{{"config"}, {"config", "--json"}, {"doctor"}, {"doctor", "--json"}, {"serve"}} {
				ctx, stop := context.WithCancel(t.Context())
				out := &once{told: stop}
				exit := (&Main{Args: args, Environ: environ, Contract: c, Dir: t.TempDir(), Stdout: out, Stderr: out}).Run(ctx)
				stop()
				if text := out.String(); strings.Contains(text, tc.canary) {
					t.Errorf("airside %s prints it: %s", strings.Join(args, " "), text)
				}
				if args[0] == "serve" && (exit == ExitOK) != tc.starts {
					t.Errorf("serve ends with %d: %s", exit, out.String())
				}
			}
		})
	}
}
