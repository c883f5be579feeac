// SPDX-License-Identifier: Apache-2.0

package review

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/permit"
)

var load = sync.OnceValues(contract.Load)

var now = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

// app is an application that nothing is wrong with.
func app(change func(a *application.Application)) *application.Application {
	a := &application.Application{ClientID: "c", State: application.Active, CreatedAt: ago(200), SecretRotatedAt: ago(10)}
	a.Owner, a.Networks, a.Grants = "lena.okafor@example.com", []string{"192.0.2.0/24"}, []permit.Grant{{Operations: []string{"getUserInfo"}}}
	if change != nil {
		change(a)
	}
	return a
}

func TestFindings(t *testing.T) {
	t.Parallel()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		item     Item
		used     []string
		live     bool
		want     []string
		proposal Proposal
	}{
		"nothing": {Item{Application: app(nil), LastUsed: ago(1)}, []string{"getUserInfo"}, true, []string{}, Proposal{Decision: Keep, Why: "everything that it may call was used"}},
		"dormant": {Item{Application: app(nil), LastUsed: ago(91)}, nil, true, []string{"GRANT_UNUSED", "OPERATIONS_UNUSED", "DORMANT"},
			Proposal{Decision: Revoke, Why: "it was last used at 2026-08-03T09:00:00Z", Removes: []string{"getUserInfo"}}},
		"never, and watched for long": {Item{Application: app(nil)}, nil, true, []string{"GRANT_UNUSED", "OPERATIONS_UNUSED", "DORMANT"},
			Proposal{Decision: Revoke, Why: "it was never used while use was recorded", Removes: []string{"getUserInfo"}}},
		"never, but new": {Item{Application: app(func(a *application.Application) { a.CreatedAt = ago(5) })}, nil, true, []string{"GRANT_UNUSED", "OPERATIONS_UNUSED", "NEVER_USED"},
			Proposal{Decision: Keep, Why: "nothing was used yet, and it is too early to say that nothing will be", Removes: []string{"getUserInfo"}}},
		"an owner who is not there, an old secret, the end is near": {Item{LastUsed: ago(1), Application: app(func(a *application.Application) {
			a.Owner, a.SecretRotatedAt, a.ExpiresAt = " ", ago(91), ago(-29)
		})}, []string{"getUserInfo"}, true, []string{"OWNER_MISSING", "EXPIRES_SOON", "SECRET_OLD"}, Proposal{Decision: Keep, Why: "everything that it may call was used"}},
		"it is over, and called from everywhere": {Item{LastUsed: ago(1), Networks: []string{"a", "b", "c", "d"}, Application: app(func(a *application.Application) {
			a.Networks, a.ExpiresAt = nil, ago(0)
		})}, []string{"getUserInfo"}, true, []string{"NO_NETWORKS", "EXPIRED", "MANY_NETWORKS"}, Proposal{Decision: Keep, Why: "everything that it may call was used"}},
		"money where it is real": {Item{LastUsed: ago(1), Application: app(func(a *application.Application) {
			a.Grants = []permit.Grant{{Scopes: []string{"hotel:book"}}, {Scopes: []string{"hotel:book"}, Effects: []string{"purchase"}}}
		})}, []string{"hotelCreatePnr", "hotelCancelPnr"}, true, []string{"OPERATIONS_UNUSED", "PURCHASE_UNUSED"},
			Proposal{Decision: Reduce, Why: "2 of 3 operations would have sufficed", Removes: []string{"hotelModifyBooking"}, Grants: []permit.Grant{
				{Scopes: []string{"hotel:book"}}, {Operations: []string{"hotelCreatePnr"}, Effects: []string{"purchase"}}}}},
		"money where it is a toy": {Item{LastUsed: ago(1), Application: app(func(a *application.Application) { a.Grants = []permit.Grant{{Scopes: []string{"hotel:book"}}} })},
			[]string{"hotelCreatePnr", "hotelCancelPnr"}, false, []string{"OPERATIONS_UNUSED", "PURCHASE_UNUSED"},
			Proposal{Decision: Reduce, Why: "2 of 3 operations would have sufficed", Removes: []string{"hotelModifyBooking"}, Grants: []permit.Grant{{Operations: []string{"hotelCancelPnr", "hotelCreatePnr"}}}}},
		"what is used without a grant is not granted": {Item{LastUsed: ago(1), Application: app(nil)}, []string{"getUserInfo", "deleteCompany"}, true, []string{},
			Proposal{Decision: Keep, Why: "everything that it may call was used"}},
		"an API user that sleeps": {Item{LastUsed: ago(91), APIUser: &identity.UserFacts{CreatedAt: ago(300), RotatedAt: ago(1)}}, nil, false, []string{"DORMANT"},
			Proposal{Decision: Revoke, Why: "it was last used at 2026-08-03T09:00:00Z"}},
	} {
		f := facts{now: now, observed: ago(150), used: map[string]bool{}, item: &tc.item, ops: c.Operations(), live: tc.live}
		for _, id := range tc.used {
			f.used[id] = true
		}
		got := []string{}
		for _, x := range f.findings() {
			got = append(got, x.Code)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: findings: %s", name, d)
		}
		if d := cmp.Diff(tc.proposal, f.propose()); d != "" {
			t.Errorf("%s: proposal: %s", name, d)
		}
	}
}

// Whatever was used, the proposal opens it, and nothing that is closed now. Every single operation of a broad
// application is tried as the one that was used, and as the one that was not.
func TestProposalsSuffice(t *testing.T) {
	t.Parallel()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, live := range []bool{true, false} {
		item := Item{LastUsed: ago(1), Application: app(func(a *application.Application) {
			a.Grants = []permit.Grant{{Operations: []string{permit.All}, Reason: "r"}, {Effects: []string{"purchase"}}}
		})}
		for _, one := range c.Operations() {
			for _, but := range []bool{false, true} {
				f := facts{now: now, observed: ago(150), used: map[string]bool{}, item: &item, ops: c.Operations(), live: live}
				for _, op := range f.open() {
					f.used[op.ID] = (op.ID == one.ID) != but
				}
				p := f.propose()
				next := facts{item: &Item{Application: app(func(a *application.Application) { a.Grants = p.Grants })}, ops: f.ops, live: live}
				opened := map[string]bool{}
				for _, op := range next.open() {
					opened[op.ID] = true
				}
				for id, used := range f.used {
					if opened[id] != used {
						t.Fatalf("live %v, %s but %v: %s is open %v, used %v", live, one.ID, but, id, opened[id], used)
					}
				}
			}
		}
	}
}
