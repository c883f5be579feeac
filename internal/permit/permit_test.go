// SPDX-License-Identifier: Apache-2.0

package permit_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/permit"
)

var load = sync.OnceValues(contract.Load)

func engine(t testing.TB, policies string) *permit.Engine {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := permit.New(c, "policies.cedar", []byte(policies))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var (
	noon   = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) // a Monday
	office = netip.MustParseAddr("192.0.2.7")
	live   = permit.Environment{Name: "production", Live: true, Mode: "live"}
	toy    = permit.Environment{Name: "sandbox", Mode: "live"}
)

func TestDecide(t *testing.T) {
	t.Parallel()
	const nights = `@id("no nights") forbid(principal, action in Action::"effect:write", resource) when { context.hour < 6 };
		@id("office only") forbid(principal, action in Action::"class:money", resource == Environment::"production") unless { context.ip.isInRange(ip("192.0.2.0/24")) };`
	buys := []permit.Grant{{Scopes: []string{"air:book"}, Effects: []string{"purchase"}}}
	for name, tc := range map[string]struct {
		grants    []permit.Grant
		env       permit.Environment
		operation string
		from      string
		at        time.Time
		want      errs.Code
		policy    string
	}{
		"a scope":                             {[]permit.Grant{{Scopes: []string{"user:read"}}}, live, "getUserInfo", "", noon, "", "grant 1"},
		"another scope":                       {[]permit.Grant{{Scopes: []string{"user:read"}}}, live, "updateUser", "", noon, errs.OperationNotGranted, ""},
		"an operation":                        {[]permit.Grant{{Operations: []string{"updateUser"}}}, live, "updateUser", "", noon, "", "grant 1"},
		"everything that fits both":           {[]permit.Grant{{Operations: []string{"updateUser"}, Effects: []string{"read"}}}, live, "updateUser", "", noon, errs.OperationNotGranted, ""},
		"the second grant":                    {[]permit.Grant{{Scopes: []string{"user:read"}}, {Effects: []string{"write"}}}, live, "updateUser", "", noon, "", "grant 2"},
		"everything, but money":               {[]permit.Grant{{Operations: []string{"*"}, Reason: "r"}}, live, "airCreatePnr", "", noon, errs.PurchaseNotGranted, ""},
		"everything where money is a toy":     {[]permit.Grant{{Operations: []string{"*"}, Reason: "r"}}, toy, "airCreatePnr", "", noon, "", "grant 1"},
		"money by name":                       {buys, live, "airCreatePnr", "", noon, "", "grant 1"},
		"a forbid that holds":                 {[]permit.Grant{{Effects: []string{"write"}}}, live, "updateUser", "", noon.Add(-10 * time.Hour), errs.PolicyForbids, ""},
		"a forbid about addresses":            {buys, live, "airCreatePnr", "198.51.100.9", noon, errs.PolicyForbids, ""},
		"IPv4 inside IPv6 is the same office": {buys, live, "airCreatePnr", "::ffff:192.0.2.9", noon, "", "grant 1"},
		"nothing at all":                      {nil, live, "getUserInfo", "", noon, errs.OperationNotGranted, ""},
	} {
		e := engine(t, nights)
		c, _ := load()
		from := office
		if tc.from != "" {
			from = netip.MustParseAddr(tc.from)
		}
		set := e.Compile(permit.Application{ID: "a", Owner: "lena@example.com", Environment: tc.env, Grants: tc.grants})
		policy, err := set.Decide(c.Operation(tc.operation), from, tc.at)
		var code errs.Code
		if x := errs.As(err); x != nil {
			code = x.Code
		}
		if code != tc.want || policy != tc.policy {
			t.Errorf("%s: policy %q, %v; want %q, %q", name, policy, err, tc.policy, tc.want)
		}
	}
}

// TestGrantsAreExact: a scope opens its operations and no other.
func TestGrantsAreExact(t *testing.T) {
	t.Parallel()
	e := engine(t, "")
	c, _ := load()
	set := e.Compile(permit.Application{ID: "a", Environment: live, Grants: []permit.Grant{{Scopes: []string{"trip:read"}}}})
	for _, op := range c.Operations() {
		_, err := set.Decide(op, office, noon)
		if granted := op.Scope == "trip:read"; granted != (err == nil) {
			t.Errorf("%s with scope %s: %v", op.ID, op.Scope, err)
		}
	}
}

func TestUnsafePolicies(t *testing.T) {
	t.Parallel()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ policy, says string }{
		"not a policy":                   {`permit(`, "policies.cedar"},
		"every operation":                {"\npermit(principal == Application::\"a\", action, resource == Environment::\"production\");", ":2: policy policy 1: it permits every operation"},
		"every application":              {`permit(principal, action == Action::"getUserInfo", resource == Environment::"production");`, "more than one application"},
		"every environment":              {`permit(principal == Application::"a", action == Action::"getUserInfo", resource);`, "more than one environment"},
		"an operation that is not there": {`forbid(principal, action == Action::"getUsers", resource);`, "getUsers"},
		"an attribute that is not there": {`forbid(principal, action == Action::"getUserInfo", resource) when { context.country == "GB" };`, "country"},
		"a comparison of unlike things":  {`forbid(principal, action == Action::"getUserInfo", resource) when { context.hour == "six" };`, "policy 1"},
		"the same name twice":            {`@id("x") forbid(principal, action == Action::"getUserInfo", resource); @id("x") forbid(principal, action == Action::"getUserInfo", resource);`, "same @id"},
	} {
		_, err := permit.New(c, "policies.cedar", []byte(tc.policy))
		if _, ok := errors.AsType[*permit.PolicyError](err); !ok || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v; want it to say %q", name, err, tc.says)
		}
	}
	if _, err := permit.New(c, "policies.cedar", []byte(`@reason("monitors read all") permit(principal, action in Action::"effect:read", resource);`)); err != nil {
		t.Errorf("a broad permit with a reason: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	e := engine(t, "")
	for pointer, g := range map[string]permit.Grant{
		"/grants/0":              {},
		"/grants/0/reason":       {Operations: []string{"*"}},
		"/grants/0/operations/1": {Operations: []string{"getUserInfo", "getNothing"}},
		"/grants/0/scopes/0":     {Scopes: []string{"user:everything"}},
	} {
		x := errs.As(e.Check([]permit.Grant{g}, nil))
		if x == nil || x.Fields[0].Pointer != pointer {
			t.Errorf("%+v: %v; want it to name %s", g, x, pointer)
		}
	}
}

// TestEverythingNeedsAReason: whichever way a grant says all, a reason is asked for it; of one that is in force none is.
func TestEverythingNeedsAReason(t *testing.T) {
	t.Parallel()
	e := engine(t, "")
	for name, tc := range map[string]struct {
		grant permit.Grant
		all   bool
	}{
		"*":                      {permit.Grant{Operations: []string{"*"}}, true},
		"* of some effects":      {permit.Grant{Operations: []string{"*"}, Effects: []string{"read"}}, true},
		"* within a scope":       {permit.Grant{Operations: []string{"*"}, Scopes: []string{"user:read"}}, true},
		"all effects":            {permit.Grant{Effects: []string{"read", "write", "delete", "purchase"}}, true},
		"one effect":             {permit.Grant{Effects: []string{"read"}}, true},
		"an effect of a scope":   {permit.Grant{Scopes: []string{"user:read"}, Effects: []string{"read"}}, false},
		"an operation":           {permit.Grant{Operations: []string{"getUserInfo"}}, false},
		"an effect of some, too": {permit.Grant{Operations: []string{"getUserInfo"}, Effects: []string{"read"}}, false},
	} {
		if got := permit.Everything(tc.grant); got != tc.all {
			t.Errorf("%s is everything: %v", name, got)
		}
		x := errs.As(e.Check([]permit.Grant{tc.grant}, nil))
		if (x != nil) != tc.all || x != nil && (x.Fields[0].Pointer != "/grants/0/reason" || x.Fields[0].Rule != "required") {
			t.Errorf("%s without a reason: %v", name, x)
		}
		if err := e.Check([]permit.Grant{tc.grant}, []permit.Grant{{Scopes: []string{"air:shop"}}, tc.grant}); err != nil {
			t.Errorf("%s that is in force: %v", name, err)
		}
		tc.grant.Reason = "the nightly copy"
		if err := e.Check([]permit.Grant{tc.grant}, nil); err != nil {
			t.Errorf("%s with a reason: %v", name, err)
		}
	}
}

// BenchmarkDecide has 200 policies over all operations, as a large installation might.
func BenchmarkDecide(b *testing.B) {
	var policies strings.Builder
	c, _ := load()
	for i, op := range c.Operations() {
		if i == 200 {
			break
		}
		policies.WriteString(`forbid(principal, action == Action::"` + op.ID + `", resource == Environment::"production") when { context.ip.isInRange(ip("203.0.113.0/24")) };` + "\n")
	}
	e := engine(b, policies.String())
	set := e.Compile(permit.Application{ID: "a", Environment: live, Grants: []permit.Grant{{Scopes: []string{"trip:read"}}, {Scopes: []string{"user:read"}}, {Effects: []string{"read"}}}})
	op := c.Operation("getUserInfo")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Decide(op, office, noon); err != nil {
			b.Fatal(err)
		}
	}
}
