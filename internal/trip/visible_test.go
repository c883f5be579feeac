// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

func TestWhoSeesATrip(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	pnr := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	elsewhere := admin()
	elsewhere.Company = rival
	otherTenant := agent()
	otherTenant.Tenant = "99999999-9999-4999-8999-999999999999"
	for name, tc := range map[string]struct {
		who  *actor.Actor
		sees bool
	}{
		"agency":                      {agent(), true},
		"company administrator":       {admin(), true},
		"the traveler":                {person(ada), true},
		"a colleague":                 {person(tomas), false},
		"the traveler's arranger":     {person(mina, actor.Arranger), true},
		"an arranger without role":    {person(mina), false},
		"an arranger of somebody":     {person(tomas, actor.Arranger), false},
		"the company's arranger":      {person(otto, actor.CompanyArranger), true},
		"report administrator":        {person(tomas, actor.ReportAdmin), true},
		"administrator of the rival":  {elsewhere, false},
		"agency of another tenant":    {otherTenant, false},
		"a client without a company":  {&actor.Actor{Tenant: tenant}, false},
		"a company without any roles": {&actor.Actor{Tenant: tenant, Company: company}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := run(b, tc.who, "getTripDetailsV3", b.s.TripDetails, TripIn{trip})
			_, _, perr := run(b, tc.who, "getPnrV3", b.s.PNRByID, PNRIn{trip, pnr})
			if tc.sees && (err != nil || perr != nil) {
				t.Errorf("refused: %v, %v", err, perr)
			}
			if !tc.sees && !(errs.Is(err, errs.ResourceNotFound) && errs.Is(perr, errs.ResourceNotFound)) {
				t.Errorf("not hidden as absent: %v, %v", err, perr)
			}
		})
	}
}

// What is HIDDEN is neither shown nor found nor counted for a traveler.
func TestHiddenPNRs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"),
		`"travelerPnrVisibilityStatus":"HIDDEN","bookingStatus":"PAYMENT_DECLINED_STATUS","sourceInfo":{"sourcePnrId":"SECRET","bookingSource":"SABRE"},"totalFare":{"amount":900,`+eur+`}`))
	shown := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"totalFare":{"amount":10,`+eur+`}`))
	must(b, agent(), "createAgentNote", b.s.CreateNote, noteIn(trip, id, "fare loaded by hand"))
	d := b.detail(person(ada), trip)
	if n := at(d, "pnrs.0.pnrId"); n != shown || at(d, "pnrs.1") != nil {
		t.Errorf("the traveler gets %v", at(d, "pnrs"))
	}
	if got := at(d, "tripBookingStatus"); got != statusConfirmed {
		t.Errorf("the traveler is told %v", got)
	}
	if got := at(d, "tripPaymentInfo.totalFare.amount"); got != 10.0 {
		t.Errorf("the traveler is told it costs %v", got)
	}
	refused(b, person(ada), "getPnrV3", b.s.PNRByID, PNRIn{trip, id}, errs.ResourceNotFound)
	refused(b, person(ada), "pnrSearch", b.s.Search, SearchIn{"secret", "SOURCE_PNR"}, errs.ResourceNotFound)
	if notes, _ := must(b, person(ada), "listAgentNotes", b.s.ListNotes, TripIn{trip}); len(notes.Notes) != 0 {
		t.Errorf("the traveler reads %v", notes)
	}
	for _, who := range []*actor.Actor{agent(), admin(), person(mina, actor.Arranger)} {
		if found, _ := must(b, who, "pnrSearch", b.s.Search, SearchIn{"secret", "SOURCE_PNR"}); found.PNRID != id {
			t.Errorf("%v finds %v", who.Roles, found)
		}
	}
}

func TestRestrictedContacts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	body := `{"tripContacts":[{"label":"Office","name":"Front desk"},{"label":"Duty","name":"Night desk","restrictVisibility":true}]}`
	b.legal("updateTripV3", body)
	must(b, agent(), "updateTripV3", b.s.UpdateTripV3, UpdateTripV3In{trip, json.RawMessage(body)})
	for _, tc := range []struct {
		who  *actor.Actor
		want int
	}{{agent(), 2}, {admin(), 2}, {person(ada), 1}, {person(mina, actor.Arranger), 1}} {
		got, _ := at(b.detail(tc.who, trip), "basicTripInfo.tripMetadata.tripContacts").([]any)
		if len(got) != tc.want {
			t.Errorf("%v sees %d contacts, want %d", tc.who.Roles, len(got), tc.want)
		}
	}
}

func TestWhoOpensATrip(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone := b.s.dir.(people)[tomas]
	gone.Active = false
	b.s.dir.(people)["aaaaaaaa-0000-4000-8000-000000000005"] = gone
	for name, tc := range map[string]struct {
		who  *actor.Actor
		user string
		code errs.Code
	}{
		"agency":                    {agent(), ada, ""},
		"the traveler":              {person(ada), ada, ""},
		"the arranger":              {person(mina, actor.Arranger), ada, ""},
		"a colleague":               {person(tomas), ada, errs.AccessDenied},
		"for a rival's employee":    {admin(), stranger, errs.ReferenceNotFound},
		"for nobody":                {agent(), "aaaaaaaa-0000-4000-8000-0000000000ff", errs.ReferenceNotFound},
		"for a deactivated one":     {agent(), "aaaaaaaa-0000-4000-8000-000000000005", errs.ReferenceNotFound},
		"the agency, for the rival": {agent(), stranger, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := CreateTripIn{}
			in.Doc.Name, in.Doc.User = "Trip", &ref{tc.user}
			_, _, err := run(b, tc.who, "createTrip", b.s.CreateTrip, in)
			if tc.code == "" && err != nil || tc.code != "" && !errs.Is(err, tc.code) {
				t.Errorf("got %v, want %q", err, tc.code)
			}
		})
	}
}

func noteIn(trip, pnr, text string) CreateNoteIn {
	in := CreateNoteIn{TripID: trip}
	in.Doc.PNRID, in.Doc.Note = pnr, text
	return in
}
