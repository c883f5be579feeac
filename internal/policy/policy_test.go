// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"context"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/policy"
)

const group = `"type":"GROUP","userGroups":[]`

func TestLifeOfAPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create(group + `,"airPolicyRules":{"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":7}}},
		"enableAgentActionOverride":true`)
	got := w.read(id)
	if got["id"] != id || got["version"] != 1.0 || got["category"] != "EMPLOYEE" || got["enableAgentActionOverride"] != true {
		t.Fatalf("created as %v", got)
	}
	// What was read can be sent back, and changes nothing but version and time.
	if err := w.put(id, encode(t, got)); err != nil {
		t.Fatal(err)
	}
	again := w.read(id)
	if again["version"] != 2.0 {
		t.Errorf("version %v after one update", again["version"])
	}
	for _, m := range []map[string]any{got, again} {
		delete(m, "version")
		delete(m, "updatedAt")
	}
	if d := cmp.Diff(got, again); d != "" {
		t.Errorf("sending back what was read changed it (-before +after):\n%s", d)
	}
	// The whole object is replaced: what is not sent is gone; the read-only membership cannot be set.
	delete(again, "enableAgentActionOverride")
	again["isMembershipViaHrFeed"] = true
	if err := w.put(id, encode(t, again)); err != nil {
		t.Fatal(err)
	}
	third := w.read(id)
	if third["enableAgentActionOverride"] != nil || third["isMembershipViaHrFeed"] != nil || third["version"] != 3.0 {
		t.Errorf("after leaving an option out: %v", third)
	}
	for version, want := range map[int64]any{1: true, 2: true, 3: nil} {
		w.in(func(ctx context.Context) error {
			raw, err := w.svc.Version(ctx, id, version)
			if err != nil {
				return err
			}
			if v := decode(t, raw); v["version"] != float64(version) || v["enableAgentActionOverride"] != want {
				t.Errorf("version %d is %v", version, v)
			}
			return nil
		})
	}
	if d := cmp.Diff([]string{"Default policy", "Sales"}, w.list()); d != "" {
		t.Error(d)
	}
	if err := w.remove(id); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Default policy"}, w.list()); d != "" {
		t.Error(d)
	}
	_, err := call(w, "readPolicy", w.svc.ReadPolicy, policy.PolicyIn{CompanyID: acme, PolicyID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	wantCode(t, w.remove(id), errs.ResourceNotFound, "")
	w.in(func(ctx context.Context) error { _, err := w.svc.Version(ctx, id, 2); return err })
}

func TestVersionInTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create(group)
	stale := w.read(id)
	if err := w.put(id, encode(t, stale)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.put(id, encode(t, stale)), errs.VersionConflict, "/version")
	delete(stale, "version")
	if err := w.put(id, encode(t, stale)); err != nil {
		t.Errorf("without a version: %v", err)
	}
}

func TestDefaultPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.try(`"type":"DEFAULT","userGroups":[]`)
	wantCode(t, err, errs.DuplicateValue, "/type")
	guests := w.create(`"type":"DEFAULT","category":"GUEST","userGroups":[]`)
	if d := cmp.Diff([]string{"Sales"}, w.list("GUEST")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Default policy", "Sales"}, w.list("EMPLOYEE", "GUEST")); d != "" {
		t.Error(d)
	}
	own := w.defaultID()
	wantCode(t, w.remove(own), errs.StateForbids, "")
	doc := w.read(own)
	change := func(member string, v any) map[string]any {
		out := maps.Clone(doc)
		out[member] = v
		delete(out, "version")
		return out
	}
	wantCode(t, w.put(own, encode(t, change("type", "GROUP"))), errs.ValidationFailed, "/type")
	wantCode(t, w.put(own, encode(t, change("category", "GUEST"))), errs.ValidationFailed, "/category")
	wantCode(t, w.put(own, encode(t, change("id", guests))), errs.ValidationFailed, "/id")
	wantCode(t, w.put(own, encode(t, change("name", ""))), errs.ValidationFailed, "/name")
	w.features["EDITING_DEFAULT_POLICIES_DISABLED"] = "true"
	wantCode(t, w.put(own, encode(t, change("name", "Ours"))), errs.AccessDenied, "")
	id := w.create(group)
	if err := w.put(id, encode(t, w.read(id))); err != nil {
		t.Errorf("a group policy stays editable: %v", err)
	}
	w.features["EDITING_DEFAULT_POLICIES_DISABLED"] = "false"
	if err := w.put(own, encode(t, change("name", "Ours"))); err != nil {
		t.Error(err)
	}
}

func TestParents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	top := w.create(group)
	middle := w.create(group + `,"parentPolicyId":"` + top + `"`)
	low := w.create(group + `,"parentPolicyId":"` + middle + `"`)
	_, err := w.try(group + `,"parentPolicyId":"` + thing(1) + `"`)
	wantCode(t, err, errs.ReferenceNotFound, "/parentPolicyId")
	under := func(id, parent string) error {
		doc := w.read(id)
		doc["parentPolicyId"] = parent
		return w.put(id, encode(t, doc))
	}
	wantCode(t, under(top, low), errs.ValidationFailed, "/parentPolicyId")
	wantCode(t, under(top, top), errs.ValidationFailed, "/parentPolicyId")
	// Everything without a parent hangs below the default.
	wantCode(t, under(w.defaultID(), low), errs.ValidationFailed, "/parentPolicyId")
	if err := w.remove(middle); err != nil {
		t.Fatal(err)
	}
	if doc := w.read(low); doc["parentPolicyId"] != nil || doc["version"] != 2.0 {
		t.Errorf("after its parent was deleted: %v", doc)
	}
	if err := under(low, top); err != nil {
		t.Error(err)
	}
}

func TestRefusedPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.has(policy.Grade, 1)
	w.has(policy.User, 2)
	for name, tc := range map[string]struct {
		members, pointer string
		code             errs.Code
	}{
		"unknown grade":      {`"type":"GROUP","userGroups":[{"grades":["` + thing(1) + `","` + thing(5) + `"]}]`, "/userGroups/0/grades/1", errs.ReferenceNotFound},
		"unknown user":       {`"type":"GROUP","userGroups":[{"userIds":[{"id":"` + thing(1) + `"}]}]`, "/userGroups/0/userIds/0/id", errs.ReferenceNotFound},
		"unknown department": {`"type":"GROUP","userGroups":[{},{"departments":["x"]}]`, "/userGroups/1/departments/0", errs.ReferenceNotFound},
		"unknown approver": {group + `,"outOfPolicyApprovalInfos":[{"approvalProcessType":"HARD_APPROVAL","designatedApprovers":[{"id":"` + thing(2) + `"},{"id":"` + thing(3) + `"}]}]`,
			"/outOfPolicyApprovalInfos/0/designatedApprovers/1/id", errs.ReferenceNotFound},
		"empty range": {group + `,"airPolicyRules":{"maxFlightBookingPriceByDuration":{"maxFlightBookingPriceByDurationProps":{"maxPricePerDurationList":[
			{"maxPrice":{"amount":1,"currencyCode":"EUR"},"durationRange":{"min":10,"max":5}}]}}}`,
			"/airPolicyRules/maxFlightBookingPriceByDuration/maxFlightBookingPriceByDurationProps/maxPricePerDurationList/0/durationRange", errs.ValidationFailed},
		"no currency": {group + `,"carPolicyRules":{"maxCarPricePerNumberOfDays":{"maxCarPricePerNumberOfDaysProps":{"maxPrice":{"amount":1,"currencyCode":"euro"}}}}`,
			"/carPolicyRules/maxCarPricePerNumberOfDays/maxCarPricePerNumberOfDaysProps/maxPrice/currencyCode", errs.ValidationFailed},
		"rule twice": {group + `,"rules":[{"ruleType":"BASIC_ECONOMY_FARES_DOMESTIC"},{"ruleType":"BASIC_ECONOMY_FARES_DOMESTIC"}]`, "/rules/1/ruleType", errs.ValidationFailed},
		"value of another rule": {group + `,"rules":[{"ruleType":"RAIL_ADVANCE_BOOKING_WINDOW","policyValue":{"universalProps":{"flightAdvanceBookingWindowDomesticProps":{"numDaysInAdvance":3}}}}]`,
			"/rules/0/policyValue/universalProps/flightAdvanceBookingWindowDomesticProps", errs.ValidationFailed},
		"below zero": {group + `,"airPolicyRules":{"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":-1}}}`,
			"/airPolicyRules/flightAdvanceBookingWindow/flightAdvanceBookingWindowProps/numDaysInAdvance", errs.ValidationFailed},
	} {
		_, err := w.try(tc.members)
		t.Run(name, func(t *testing.T) { wantCode(t, err, tc.code, tc.pointer) })
	}
	if d := cmp.Diff([]string{"Default policy"}, w.list()); d != "" {
		t.Errorf("a refused policy is listed: %s", d)
	}
}

func TestReferencesThatWentAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.has(policy.Department, 1, 2)
	id := w.create(`"type":"GROUP","userGroups":[{"departments":["` + thing(1) + `"]}]`)
	w.things[policy.Department] = w.things[policy.Department][1:]
	if err := w.put(id, encode(t, w.read(id))); err != nil {
		t.Errorf("what was read can no longer be sent back: %v", err)
	}
}

func TestRefersToGrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.has(policy.Grade, 1, 2)
	id := w.create(`"type":"GROUP","userGroups":[{"grades":["` + thing(1) + `","` + thing(1) + `"]},{"grades":["` + thing(1) + `"]}]`)
	check := func(grade string, want bool) {
		t.Helper()
		w.in(func(ctx context.Context) error {
			got, err := w.svc.RefersToGrade(ctx, acme, grade)
			if got != want {
				t.Errorf("RefersToGrade(%s) = %v", grade, got)
			}
			return err
		})
	}
	check(thing(1), true)
	check(thing(2), false)
	if err := w.remove(id); err != nil {
		t.Fatal(err)
	}
	check(thing(1), false)
}

func TestOfAnotherCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create(group)
	_, err := call(w, "readPolicy", w.svc.ReadPolicy, policy.PolicyIn{CompanyID: other, PolicyID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	w.admin = &actor.Actor{Tenant: tmc, Company: other, Roles: []string{actor.CompanyAdmin}}
	_, err = call(w, "readPolicy", w.svc.ReadPolicy, policy.PolicyIn{CompanyID: acme, PolicyID: id})
	wantCode(t, err, errs.CompanyForeign, "")
	w.admin = &actor.Actor{Tenant: other, Roles: []string{actor.TMCAdmin}}
	_, err = call(w, "readPolicy", w.svc.ReadPolicy, policy.PolicyIn{CompanyID: acme, PolicyID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
}
