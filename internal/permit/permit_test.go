// SPDX-License-Identifier: Apache-2.0

package permit_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		"an operation is no other":            {[]permit.Grant{{Operations: []string{"updateUser"}}}, live, "getUserInfo", "", noon, errs.OperationNotGranted, ""},
		"an operation is none of its scope":   {[]permit.Grant{{Operations: []string{"updateUser"}, Scopes: []string{"user:write"}}}, live, "createUser", "", noon, errs.OperationNotGranted, ""},
		"everything that fits both":           {[]permit.Grant{{Operations: []string{"updateUser"}, Effects: []string{"read"}}}, live, "updateUser", "", noon, errs.OperationNotGranted, ""},
		"the second grant":                    {[]permit.Grant{{Scopes: []string{"user:read"}}, {Effects: []string{"write"}}}, live, "updateUser", "", noon, "", "grant 2"},
		"the grant that no other shares":      {[]permit.Grant{{Scopes: []string{"trip:read"}}, {Scopes: []string{"user:read"}}}, live, "getUserInfo", "", noon, "", "grant 2"},
		"everything, but money":               {[]permit.Grant{{Operations: []string{"*"}, Reason: "r"}}, live, "airCreatePnr", "", noon, errs.PurchaseNotGranted, ""},
		"everything where money is a toy":     {[]permit.Grant{{Operations: []string{"*"}, Reason: "r"}}, toy, "airCreatePnr", "", noon, "", "grant 1"},
		"money nobody spoke of":               {[]permit.Grant{{Scopes: []string{"user:read"}}}, live, "airCreatePnr", "", noon, errs.OperationNotGranted, ""},
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

// TestPoliciesOfTheFile: whatever a policy is about, it is asked wherever it is about the call, and nowhere else. Each
// stands alone in its file, so that none is asked for the sake of another.
func TestPoliciesOfTheFile(t *testing.T) {
	t.Parallel()
	reads := []permit.Grant{{Effects: []string{"read", "write"}}}
	early := time.Date(2026, 11, 2, 12, 30, 0, 0, time.FixedZone("Auckland", 13*60*60)) // 23:30 on Sunday in UTC
	readOnly := permit.Environment{Name: "mirror", Live: true, Mode: "read-only"}
	for name, tc := range map[string]struct {
		policy    string
		env       permit.Environment
		operation string
		at        time.Time
		want      errs.Code
	}{
		"every operation":            {`forbid(principal, action, resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"one operation":              {`forbid(principal, action == Action::"getUserInfo", resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"one operation, not this":    {`forbid(principal, action == Action::"getUserInfo", resource);`, live, "updateUser", noon, ""},
		"some operations":            {`forbid(principal, action in [Action::"updateUser", Action::"getUserInfo"], resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"an effect":                  {`forbid(principal, action in Action::"effect:read", resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"another effect":             {`forbid(principal, action in Action::"effect:write", resource);`, live, "getUserInfo", noon, ""},
		"a scope":                    {`forbid(principal, action in Action::"scope:user:read", resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"another scope":              {`forbid(principal, action in Action::"scope:user:write", resource);`, live, "getUserInfo", noon, ""},
		"the application":            {`forbid(principal == Application::"a", action, resource);`, live, "getUserInfo", noon, errs.PolicyForbids},
		"another application":        {`forbid(principal == Application::"b", action, resource);`, live, "getUserInfo", noon, ""},
		"its owner":                  {`forbid(principal, action, resource) when { principal.owner == "lena@example.com" };`, live, "getUserInfo", noon, errs.PolicyForbids},
		"another owner":              {`forbid(principal, action, resource) when { principal.owner == "omar@example.com" };`, live, "getUserInfo", noon, ""},
		"live environments":          {`forbid(principal, action, resource) when { resource.live };`, live, "getUserInfo", noon, errs.PolicyForbids},
		"live environments, a toy":   {`forbid(principal, action, resource) when { resource.live };`, toy, "getUserInfo", noon, ""},
		"a mode":                     {`forbid(principal, action, resource) when { resource.mode == "read-only" };`, readOnly, "getUserInfo", noon, errs.PolicyForbids},
		"another mode":               {`forbid(principal, action, resource) when { resource.mode == "read-only" };`, live, "getUserInfo", noon, ""},
		"the hour is that of UTC":    {`forbid(principal, action, resource) unless { context.hour == 23 };`, live, "getUserInfo", early, ""},
		"the weekday is that of UTC": {`forbid(principal, action, resource) unless { context.weekday == 0 };`, live, "getUserInfo", early, ""},
		// A forbid that fails has not said no, and must not be read as if it had nothing to say.
		"a forbid that cannot be worked out": {`forbid(principal, action, resource) when { context.hour * 9223372036854775807 < 0 };`, live, "getUserInfo", noon, errs.PolicyUndecided},
		"a permit":                           {`@reason("r") permit(principal, action == Action::"airCreatePnr", resource);`, live, "airCreatePnr", noon, ""},
		"a permit of something else":         {`@reason("r") permit(principal, action == Action::"airCreatePnr", resource);`, live, "deleteUser", noon, errs.OperationNotGranted},
	} {
		c, _ := load()
		set := engine(t, tc.policy).Compile(permit.Application{ID: "a", Owner: "lena@example.com", Environment: tc.env, Grants: reads})
		policy, err := set.Decide(c.Operation(tc.operation), office, tc.at)
		var code errs.Code
		if x := errs.As(err); x != nil {
			code = x.Code
		}
		if code != tc.want || (policy == "") != (tc.want != "") {
			t.Errorf("%s: policy %q, %v; want %q", name, policy, err, tc.want)
		}
	}
}

// TestOpens: what an application may ever be allowed is what it was granted and what a policy may permit it.
func TestOpens(t *testing.T) {
	t.Parallel()
	c, _ := load()
	set := engine(t, `@reason("r") permit(principal, action == Action::"deleteUser", resource) when { context.hour < 6 };`).Compile(
		permit.Application{ID: "a", Environment: live, Grants: []permit.Grant{{Scopes: []string{"trip:read"}}, {Operations: []string{"airCreatePnr"}}}})
	for _, op := range c.Operations() {
		if want := op.Scope == "trip:read" || op.ID == "deleteUser"; set.Opens(op) != want {
			t.Errorf("%s with scope %s is open: %v", op.ID, op.Scope, !want)
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
		"/grants/0/operations/2": {Operations: []string{"getUserInfo", "updateUser", "*"}, Reason: "r"},
		"/grants/0/scopes/0":     {Scopes: []string{"user:everything"}},
	} {
		x := errs.As(e.Check([]permit.Grant{g}, nil))
		if x == nil || x.Fields[0].Pointer != pointer {
			t.Errorf("%+v: %v; want it to name %s", g, x, pointer)
		}
	}
	c, _ := load()
	var scopes []string
	for _, op := range c.Operations() {
		if op.Scope != "" {
			scopes = append(scopes, op.Scope)
		}
	}
	slices.Sort(scopes)
	x := errs.As(e.Check([]permit.Grant{{Scopes: []string{"user:everything"}}}, nil))
	if diff := cmp.Diff(slices.Compact(scopes), x.Fields[0].Allowed); diff != "" {
		t.Errorf("a scope that is not there is answered with those that are: (-want +got)\n%s", diff)
	}
}

// TestOnlyTheSameGrantIsInForce: a grant that is in force excuses itself and none that is like it.
func TestOnlyTheSameGrantIsInForce(t *testing.T) {
	t.Parallel()
	e := engine(t, "")
	all := permit.Grant{Operations: []string{"*"}, Scopes: []string{"user:read"}, Effects: []string{"read"}}
	for name, inForce := range map[string]permit.Grant{
		"other operations": {Operations: []string{"getUserInfo"}, Scopes: all.Scopes, Effects: all.Effects},
		"other scopes":     {Operations: all.Operations, Scopes: []string{"trip:read"}, Effects: all.Effects},
		"other effects":    {Operations: all.Operations, Scopes: all.Scopes, Effects: []string{"write"}},
		"a reason":         {Operations: all.Operations, Scopes: all.Scopes, Effects: all.Effects, Reason: "the nightly copy"},
	} {
		x := errs.As(e.Check([]permit.Grant{all}, []permit.Grant{inForce}))
		if x == nil || x.Fields[0].Pointer != "/grants/0/reason" {
			t.Errorf("beside one in force with %s: %v; want a reason to be asked", name, x)
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
