// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
)

// What air, hotel and car use: a PNR they write themselves.
func TestProductsKeepTheirPNRs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	within := func(a *actor.Actor, fn func(ctx context.Context) error) error {
		return b.store.Update(t.Context(), func(ctx context.Context) error { return fn(actor.With(ctx, a)) })
	}
	doc := json.RawMessage(booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", "")), visit+`,"isFinalized":true`))
	b.told = nil
	var id string
	if err := within(person(ada), func(ctx context.Context) error {
		ref, err := b.s.TripForBooking(ctx, trip)
		if err != nil || ref != (Ref{trip, company, ada}) {
			t.Errorf("trip %v, %v", ref, err)
		}
		id, err = b.s.AddPNR(ctx, trip, NewPNR{Company: company, Doc: doc, Changes: []Change{{Operation: "BOOKING_CREATED"},
			{"BOOKING_TICKETED", announce.Summary{Issued: []string{"0110000000001"}}}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, n := range b.told {
		told = append(told, n.Operation)
	}
	if len(told) != 3 || told[1] != "BOOKING_TICKETED" || b.told[1].Summary.Issued[0] != "0110000000001" {
		t.Errorf("told %v", told)
	}
	change := func(version int64) error {
		return within(person(ada), func(ctx context.Context) error {
			p, err := b.s.PNR(ctx, id)
			if err != nil {
				return err
			}
			if p.TripID != trip || p.Company != company {
				t.Errorf("PNR %+v", p)
			}
			return b.s.SavePNR(ctx, id, version, p.Doc, []Change{{Operation: "FLIGHT_SEAT_CONFIRMED"}})
		})
	}
	if err := change(1); err != nil {
		t.Fatal(err)
	}
	if err := change(1); !errs.Is(err, errs.VersionConflict) {
		t.Errorf("a stale version: %v", err)
	}
	if v := at(b.read(trip, id), "version"); v != 2.0 {
		t.Errorf("version %v", v)
	}
	for name, err := range map[string]error{
		"a trip of somebody else": within(person(tomas), func(ctx context.Context) error { _, err := b.s.TripForBooking(ctx, trip); return err }),
		"a PNR of somebody else":  within(person(tomas), func(ctx context.Context) error { _, err := b.s.PNR(ctx, id); return err }),
		"another company's trip": within(agent(), func(ctx context.Context) error {
			_, err := b.s.AddPNR(ctx, trip, NewPNR{Company: rival, Doc: doc})
			return err
		}),
	} {
		if !errs.Is(err, errs.ResourceNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
