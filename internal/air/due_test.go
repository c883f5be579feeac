// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/store"
)

// advance moves the clock and carries out everything that is due.
func (k *kit) advance(to time.Time) {
	k.t.Helper()
	k.at(to)
	if err := k.st.Update(k.t.Context(), func(ctx context.Context) error {
		jobs, err := store.Read(ctx).DueJobs(tenant, to, 10)
		for _, j := range jobs {
			if err := k.s.RunJob(ctx, j); err != nil {
				return err
			}
		}
		return err
	}); err != nil {
		k.t.Fatal(err)
	}
}

func TestAirlinesAnswerLater(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		number         int
		before, after  string // bookingStatus
		wait           time.Duration
		ticket, flight string
		events         []string
		net            bool // money is kept
	}{
		{"confirmed after two minutes", 160, "PENDING_STATUS", "CONFIRMED_STATUS", 2 * time.Minute, "ISSUED", "CONFIRMED", []string{"BOOKING_CREATED", "BOOKING_TICKETED"}, true},
		{"refused after two minutes", 170, "PENDING_STATUS", "CANCELLED_STATUS", 2 * time.Minute, "", "CANCELLED", []string{"BOOKING_CREATED", "BOOKING_OTHER_UPDATE"}, false},
		{"never answered", 180, "PENDING_STATUS", "CONFIRMED_STATUS", 30 * time.Minute, "ISSUED", "CONFIRMED", []string{"BOOKING_CREATED", "BOOKING_TICKETED"}, true},
		{"tickets later", 190, "CONFIRMED_STATUS", "CONFIRMED_STATUS", 10 * time.Minute, "ISSUED", "CONFIRMED", []string{"BOOKING_CREATED", "BOOKING_TICKETED"}, true},
		{"tickets by an agent", 200, "CONFIRMED_STATUS", "CONFIRMED_STATUS", time.Hour, "", "CONFIRMED", []string{"BOOKING_CREATED"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.at(noon)
			id := k.book(tc.number)
			if got := text(t, k.pnr(id), "bookingStatus"); got != tc.before {
				t.Errorf("at first %s", got)
			}
			k.advance(noon.Add(tc.wait - time.Second))
			if got := len(k.trips.told()); got != 1 {
				t.Errorf("%d events before anything was due", got)
			}
			k.advance(noon.Add(tc.wait))
			p := get(t, k.pnr(id), "")
			got := [3]string{text(t, p, "bookingStatus"), text(t, p, "airPnr/travelerInfos/0/tickets/0/status"), text(t, p, "airPnr/legs/0/flights/0/flightStatus")}
			if want := [3]string{tc.after, tc.ticket, tc.flight}; got != want {
				t.Errorf("afterwards %v, want %v", got, want)
			}
			if diff := cmp.Diff(tc.events, k.trips.told()); diff != "" {
				t.Error(diff)
			}
			if kept := minorAt(t, p, "paymentInfo/0/netCharge") > 0; kept != tc.net {
				t.Errorf("money kept: %v", kept)
			}
			k.advance(noon.Add(2 * time.Hour))
			if got := len(k.trips.told()); got != len(tc.events) {
				t.Errorf("%d events in the end, want %d", got, len(tc.events))
			}
		})
	}
}

func TestCancelledBeforeTheTicketsCame(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	id := k.book(190)
	_, err := k.cancel(id, text(t, k.details(id), "cancellationOptions/0/optionId"), "")
	if err != nil {
		t.Fatal(err)
	}
	k.advance(noon.Add(time.Hour))
	if got := text(t, k.pnr(id), "bookingStatus"); got != "CANCELLED_STATUS" {
		t.Errorf("a cancelled booking became %s", got)
	}
}
