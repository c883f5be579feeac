// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
)

type summit struct{}

func (summit) TripEvent(_ context.Context, eventID, userID string) (json.RawMessage, error) {
	return json.RawMessage(`{"id":"` + eventID + `","name":"Summit for ` + userID[:8] + `"}`), nil
}

func TestTripOfAnEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.s.events = summit{}
	var id string
	if err := b.store.Update(t.Context(), func(ctx context.Context) (err error) {
		id, err = b.s.Open(actor.With(ctx, agent()), NewTrip{Name: "Summit", UserID: ada, EventID: "7000000001"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := at(b.detail(person(ada), id), "eventSummary.name"); got != "Summit for aaaaaaaa" {
		t.Errorf("event %v", got)
	}
	list, _ := must(b, person(ada), "getUserTripSummariesList", b.s.UserTrips, UserTripsIn{UserID: ada})
	if u := list.Trips[0].Usage; u.Type != "EVENT" || u.Event.ID != "7000000001" {
		t.Errorf("usage %+v", u)
	}
}
