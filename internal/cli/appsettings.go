// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/permit"
)

// settingsFlags are the settings of an application as they are typed.
type settingsFlags struct {
	given func(flag string) bool

	name, owner, description, reason, expires, buys, spends, ref string

	grants, networks []string
	perDay, burst    int
	rate             float64
	refuseLossy      bool
}

// none takes a setting away.
const none = "none"

func settingsFlagsOf(cmd *cobra.Command) *settingsFlags {
	f := cmd.Flags()
	s := &settingsFlags{given: f.Changed}
	f.StringVar(&s.name, "name", "", "unique name")
	f.StringVar(&s.owner, "owner", "", "e-mail address of whoever answers for it")
	f.StringVar(&s.description, "description", "", "what it is for")
	f.StringArrayVar(&s.grants, "grant", nil, "what it may call (see airside app --help); may be given several times")
	f.StringVar(&s.reason, "reason", "", "why it needs a grant of *, or one of effects only")
	f.StringSliceVar(&s.networks, "network", nil, "CIDR block it may call from, or none for anywhere; may be given several times")
	f.Float64Var(&s.rate, "rate", 0, "calls a second; 0 for no limit of its own")
	f.IntVar(&s.burst, "burst", 0, "calls at once, with --rate; as many as a second has, unless said")
	f.IntVar(&s.perDay, "per-day", 0, "calls a day; 0 for no quota")
	f.StringVar(&s.buys, "purchases-per-day", "", "purchases a day, or none for no cap")
	f.StringVar(&s.spends, "spend-per-day", "", "what it may spend a day, such as '1000.00 USD', or none for no cap")
	f.BoolVar(&s.refuseLossy, "refuse-lossy-updates", false, "refuse complete-object updates that leave out what is stored")
	f.StringVar(&s.expires, "expires", "", "date or time at which its access ends, such as 2027-06-30, or none")
	f.StringVar(&s.ref, "secret-ref", "", "put its secrets into this vault and show none, such as vault://secret/apps/mailer#secret; none shows them")
	return s
}

// apply changes what was given, and nothing else.
func (f *settingsFlags) apply(s *application.Settings) error {
	text := func(flag string, into *string, value string) {
		if f.given(flag) {
			*into = value
		}
	}
	text("name", &s.Name, f.name)
	text("owner", &s.Owner, f.owner)
	text("description", &s.Description, f.description)
	text("secret-ref", &s.SecretRef, unless(f.ref))
	if f.given("network") {
		s.Networks = f.networks
		if len(f.networks) == 1 && f.networks[0] == none {
			s.Networks = nil
		}
	}
	if f.given("per-day") {
		s.RequestsPerDay = f.perDay
	}
	if f.given("refuse-lossy-updates") {
		s.RefuseLossy = f.refuseLossy
	}
	if f.given("expires") {
		t, err := parseTime(unless(f.expires))
		if err != nil {
			return err
		}
		s.ExpiresAt = t
	}
	if err := f.applyGrants(s); err != nil {
		return err
	}
	if err := f.applyRate(s); err != nil {
		return err
	}
	return f.applyCaps(s)
}

// unless is what was said, unless that is none.
func unless(said string) string {
	if said == none {
		return ""
	}
	return said
}

func (f *settingsFlags) applyGrants(s *application.Settings) (err error) {
	if f.given("grant") {
		s.Grants, err = parseGrants(f.grants, f.reason)
		return err
	}
	if !f.given("reason") {
		return nil
	}
	given := false
	grants := make([]permit.Grant, len(s.Grants))
	for i, g := range s.Grants {
		if permit.Everything(g) {
			g.Reason, given = f.reason, true
		}
		grants[i] = g
	}
	if !given {
		return failf(ExitUsage, "no grant of it needs a reason")
	}
	s.Grants = grants
	return nil
}

func (f *settingsFlags) applyRate(s *application.Settings) error {
	if !f.given("rate") && !f.given("burst") {
		return nil
	}
	next := application.Rate{}
	if s.Rate != nil {
		next = *s.Rate
	}
	if f.given("rate") {
		next.PerSecond = f.rate
	}
	if f.given("burst") {
		next.Burst = f.burst
	}
	if err := next.Check(); err != nil {
		return failf(ExitUsage, "--rate and --burst: the rate %w", err).hint("--rate 5 --burst 10")
	}
	switch {
	case f.given("rate") && f.rate == 0:
		s.Rate = nil
		return nil
	case next.PerSecond == 0:
		return failf(ExitUsage, "--burst goes with a rate").hint("--rate 5 --burst 10")
	case next.Burst == 0:
		next.Burst = int(max(1, math.Ceil(next.PerSecond)))
	}
	s.Rate = &next
	return nil
}

func (f *settingsFlags) applyCaps(s *application.Settings) error {
	next := application.PurchaseCap{}
	if s.Purchases != nil {
		next = *s.Purchases
	}
	if f.given("purchases-per-day") {
		next.Count = nil
		if f.buys != none {
			n, err := strconv.Atoi(f.buys)
			if err != nil || n < 0 {
				return failf(ExitUsage, "--purchases-per-day: %q is no number", f.buys).hint("0 refuses every purchase, none takes the cap away")
			}
			next.Count = &n
		}
	}
	if f.given("spend-per-day") {
		next.Amount = nil
		if f.spends != none {
			m, err := application.ParseMoney(f.spends)
			if err != nil {
				return failf(ExitUsage, "--spend-per-day: %w", err).hint("--spend-per-day '1000.00 USD'; none takes the cap away")
			}
			next.Amount = &m
		}
	}
	s.Purchases = &next
	if next.Count == nil && next.Amount == nil {
		s.Purchases = nil
	}
	return nil
}
