// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/secretscan"
	"github.com/airside-travel/airside/internal/vault"
)

// files: who may read keys, and literal secrets in configuration.
func (p *practised) files(ctx context.Context) {
	for _, path := range p.keys() {
		info, err := os.Stat(path)
		if err != nil {
			continue // what must be there keeps the server from starting
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			p.warn("file modes", fmt.Sprintf("%s is open to others (%#o)", path, mode), "chmod 600 "+path)
		} else if tracked(ctx, path) {
			p.fail("file modes", path+" is in a git repository", "git rm --cached "+path+", replace the key, and list it in .gitignore")
		} else {
			p.ok("file modes", fmt.Sprintf("%s: %#o", path, mode))
		}
	}
	p.literals(ctx)
}

// keys are the files that only the server's user may read.
func (p *practised) keys() []string {
	cfg := p.cfg
	out := []string{cfg.MasterKey, cfg.SealKey, cfg.SealPassphrase}
	if path, ok := strings.CutPrefix(cfg.Database, "sqlite:"); ok {
		out = append(out, path, path+".key")
	}
	if strings.HasPrefix(cfg.VaultCredential, "/") || strings.HasPrefix(cfg.VaultCredential, "./") {
		out = append(out, cfg.VaultCredential)
	}
	refs := []string{cfg.VaultCredential}
	for i := range cfg.Upstreams {
		c := &cfg.Upstreams[i]
		refs = append(append(refs, c.Secret, c.AdminSecret, c.HookSign), c.Hooks...)
	}
	for _, text := range refs {
		if ref, err := vault.ParseRef(text); err == nil && ref.Scheme == vault.SchemeFile {
			out = append(out, ref.Path)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(path string) bool { return path == "" })
}

// literals looks for secrets that stand where their place belongs.
func (p *practised) literals(ctx context.Context) {
	s, err := secretscan.New("")
	if err != nil {
		p.fail(partSecrets, err.Error(), "")
		return
	}
	for _, path := range []string{p.cfg.Brokers, p.cfg.AlertSinks, p.cfg.PolicyFile, p.cfg.Applications, p.cfg.DetectRules} {
		if path == "" {
			continue
		}
		r, err := s.Path(ctx, path)
		switch {
		case err != nil:
			p.fail(partSecrets, err.Error(), "make "+path+" readable, or unset the setting that names it")
		case len(r.Findings) > 0:
			p.fail(partSecrets, fmt.Sprintf("%s:%d holds %s", path, r.Findings[0].Line, r.Findings[0].Description), "put a reference in its place")
		default:
			p.ok(partSecrets, path+" holds no literal secret")
		}
	}
	if !p.cfg.OnPostgres() {
		return
	}
	u, err := url.Parse(p.cfg.Database)
	if err != nil {
		p.fail("database", "AIRSIDE_DATABASE_URL is no URL", "AIRSIDE_DATABASE_URL=postgres://USER@HOST:PORT/DATABASE")
		return
	}
	_, given := u.User.Password()
	p.left(given, partSecrets, "no password in AIRSIDE_DATABASE_URL", "the password of the database stands in AIRSIDE_DATABASE_URL", "leave it out there and name a password file with PGPASSFILE")
	secure := slices.Contains([]string{"require", "verify-ca", "verify-full"}, u.Query().Get("sslmode"))
	p.left(!secure && u.Hostname() != "" && !here(u.Hostname()), "database TLS", "what goes to the database is encrypted, or stays on this machine",
		"the database may be talked to in clear", "sslmode=verify-full in AIRSIDE_DATABASE_URL")
}

// tracked reports whether git has the file.
func tracked(ctx context.Context, path string) bool {
	return exec.CommandContext(ctx, "git", "-C", filepath.Dir(path), "ls-files", "--error-unmatch", filepath.Base(path)).Run() == nil //nolint:gosec // a path of the configuration
}
