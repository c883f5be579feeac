// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/secretscan"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// practised collects what the doctor finds of one practice after the other.
type practised struct{ out []finding }

func (p *practised) ok(name, detail string) {
	p.out = append(p.out, finding{check: check{name, true, detail}})
}

func (p *practised) warn(name, detail, fix string) {
	p.out = append(p.out, finding{check: check{name, false, detail}, Warning: true, Fix: fix})
}

func (p *practised) fail(name, detail, fix string) {
	p.out = append(p.out, finding{check: check{name, false, detail}, Fix: fix})
}

// left is ok when nothing is wrong, else a warning.
func (p *practised) left(wrong bool, name, good, bad, fix string) {
	if wrong {
		p.warn(name, bad, fix)
	} else {
		p.ok(name, good)
	}
}

// practices reports what the configuration leaves off of docs/practices.md.
func (m *Main) practices(ctx context.Context) []finding {
	cfg, err := config.Load(m.Environ)
	if err != nil {
		return nil // the first check says so
	}
	p := &practised{}
	p.environments(&cfg)
	p.files(ctx, &cfg)
	p.network(&cfg)
	p.trails(&cfg)
	p.repository(ctx)
	m.remotePractices(ctx, p, &cfg)
	return p.out
}

// environments: vaults, rotation, separation, and secrets that are not references.
func (p *practised) environments(cfg *config.Config) {
	if len(cfg.Upstreams) == 0 {
		p.ok("vault", "no environment besides the sandbox, so no secret of a real API")
		return
	}
	var all []upstream.Environment
	for i := range cfg.Upstreams {
		c := &cfg.Upstreams[i]
		e, err := app.UpstreamOf(c, true)
		if err != nil {
			p.fail("secrets", err.Error(), "name a place: vault://mount/path#field, aws-sm://name#field or file:path#field")
			continue
		}
		all = append(all, e)
		name := "rotation"
		warnings := e.Warnings()
		if e.Secret.Scheme == vault.SchemeEnv {
			p.warn("vault", c.Name+": "+warnings[0], "`airside vault put` stores it; set AIRSIDE_ENV_…_SECRET to the reference")
			warnings = warnings[1:]
		} else {
			p.ok("vault", c.Name+": "+string(e.Secret.Scheme))
		}
		for _, w := range warnings {
			p.warn(name, c.Name+": "+w, "AIRSIDE_ENV_…_ADMIN_SECRET or …_ROLE gives a way back, …_ROTATE_AFTER=2160h rotates every 90 days")
		}
		if c.RotateAfter > 90*24*time.Hour {
			p.warn(name, fmt.Sprintf("%s: the secret may become %s old", c.Name, c.RotateAfter), "AIRSIDE_ENV_…_ROTATE_AFTER=2160h")
		} else if len(warnings) == 0 && e.Secret.Scheme != vault.SchemeEnv {
			p.ok(name, c.Name+": every "+c.RotateAfter.String())
		}
		p.left(len(c.Hooks) == 0, "webhook inbox", c.Name+": receipts are verified", c.Name+": no signing secret, so webhooks cannot be received through this server",
			"AIRSIDE_ENV_…_WEBHOOK_SECRETS names where it is")
		for _, h := range append([]string{c.HookSign}, c.Hooks...) {
			if h == "" {
				continue
			}
			if _, err := vault.ParseRef(h); err != nil {
				p.fail("secrets", c.Name+": a webhook secret is no reference", "name a place: vault://mount/path#field")
			}
		}
		if c.Mode == environment.Live && !c.Rehearsal {
			p.left(len(c.Operations) == 0, "operations", c.Name+": only the listed operations leave", c.Name+": every operation of the contract may leave for the real API",
				"AIRSIDE_ENV_…_OPERATIONS lists those that are needed")
		}
	}
	if err := upstream.ValidateAll(all); err != nil {
		p.fail("separation", err.Error(), "give each environment an API user of its own")
	} else if len(all) > 1 {
		p.ok("separation", "no two environments share a credential")
	}
}

// files: who may read keys, and literal secrets in configuration.
func (p *practised) files(ctx context.Context, cfg *config.Config) {
	keys := []string{cfg.MasterKey, cfg.SealKey, cfg.SealPassphrase}
	if path, ok := strings.CutPrefix(cfg.Database, "sqlite:"); ok {
		keys = append(keys, path, path+".key")
	}
	if _, err := vault.ParseRef(cfg.VaultCredential); err != nil {
		keys = append(keys, cfg.VaultCredential)
	}
	looked := 0
	for _, path := range keys {
		info, err := os.Stat(path)
		if path == "" || err != nil {
			continue // what must be there is looked at when the server starts
		}
		looked++
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			p.warn("file modes", fmt.Sprintf("%s is open to others (%#o)", path, mode), "chmod 600 "+path)
		} else if tracked(ctx, path) {
			p.fail("file modes", path+" is in a git repository", "git rm --cached "+path+", replace the key, and list it in .gitignore")
		} else {
			p.ok("file modes", fmt.Sprintf("%s: %#o", path, mode))
		}
	}
	s, err := secretscan.New("")
	if err != nil {
		p.fail("secrets", err.Error(), "")
		return
	}
	for _, path := range []string{cfg.Brokers, cfg.AlertSinks, cfg.PolicyFile, cfg.Applications} {
		if path == "" {
			continue
		}
		r, err := s.Path(ctx, path)
		switch {
		case err != nil:
			p.fail("secrets", err.Error(), "")
		case len(r.Findings) > 0:
			p.fail("secrets", fmt.Sprintf("%s:%d holds %s", path, r.Findings[0].Line, r.Findings[0].Description), "put a reference in its place")
		default:
			p.ok("secrets", path+" holds no literal secret")
		}
	}
	if cfg.OnPostgres() {
		u, err := url.Parse(cfg.Database)
		given := false
		if err == nil && u.User != nil {
			_, given = u.User.Password()
		}
		p.left(given, "secrets", "no password in AIRSIDE_DATABASE_URL", "the password of the database stands in AIRSIDE_DATABASE_URL", "leave it out there and name a password file with PGPASSFILE")
	}
}

// tracked reports whether git has the file.
func tracked(ctx context.Context, path string) bool {
	return exec.CommandContext(ctx, "git", "-C", filepath.Dir(path), "ls-files", "--error-unmatch", filepath.Base(path)).Run() == nil //nolint:gosec // a path of the configuration
}

// network: who can call, and whether what is between can be trusted.
func (p *practised) network(cfg *config.Config) {
	host, _, _ := net.SplitHostPort(cfg.Listen)
	a, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && a.IsLoopback()
	secure := strings.HasPrefix(cfg.BaseURL, "https://")
	switch {
	case local && !secure:
		p.ok("TLS", "only this machine can call "+cfg.Listen)
	case secure:
		p.left(cfg.TrustedHops == 0, "TLS", fmt.Sprintf("ended by a proxy; %d trusted", cfg.TrustedHops),
			"a proxy ends TLS, and its own address is taken for the caller's", "AIRSIDE_TRUSTED_HOPS=1, so that IP allow-lists see the real caller")
	default:
		p.warn("TLS", cfg.Listen+" can be reached from other machines, and the base URL is not https", "put a proxy that ends TLS in front, set AIRSIDE_BASE_URL=https://… and AIRSIDE_TRUSTED_HOPS, and listen on loopback")
	}
	p.left(len(cfg.Networks) == 0 && !local, "networks", "calls from "+orAll(cfg.Networks), "every address may call", "AIRSIDE_ALLOW_NETWORKS lists the networks that may")
	p.left(cfg.Rate == 0 || cfg.TokenRate == 0, "rate limits", "on", "callers are not limited", "AIRSIDE_RATE and AIRSIDE_TOKEN_RATE above 0")
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "this machine only"
	}
	return strings.Join(list, ", ")
}

// trails: logs, audit, alerts.
func (p *practised) trails(cfg *config.Config) {
	p.left(cfg.LogLevel == "warn" || cfg.LogLevel == "error", "request log", "one line a request on standard error",
		"requests are not logged at level "+cfg.LogLevel, "AIRSIDE_LOG_LEVEL=info")
	p.left(cfg.LogBodies > 0, "kept bodies", "bodies of requests are not kept", "bodies of requests and webhooks are kept for "+cfg.LogBodies.String()+", redacted and sealed",
		"unset AIRSIDE_LOG_BODIES when the trouble is found")
	p.left(cfg.AuditInterval == 0, "audit", "a checkpoint every "+cfg.AuditInterval.String(), "no checkpoints are signed", "AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=10s")
	p.left(cfg.AuditDir == "" && cfg.AuditURL == "", "audit copies", "checkpoints leave this machine", "checkpoints stay on this machine: who owns it can rewrite the trail",
		"AIRSIDE_AUDIT_CHECKPOINT_DIR (on another machine) or AIRSIDE_AUDIT_CHECKPOINT_URL")
	p.left(cfg.AuditKeep > 0 && cfg.AuditArchive == "", "audit archive", "what is dropped is archived, or nothing is", "entries older than "+cfg.AuditKeep.String()+" are dropped for good",
		"AIRSIDE_AUDIT_ARCHIVE_DIR")
	p.left(cfg.MetricsListen == "", "metrics", cfg.MetricsListen, "nothing can be scraped", "AIRSIDE_METRICS_LISTEN=127.0.0.1:9090")
}

// repository: the working folder, when it is one.
func (p *practised) repository(ctx context.Context) {
	state, err := secretscan.Hook(ctx, ".")
	if err != nil {
		return // no repository, or no git
	}
	p.left(!state.Installed, "git hook", state.Path, "commits are not checked for secrets", "`airside secrets hook install`, and `airside secrets scan --history` in CI")
	ignored := exec.CommandContext(ctx, "git", "check-ignore", "-q", ".env").Run() == nil
	p.left(!ignored, ".gitignore", ".env is left out", ".env would be committed", "add .env and *.key to .gitignore")
}

// oldest is how old a secret of an application becomes.
const oldest = 90 * 24 * time.Hour

// remotePractices asks the server about its applications and sinks.
func (m *Main) remotePractices(ctx context.Context, p *practised, cfg *config.Config) {
	r, err := m.remote("")
	if err != nil || r.auth == "" && (cfg.ClientID == "" || cfg.ClientSecret == "") {
		p.left(cfg.AlertSinks == "", "alert sinks", cfg.AlertSinks, "no sink for every tenant; those of the API are not looked at without credentials", "AIRSIDE_ALERT_SINKS_FILE (docs/alerts.md), or `airside alerts sinks`")
		p.ok("applications", "not checked: no credentials of a server (AIRSIDE_CLIENT_ID and AIRSIDE_CLIENT_SECRET)")
		return
	}
	var sinks struct{ Sinks []json.RawMessage }
	body, err := r.get(ctx, "/v1/airside/alerts/sinks")
	if err == nil {
		err = json.Unmarshal(body, &sinks)
	}
	if err != nil {
		p.ok("alert sinks", "not checked: "+firstLine(err))
	} else {
		p.left(len(sinks.Sinks) == 0 && cfg.AlertSinks == "", "alert sinks", fmt.Sprint(len(sinks.Sinks), " of this tenant"), "nobody hears of alerts", "AIRSIDE_ALERT_SINKS_FILE (docs/alerts.md), or `airside alerts sinks`")
	}
	var list application.ListOut
	body, err = r.get(ctx, applicationsPath)
	if err == nil {
		err = json.Unmarshal(body, &list)
	}
	if err != nil {
		p.ok("applications", "not checked: "+firstLine(err))
		return
	}
	now := clock.System().Now()
	for _, a := range list.Applications {
		p.application(a, now, list.Since)
	}
	if len(list.Applications) == 0 {
		p.ok("applications", "there are none")
	}
}

func firstLine(err error) string { return strings.SplitN(err.Error(), "\n", 2)[0] }

// dormant is how long an application may be silent before somebody should ask what it is for; access reviews ask
// after as long.
const dormant = 90 * 24 * time.Hour

// silence is how long an application has made no call; since is from when on calls are known.
func silence(a *application.Application, now, since time.Time) time.Duration {
	last := a.LastCallAt
	if last.IsZero() {
		if since.IsZero() {
			return 0 // nothing is known
		}
		last = a.CreatedAt
		if since.After(last) {
			last = since
		}
	}
	return now.Sub(last)
}

func (p *practised) application(a *application.Application, now, since time.Time) {
	var off []string
	if len(a.Networks) == 0 {
		off = append(off, "may call from anywhere")
	}
	if a.ExpiresAt.IsZero() {
		off = append(off, "never expires")
	} else if a.ExpiresAt.Before(now) {
		off = append(off, "has expired and is still there")
	}
	if a.Owner == "" {
		off = append(off, "has no owner")
	}
	for i := range a.Grants {
		if slices.Contains(a.Grants[i].Operations, "*") {
			off = append(off, "is granted *")
		}
	}
	if age := now.Sub(a.SecretRotatedAt); age > oldest {
		off = append(off, fmt.Sprintf("has a secret that is %d days old", int(age.Hours()/24)))
	}
	if a.Rate == nil && a.RequestsPerDay == 0 {
		off = append(off, "has no quota")
	}
	if quiet := silence(a, now, since); quiet > dormant && a.State == application.Active {
		off = append(off, fmt.Sprintf("has made no call for %d days", int(quiet.Hours()/24)))
	}
	p.left(len(off) > 0, "applications", a.Name, a.Name+" "+strings.Join(off, ", "), "`airside app apply`; see `airside app show "+a.ClientID+"`")
}
