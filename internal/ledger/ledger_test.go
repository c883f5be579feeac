// SPDX-License-Identifier: Apache-2.0

package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ledger"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{
		"createUser": "USER", "createScimUser": "USER", "createLegalEntity": "LEGAL_ENTITY", "createPnrV3": "PNR", "airCreatePnr": "PNR",
		"createRoleV3": "ROLE", "createApiUser": "API_USER", "createEventTemplate": "EVENT_TEMPLATE", "addFavorite": "FAVORITE",
		"createWebhookSubscription": "WEBHOOK_SUBSCRIPTION", "uploadDocument": "DOCUMENT",
	} {
		if got := ledger.Kind(operation); got != want {
			t.Errorf("%s creates %s, want %s", operation, got, want)
		}
	}
}

// An id is found by itself and by its external id, whatever it looks like and however often it was issued; once its
// owner is purged, by itself only.
func TestIssuedAndFound(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	s := ledger.New(clock.NewTenants(clock.Func(func() time.Time { return noon })))
	ctx := actor.With(t.Context(), &actor.Actor{Tenant: "4a0a30b4-8b4f-478d-b12b-a5691096a83c", ClientID: "c", Roles: []string{actor.TMCAdmin}})
	const user, pnr, odd = "0190a0b0-0000-7000-8000-0000000000aa", "1234567890", "not/an id\n"
	for _, e := range []ledger.Entry{
		{Operation: "createUser", ID: user, ExternalID: "E-1"}, {Operation: "createScimUser", ID: user, ExternalID: "E-2"},
		{Operation: "airCreatePnr", ID: pnr, ExternalID: "E-1"}, {Operation: "createOffice", ID: odd},
	} {
		if err := st.Update(ctx, func(ctx context.Context) error { return s.Issued(ctx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	find := func(in ledger.FindIn) (got []string) {
		t.Helper()
		err := st.View(ctx, func(ctx context.Context) error {
			out, err := s.Find(ctx, in)
			for _, m := range out.Matches {
				got = append(got, m.Operation+" "+m.ExternalID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	check := func(what string, in ledger.FindIn, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, find(in)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	check("a UUID", ledger.FindIn{ID: user}, "createUser E-1", "createScimUser E-2")
	check("digits", ledger.FindIn{ID: pnr}, "airCreatePnr E-1")
	check("anything", ledger.FindIn{ID: odd}, "createOffice ")
	check("unknown", ledger.FindIn{ID: "0190a0b0-0000-7000-8000-0000000000ab"})
	check("an external id", ledger.FindIn{ExternalID: "E-1"}, "createUser E-1", "airCreatePnr E-1")

	for _, dry := range []bool{true, false, false} {
		err := st.Update(ctx, func(ctx context.Context) error {
			n, err := s.Forget(ctx, user, dry)
			if n != 2 && dry {
				return errors.New("not both lines")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	check("a purged one", ledger.FindIn{ID: user}, "createUser ", "createScimUser ")
	check("an external id of a purged one", ledger.FindIn{ExternalID: "E-2"})
	check("and another's", ledger.FindIn{ExternalID: "E-1"}, "airCreatePnr E-1")
}
