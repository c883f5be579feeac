// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// patient is what the doctor looks at: a configuration, a server, and a folder with files.
type patient struct {
	dir    string
	set    map[string]string
	server asked
	app    map[string]any // the only application
	review map[string]any // the only access review
}

// healthy follows every practice.
func healthy(t *testing.T) *patient {
	t.Helper()
	now := clock.System().Now().UTC()
	at := func(days int) string { return now.AddDate(0, 0, days).Format(time.RFC3339) }
	p := &patient{dir: t.TempDir()}
	if err := vault.NewKeyFile(p.path("seal.key")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"checkpoints", "archive", "escrow"} {
		if err := os.Mkdir(p.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.write(t, "vault.token", "x", 0o600)
	p.write(t, "sinks.yaml", "sinks:\n- name: desk\n  kind: ALERTMANAGER\n  url: https://alerts.example.com/\n", 0o600)
	p.write(t, "policies.cedar", "@id(\"nights\")\nforbid (principal, action in Action::\"effect:purchase\", resource == Environment::\"production\")\nwhen { context.hour < 6 };\n", 0o600)
	p.write(t, "apps.json", `{"applications":[{"name":"mailer","owner":"lena@example.com","environment":"production","grants":[{"scopes":["trip:read"]}]}]}`, 0o600)
	p.set = map[string]string{
		"AIRSIDE_DATABASE_URL": "sqlite:" + p.path("airside.db"), "AIRSIDE_BASE_URL": "https://airside.example.com", "AIRSIDE_TRUSTED_HOPS": "1",
		"AIRSIDE_ALLOW_NETWORKS": "192.0.2.0/24", "AIRSIDE_METRICS_LISTEN": "127.0.0.1:9090", "AIRSIDE_AUDIT_READS": "true",
		"AIRSIDE_AUDIT_CHECKPOINT_DIR": p.path("checkpoints"), "AIRSIDE_AUDIT_ARCHIVE_DIR": p.path("archive"), "AIRSIDE_ESCROW_DIR": p.path("escrow"),
		"AIRSIDE_ALERT_SINKS_FILE": p.path("sinks.yaml"), "AIRSIDE_POLICY_FILE": p.path("policies.cedar"), "AIRSIDE_APPLICATIONS_FILE": p.path("apps.json"),
		"AIRSIDE_SEAL_KEY_FILE": p.path("seal.key"), "AIRSIDE_VAULT_ADDRESS": "https://vault.example.com:8200", "AIRSIDE_VAULT_CREDENTIAL": p.path("vault.token"),
		"AIRSIDE_LOG_SINKS": "stderr,syslog+tls://siem.example.com:6514", "AIRSIDE_ENVIRONMENTS": "production",
		"AIRSIDE_CLIENT_ID": "c", "AIRSIDE_CLIENT_SECRET": "s",
	}
	for name, value := range map[string]string{
		"BASE_URL": "https://api.example.com", "CLIENT_ID": "one", "SECRET": "vault://secret/prod#clientSecret", "ADMIN_CLIENT_ID": "two",
		"ADMIN_SECRET": "vault://secret/admin#clientSecret", "RATE": "50", "OPERATIONS": "scope:trip:read,readCompany", "LISTEN": "127.0.0.1:8090",
		"WEBHOOK_SECRETS": "vault://secret/hooks#one", "WEBHOOK_TARGETS": "https://inside.example.com/hook", "WEBHOOK_SIGN": "vault://secret/hooks#out",
	} {
		p.set["AIRSIDE_ENV_PRODUCTION_"+name] = value
	}
	p.app = map[string]any{
		"clientId": "c-1", "name": "mailer", "owner": "lena@example.com", "environment": "production", "state": "ACTIVE", "refuseLossyUpdates": true,
		"grants": []any{map[string]any{"scopes": []string{"trip:read"}}}, "networks": []string{"192.0.2.0/24"}, "requestsPerDay": 10,
		"expiresAt": at(30), "createdAt": at(-400), "updatedAt": at(-1), "secretRotatedAt": at(-10), "lastCallAt": at(-1),
	}
	p.review = map[string]any{"id": "r-1", "state": "CLOSED", "nextDue": at(30)}
	p.server = asked{ready: `{"status":"READY"}`, contacts: `{"missing":[]}`, sinks: `{"sinks":[{}]}`,
		environments: `{"environments":[{"name":"production","live":true,"credentialSince":"` + at(-20) + `"}]}`}
	return p
}

func (p *patient) path(name string) string { return filepath.Join(p.dir, name) }

func (p *patient) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(p.path(name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.path(name), mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

// env sets variables of the environment production: NAME=VALUE; a value that is empty unsets it.
func (p *patient) env(settings ...string) {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		p.put("AIRSIDE_ENV_PRODUCTION_"+name, value)
	}
}

func (p *patient) put(name, value string) {
	if p.set[name] = value; value == "" {
		delete(p.set, name)
	}
}

// see runs the doctor on it.
func (p *patient) see(t *testing.T, c *contract.Contract) (found []finding, exit int) {
	t.Helper()
	list := func(name string, one map[string]any) string {
		all := []any{}
		if one != nil {
			all = append(all, one)
		}
		raw, err := json.Marshal(map[string]any{name: all})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	p.server.applications, p.server.reviews = list("applications", p.app), list("reviews", p.review)
	srv := httptest.NewServer(p.server)
	defer srv.Close()
	if p.set["AIRSIDE_URL"] == "" {
		p.set["AIRSIDE_URL"] = srv.URL
	}
	var environ []string
	for k, v := range p.set {
		environ = append(environ, k+"="+v)
	}
	var out, errs bytes.Buffer
	m := &Main{Args: []string{"doctor", "--json"}, Environ: environ, Contract: c, Dir: p.dir, Stdout: &out, Stderr: &errs}
	exit = m.Run(t.Context())
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.Bytes(), errs.Bytes())
	}
	return found, exit
}

// TestDoctorFindsNothing: whoever follows every practice is told so, and nothing was left out.
func TestDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := healthy(t)
	before := listing(t, p.dir)
	found, exit := p.see(t, c)
	for _, f := range found {
		if !f.OK || f.Skipped {
			t.Errorf("%+v", f)
		}
	}
	if exit != ExitOK || len(found) < 30 {
		t.Errorf("exit %d, %d findings", exit, len(found))
	}
	if after := listing(t, p.dir); !maps.Equal(before, after) {
		t.Errorf("the doctor changed files: %v, %v", before, after)
	}
}

// listing is the files below a folder.
func listing(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			out[path] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDoctorFinds: each change of a configuration that follows every practice has exactly these findings, each with how
// it is mended: "severity name: part of the detail | part of the fix".
func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	literal := ids.Secret("asc_")
	ago := func(days int) string { return clock.System().Now().AddDate(0, 0, -days).UTC().Format(time.RFC3339) }
	set := func(pairs ...string) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) {
			for i := 0; i < len(pairs); i += 2 {
				p.put(pairs[i], strings.ReplaceAll(pairs[i+1], "$DIR", p.dir))
			}
		}
	}
	env := func(settings ...string) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) { p.env(settings...) }
	}
	app := func(pairs ...any) func(*testing.T, *patient) {
		return func(_ *testing.T, p *patient) {
			for i := 0; i < len(pairs); i += 2 {
				if p.app[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
					delete(p.app, pairs[i].(string))
				}
			}
		}
	}
	file := func(name, text string) func(*testing.T, *patient) {
		return func(t *testing.T, p *patient) { t.Helper(); p.write(t, name, text, 0o600) }
	}
	grant := func(g map[string]any) []any { return []any{g} }
	for name, tc := range map[string]struct {
		change func(t *testing.T, p *patient)
		want   []string
	}{
		// Environments.
		"base URL without TLS":      {env("BASE_URL=http://api.example.com"), []string{"FAIL environments: must begin with https:// | AIRSIDE_ENV_<NAME>_BASE_URL=https://"}},
		"base URL on this machine":  {env("BASE_URL=http://127.0.0.1:1"), []string{"FAIL environments: plain http to this machine | `airside dev` takes http://"}},
		"a mode that is none":       {env("MODE=open"), []string{"FAIL environments: AIRSIDE_ENV_PRODUCTION_MODE=\"open\": must be | airside config"}},
		"every operation":           {env("OPERATIONS="), []string{"warn operations: production: every operation | AIRSIDE_ENV_PRODUCTION_OPERATIONS"}},
		"an operation that is none": {env("OPERATIONS=readCompanyy"), []string{"FAIL operations: AIRSIDE_ENV_PRODUCTION_OPERATIONS: \"readCompanyy\" is no operation, scope:… or effect:… of the contract; did you mean readCompany? | airside routes"}},
		"tokens of another domain":  {env("TOKEN_URL=https://login.example.net/token"), []string{"warn token endpoint: production: the secret is sent to login.example.net, another host than the API's, api.example.com | AIRSIDE_ENV_PRODUCTION_TOKEN_URL"}},
		"tokens of another host":    {env("TOKEN_URL=https://login.example.com/token"), nil},
		"no egress limit":           {env("RATE=0"), []string{"warn egress limit: production | AIRSIDE_ENV_PRODUCTION_RATE"}},
		"a shared credential": {set("AIRSIDE_ENVIRONMENTS", "production,stage", "AIRSIDE_ENV_STAGE_BASE_URL", "https://stage.example.com", "AIRSIDE_ENV_STAGE_SECRET", "vault://secret/prod#clientSecret",
			"AIRSIDE_ENV_STAGE_ROLE", "TMC_ADMIN", "AIRSIDE_ENV_STAGE_REHEARSAL", "true", "AIRSIDE_ENV_STAGE_RATE", "1", "AIRSIDE_ENV_STAGE_WEBHOOK_SECRETS", "vault://secret/hooks#two"),
			[]string{"FAIL separation: use the same secret | an API user of its own"}},

		"one value in two variables": {set("AIRSIDE_ENVIRONMENTS", "production,stage", "AIRSIDE_ENV_PRODUCTION_SECRET", "env:UP", "UP", literal, "STAGE", literal,
			"AIRSIDE_ENV_STAGE_BASE_URL", "https://stage.example.com", "AIRSIDE_ENV_STAGE_SECRET", "env:STAGE", "AIRSIDE_ENV_STAGE_REHEARSAL", "true", "AIRSIDE_ENV_STAGE_RATE", "1",
			"AIRSIDE_ENV_STAGE_WEBHOOK_SECRETS", "vault://secret/hooks#two"),
			[]string{"FAIL separation: environments \"production\" and \"stage\" use the same secret: env:UP and env:STAGE hold one value | an API user of its own",
				"warn vault: production: | vault put", "warn rotation: production: the age | vault or a sealed file", "warn vault: stage: | vault put", "warn rotation: stage: the age | vault or a sealed file"}},

		// Vaults.
		"a secret in a variable": {set("AIRSIDE_ENV_PRODUCTION_SECRET", "env:UP", "UP", "x"), []string{
			"warn vault: production: the secret is a variable | AIRSIDE_ENV_PRODUCTION_SECRET", "warn rotation: production: the age of the secret cannot be known | AIRSIDE_ENV_PRODUCTION_SECRET=vault://"}},
		"a variable that is not set": {env("SECRET=env:UP"), []string{"FAIL vault: production: env:UP cannot be read: UP is not set | set UP",
			"warn rotation: production: the age of the secret | AIRSIDE_ENV_PRODUCTION_SECRET=vault://"}},
		"no vault": {set("AIRSIDE_VAULT_ADDRESS", ""), []string{"FAIL vault: vault://secret/prod#clientSecret cannot be read: AIRSIDE_VAULT_ADDRESS | set AIRSIDE_VAULT_ADDRESS",
			"FAIL vault: vault://secret/admin#clientSecret | set", "FAIL vault: vault://secret/hooks#out | set", "FAIL vault: vault://secret/hooks#one | set"}},
		"a vault in clear":         {set("AIRSIDE_VAULT_ADDRESS", "http://vault.example.com:8200"), []string{"FAIL vault: AIRSIDE_VAULT_ADDRESS must begin with https:// | AIRSIDE_VAULT_ADDRESS=https://"}},
		"a login that is literal":  {set("AIRSIDE_VAULT_CREDENTIAL", literal), []string{"FAIL secrets: AIRSIDE_VAULT_CREDENTIAL: | name a place"}},
		"a literal secret":         {env("SECRET=" + literal), []string{"FAIL secrets: AIRSIDE_ENV_PRODUCTION_SECRET: | name a place"}},
		"a literal webhook secret": {env("WEBHOOK_SECRETS=" + literal), []string{"FAIL secrets: AIRSIDE_ENV_PRODUCTION_WEBHOOK_SECRETS: | name a place"}},
		"a literal signing secret": {env("WEBHOOK_SIGN="+literal, "WEBHOOK_TARGETS="), []string{"FAIL secrets: AIRSIDE_ENV_PRODUCTION_WEBHOOK_SIGN: | name a place"}},

		// Rotation.
		"no seal key":   {set("AIRSIDE_SEAL_KEY_FILE", ""), []string{"warn rotation: production: there is no key that seals | AIRSIDE_SEAL_KEY_FILE"}},
		"a lost key":    {set("AIRSIDE_SEAL_KEY_FILE", "$DIR/none"), []string{"FAIL seal key: read the key file | AIRSIDE_SEAL_KEY_FILE"}},
		"no escrow":     {set("AIRSIDE_ESCROW_DIR", "", "AIRSIDE_DATABASE_URL", "memory:"), []string{"warn rotation: production: there is no place | AIRSIDE_ESCROW_DIR", "warn audit trail: in memory | AIRSIDE_DATABASE_URL=sqlite:"}},
		"a lost escrow": {set("AIRSIDE_ESCROW_DIR", "$DIR/none/escrow"), []string{"FAIL escrow: cannot be kept | AIRSIDE_ESCROW_DIR"}},
		"no way back":   {env("ADMIN_SECRET=", "ADMIN_CLIENT_ID="), []string{"warn rotation: neither an admin credential nor a role | AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET"}},
		"rotation off":  {env("ROTATE_AFTER=0s"), []string{"warn rotation: production: scheduled rotation is off | AIRSIDE_ENV_PRODUCTION_ROTATE_AFTER=2160h"}},
		"rarely":        {env("ROTATE_AFTER=9000h"), []string{"warn rotation: production: the secret may become 9000h | AIRSIDE_ENV_PRODUCTION_ROTATE_AFTER=2160h"}},
		"alone":         {env("ROTATE_ALONE=true"), []string{"warn rotation: production: the credential may rotate itself | unset AIRSIDE_ENV_PRODUCTION_ROTATE_ALONE"}},
		"an old secret": {func(_ *testing.T, p *patient) {
			p.server.environments = `{"environments":[{"name":"production","live":true,"credentialSince":"` + ago(100) + `"}]}`
		}, []string{"warn secret age: production: the secret is 100 days old | airside env rotate production"}},

		// Webhooks.
		"no inbox":             {env("WEBHOOK_SECRETS="), []string{"warn webhook inbox: production: no signing secret | AIRSIDE_ENV_PRODUCTION_WEBHOOK_SECRETS"}},
		"the older way":        {env("WEBHOOK_BEARER=true"), []string{"warn webhook inbox: production: webhooks without a signature | unset AIRSIDE_ENV_PRODUCTION_WEBHOOK_BEARER"}},
		"much tolerance":       {env("WEBHOOK_TOLERANCE=1h"), []string{"warn webhook inbox: production: a webhook is believed when it is 1h0m0s old | AIRSIDE_ENV_PRODUCTION_WEBHOOK_TOLERANCE=5m"}},
		"nothing to sign with": {env("WEBHOOK_SIGN="), []string{"FAIL webhook inbox: AIRSIDE_ENV_PRODUCTION_WEBHOOK_SIGN: must say where | WEBHOOK_SIGN"}},
		"a target in clear":    {env("WEBHOOK_TARGETS=http://inside.example.com"), []string{"FAIL start: AIRSIDE_ENV_PRODUCTION_WEBHOOK_TARGETS: | airside config"}},

		// Files.
		"an open key": {func(t *testing.T, p *patient) {
			t.Helper()
			if err := os.Chmod(p.path("seal.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, []string{"warn file modes: seal.key is open to others (0644) | chmod 600"}},
		"a policy that is none":       {file("policies.cedar", "permit ("), []string{"FAIL policies: policies.cedar | AIRSIDE_POLICY_FILE"}},
		"a policy for everything":     {file("policies.cedar", "permit (principal, action, resource);"), []string{"FAIL policies: it permits every operation | AIRSIDE_POLICY_FILE"}},
		"applications that are none":  {file("apps.json", `{"applications":[{"name":7}]}`), []string{"FAIL applications file: apps.json:1: /applications/0 | AIRSIDE_APPLICATIONS_FILE"}},
		"an application of nobody":    {file("apps.json", `{"applications":[{"name":"a","owner":"x","environment":"production","grants":[{"scopes":["trip:read"]}]}]}`), []string{"FAIL applications file: /owner: | AIRSIDE_APPLICATIONS_FILE"}},
		"an application of nowhere":   {file("apps.json", `{"applications":[{"name":"a","owner":"a@example.com","environment":"elsewhere","grants":[{"scopes":["trip:read"]}]}]}`), []string{"FAIL applications file: /environment: | AIRSIDE_APPLICATIONS_FILE"}},
		"alert sinks that are none":   {file("sinks.yaml", "sinks: 7"), []string{"FAIL alert sinks: sinks.yaml | AIRSIDE_ALERT_SINKS_FILE"}},
		"detection rules are missing": {set("AIRSIDE_DETECT_RULES", "$DIR/rules.yaml"), []string{"FAIL detection: rules.yaml | AIRSIDE_DETECT_RULES", "FAIL secrets: rules.yaml | readable"}},
		"a literal in a file": {func(t *testing.T, p *patient) {
			t.Helper()
			p.write(t, "brokers.json", `{"password":"`+literal+`"}`, 0o600)
			p.put("AIRSIDE_BROKERS_FILE", p.path("brokers.json"))
		}, []string{"FAIL brokers: brokers.json | AIRSIDE_BROKERS_FILE", "FAIL secrets: brokers.json:1 holds | reference"}},
		"PostgreSQL in clear": {func(t *testing.T, p *patient) {
			t.Helper()
			p.write(t, "master.key", strings.Repeat("A", 43)+"=\n", 0o600)
			p.put("AIRSIDE_MASTER_KEY_FILE", p.path("master.key"))
			p.put("AIRSIDE_DATABASE_URL", "postgres://airside:hunter2@db.example.com/airside")
		}, []string{"warn secrets: password of the database | PGPASSFILE", "warn database TLS: in clear | sslmode=verify-full"}},
		"PostgreSQL without a key": {set("AIRSIDE_MASTER_KEY_FILE", "$DIR/none", "AIRSIDE_DATABASE_URL", "postgres://airside@db.example.com/airside?sslmode=verify-full"),
			[]string{"FAIL master key: none | AIRSIDE_MASTER_KEY_FILE"}},

		// Network.
		"everybody may call": {set("AIRSIDE_BASE_URL", "", "AIRSIDE_TRUSTED_HOPS", "", "AIRSIDE_ALLOW_NETWORKS", "", "AIRSIDE_LISTEN", "0.0.0.0:80"), []string{
			"warn TLS: 0.0.0.0:80 can be reached | AIRSIDE_BASE_URL=https", "warn networks: every address | AIRSIDE_ALLOW_NETWORKS"}},
		"everybody through the proxy": {set("AIRSIDE_ALLOW_NETWORKS", ""), []string{"warn networks: every address | AIRSIDE_ALLOW_NETWORKS"}},
		"an unknown proxy":            {set("AIRSIDE_TRUSTED_HOPS", ""), []string{"warn TLS: a proxy ends TLS | AIRSIDE_TRUSTED_HOPS=1"}},
		"past the proxy": {set("AIRSIDE_LISTEN", ":8080"), []string{"warn trusted hops: reaches :8080 past the proxy | AIRSIDE_LISTEN=127.0.0.1",
			"warn listeners: :8080 speaks plain http | AIRSIDE_LISTEN=127.0.0.1"}},
		"past it, to one environment": {env("LISTEN=192.0.2.7:8090"), []string{"warn trusted hops: reaches 192.0.2.7:8090 | AIRSIDE_LISTEN", "warn listeners: 192.0.2.7:8090 | AIRSIDE_ENV_<NAME>_LISTEN"}},
		"no limits":                   {set("AIRSIDE_RATE", "0"), []string{"warn rate limits: callers | AIRSIDE_RATE"}},
		"no token limit":              {set("AIRSIDE_TOKEN_RATE", "0"), []string{"warn rate limits: callers | AIRSIDE_TOKEN_RATE"}},

		// Logs, audit, alerts.
		"no log":                 {set("AIRSIDE_LOG_SINKS", "none"), []string{"warn request log: logged nowhere | AIRSIDE_LOG_SINKS=stderr"}},
		"a sink that is none":    {set("AIRSIDE_LOG_SINKS", "bogus:foo"), []string{"FAIL request log: AIRSIDE_LOG_SINKS: log sink 1: must be | AIRSIDE_LOG_SINKS"}},
		"a size that is none":    {set("AIRSIDE_LOG_SINKS", "file:x?size=20KB"), []string{"FAIL request log: from 1MB to | AIRSIDE_LOG_SINKS"}},
		"a log in no folder":     {set("AIRSIDE_LOG_SINKS", "file:$DIR/seal.key/x.log"), []string{"FAIL request log: cannot be written | AIRSIDE_LOG_SINKS"}},
		"a log nobody reads":     {set("AIRSIDE_LOG_LEVEL", "error"), []string{"warn request log: not logged at level error | AIRSIDE_LOG_LEVEL=info"}},
		"syslog in clear":        {set("AIRSIDE_LOG_SINKS", "syslog+udp://192.0.2.1:514"), []string{"warn log transport: syslog+udp sends | syslog+tls"}},
		"telemetry in clear":     {set("AIRSIDE_LOG_SINKS", "stderr,otlp+http://192.0.2.1:4318"), []string{"warn log transport: otlp sends | otlp+https"}},
		"telemetry here":         {set("AIRSIDE_LOG_SINKS", "otlp+http://127.0.0.1:4318,syslog+tcp://localhost:514"), nil},
		"kept bodies":            {set("AIRSIDE_LOG_BODIES", "24h"), []string{"warn kept bodies: kept for 24h0m0s | unset AIRSIDE_LOG_BODIES"}},
		"reads are not audited":  {set("AIRSIDE_AUDIT_READS", ""), []string{"warn audit reads: who read what | AIRSIDE_AUDIT_READS=true"}},
		"no checkpoints":         {set("AIRSIDE_AUDIT_CHECKPOINT_INTERVAL", "0"), []string{"warn audit: no checkpoints | AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=10s", "warn audit copies: no checkpoints | AIRSIDE_AUDIT_CHECKPOINT_INTERVAL"}},
		"no copies":              {set("AIRSIDE_AUDIT_CHECKPOINT_DIR", ""), []string{"warn audit copies: stay on this machine | AIRSIDE_AUDIT_CHECKPOINT_DIR"}},
		"no folder for copies":   {set("AIRSIDE_AUDIT_CHECKPOINT_DIR", "$DIR/none"), []string{"FAIL audit copies: do not leave this machine | make or mount"}},
		"copies in clear":        {set("AIRSIDE_AUDIT_CHECKPOINT_DIR", "", "AIRSIDE_AUDIT_CHECKPOINT_URL", "http://witness.example.com"), []string{"warn audit copies: in clear | AIRSIDE_AUDIT_CHECKPOINT_URL=https"}},
		"no archive":             {set("AIRSIDE_AUDIT_ARCHIVE_DIR", ""), []string{"warn audit archive: dropped for good | AIRSIDE_AUDIT_ARCHIVE_DIR"}},
		"nothing to archive":     {set("AIRSIDE_AUDIT_ARCHIVE_DIR", "", "AIRSIDE_AUDIT_KEEP", "0"), nil},
		"no folder for archives": {set("AIRSIDE_AUDIT_ARCHIVE_DIR", "$DIR/none"), []string{"FAIL audit archive: cannot be archived | AIRSIDE_AUDIT_ARCHIVE_DIR"}},
		"no detection":           {set("AIRSIDE_DETECT", "off"), []string{"warn detection: nobody looks | AIRSIDE_DETECT=on"}},
		"no metrics":             {set("AIRSIDE_METRICS_LISTEN", ""), []string{"warn metrics: nothing | AIRSIDE_METRICS_LISTEN"}},
		"metrics for all":        {set("AIRSIDE_METRICS_LISTEN", ":9090"), []string{"warn metrics: whoever reaches :9090 | AIRSIDE_METRICS_LISTEN=127.0.0.1"}},
		"no sinks": {func(_ *testing.T, p *patient) { p.put("AIRSIDE_ALERT_SINKS_FILE", ""); p.server.sinks = `{"sinks":[]}` },
			[]string{"warn alert sinks: nobody hears | AIRSIDE_ALERT_SINKS_FILE"}},

		// People and applications.
		"the integration team is unknown": {func(_ *testing.T, p *patient) { p.server.contacts = `{"missing":["UPSTREAM_INTEGRATION"]}` }, []string{"warn contacts: nobody can be called as UPSTREAM_INTEGRATION | airside incident contacts UPSTREAM_INTEGRATION"}},
		"a review is overdue":             {func(_ *testing.T, p *patient) { p.review["nextDue"] = ago(12) }, []string{"warn access review: 12 days overdue | airside access review start"}},
		"no review":                       {func(_ *testing.T, p *patient) { p.review = nil }, []string{"warn access review: none yet | airside access review start"}},
		"the first review is open":        {func(_ *testing.T, p *patient) { p.review["state"] = "OPEN" }, []string{"warn access review: open | airside access review close r-1"}},
		"from anywhere":                   {app("networks", nil), []string{"warn applications: mailer may call from anywhere | networks"}},
		"for ever":                        {app("expiresAt", nil), []string{"warn applications: mailer never expires | expiresAt"}},
		"over":                            {app("expiresAt", ago(1)), []string{"warn applications: mailer has expired | airside app delete"}},
		"of nobody":                       {app("owner", ""), []string{"warn applications: mailer has no owner | owner"}},
		"without a quota":                 {app("requestsPerDay", nil), []string{"warn applications: mailer has no quota | requestsPerDay"}},
		"with an old secret":              {app("secretRotatedAt", ago(91)), []string{"warn applications: secret that is 91 days old | airside app rotate"}},
		"silent":                          {app("lastCallAt", ago(100)), []string{"warn applications: no call for 100 days | airside app suspend"}},
		"granted *":                       {app("grants", grant(map[string]any{"operations": []string{"*"}, "reason": "r"})), []string{"warn applications: is granted * | grants of operations or scopes"}},
		"granted effects":                 {app("grants", grant(map[string]any{"effects": []string{"read", "write"}})), []string{"warn applications: is granted everything of the effects read, write | grants of operations"}},
		"buys without a cap":              {app("grants", grant(map[string]any{"scopes": []string{"air:book"}, "effects": []string{"purchase"}})), []string{"warn applications: may buy without a cap | purchases.amountPerDay"}},
		"buys with a cap":                 {app("grants", grant(map[string]any{"scopes": []string{"air:book"}, "effects": []string{"purchase"}}), "purchases", map[string]int{"countPerDay": 3}), nil},
		"buys in the sandbox":             {app("environment", "sandbox", "grants", grant(map[string]any{"scopes": []string{"air:book"}, "effects": []string{"purchase"}})), nil},
		"loses members":                   {app("refuseLossyUpdates", nil, "grants", grant(map[string]any{"scopes": []string{"user:write"}})), []string{"warn applications: may lose members | refuseLossyUpdates"}},
		"the secret goes in clear": {func(_ *testing.T, p *patient) { p.put("AIRSIDE_URL", "http://airside.invalid:1") }, []string{
			"warn client: send their secret | AIRSIDE_URL=https"}},

		// The repository.
		"no hook": {func(t *testing.T, p *patient) {
			t.Helper()
			if out, err := exec.CommandContext(t.Context(), "git", "init", "--quiet", p.dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}, []string{"warn git hook: not checked | airside secrets hook install", "warn .gitignore: .env | .gitignore"}},

		// The configuration itself.
		"a setting that is none":     {set("AIRSIDE_LISTNE", "x"), []string{"FAIL configuration: AIRSIDE_LISTNE | airside config", "FAIL database: not checked | "}},
		"no folder for the database": {set("AIRSIDE_DATABASE_URL", "sqlite:$DIR/none/airside.db"), []string{"FAIL database: does not exist | AIRSIDE_DATABASE_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := healthy(t)
			tc.change(t, p)
			found, exit := p.see(t, c)
			var got []finding
			failed := ExitOK
			for _, f := range found {
				if f.OK {
					continue
				}
				got = append(got, f)
				if !f.Warning {
					failed = ExitFailure
				}
				if text := f.Detail + f.Fix; strings.Contains(text, literal) || strings.Contains(text, "hunter2") {
					t.Errorf("the doctor repeats a secret: %s", text)
				}
			}
			if exit != failed {
				t.Errorf("exit %d", exit)
			}
			for _, f := range found {
				if said := never(got, f.Name); f.OK && said != "" {
					t.Errorf("%q is ok although there is %s", f.Name, said)
				}
			}
			if !matches(got, tc.want) {
				t.Errorf("want %s", strings.Join(tc.want, "\n     "))
				for _, f := range got {
					t.Errorf("got  %s", lineOf(f))
				}
			}
		})
	}
}

// never gives a finding that keeps a practice from being ok. Of secrets, files and applications there are many, each with
// a finding of its own.
func never(found []finding, name string) string {
	for _, f := range found {
		also := map[string]string{"seal key": "rotation", "escrow": "rotation", "audit": "audit copies"}[f.Name]
		if (f.Name == name || also == name) && !slices.Contains([]string{"secrets", "file modes", "applications"}, name) && !strings.HasPrefix(f.Detail, "stage:") {
			return lineOf(f)
		}
	}
	return ""
}

func lineOf(f finding) string {
	severity := "FAIL"
	if f.Warning {
		severity = "warn"
	}
	return severity + " " + f.Name + ": " + f.Detail + " | " + f.Fix
}

// matches reports whether there are exactly the findings that are wanted, in any order.
func matches(got []finding, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for _, w := range want {
		head, fix, _ := strings.Cut(w, " | ")
		name, detail, _ := strings.Cut(head, ": ")
		hit := false
		for _, f := range got {
			line := lineOf(f)
			hit = hit || strings.HasPrefix(line, name+": ") && strings.Contains(f.Detail, detail) && strings.Contains(f.Fix, fix)
		}
		if !hit {
			return false
		}
	}
	return true
}
