// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/ids"
)

// doctor runs it and gives its findings as "verdict name: detail".
func doctor(t *testing.T, environ ...string) (lines []string, exit int) {
	t.Helper()
	var out, errs bytes.Buffer
	m := &Main{Args: []string{"doctor", "--json"}, Environ: append(environ, "AIRSIDE_DATABASE_URL=memory:"), Stdout: &out, Stderr: &errs}
	exit = m.Run(t.Context())
	var all []finding
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.Bytes(), errs.Bytes())
	}
	for _, f := range all {
		verdict := "FAIL"
		switch {
		case f.OK:
			verdict = "ok"
		case f.Warning:
			verdict = "warn"
		}
		if verdict == "warn" && f.Fix == "" {
			t.Errorf("%s: a warning without a way out", f.Name)
		}
		lines = append(lines, verdict+" "+f.Name+": "+f.Detail)
	}
	return lines, exit
}

func TestDoctorOnPractices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open, closed, brokers := filepath.Join(dir, "open"), filepath.Join(dir, "closed"), filepath.Join(dir, "brokers.json")
	for path, mode := range map[string]os.FileMode{open: 0o644, closed: 0o600} {
		if err := os.WriteFile(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	literal := ids.Secret("asc_")
	if err := os.WriteFile(brokers, []byte(`{"password":"`+literal+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	up := func(settings ...string) []string {
		out := []string{"AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_ENV_PRODUCTION_BASE_URL=https://api.example.com"}
		for _, s := range settings {
			out = append(out, "AIRSIDE_ENV_PRODUCTION_"+s)
		}
		return out
	}
	for name, c := range map[string]struct {
		environ []string
		want    string
		exit    int
	}{
		"nothing set":          {nil, "ok vault: no environment", ExitOK},
		"no bodies":            {nil, "ok kept bodies: bodies of requests are not kept", ExitOK},
		"bodies":               {[]string{"AIRSIDE_LOG_BODIES=24h"}, "warn kept bodies: bodies of requests and webhooks are kept for 24h0m0s", ExitOK},
		"secret in a variable": {up("SECRET=env:UP"), "warn vault: production: the secret is a variable", ExitOK},
		"secret in a vault":    {up("SECRET=vault://secret/prod#clientSecret"), "ok vault: production: vault", ExitOK},
		"no way back":          {up("SECRET=vault://secret/prod#clientSecret"), "warn rotation: production: neither an admin credential", ExitOK},
		"rotation off":         {up("SECRET=vault://secret/prod#x", "ROLE=TMC_ADMIN", "ROTATE_AFTER=0s"), "warn rotation: production: scheduled rotation is off", ExitOK},
		"rotation seldom":      {up("SECRET=vault://secret/prod#x", "ROLE=TMC_ADMIN", "ROTATE_AFTER=9000h"), "warn rotation: production: the secret may become 9000h", ExitOK},
		"rotation on":          {up("SECRET=vault://secret/prod#x", "ROLE=TMC_ADMIN"), "ok rotation: production: every 2160h", ExitOK},
		"literal secret":       {up("SECRET=" + literal), "FAIL secrets: AIRSIDE_ENV_PRODUCTION_SECRET", ExitFailure},
		"literal hook secret":  {up("SECRET=vault://secret/prod#x", "WEBHOOK_SECRETS="+literal), "FAIL secrets: production: a webhook secret", ExitFailure},
		"shared credential": {append(up("SECRET=vault://secret/x#y"), "AIRSIDE_ENVIRONMENTS=production,stage", "AIRSIDE_ENV_STAGE_BASE_URL=https://stage.example.com",
			"AIRSIDE_ENV_STAGE_SECRET=vault://secret/x#y"), "FAIL separation: ", ExitFailure},
		"no inbox":        {up("SECRET=vault://secret/x#y"), "warn webhook inbox: production", ExitOK},
		"every operation": {up("SECRET=vault://secret/x#y"), "warn operations: production", ExitOK},
		"open key":        {[]string{"AIRSIDE_SEAL_KEY_FILE=" + open}, "warn file modes: " + open, ExitOK},
		"closed key":      {[]string{"AIRSIDE_SEAL_KEY_FILE=" + closed}, "ok file modes: " + closed, ExitOK},
		"literal in file": {[]string{"AIRSIDE_BROKERS_FILE=" + brokers}, "FAIL secrets: " + brokers + ":1 holds", ExitFailure},
		"no TLS":          {[]string{"AIRSIDE_LISTEN=0.0.0.0:80"}, "warn TLS: 0.0.0.0:80", ExitOK},
		"proxy unknown":   {[]string{"AIRSIDE_BASE_URL=https://a.example.com"}, "warn TLS: a proxy", ExitOK},
		"proxy known":     {[]string{"AIRSIDE_BASE_URL=https://a.example.com", "AIRSIDE_TRUSTED_HOPS=1"}, "ok TLS: ended by a proxy", ExitOK},
		"open to all":     {[]string{"AIRSIDE_LISTEN=0.0.0.0:80"}, "warn networks: every address", ExitOK},
		"no limits":       {[]string{"AIRSIDE_RATE=0"}, "warn rate limits", ExitOK},
		"silent log":      {[]string{"AIRSIDE_LOG_LEVEL=error"}, "warn request log", ExitOK},
		"no checkpoints":  {[]string{"AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=0"}, "warn audit: no", ExitOK},
		"no copies":       {nil, "warn audit copies: ", ExitOK},
		"copies":          {[]string{"AIRSIDE_AUDIT_CHECKPOINT_DIR=" + dir}, "ok audit copies: ", ExitOK},
		"no archive":      {nil, "warn audit archive: ", ExitOK},
		"no metrics":      {nil, "warn metrics: ", ExitOK},
		"no sinks":        {nil, "warn alert sinks: ", ExitOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, exit := doctor(t, c.environ...)
			text := strings.Join(lines, "\n")
			if exit != c.exit || !strings.Contains("\n"+text, "\n"+c.want) {
				t.Errorf("exit %d, want %d, with a line %q:\n%s", exit, c.exit, c.want, text)
			}
			if strings.Contains(text, literal) {
				t.Errorf("the doctor repeats a secret:\n%s", text)
			}
		})
	}
}
