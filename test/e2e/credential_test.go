// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/clock"
)

// strongbox is a sealed file of secrets, and the key that opens it.
type strongbox struct {
	t         *testing.T
	dir       string
	key, file string
}

// newStrongbox seals secrets, given as name=value.
func newStrongbox(t *testing.T, secrets ...string) *strongbox {
	t.Helper()
	dir := t.TempDir()
	b := &strongbox{t, dir, filepath.Join(dir, "seal.key"), filepath.Join(dir, "secrets.age")}
	b.vault(strings.Join(secrets, "\n")+"\n", "seal", "--file", b.file, "--new-key")
	return b
}

// put replaces one.
func (b *strongbox) put(name, value string) { b.vault(value, "put", b.ref(name)) }

func (b *strongbox) ref(name string) string { return "file:" + b.file + "#" + name }

func (b *strongbox) vault(in string, args ...string) {
	b.t.Helper()
	var out, errs bytes.Buffer
	m := cli.Main{
		Args: append([]string{"vault"}, args...), Environ: []string{"AIRSIDE_SEAL_KEY_FILE=" + b.key},
		Stdin: strings.NewReader(in), Stdout: &out, Stderr: &errs,
	}
	if m.Run(b.t.Context()) != 0 {
		b.t.Fatalf("airside vault %s: %s", strings.Join(args, " "), errs.String())
	}
}

// upstream are the options of a server in front of another Airside, with the secret in the box.
func (b *strongbox) upstream(real *client, settings ...string) []airsidetest.Option {
	out := []airsidetest.Option{
		airsidetest.Upstream("production", real.srv.URL, real.srv.Demo.ClientID, "replaced below"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_SECRET", b.ref("main")),
		airsidetest.Setting("AIRSIDE_SEAL_KEY_FILE", b.key), airsidetest.Setting("AIRSIDE_ESCROW_DIR", filepath.Join(b.dir, "escrow")),
	}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		out = append(out, airsidetest.Setting(name, value))
	}
	return out
}

// TestCredentialThatIsRefused: when the real API does not take what the vault has, the callers are told so, the operators
// have one alert, which says why and ends with the next good token, and the environment shows it meanwhile.
func TestCredentialThatIsRefused(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	real := start(t)
	box := newStrongbox(t, "main=not-the-secret")
	d := &desk{client: start(t, append(box.upstream(real), airsidetest.Setting("AIRSIDE_DETECT", "on"), airsidetest.Clock(func() time.Time { return clock.System().Now().Add(time.Duration(later.Load())) }))...)}
	g := &gateway{d.client, newFar(t)}
	_, token := g.application(nil)
	const problem = "production: upstream production: credential refused (token): client id and secret do not belong together"

	for n := range 6 {
		method, body, trail := "GET", "", 0
		if n%2 == 1 {
			method, body, trail = "POST", company, 2
		}
		got := g.send(token, method, "/v2/companies", nil, body)
		if got.status != 502 || got.code() != "UPSTREAM_CREDENTIAL_REFUSED" {
			t.Errorf("%s with a wrong secret: %d %s", method, got.status, got.body)
		}
		if entries := g.trail(got.header.Get("X-Request-Id")); len(entries) != trail || trail > 0 && entries[1] != "REFUSED UPSTREAM_CREDENTIAL_REFUSED" {
			t.Errorf("%s: the trail: %q", method, entries)
		}
		later.Add(int64(2 * time.Minute)) // so that it is tried again
	}
	d.srv.Settle(t)
	exit, out, errs := d.airside("alerts", "list", "--state", "OPEN")
	if exit != 0 || strings.Count(out, "upstream-credential-refused") != 1 || !strings.Contains(out, "HIGH") {
		t.Errorf("the alerts: exit %d: %s%s", exit, out, errs)
	}
	one := d.does("alerts", "list", "--state", "OPEN").list("alerts")
	if len(one) != 1 || one[0].str("severity") != "HIGH" || one[0].at("count") != 1.0 || !strings.Contains(one[0].str("seen"), "credential refused (token): client id and secret do not belong together") {
		t.Errorf("the alerts: %v", one)
	}
	if _, out, errs := d.airside("env", "list"); !strings.Contains(out, "production") || !strings.Contains(errs, problem) {
		t.Errorf("env list: %s%s", out, errs)
	}
	if got := d.does("env", "show", "production").str("problem"); "production: "+got != problem {
		t.Errorf("env show says %q", got)
	}
	if _, out, _ := d.airside("env", "show", "production"); !strings.Contains(out, "problem") || strings.Contains(out, "not-the-secret") {
		t.Errorf("env show: %s", out)
	}

	got := g.send(d.token, "POST", "/v1/airside/environments/production/rotate", nil, `{"incident":false}`)
	if got.status != 502 || got.code() != "UPSTREAM_CREDENTIAL_REFUSED" || !strings.Contains(string(got.body), "do not belong together; nothing was changed") {
		t.Errorf("a rotation with a wrong secret: %d %s", got.status, got.body)
	}

	box.put("main", real.srv.Demo.ClientSecret)
	later.Add(int64(2 * time.Minute))
	for _, body := range []string{"", company} {
		method := map[bool]string{true: "GET", false: "POST"}[body == ""]
		if got := g.send(token, method, "/v2/companies", nil, body); got.status >= 300 {
			t.Errorf("%s with the right secret: %d %s", method, got.status, got.body)
		}
	}
	if open := d.open(); len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	ended := d.does("alerts", "list", "--state", "RESOLVED").list("alerts")
	if len(ended) != 1 || ended[0].str("rule") != "upstream-credential-refused" {
		t.Errorf("ended: %v", ended)
	}
	if got := d.does("env", "show", "production").str("problem"); got != "" {
		t.Errorf("env show says %q", got)
	}
	if exit, _, errs := d.airside("env", "show", "staging"); exit != cli.ExitNotFound || !strings.Contains(errs, `there is no environment "staging"`) {
		t.Errorf("env show of nothing: %d %s", exit, errs)
	}
}
