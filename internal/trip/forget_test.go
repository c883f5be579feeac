// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
)

// forgotten is Ada as a purge sees her: by her id, and by name within what is hers.
type forgotten struct{ namesake string }

func (forgotten) In(doc []byte) bool { return bytes.Contains(doc, []byte(ada)) }

func (f forgotten) Namesake(doc []byte) bool {
	return f.namesake != "" && bytes.Contains(doc, []byte(f.namesake))
}

func (forgotten) Travels(pnr []byte) ([]int, bool) {
	others := bytes.Contains(pnr, []byte(tomas))
	if bytes.Contains(pnr, []byte(`{"id":"`+ada+`"}`)) {
		return []int{0}, others
	}
	return nil, true
}

func (forgotten) Listed(pnr []byte) bool { return bytes.Contains(pnr, []byte("Ada Moreau")) }

func (f forgotten) Redact(doc []byte, alone, vague bool) ([]byte, bool, error) {
	if vague {
		out, changed := f.Numbers(string(doc))
		return []byte(out), changed, nil
	}
	out, changed := f.Text(string(doc), alone)
	return []byte(out), changed, nil
}

func (forgotten) Text(s string, alone bool) (string, bool) {
	out := strings.ReplaceAll(s, "Ada Moreau", "***")
	if alone {
		out = strings.ReplaceAll(out, "Ada", "***")
	}
	return out, out != s
}

func (forgotten) Numbers(s string) (string, bool) {
	out := strings.ReplaceAll(s, "ada@example.com", "***")
	return out, out != s
}

func (b *bench) called(trip, name string) {
	b.Helper()
	in := UpdateTripIn{TripID: trip}
	in.Doc.TripID, in.Doc.Name = trip, name
	must(b, agent(), "updateTrip", b.s.UpdateTrip, in)
}

func (b *bench) noted(trip, pnr, text string) {
	b.Helper()
	b.notedBy(agent(), trip, pnr, text)
}

func (b *bench) notedBy(who *actor.Actor, trip, pnr, text string) {
	b.Helper()
	in := CreateNoteIn{TripID: trip}
	in.Doc.PNRID, in.Doc.Note = pnr, text
	must(b, who, "createAgentNote", b.s.CreateNote, in)
}

func (b *bench) forget(p Person, dry bool) Forgotten {
	b.Helper()
	var out Forgotten
	err := b.store.Update(b.Context(), func(ctx context.Context) (err error) {
		out, err = b.s.Forget(actor.With(ctx, agent()), ada, p, dry)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func TestForgetTouchesWhatIsTied(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	day := misc("2026-05-01T10:00", "2026-05-03T10:00")
	own, shared, his := b.trip(agent(), ada), b.trip(agent(), ada), b.trip(agent(), tomas)
	opened := b.trip(person(ada, actor.CompanyArranger), tomas)
	both := strings.Replace(booking(day, ""), `"pnrTravelers":[`, `"pnrTravelers":[{"userId":{"id":"`+tomas+`"}},`, 1)
	toms := strings.ReplaceAll(booking(day, ""), ada, tomas)
	alone, quiet, pair, foreign := b.pnr(own, booking(day, "")), b.pnr(own, booking(day, "")), b.pnr(shared, both), b.pnr(his, toms)
	for trip, name := range map[string]string{own: "Ada in May", shared: "Ada and Ada Moreau", his: "Ada Moreau's tip", opened: "Ada Moreau in spring"} {
		b.called(trip, name)
	}
	b.noted(own, "", "Ada calls")
	b.noted(shared, pair, "Ada calls Ada Moreau")
	b.noted(his, foreign, "Ada Moreau calls")
	before, told := b.read(his, foreign), len(b.told)

	dry := b.forget(forgotten{namesake: tomas}, true)
	if len(b.told) != told {
		t.Fatal("a dry run told somebody")
	}
	got := b.forget(forgotten{namesake: tomas}, false)
	if d := cmp.Diff(dry, got); d != "" {
		t.Errorf("what the dry run said was not done: %s", d)
	}
	trips, pnrs := []string{own, shared}, []string{alone, quiet, pair}
	slices.Sort(trips)
	slices.Sort(pnrs)
	slices.Sort(got.PNRs)
	if !slices.Equal(got.Trips, trips) || !slices.Equal(got.PNRs, pnrs) || len(got.Notes) != 2 || len(got.Places) != 3 {
		t.Errorf("forgot %+v, want trips %v and PNRs %v", got, trips, pnrs)
	}
	for trip, want := range map[string]string{own: "*** in May", shared: "Ada and ***", his: "Ada Moreau's tip", opened: "Ada Moreau in spring"} {
		if d := b.detail(agent(), trip); at(d, "basicTripInfo.tripName") != want {
			t.Errorf("a trip is called %v, want %s", at(d, "basicTripInfo.tripName"), want)
		}
	}
	for _, id := range []string{alone, quiet} {
		if d := b.read(own, id); at(d, "basicTripInfo.tripName") != "*** in May" {
			t.Errorf("a PNR repeats the name %v of its trip", at(d, "basicTripInfo.tripName"))
		}
	}
	if d := cmp.Diff(before, b.read(his, foreign)); d != "" {
		t.Errorf("somebody else's PNR changed: %s", d)
	}
	for _, n := range b.told[told:] {
		if strings.Contains(n.Resource, foreign) || strings.Contains(n.Resource, his) || strings.Contains(n.Resource, opened) {
			t.Errorf("told of %s", n.Resource)
		}
	}
	var texts []string
	for _, trip := range []string{own, shared, his} {
		notes, _ := must(b, agent(), "listAgentNotes", b.s.ListNotes, TripIn{TripID: trip})
		texts = append(texts, notes.Notes[0].Text)
	}
	if d := cmp.Diff([]string{"*** calls", "Ada calls ***", "Ada Moreau calls"}, texts); d != "" {
		t.Error("notes: ", d)
	}
	// Nobody of the name is around: what she opened is hers to be taken out of.
	if got := b.forget(forgotten{}, false); !slices.Equal(got.Trips, []string{opened}) || len(got.PNRs) != 0 {
		t.Errorf("then forgot %+v, want trip %s", got, opened)
	}
}

// Where a namesake travels, a name is hers, whoever booked or wrote; an address is not.
func TestForgetLeavesNamesakesTheirNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	day := misc("2026-05-01T10:00", "2026-05-03T10:00")
	writer := person(ada, actor.CompanyArranger)
	toms := strings.ReplaceAll(booking(day, ""), ada, tomas)
	booked := strings.Replace(toms, `{`, `{"bookerInfo":{"name":"Ada Moreau","email":"`+ada+`@example.com"},`, 1)
	his, opened, pair := b.trip(agent(), tomas), b.trip(writer, tomas), b.trip(agent(), ada)
	const text = "Ada Moreau, ada@example.com"
	b.notedBy(writer, his, "", text)
	b.notedBy(writer, his, b.pnr(his, toms), text)
	b.noted(his, b.pnr(his, booked), text)
	b.notedBy(writer, opened, "", text)
	b.pnr(pair, booking(day, ""))
	b.noted(pair, b.pnr(pair, toms), text)
	b.called(opened, text)

	got := b.forget(forgotten{namesake: tomas}, false)
	if len(got.Notes) != 5 || !slices.Equal(got.Trips, []string{opened}) {
		t.Errorf("forgot %+v", got)
	}
	for _, trip := range []string{his, opened, pair} {
		notes, _ := must(b, agent(), "listAgentNotes", b.s.ListNotes, TripIn{TripID: trip})
		for _, n := range notes.Notes {
			if n.Text != "Ada Moreau, ***" {
				t.Errorf("a note says %q", n.Text)
			}
		}
	}
	if d := b.detail(agent(), opened); at(d, "basicTripInfo.tripName") != "Ada Moreau, ***" {
		t.Errorf("the trip is called %v", at(d, "basicTripInfo.tripName"))
	}
}

// What is told of several trips has the same order every time.
func TestForgetTellsInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 6 {
		b.called(b.trip(agent(), ada), "Ada Moreau")
	}
	told := len(b.told)
	b.forget(forgotten{}, false)
	var got []string
	for _, n := range b.told[told:] {
		got = append(got, n.Resource)
	}
	if len(got) != 6 || !slices.IsSorted(got) {
		t.Errorf("told of %v", got)
	}
}
