// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
)

// life is one trip through random acts, next to a model of it that knows only what a client was told.
type life struct {
	*bench
	trip     string
	versions map[string]int  // PNR to version
	gone     map[string]bool // cancelled
	order    []string
	name     string
}

func TestLifeOfATrip(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	start := b.at
	rapid.Check(t, func(rt *rapid.T) {
		b.at, b.told = start, nil
		l := &life{bench: b, versions: map[string]int{}, gone: map[string]bool{}, name: "Lisbon offsite"}
		l.trip = b.trip(agent(), ada)
		rt.Repeat(map[string]func(*rapid.T){
			"": l.check, "book": l.book, "put": l.put, "stale": l.stale, "rename": l.rename, "cancel": l.cancel,
			"wait": func(rt *rapid.T) { l.at = l.at.Add(time.Duration(rapid.IntRange(1, 72).Draw(rt, "hours")) * time.Hour) },
		})
	})
}

func (l *life) any(rt *rapid.T) string {
	if len(l.order) == 0 {
		rt.Skip("no PNR yet")
	}
	return rapid.SampledFrom(l.order).Draw(rt, "pnr")
}

func (l *life) product(rt *rapid.T) string {
	from := time.Date(2026, 3, rapid.IntRange(1, 20).Draw(rt, "day"), 10, 0, 0, 0, time.UTC)
	const layout = "2006-01-02T15:04"
	start, end := from.Format(layout), from.AddDate(0, 0, 2).Format(layout)
	switch rapid.IntRange(0, 2).Draw(rt, "product") {
	case 0:
		return air(flight("ORY", start, "LIS", end, ""))
	case 1:
		return hotel(start, end, "CONFIRMED")
	}
	return misc(start, end)
}

func (l *life) book(rt *rapid.T) {
	id := l.pnr(l.trip, booking(l.product(rt), `"totalFare":{"amount":10,`+eur+`}`))
	l.order, l.versions[id] = append(l.order, id), 1
}

func (l *life) put(rt *rapid.T) {
	id := l.any(rt)
	body := booking(l.product(rt), fmt.Sprintf(`"version":%d,"totalFare":{"amount":10,%s}`, l.versions[id], eur))
	must(l.bench, agent(), "updatePnrV3", l.s.UpdatePNR, UpdatePNRIn{l.trip, id, json.RawMessage(body)})
	l.versions[id]++
	delete(l.gone, id)
}

func (l *life) stale(rt *rapid.T) {
	id := l.any(rt)
	body := booking(l.product(rt), fmt.Sprintf(`"version":%d`, l.versions[id]-1))
	refused(l.bench, agent(), "updatePnrV3", l.s.UpdatePNR, UpdatePNRIn{l.trip, id, json.RawMessage(body)}, errs.VersionConflict)
}

func (l *life) rename(rt *rapid.T) {
	name := rapid.SampledFrom([]string{"Lisbon offsite", "Porto offsite", "Faro offsite"}).Draw(rt, "name")
	in := UpdateTripIn{TripID: l.trip}
	in.Doc.TripID, in.Doc.Name = l.trip, name
	must(l.bench, agent(), "updateTrip", l.s.UpdateTrip, in)
	if name != l.name {
		for id := range l.versions {
			l.versions[id]++
		}
	}
	l.name = name
}

func (l *life) cancel(rt *rapid.T) {
	id := l.any(rt)
	status := at(l.read(l.trip, id), "bookingStatus")
	in := l.cancelIn(l.trip, id, `{"cancellationType":"FULL_CREDIT","cancellationDetails":[]}`)
	if l.gone[id] || status == statusCompleted {
		refused(l.bench, agent(), "cancelPnrV3", l.s.Cancel, in, errs.StateForbids)
		return
	}
	must(l.bench, agent(), "cancelPnrV3", l.s.Cancel, in)
	l.versions[id]++
	l.gone[id] = true
}

// check compares what is read with the model, and the last events with what is read. Events carry the
// state as of their moment, so the comparison leaves the state out.
func (l *life) check(rt *rapid.T) {
	_, body := must(l.bench, agent(), "getTripDetailsV3", l.s.TripDetails, TripIn{l.trip})
	d := decode(l.T, body)
	if got := at(d, "basicTripInfo.tripName"); got != l.name {
		rt.Fatalf("the trip is called %v, want %s", got, l.name)
	}
	var listed []string
	live, stored := 0, map[string][]byte{}
	for _, p := range at(d, "pnrs").([]any) {
		id := at(p, "pnrId").(string)
		listed = append(listed, id)
		if got := at(p, "data.version"); got != float64(l.versions[id]) {
			rt.Fatalf("PNR %s is at version %v, want %d", id, got, l.versions[id])
		}
		if got := at(p, "data.basicTripInfo.tripName"); got != l.name {
			rt.Fatalf("PNR %s names the trip %v", id, got)
		}
		if cancelled := at(p, "data.bookingStatus") == statusCancelled; cancelled != l.gone[id] {
			rt.Fatalf("PNR %s: cancelled is %v", id, cancelled)
		}
		if !l.gone[id] {
			live++
		}
		data, err := json.Marshal(at(p, "data"))
		if err != nil {
			rt.Fatal(err)
		}
		stored[id] = data
	}
	if d := cmp.Diff(l.order, listed); d != "" {
		rt.Fatal(d)
	}
	last := map[string]announce.Notice{}
	for _, n := range l.told {
		if was, ok := last[n.Resource]; ok && n.Version <= was.Version {
			rt.Fatalf("%s: version %d was told after %d", n.Resource, n.Version, was.Version)
		}
		last[n.Resource] = n
	}
	if d := cmp.Diff(stateless(body), stateless(last["TRIP/"+l.trip].Payload)); d != "" {
		rt.Fatalf("the last event of the trip is not what is read:\n%s", d)
	}
	for _, id := range l.order {
		told, err := json.Marshal(decode(l.T, last["PNR/"+id].Payload))
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(stateless(stored[id]), stateless(told)); d != "" {
			rt.Fatalf("the last event of PNR %s is not what is read:\n%s", id, d)
		}
	}
	want := "CANCELLED_STATUS"
	switch {
	case len(l.order) == 0:
		want = overallDraft
	case live > 0:
		want = statusConfirmed
	}
	list, _ := must(l.bench, agent(), "getUserTripSummariesList", l.s.UserTrips, UserTripsIn{ada, ListBody{Filters: []filter{{Type: "TRIP_ID_FILTER", Trips: []string{l.trip}}}}})
	if len(list.Trips) != 1 || list.Trips[0].Overall != want {
		rt.Fatalf("listed as %v, want %s", list.Trips, want)
	}
}

// stateless is JSON text without the members that move with time alone.
func stateless(body []byte) string {
	out := string(body)
	for _, s := range []string{statusConfirmed, statusActive, statusCompleted, `"CONFIRMED"`, `"ACTIVE"`, `"COMPLETED"`} {
		out = strings.ReplaceAll(out, s, "_")
	}
	return out
}
