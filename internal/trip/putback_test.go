// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const notFlown = "NOT_FLOWN"

func (b *bench) roundTrip() (trip, id string) {
	b.Helper()
	b.at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	trip = b.trip(agent(), ada)
	return trip, b.pnr(trip, booking(roundTrip("ISSUED", [3]string{notFlown, notFlown, notFlown}, fly3), visit))
}

// putRead writes back what a reader gets, with some text replaced.
func (b *bench) putRead(trip, id string, change func() *strings.Replacer) {
	b.Helper()
	_, body := must(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{trip, id})
	put := change().Replace(string(body))
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(put)})
}

// The delay of a flight that had already left by the old times brings everything back before departure.
func TestADelayBringsBackWhatTimeHadMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	times := flightTimes()
	waiting := []string{statusConfirmed, statusConfirmed, statusConfirmed, notFlown, notFlown, notFlown}
	later := func() *strings.Replacer {
		return strings.NewReplacer("2026-03-10T09:00", "2026-03-10T23:00", "2026-03-10T12:00", "2026-03-11T02:00")
	}
	for name, written := range map[string]time.Duration{"at once": 0, "after it would have landed": times[0][1].Sub(times[0][0])} {
		trip, id := b.roundTrip()
		b.at = times[0][0].Add(time.Minute)
		b.putRead(trip, id, func() *strings.Replacer {
			b.at = b.at.Add(written)
			return later()
		})
		if d := cmp.Diff(waiting, statesOf(b.read(trip, id))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		must(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"FULL_REFUND"}`))
		if d := cmp.Diff([]string{"REFUNDED", "REFUNDED", "REFUNDED"}, statesOf(b.read(trip, id))[3:]); d != "" {
			t.Errorf("%s, refunded: %s", name, d)
		}
	}
}

// What is written back as it was read reads the same, then and later.
func TestWritingBackChangesNoState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, flight := range flightTimes() {
		for _, now := range flight {
			trip, id := b.roundTrip()
			b.at = now
			want := statesOf(b.read(trip, id))
			b.putRead(trip, id, func() *strings.Replacer { return strings.NewReplacer() })
			if d := cmp.Diff(want, statesOf(b.read(trip, id))); d != "" {
				t.Errorf("at %s: %s", now, d)
			}
			b.at = flightTimes()[2][1]
			if d := cmp.Diff([]string{statusCompleted, statusCompleted, statusCompleted, couponFlown, couponFlown, couponFlown}, statesOf(b.read(trip, id))); d != "" {
				t.Errorf("written at %s, in the end: %s", now, d)
			}
		}
	}
}

// A record that says it is cancelled keeps what was flown: time does not move it any more.
func TestACancelledRecordKeepsWhatWasFlown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip, id := b.roundTrip()
	b.at = flightTimes()[1][0]
	b.putRead(trip, id, func() *strings.Replacer {
		return strings.NewReplacer(`"bookingStatus":"ACTIVE_STATUS"`, `"bookingStatus":"CANCELLED_STATUS"`)
	})
	want := []string{statusCancelled, statusCompleted, statusActive, couponFlown, couponLifted, notFlown}
	if d := cmp.Diff(want, statesOf(b.read(trip, id))); d != "" {
		t.Error(d)
	}
}

// What a caller states beyond what time has shown is taken.
func TestAStateAheadOfTimeIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip, id := b.roundTrip()
	b.at = flightTimes()[0][0]
	b.putRead(trip, id, func() *strings.Replacer { return strings.NewReplacer(couponLifted, couponFlown) })
	if got := statesOf(b.read(trip, id))[3]; got != couponFlown {
		t.Errorf("the coupon is %s", got)
	}
}
