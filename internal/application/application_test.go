// SPDX-License-Identifier: Apache-2.0

package application_test

import (
	"bytes"
	"context"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/store"
)

// TestSettings: what the contract cannot state of settings is refused with the place, before anything is made.
func TestSettings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	good := application.Settings{Name: "good", Owner: "lena@example.com", Environment: "production", Grants: []permit.Grant{{Scopes: []string{"trip:read"}}}}
	for name, tc := range map[string]struct {
		change  func(s *application.Settings)
		code    errs.Code
		pointer string
	}{
		"good":                      {func(*application.Settings) {}, "", ""},
		"the sandbox by default":    {func(s *application.Settings) { s.Environment, s.Role = "", actor.TMCAdmin }, "", ""},
		"one company's":             {func(s *application.Settings) { s.Environment, s.Role, s.Company = "", actor.CompanyAdmin, "c-1" }, "", ""},
		"ends tomorrow":             {func(s *application.Settings) { s.ExpiresAt = r.now.Add(24 * time.Hour) }, "", ""},
		"no environment":            {func(s *application.Settings) { s.Environment = "stage" }, errs.ValidationFailed, "/environment"},
		"an owner who is a name":    {func(s *application.Settings) { s.Owner = "Lena <lena@example.com>" }, errs.ValidationFailed, "/owner"},
		"no owner":                  {func(s *application.Settings) { s.Owner = "" }, errs.ValidationFailed, "/owner"},
		"everything, unexplained":   {func(s *application.Settings) { s.Grants = []permit.Grant{{Operations: []string{"*"}}} }, errs.ValidationFailed, "/grants/0/reason"},
		"a network that is none":    {func(s *application.Settings) { s.Networks = []string{"192.0.2.0/24", "192.0.2.0/33"} }, errs.ValidationFailed, "/networks/1"},
		"IPv4 as IPv6, an address":  {func(s *application.Settings) { s.Networks = []string{"::ffff:127.0.0.0/104", "192.0.2.7"} }, "", ""},
		"a network with a zone":     {func(s *application.Settings) { s.Networks = []string{"fe80::1%eth0/64"} }, errs.ValidationFailed, "/networks/0"},
		"a name for a network":      {func(s *application.Settings) { s.Networks = []string{"office"} }, errs.ValidationFailed, "/networks/0"},
		"a cap below nothing":       {func(s *application.Settings) { s.Purchases = buys(-1, 0).Purchases; s.Purchases.Amount.Minor = -1 }, errs.ValidationFailed, "/purchases/amountPerDay/minor"},
		"a rate that is no number":  {func(s *application.Settings) { s.Rate = &application.Rate{PerSecond: math.NaN(), Burst: 1} }, errs.ValidationFailed, "/rate"},
		"a rate without end":        {func(s *application.Settings) { s.Rate = &application.Rate{PerSecond: math.Inf(1), Burst: 1} }, errs.ValidationFailed, "/rate"},
		"a rate below nothing":      {func(s *application.Settings) { s.Rate = &application.Rate{PerSecond: -1, Burst: 1} }, errs.ValidationFailed, "/rate"},
		"fewer than no purchases":   {func(s *application.Settings) { s.Purchases = buys(0, 0).Purchases; *s.Purchases.Count = -1 }, errs.ValidationFailed, "/purchases/countPerDay"},
		"a quota below nothing":     {func(s *application.Settings) { s.RequestsPerDay = -1 }, errs.ValidationFailed, "/requestsPerDay"},
		"ends now":                  {func(s *application.Settings) { s.ExpiresAt = r.now }, errs.ValidationFailed, "/expiresAt"},
		"a role at the real API":    {func(s *application.Settings) { s.Role = actor.TMCAdmin }, errs.ValidationFailed, "/role"},
		"no role in the sandbox":    {func(s *application.Settings) { s.Environment = "" }, errs.ValidationFailed, "/role"},
		"a company without a role":  {func(s *application.Settings) { s.Environment, s.Role, s.Company = "", actor.TMCAdmin, "c-1" }, errs.ValidationFailed, "/companyId"},
		"a role without a company":  {func(s *application.Settings) { s.Environment, s.Role = "", actor.CompanyAdmin }, errs.ValidationFailed, "/companyId"},
		"a company of somebody's":   {func(s *application.Settings) { s.Environment, s.Role, s.Company = "", actor.CompanyAdmin, "c-9" }, errs.ReferenceNotFound, "/companyId"},
		"a name that is taken":      {func(s *application.Settings) { s.Name = "taken" }, errs.DuplicateValue, "/name"},
		"an operation that is none": {func(s *application.Settings) { s.Grants = []permit.Grant{{Operations: []string{"buyAll"}}} }, errs.ValidationFailed, "/grants/0/operations/0"},
	} {
		if name == "a name that is taken" {
			r.make(t, s, application.Settings{Name: "taken"})
		}
		in := good
		in.Name = name
		tc.change(&in)
		err := r.as(t, func(ctx context.Context) error { _, err := s.Create(ctx, application.SettingsIn{Body: in}); return err })
		pointer := ""
		if e := errs.As(err); e != nil && len(e.Fields) > 0 {
			pointer = e.Fields[0].Pointer
		}
		if code(err) != tc.code || pointer != tc.pointer {
			t.Errorf("%s: %v at %q, want %q at %q", name, err, pointer, tc.code, tc.pointer)
		}
	}
	var names []string
	if err := r.store.View(actor.With(t.Context(), &actor.Actor{Tenant: tenant}), func(ctx context.Context) error {
		all, err := s.List(ctx, application.ListIn{})
		for _, a := range all.Applications {
			names = append(names, a.Name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"IPv4 as IPv6, an address", "ends tomorrow", "good", "one company's", "taken", "the sandbox by default"}, names); diff != "" {
		t.Errorf("what was made: %s", diff)
	}
}

// TestGrantsOlderThanTheRule: an application that was stored when effects alone needed no reason goes on as it is, is
// changed in other ways, and is in a file; what it would be granted anew needs one.
func TestGrantsOlderThanTheRule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	id := r.make(t, s, application.Settings{Name: "old", Grants: []permit.Grant{{Effects: []string{"read"}, Reason: "r"}}})
	if err := r.as(t, func(ctx context.Context) error { // as it stands in a database that is older
		rec, err := store.From(ctx).Get(tenant, "application", id)
		if err != nil {
			return err
		}
		rec.Doc = bytes.Replace(rec.Doc, []byte(`,"reason":"r"`), nil, 1)
		return store.From(ctx).Update(rec, rec.Version)
	}); err != nil {
		t.Fatal(err)
	}
	r.follow(t, s)
	settings := s.Find(id).Settings
	if settings.Grants[0].Reason != "" {
		t.Fatalf("the grant is %+v", settings.Grants[0])
	}
	update := func() error {
		return r.as(t, func(ctx context.Context) error {
			_, err := s.Update(ctx, application.UpdateIn{ClientID: id, Body: settings})
			return err
		})
	}
	settings.RequestsPerDay = 7
	if err := update(); err != nil {
		t.Errorf("another setting: %v", err)
	}
	if err := r.as(t, func(ctx context.Context) error {
		if err := s.Declarable(ctx, &settings); err != nil {
			return err
		}
		_, err := s.Declare(ctx, settings)
		return err
	}); err != nil {
		t.Errorf("a file that names it: %v", err)
	}
	settings.Grants = []permit.Grant{{Effects: []string{"read", "write"}}}
	if err := update(); code(err) != errs.ValidationFailed {
		t.Errorf("more without a reason: %v", err)
	}
	if err := r.as(t, func(ctx context.Context) error { return s.Declarable(ctx, &settings) }); code(err) != errs.ValidationFailed {
		t.Errorf("a file with more, without a reason: %v", err)
	}
}

// TestNetworks: however a block is written, it is the same one, and nothing outside it is inside.
func TestNetworks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	l := s.Find(r.make(t, s, application.Settings{Networks: []string{"192.0.2.77/24", "203.0.113.9", "::ffff:198.51.100.0/120", "2001:db8::5/32", "2001:db9::1"}}))
	for address, inside := range map[string]bool{
		"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.3.7": false, "::ffff:192.0.3.7": false,
		"203.0.113.9": true, "203.0.113.10": false, "198.51.100.200": true, "198.51.101.1": false,
		"2001:db8:ffff::1": true, "2001:db9::1": true, "2001:db9::2": false, "64:ff9b::192.0.2.7": false, "::192.0.2.7": false,
	} {
		a := netip.MustParseAddr(address).Unmap() // as the edge does
		if got := slices.ContainsFunc(l.Prefixes, func(p netip.Prefix) bool { return p.Contains(a) }); got != inside {
			t.Errorf("%s inside: %v", address, got)
		}
	}
}

// TestWhoMayCall: whatever people, alerts, the clock and a file do to an application, it may call exactly while it is
// active and its access has not ended, at every process that followed.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.node(t), r.node(t)
	rapid.Check(t, func(rt *rapid.T) {
		id := r.make(t, a, application.Settings{})
		settings := a.Find(id).Settings
		var ends time.Time
		suspendedBy, deleted, declared := "", false, false
		do := func(fn func(ctx context.Context) error) {
			if err := r.as(t, fn); err != nil && (!deleted || !errs.Is(err, errs.ResourceNotFound)) {
				rt.Fatal(err)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"somebody suspends it": func(*rapid.T) {
				do(func(ctx context.Context) error {
					in := application.SuspendIn{ClientID: id}
					in.Body.Reason = "why not"
					_, err := a.Suspend(ctx, in)
					return err
				})
				suspendedBy = "admin"
			},
			"somebody resumes it": func(*rapid.T) {
				do(func(ctx context.Context) error { _, err := a.Resume(ctx, application.IDIn{ClientID: id}); return err })
				suspendedBy = ""
			},
			"an alert slows it down": func(*rapid.T) {
				do(func(ctx context.Context) error { return a.Hold(ctx, id, &application.Rate{PerSecond: 0.1, Burst: 1}) })
			},
			"its end is set": func(rt *rapid.T) {
				next := settings
				next.ExpiresAt = r.now.Add(time.Duration(rapid.IntRange(1, 48).Draw(rt, "hours")) * time.Hour)
				do(func(ctx context.Context) error {
					_, err := a.Update(ctx, application.UpdateIn{ClientID: id, Body: next})
					return err
				})
				settings, ends = next, next.ExpiresAt
			},
			"a file declares it": func(*rapid.T) {
				if deleted {
					return
				}
				do(func(ctx context.Context) error {
					ctx = actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: application.Configuration})
					_, err := a.Declare(ctx, settings)
					return err
				})
				if declared = true; suspendedBy == application.Configuration {
					suspendedBy = ""
				}
			},
			"the file forgets it": func(*rapid.T) {
				do(func(ctx context.Context) error { _, err := a.Withdraw(ctx, id); return err })
				if declared && suspendedBy == "" {
					suspendedBy = application.Configuration
				}
			},
			"it is deleted": func(rt *rapid.T) {
				if !deleted && rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
					return
				}
				do(func(ctx context.Context) error { _, err := a.Delete(ctx, application.IDIn{ClientID: id}); return err })
				deleted = true
			},
			"hours pass": func(rt *rapid.T) {
				r.now = r.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) {
				if err := r.store.View(context.Background(), func(ctx context.Context) error { return b.Follow(ctx, tenant, 0) }); err != nil {
					rt.Fatal(err)
				}
				for _, s := range []*application.Service{a, b} {
					l := s.Find(id)
					if (l == nil) != deleted {
						rt.Fatalf("deleted: %v, and it is %v", deleted, l)
					}
					if l == nil {
						continue
					}
					want := errs.Code("")
					switch {
					case suspendedBy != "":
						want = errs.ApplicationSuspended
					case !ends.IsZero() && !r.now.Before(ends):
						want = errs.ApplicationExpired
					}
					if err := s.Usable(l); code(err) != want {
						rt.Fatalf("suspended by %q, ends %s, now %s: %v", suspendedBy, ends, r.now, err)
					}
					if l.State == application.Suspended && l.Suspension.By != suspendedBy {
						rt.Fatalf("suspended by %q, it says %q", suspendedBy, l.Suspension.By)
					}
				}
			},
		})
		if !deleted {
			do(func(ctx context.Context) error { _, err := a.Delete(ctx, application.IDIn{ClientID: id}); return err })
		}
	})
}

// TestWhatIsStored: an application comes back as it was made, what a file said stays inside, and one that is stored
// broken is named.
func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	id := r.make(t, s, application.Settings{Name: "whole", Networks: []string{"192.0.2.0/24"}, RequestsPerDay: 7, Purchases: buys(3, 500).Purchases})
	before := s.Find(id)
	if err := r.as(t, func(ctx context.Context) error {
		ctx = actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: application.Configuration})
		done, err := s.Declare(ctx, before.Settings)
		if done.Operation != "updateApplication" { // a file manages it from now on
			t.Errorf("the first time: %+v", done)
		}
		if err != nil {
			return err
		}
		done, err = s.Declare(ctx, before.Settings)
		if done.Operation != "" {
			t.Errorf("the second time: %+v", done)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	after := r.node(t).Find(id)
	if diff := cmp.Diff(before.Settings, after.Settings); diff != "" || after.ManagedBy != "CONFIGURATION" {
		t.Errorf("managed by %q: %s", after.ManagedBy, diff)
	}
	if err := r.as(t, func(ctx context.Context) error {
		return store.From(ctx).Insert(&store.Record{Tenant: tenant, Kind: "application", ID: "broken", CreatedAt: r.now, UpdatedAt: r.now, Doc: []byte(`{"name":7}`)})
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.store.View(t.Context(), s.Load); err == nil || !strings.Contains(err.Error(), "application broken is stored broken") {
		t.Errorf("a broken one: %v", err)
	}
}

// TestParseMoney: an amount is read as it is printed, and nothing is rounded.
func TestParseMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]application.Money{
		"1204.50 USD": {Minor: 120450, Currency: "USD"}, "1204.5 USD": {Minor: 120450, Currency: "USD"}, "7 EUR": {Minor: 700, Currency: "EUR"},
		"9000 JPY": {Minor: 9000, Currency: "JPY"}, "1.234 BHD": {Minor: 1234, Currency: "BHD"}, " 0 USD ": {Currency: "USD"},
		"9.99 AZZ": {Minor: 999, Currency: "AZZ"},
	} {
		if got, err := application.ParseMoney(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "USD 10", "10 usd", "10.001 USD", "9.5 JPY", "-1 USD", "1e3 USD", "10,00 USD", ".5 USD", "10 EURO", "10USD", "10", "1:0 USD", "1/0 USD", "10 U5D", "10 [SD", "10 @SD", "99999999999999999999 USD"} {
		if got, err := application.ParseMoney(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// TestFollowedOutOfOrder: processes are told by several goroutines at once, and what was read earlier may arrive later.
// It must not bring back what was taken away since.
func TestFollowedOutOfOrder(t *testing.T) {
	t.Parallel()
	before, after := newRig(t), newRig(t) // the store at one time and at another
	id := before.make(t, before.node(t), application.Settings{Name: "reader", Grants: []permit.Grant{{Scopes: []string{"user:read"}}}})
	gone := before.make(t, before.node(t), application.Settings{Name: "gone", Grants: []permit.Grant{{Scopes: []string{"user:read"}}}})
	s := after.node(t)
	if again := after.make(t, s, application.Settings{Name: "reader", Grants: []permit.Grant{{Scopes: []string{"user:read"}}}}); again != id {
		t.Fatalf("ids %s and %s", id, again)
	}
	if err := after.as(t, func(ctx context.Context) error {
		in := application.SuspendIn{ClientID: id}
		_, err := s.Suspend(ctx, in)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	node := application.New(application.Deps{
		Clock: clock.Func(func() time.Time { return after.now }), Store: after.store, Credentials: after, Environments: after, Companies: after, Permits: after.engine,
	})
	told := func(r *rig, n int64) {
		t.Helper()
		if err := r.store.View(t.Context(), func(ctx context.Context) error { return node.Follow(ctx, tenant, n) }); err != nil {
			t.Fatal(err)
		}
	}
	told(after, 4)
	told(before, 2)
	if l := node.Find(id); l == nil || node.Usable(l) == nil {
		t.Error("what was read before the suspension lets the application in again")
	}
	if node.Find(gone) != nil {
		t.Error("an application that was deleted is there again")
	}
	told(before, 5)
	if l := node.Find(id); l == nil || node.Usable(l) != nil || node.Find(gone) == nil {
		t.Error("what was read last does not count")
	}
}

// TestStoredNetworkThatIsNone: an application whose only network an earlier version took, and this one cannot read, may call
// from nowhere. Leaving the network out would let it call from anywhere.
func TestStoredNetworkThatIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	id := r.make(t, s, application.Settings{Networks: []string{"2001:db8::/32"}, Grants: []permit.Grant{{Scopes: []string{"trip:read"}}}})
	if err := r.as(t, func(ctx context.Context) error {
		rec, err := store.Read(ctx).Get(tenant, "application", id)
		if err != nil {
			return err
		}
		rec.Doc = bytes.Replace(rec.Doc, []byte("2001:db8::/32"), []byte("fe80::1%eth0/64"), 1)
		return store.From(ctx).Update(rec, rec.Version)
	}); err != nil {
		t.Fatal(err)
	}
	r.follow(t, s)
	l := s.Find(id)
	if l == nil || len(l.Networks) != 1 || l.Networks[0] != "fe80::1%eth0/64" {
		t.Fatalf("stored as %+v", l)
	}
	for _, a := range []string{"fe80::1", "2001:db8::1", "192.0.2.1", "::"} {
		if len(l.Prefixes) != 1 || l.Prefixes[0].Contains(netip.MustParseAddr(a)) {
			t.Errorf("%s may call: %v", a, l.Prefixes)
		}
	}
}
