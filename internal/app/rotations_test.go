// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream"
)

// TestWhoseTrail: a rotation is in the trail of the TMC that asked for it; what nobody of a TMC asked for is in that of the
// only one, or of the platform when there are several or none.
func TestWhoseTrail(t *testing.T) {
	t.Parallel()
	const one, other = "01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"
	for name, tc := range map[string]struct {
		tenants   []string
		asked, in string
	}{
		"nobody is there":       {nil, "", identity.Platform},
		"one TMC":               {[]string{one}, "", one},
		"several":               {[]string{one, other}, "", identity.Platform},
		"one of several asked":  {[]string{one, other}, other, other},
		"the only one asked":    {[]string{one}, one, one},
		"the platform's own do": {[]string{identity.Platform, one}, "", one},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			now := clock.System().Now()
			var got []string
			err = st.Update(t.Context(), func(ctx context.Context) error {
				tx := store.From(ctx)
				var bad error
				for _, tenant := range tc.tenants {
					bad = errors.Join(bad, tx.Insert(&store.Record{Tenant: tenant, Kind: "company", ID: "c", CreatedAt: now, UpdatedAt: now, Doc: []byte("{}")}))
				}
				e := upstream.Event{Environment: "production", Kind: upstream.EventUndone, Rotation: "r", Strategy: upstream.Turns, Reason: upstream.Scheduled, Step: "started", Tenant: tc.asked, Detail: "the vault is away"}
				if bad = errors.Join(bad, recorder{clock.System()}.record(ctx, e)); bad != nil {
					return bad
				}
				for e, err := range tx.Audit(tc.in, 1) {
					if err != nil {
						return err
					}
					got = append(got, fmt.Sprint(e.Actor, " ", e.Operation, " ", e.Outcome, " ", e.Target, " ", string(e.Detail)))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{`airside rotation.undone FAILED environment=production {"class":"security","environment":"production","rotation":"r","step":"started","strategy":"turns","trigger":"scheduled","trouble":"the vault is away"}`}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
