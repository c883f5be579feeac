// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// A secret that comes of age is told of once a day whatever keeps it from being rotated, and as long as its age is known.
func TestAgeIsToldWithoutRotation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(r *rig)
		why     string
		unknown bool
	}{
		"no seal key":  {change: func(r *rig) { r.key = nil }, why: "there is no escrow"},
		"no escrow":    {change: func(r *rig) { r.escrow = "" }, why: "there is no escrow"},
		"rotation off": {change: func(r *rig) { r.env.Rotation.Off = true }, why: "scheduled rotation is off"},
		"a variable": {change: func(r *rig) {
			secret := r.secret("prod")
			r.open = func() *vault.Vaults {
				env := vault.Env(func(string) (string, bool) { return secret, true })
				return vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{vault.SchemeEnv: env}, Clock: r.clock()})
			}
			r.env.Secret.Scheme, r.env.Secret.Path, r.env.Secret.Field = vault.SchemeEnv, "PROD", ""
		}, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.hasty()
			c.change(r)
			n := r.node(t)
			days := func(from, to int) []string {
				for range 2 * (to - from) {
					n.Tend(t.Context())
					r.ahead.Add(int64(12 * time.Hour))
				}
				return r.saw(upstream.EventAged)
			}
			if told := days(0, 76); len(told) > 0 {
				t.Errorf("told of by day 76: %q", told)
			}
			told := days(76, 81)
			switch {
			case c.unknown:
				if len(told) > 0 {
					t.Errorf("the age of what cannot be known: %v", told)
				}
			case len(told) < 4 || len(told) > 5:
				t.Errorf("told of %d times in 5 days", len(told))
			case !strings.HasPrefix(told[0], "it is 76 days old, and "+c.why):
				t.Errorf("%q", told[0])
			}
			if r.rotations() != 0 || len(r.saw(upstream.EventDue)) != 0 {
				t.Error("it was rotated, or a rotation was promised")
			}
			if warn := n.Status(t.Context()).Age.Warn; warn.IsZero() != c.unknown {
				t.Errorf("warns at %v", warn)
			}
		})
	}
}
