// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"os/exec"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/secretscan"
)

// practised collects what the doctor finds of one practice after the other.
type practised struct {
	cfg      *config.Config
	contract *contract.Contract
	environ  []string
	troubles []app.Trouble // what keeps a server from starting
	out      []finding
}

func (p *practised) ok(name, detail string) {
	p.out = append(p.out, finding{check: check{name, true, detail}})
}

// skip is a practice that could not be looked at, which says nothing about it.
func (p *practised) skip(name, detail string) {
	p.out = append(p.out, finding{check: check{name, true, detail}, Skipped: true})
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

// broken reports whether a part keeps the server from starting, which has been said.
func (p *practised) broken(part string) bool {
	for _, t := range p.troubles {
		if t.Part == part {
			return true
		}
	}
	return false
}

// practices reports what the configuration leaves off of docs/practices.md.
func (m *Main) practices(ctx context.Context) []finding {
	cfg, err := config.Load(m.Environ)
	if err != nil {
		return nil // the first check says so
	}
	c, err := m.contract()
	if err != nil {
		return nil // its check says so
	}
	p := &practised{cfg: &cfg, contract: c, environ: m.Environ}
	m.start(ctx, p)
	p.environments()
	p.files(ctx)
	p.network()
	p.trails()
	p.repository(ctx, cmp.Or(m.Dir, "."))
	m.remotePractices(ctx, p)
	return p.out
}

// repository: the folder, when it is in one.
func (p *practised) repository(ctx context.Context, dir string) {
	state, err := secretscan.Hook(ctx, dir)
	if err != nil {
		return // no repository, or no git
	}
	p.left(!state.Installed, "git hook", state.Path, "commits are not checked for secrets", "`airside secrets hook install`, and `airside secrets scan --history` in CI")
	ignored := exec.CommandContext(ctx, "git", "-C", dir, "check-ignore", "-q", ".env").Run() == nil //nolint:gosec // the folder of the command
	p.left(!ignored, ".gitignore", ".env is left out", ".env would be committed", "add .env and *.key to .gitignore")
}

// here reports whether a host is this machine.
func here(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// inClear reports whether what is sent to a URL travels over a network unencrypted.
func inClear(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "http" && !here(u.Hostname())
}
