// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/audit/keeper"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// oldest is how old a secret becomes, of an environment and of an application.
const oldest = 90 * 24 * time.Hour

// tolerated is how far the timestamp of a webhook may be from now, as its sender documents it.
const tolerated = 5 * time.Minute

// environments: vaults, rotation, separation, what leaves for them, and what comes from them.
func (p *practised) environments() {
	if len(p.cfg.Upstreams) == 0 {
		p.ok("vault", "no environment besides the sandbox, so no secret of a real API")
		return
	}
	kept := p.escrow()
	var all []upstream.Environment
	for i := range p.cfg.Upstreams {
		c := &p.cfg.Upstreams[i]
		e, err := app.UpstreamOf(c, false)
		if err != nil {
			continue // it keeps the server from starting
		}
		all = append(all, e)
		p.reachable(c)
		p.tokens(c)
		p.rotation(c, &e, kept)
		p.inbox(c)
		if c.Mode == environment.Live && !c.Rehearsal && !p.broken(app.PartOperations) {
			p.left(len(c.Operations) == 0, "operations", c.Name+": only the listed operations leave", c.Name+": every operation of the contract may leave for the real API",
				c.Variable("OPERATIONS")+" lists those that are needed")
		}
		p.left(c.Rate == 0, "egress limit", fmt.Sprintf("%s: %g calls a second", c.Name, c.Rate), c.Name+": what leaves for the real API is not limited in a second",
			c.Variable("RATE")+"=50, or what the real API takes")
	}
	if len(p.cfg.Upstreams) > 1 && !p.broken(app.PartSeparation) && !p.broken(app.PartEnvironments) {
		detail := "no two environments share a credential"
		if upstream.Remote(all) {
			detail += ", as far as references say; the running server compares what the vault holds"
		}
		p.ok(app.PartSeparation, detail)
	}
}

// reachable looks at where an environment's secrets are, and whether anything is configured that opens the place.
func (p *practised) reachable(c *config.Environment) {
	bad := false
	for _, r := range append([]string{c.Secret, c.AdminSecret, c.HookSign}, c.Hooks...) {
		ref, err := vault.ParseRef(strings.TrimSpace(r))
		if err != nil {
			continue // empty, or said already
		}
		missing := ""
		switch ref.Scheme {
		case vault.SchemeKV:
			if p.cfg.VaultAddress == "" {
				missing = "AIRSIDE_VAULT_ADDRESS"
			}
		case vault.SchemeAWS:
			if p.cfg.AWSRegion == "" {
				missing = "AIRSIDE_AWS_REGION"
			}
		case vault.SchemeFile:
			if p.cfg.SealKey == "" && p.cfg.SealPassphrase == "" {
				missing = "AIRSIDE_SEAL_KEY_FILE"
			}
		case vault.SchemeEnv:
			if _, set := app.VaultSettings(*p.cfg, p.environ, nil).Lookup(ref.Path); !set {
				missing = ref.Path
			}
		}
		if missing != "" {
			p.fail("vault", fmt.Sprintf("%s: %s cannot be read: %s is not set", c.Name, ref, missing), "set "+missing+"; `airside vault get "+ref.String()+" --check` tries it")
			bad = true
		}
	}
	ref, err := vault.ParseRef(c.Secret)
	switch {
	case bad || err != nil || p.broken(app.PartVault):
	case ref.Scheme == vault.SchemeEnv:
		p.warn("vault", c.Name+": the secret is a variable of the environment, which cannot be rotated", "`airside vault put` stores it; set "+c.Variable("SECRET")+" to the reference")
	default:
		p.ok("vault", c.Name+": "+string(ref.Scheme))
	}
}

// tokens looks at whom the secret is sent to, when that is not the API itself.
func (p *practised) tokens(c *config.Environment) {
	const name = "token endpoint"
	api, err1 := url.Parse(c.BaseURL)
	at, err2 := url.Parse(c.TokenURL)
	if err1 != nil || err2 != nil || at.Host == "" || strings.EqualFold(api.Host, at.Host) {
		return
	}
	detail := c.Name + ": the secret is sent to " + at.Host + ", another host than the API's, " + api.Host
	p.left(domain(api.Hostname()) != domain(at.Hostname()), name, detail, detail, "look whether "+c.Variable("TOKEN_URL")+" is what the real API documents, or unset it")
}

// domain is roughly whose host it is: its last two labels.
func domain(host string) string {
	labels := strings.Split(strings.ToLower(host), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// rotation looks at what a rotation by age needs; each of it that is missing is one warning. kept: nothing is known against
// the place for its answer.
func (p *practised) rotation(c *config.Environment, e *upstream.Environment, kept bool) {
	const name = "rotation"
	before := len(p.out)
	if e.Secret.Scheme == vault.SchemeEnv {
		p.warn(name, c.Name+": the age of the secret cannot be known, so nothing warns when it is old", "keep it in a vault or a sealed file: "+c.Variable("SECRET")+"=vault://mount/path#field")
	} else if (e.AdminSecret == vault.Ref{}) && e.Role == "" {
		p.warn(name, c.Name+": neither an admin credential nor a role for new API users is set, so the secret cannot be rotated without risk",
			c.Variable("ADMIN_SECRET")+" with "+c.Variable("ADMIN_CLIENT_ID")+", or "+c.Variable("ROLE")+", gives a way back")
	}
	if p.cfg.SealKey == "" && p.cfg.SealPassphrase == "" {
		p.warn(name, c.Name+": there is no key that seals the answer of a rotation, so nothing is rotated", remedies[app.PartSealKey])
	}
	if app.Escrow(*p.cfg) == "" {
		p.warn(name, c.Name+": there is no place for the answer of a rotation, so nothing is rotated", "AIRSIDE_ESCROW_DIR names a directory on a disk that stays")
	}
	switch {
	case e.Rotation.Off:
		p.warn(name, c.Name+": scheduled rotation is off", c.Variable("ROTATE_AFTER")+"=2160h rotates every 90 days")
	case c.RotateAfter > oldest:
		p.warn(name, fmt.Sprintf("%s: the secret may become %s old", c.Name, c.RotateAfter), c.Variable("ROTATE_AFTER")+"=2160h")
	}
	if e.Rotation.SelfOnly {
		p.warn(name, c.Name+": the credential may rotate itself in place: an answer that is lost locks the environment out",
			"unset "+c.Variable("ROTATE_ALONE")+", and set "+c.Variable("ADMIN_SECRET")+" or "+c.Variable("ROLE"))
	}
	if len(p.out) == before && kept {
		p.ok(name, c.Name+": every "+c.RotateAfter.String()+", announced 14 days before")
	}
}

// escrow looks whether the answer of a rotation can be kept, if there is a place for it; the directory is made when it is
// needed.
func (p *practised) escrow() bool {
	dir := app.Escrow(*p.cfg)
	if dir == "" || p.cfg.SealKey == "" && p.cfg.SealPassphrase == "" {
		return true
	}
	there := dir
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		there = filepath.Dir(dir)
	}
	if err := keeper.Usable(there); err != nil {
		p.fail("escrow", "the answer of a rotation cannot be kept: "+err.Error(), "AIRSIDE_ESCROW_DIR names a directory that this user can write")
		return false
	}
	p.ok("escrow", dir)
	return !p.broken(app.PartSealKey)
}

// inbox: how webhooks of the real API come in.
func (p *practised) inbox(c *config.Environment) {
	if p.broken(app.PartInbox) {
		return
	}
	before := len(p.out)
	if len(c.Hooks) == 0 {
		p.warn(app.PartInbox, c.Name+": no signing secret, so webhooks cannot be received through this server", c.Variable("WEBHOOK_SECRETS")+" says where it is")
	}
	if c.HookBearer {
		p.warn(app.PartInbox, c.Name+": webhooks without a signature are taken from who has a token", "unset "+c.Variable("WEBHOOK_BEARER")+" as soon as the sender signs")
	}
	if c.HookAge > tolerated {
		p.warn(app.PartInbox, fmt.Sprintf("%s: a webhook is believed when it is %s old", c.Name, c.HookAge), c.Variable("WEBHOOK_TOLERANCE")+"=5m")
	}
	if len(p.out) == before {
		p.ok(app.PartInbox, c.Name+": receipts are verified")
	}
}
