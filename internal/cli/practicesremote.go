// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/review"
)

// noServer is why nothing is asked of a server.
const noServer = "not checked: no credentials of a server (AIRSIDE_CLIENT_ID and AIRSIDE_CLIENT_SECRET)"

// remotePractices asks the server about its sinks, environments, applications and reviews.
func (m *Main) remotePractices(ctx context.Context, p *practised) {
	r, err := m.remote("")
	if err != nil || r.auth == "" && (p.cfg.ClientID == "" || p.cfg.ClientSecret == "") {
		p.sinks(p.cfg.AlertSinks == "", p.cfg.AlertSinks, "no sink for every tenant; those of the API are not looked at without credentials")
		p.skip("access review", noServer)
		p.skip("applications", noServer)
		return
	}
	now := clock.System().Now()
	var sinks struct{ Sinks []json.RawMessage }
	if ask(ctx, p, r, "alert sinks", "/v1/airside/alerts/sinks", &sinks) {
		p.sinks(len(sinks.Sinks) == 0 && p.cfg.AlertSinks == "", fmt.Sprint(len(sinks.Sinks), " of this tenant"), "nobody hears of alerts")
	}
	var reviews review.ListOut
	if ask(ctx, p, r, "access review", reviewsPath, &reviews) {
		p.reviewed(reviews.Reviews, now)
	}
	live := map[string]bool{}
	var envs environment.ListOut
	if ask(ctx, p, r, "environments", environmentsPath, &envs) {
		for i := range envs.Environments {
			e := &envs.Environments[i]
			live[e.Name] = e.Live
			if age := now.Sub(e.CredentialSince); !e.CredentialSince.IsZero() && !strings.HasPrefix(e.Secret, "env:") { // a variable tells no age
				old := fmt.Sprintf("%s: the secret is %d days old", e.Name, inDays(age))
				p.left(age > oldest, "secret age", old, old, "airside env rotate "+e.Name)
			}
		}
	}
	var list application.ListOut
	if !ask(ctx, p, r, "applications", applicationsPath, &list) {
		return
	}
	for _, a := range list.Applications {
		p.application(a, live[a.Environment], now, list.Since)
	}
	if len(list.Applications) == 0 {
		p.ok("applications", "there are none")
	}
}

// sinks: whether anybody hears of alerts.
func (p *practised) sinks(none bool, good, bad string) {
	if !p.broken(app.PartSinks) {
		p.left(none, app.PartSinks, good, bad, "AIRSIDE_ALERT_SINKS_FILE (docs/alerts.md), or `airside alerts sinks`")
	}
}

// ask gets what the server has; what it does not tell is skipped.
func ask(ctx context.Context, p *practised, r *remote, name, path string, into any) bool {
	body, err := r.get(ctx, path)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		p.skip(name, "not checked: "+firstLine(err))
	}
	return err == nil
}

func firstLine(err error) string { return strings.SplitN(err.Error(), "\n", 2)[0] }

func inDays(d time.Duration) int { return int(d.Hours() / 24) }

// reviewed looks whether access was reviewed in time. all are the newest first.
func (p *practised) reviewed(all []review.Review, now time.Time) {
	const name, fix = "access review", "airside access review start (docs/access-review.md)"
	i := slices.IndexFunc(all, func(r review.Review) bool { return r.State == review.Closed })
	switch {
	case i < 0 && len(all) > 0:
		p.warn(name, "the first one is open", "decide about each credential, then airside access review close "+all[0].ID)
	case i < 0:
		p.warn(name, "there was none yet", fix)
	case all[i].NextDue.Before(now):
		p.warn(name, fmt.Sprintf("it is %d days overdue", inDays(now.Sub(all[i].NextDue))), fix)
	default:
		p.ok(name, "the next is due at "+all[i].NextDue.Format(time.DateOnly))
	}
}

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

// application names what an application leaves off, and the settings that turn it on. live: its calls have effects in
// the world.
func (p *practised) application(a *application.Application, live bool, now, since time.Time) {
	var off, fix []string
	leaves := func(wrong bool, what, how string) {
		if wrong {
			off = append(off, what)
			if !slices.Contains(fix, how) {
				fix = append(fix, how)
			}
		}
	}
	leaves(len(a.Networks) == 0, "may call from anywhere", "networks")
	leaves(a.ExpiresAt.IsZero(), "never expires", "expiresAt")
	leaves(!a.ExpiresAt.IsZero() && a.ExpiresAt.Before(now), "has expired and is still there", "airside app delete")
	leaves(a.Owner == "", "has no owner", "owner")
	for i := range a.Grants {
		g := &a.Grants[i]
		all := slices.Contains(g.Operations, permit.All)
		leaves(all, "is granted *", "grants of operations or scopes")
		leaves(!all && permit.Everything(*g), "is granted everything of the effects "+strings.Join(g.Effects, ", "), "grants of operations or scopes")
	}
	leaves(live && p.buys(a) && uncapped(a.Purchases), "may buy without a cap", "purchases.amountPerDay or purchases.countPerDay")
	leaves(a.Environment != application.Sandbox && !a.RefuseLossy && p.puts(a), "may lose members of a document with a PUT", "refuseLossyUpdates")
	age := now.Sub(a.SecretRotatedAt)
	leaves(age > oldest, fmt.Sprintf("has a secret that is %d days old", inDays(age)), "airside app rotate")
	leaves(a.Rate == nil && a.RequestsPerDay == 0, "has no quota", "requestsPerDay or rate")
	quiet := silence(a, now, since)
	leaves(quiet > dormant && a.State == application.Active, fmt.Sprintf("has made no call for %d days", inDays(quiet)), "airside app suspend")
	p.left(len(off) > 0, "applications", a.Name, a.Name+" "+strings.Join(off, ", "), strings.Join(fix, "; ")+" (`airside app show "+a.ClientID+"` has the settings, `airside app apply FILE` changes them)")
}

func (p *practised) buys(a *application.Application) bool {
	return slices.ContainsFunc(a.Grants, func(g permit.Grant) bool { return slices.Contains(g.Effects, string(contract.Purchase)) })
}

// puts reports whether a grant opens an operation that replaces a document.
func (p *practised) puts(a *application.Application) bool {
	return slices.ContainsFunc(p.contract.Operations(), func(op *contract.Operation) bool {
		return op.Method == http.MethodPut && slices.ContainsFunc(a.Grants, func(g permit.Grant) bool { return g.Opens(op) })
	})
}

func uncapped(c *application.PurchaseCap) bool { return c == nil || c.Count == nil && c.Amount == nil }
