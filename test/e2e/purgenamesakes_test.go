// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// home is a company that people are hired into.
type home struct{ company, entity string }

func (c *client) demoHome() home { return home{c.srv.Demo.CompanyID, c.srv.Demo.LegalEntityID} }

func (c *client) founded(name string) home {
	c.t.Helper()
	company := c.call(201, "POST", "/v2/companies", doc{"name": name, "billingCurrency": "GBP", "companyRoles": []string{"ORG"}}).str("id")
	entity := c.call(201, "POST", "/v2/companies/"+company+"/legal-entities", doc{"name": name + " Ltd", "billingCurrency": "GBP",
		"address": doc{"addressLines": []string{"1 Harbour Road"}, "locality": "Leeds", "regionCode": "GB"}}).str("id")
	return home{company, entity}
}

// human is somebody in a company.
type human struct {
	given, family, dob, email string
	user                      string
}

func (c *client) hire(at home, given, family, dob, email string, more ...func(personal doc)) human {
	c.t.Helper()
	personal := doc{"name": doc{"given": given, "family1": family}, "gender": "FEMALE", "dob": iso(dob)}
	for _, f := range more {
		f(personal)
	}
	user := c.call(201, "POST", "/v2/users", doc{"persona": "EMPLOYEE", "personalInfo": personal,
		"businessInfo": doc{"organizationRef": id(at.company), "legalEntityRef": id(at.entity), "email": email}}).str("id")
	return human{given, family, dob, email, user}
}

// booked is a trip with a flight in it.
type booked struct{ trip, pnr string }

func (c *client) trips(name string, h human) string {
	c.t.Helper()
	return c.call(201, "POST", "/v2/trips", doc{"tripName": name, "userId": id(h.user)}).str("id")
}

// flies books one flight for all of them, in a trip of the first.
func (c *client) flies(tripName, remark string, people ...human) booked {
	c.t.Helper()
	trip := c.trips(tripName, people[0])
	var searchers, travelers []doc
	for _, h := range people {
		searchers = append(searchers, doc{"travelerType": "ADULT", "travelerInfo": doc{"userId": id(h.user)}})
		travelers = append(travelers, doc{"travelerDetails": doc{"travelerInfo": doc{"userId": id(h.user)}, "travelerType": "ADULT", "gender": "FEMALE",
			"name": doc{"given": h.given, "family1": h.family}, "dob": iso(h.dob), "email": h.email}, "seats": []doc{}, "baggages": []doc{}})
	}
	found := c.call(200, "POST", "/v2/air/search-flights", doc{"travelers": searchers, "legs": []doc{leg("LHR", "JFK", c.day(60))}})
	checkout := c.call(200, "POST", "/v2/air/flight-checkout", doc{"searchId": found.str("searchId"), "itineraryId": found.list("itineraryDetails/itineraries")[0].str("itineraryId")})
	booking := c.call(200, "POST", "/v2/air/revalidate-itinerary", doc{
		"workflowIds": doc{"checkoutResponseId": checkout.str("checkoutResponseId")}, "tripId": id(trip), "travelers": travelers})
	pnr := c.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": booking.str("bookingId"), "manualRemarks": []doc{{"sabre": doc{"text": remark}}}}).str("pnrId")
	return booked{trip, pnr}
}

// shown is what the API says of a booking, its trip and its notes, and what was told about them.
func (c *client) shown(b booked) doc {
	c.t.Helper()
	told := c.call(200, "GET", "/v1/airside/webhooks/deliveries?limit=100&resource=PNR/"+b.pnr, nil).list("deliveries")
	return doc{
		"pnr": c.call(200, "GET", "/v3/trips/"+b.trip+"/pnrs/"+b.pnr, nil), "trip": c.call(200, "GET", "/v3/trips/"+b.trip+"/detail", nil),
		"notes": c.call(200, "GET", "/v2/trips/"+b.trip+"/agent-notes", nil), "told": len(told),
	}
}

// line is what a purge says of one sort of thing.
func line(report object, what string) object {
	lines := report.list("lines")
	if i := slices.IndexFunc(lines, func(o object) bool { return o.str("what") == what }); i >= 0 {
		return lines[i]
	}
	return nil
}

func idsOf(report object, what string) []string {
	var out []string
	list, _ := line(report, what)["ids"].([]any)
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// A purge is about one person: people who share a name or a day of birth with him keep what is theirs.
func TestPurgeLeavesNamesakesAlone(t *testing.T) {
	t.Parallel()
	purgeLeavesNamesakesAlone(t, start(t))
}

func purgeLeavesNamesakesAlone(t *testing.T, c *client) {
	t.Helper()
	here, there := c.demoHome(), c.founded("Harbour Light Instruments")
	c.subscribe("http://127.0.0.1:9/", "PNR_V3", "TRIP_DETAILS_V3")
	rosa := c.hire(here, "Rosa", "Quint", "1971-02-03", "rosa.first@example.com")
	olga := c.hire(there, "Olga", "Vance", "1979-08-09", "olga.vance@example.com")
	tess := c.hire(here, "Tess", "Norling", "1985-05-05", "tess.norling@example.com")
	bystanders := map[string]booked{
		"Rosa": c.flies("Rosa Quint to New York", "met by Rosa Quint, DOB 03FEB71", rosa),
		"Olga": c.flies("Olga in spring", "Olga asks for an aisle", olga),
		"Tess": c.flies("Tess in May", "for Tess Norling", tess),
	}
	for name, b := range bystanders {
		c.call(201, "POST", "/v2/trips/"+b.trip+"/agent-notes", doc{"pnrId": b.pnr, "note": name + " called; Rosa Quint, Olga Light and Tess agreed"})
	}
	before := map[string]doc{}
	for name, b := range bystanders {
		before[name] = c.shown(b)
	}
	companyBefore := c.call(200, "GET", "/v2/companies/"+there.company, nil)

	for _, h := range []human{
		c.hire(here, "Berta", "Ohm", rosa.dob, "berta.ohm@example.com"),              // born on Rosa's day
		c.hire(here, "Rosa", "Quint", "1990-06-07", "rosa.second@example.com"),       // her namesake in the company
		c.hire(there, "Rosa", "Quint", rosa.dob, "rosa.third@example.com"),           // her namesake elsewhere, and of her age
		c.hire(there, "Tess", "Holloway", "1992-01-01", "tess.holloway@example.com"), // Tess in another company
		c.hire(there, "Olga", "Light", "1988-11-12", "olga.light@example.com"),       // is half of the company's name
		c.hire(here, "R", "Q", "1991-01-01", "r.q@example.com"),
		c.hire(here, "May", "Will", "1991-01-02", "may.will@example.com"),
		c.hire(here, "New", "York", "1991-01-03", "new.york@example.com"),
	} {
		path := "/v1/airside/users/" + h.user + "/purge"
		for _, report := range []object{c.call(200, "GET", path, nil), c.call(200, "POST", path, nil)} {
			for _, what := range []string{"trips", "pnrs", "agentNotes", "supplierOrders"} {
				if n := line(report, what).num("count"); n != 0 {
					t.Errorf("%s %s has no bookings, and a purge takes %v %s: %v", h.given, h.family, n, what, idsOf(report, what))
				}
			}
		}
		for name, b := range bystanders {
			if d := cmp.Diff(before[name], c.shown(b)); d != "" {
				t.Fatalf("the purge of %s %s (%s) changed what is %s's: %s", h.given, h.family, h.dob, name, d)
			}
		}
	}
	if d := cmp.Diff(companyBefore, c.call(200, "GET", "/v2/companies/"+there.company, nil)); d != "" {
		t.Error("the company is not what it was: ", d)
	}

	// The right one still goes, with what was written about her in her own trip.
	path := "/v1/airside/users/" + rosa.user + "/purge"
	preview := c.call(200, "GET", path, nil)
	for what, want := range map[string]string{"trips": bystanders["Rosa"].trip, "pnrs": bystanders["Rosa"].pnr, "supplierOrders": bystanders["Rosa"].pnr} {
		if got := idsOf(preview, what); len(got) != 1 || got[0] != want {
			t.Errorf("the preview lists the %s %v, want %s", what, got, want)
		}
	}
	c.call(200, "POST", path, nil)
	after := c.shown(bystanders["Rosa"])
	text := strings.ToLower(fmt.Sprint(after))
	for _, gone := range []string{"rosa", "quint", "1971-02-03", "03feb71", "rosa.first@example.com"} {
		if strings.Contains(text, gone) {
			t.Errorf("%q is still in Rosa's booking", gone)
		}
	}
	for _, name := range []string{"Olga", "Tess"} {
		if d := cmp.Diff(before[name], c.shown(bystanders[name])); d != "" {
			t.Errorf("the purge of Rosa changed what is %s's: %s", name, d)
		}
	}
}

// Of a booking for several, only the one who is purged is taken out, whatever they share.
func TestPurgeTakesOneOfSeveral(t *testing.T) {
	t.Parallel()
	purgeTakesOneOfSeveral(t, start(t))
}

func purgeTakesOneOfSeveral(t *testing.T, c *client) {
	t.Helper()
	here := c.demoHome()
	phone := func(personal doc) {
		personal["phoneNumbers"] = []doc{{"countryCode": 44, "nationalNumber": 7946055577, "rawInput": "+447946055577"}}
		personal["addresses"] = []doc{{"addressLines": []string{"77 Twin Terrace"}, "locality": "London", "regionCode": "GB"}}
	}
	castor := c.hire(here, "Castor", "Twinley", "1981-09-10", "castor.twinley@example.com", phone)
	pollux := c.hire(here, "Pollux", "Twinley", "1981-09-10", "pollux.twinley@example.com", phone)
	namesake := c.hire(here, "Castor", "Twinley", "1950-01-31", "castor.senior@example.com")
	b := c.flies("Twinley family", "Castor Twinley has a cough; Pollux Twinley, castor.twinley@example.com", pollux, castor, namesake)
	before := c.shown(b)
	travelers := func(d doc) []object { return d["pnr"].(object).list("pnrTravelers") }

	report := c.call(200, "POST", "/v1/airside/users/"+castor.user+"/purge", nil)
	if got := idsOf(report, "pnrs"); len(got) != 1 || got[0] != b.pnr {
		t.Errorf("the purge took the PNRs %v, want %s", got, b.pnr)
	}
	after := c.shown(b)
	for i, h := range []human{pollux, castor, namesake} {
		was, is := travelers(before)[i], travelers(after)[i]
		if h != castor {
			if d := cmp.Diff(was, is); d != "" {
				t.Errorf("the entry of %s %s (%s) changed: %s", h.given, h.family, h.dob, d)
			}
			old := fmt.Sprintf("travelers/%d", i)
			if d := cmp.Diff(before["pnr"].(object).at(old), after["pnr"].(object).at(old)); d != "" {
				t.Errorf("the old entry of %s %s (%s) changed: %s", h.given, h.family, h.dob, d)
			}
			continue
		}
		text := fmt.Sprint(is)
		if is.str("personalInfo/name/family1") != "PURGED" || strings.Contains(text, "1981-09-10") || strings.Contains(text, "castor.twinley@") || strings.Contains(text, "77 Twin") {
			t.Errorf("the entry of the purged one is %v", is)
		}
	}
	pnr := after["pnr"].(object)
	if got := pnr.str("airPnr/airPnrRemarks/0/remarkString"); got != "*** has a cough; Pollux Twinley, ***" {
		t.Errorf("the remark is %q", got)
	}
	if got := pnr.str("basicTripInfo/tripName"); got != "Twinley family" {
		t.Errorf("the trip of somebody else is called %q", got)
	}
}

// A colleague's trip has no id of the person's; an address and numbers that nobody else has tie it all the same.
func TestPurgeReachesWhatAnAddressTies(t *testing.T) {
	t.Parallel()
	purgeReachesWhatAnAddressTies(t, start(t))
}

func purgeReachesWhatAnAddressTies(t *testing.T, c *client) {
	t.Helper()
	user := c.call(201, "POST", "/v2/users", c.canary()).str("id")
	trip := c.trip("Ada Moreau and Xanthippa Zephyrine Quibbleworth")
	found := c.search(leg("LHR", "JFK", c.day(60)))
	b := booked{trip, c.book(found.str("searchId"), found.list("itineraryDetails/itineraries")[0].str("itineraryId"), trip)}
	home := doc{"label": "home", "name": "Ada Moreau", "email": "ada.moreau@example.com", "isPrimary": true, "restrictVisibility": false}
	c.call(200, "POST", "/v3/trips/"+trip, doc{"tripContacts": []doc{
		{"label": "desk", "name": "Xanthippa Quibbleworth", "email": "xq.work@example.com",
			"phoneNumber": doc{"countryCode": 44, "nationalNumber": 7946055512, "rawInput": "07946 055512"}}, home}})
	c.call(201, "POST", "/v2/trips/"+trip+"/agent-notes", doc{"note": "met QUIBBLEWORTH/XANTHIPPA MS, passport P90155512, BA90155512, +44 (0) 7946 055512"})
	if seen := sightings(fmt.Append(nil, c.shown(b))); len(seen) < 6 {
		t.Fatalf("only %v are to be seen before the purge: the test proves nothing", seen)
	}
	path := "/v1/airside/users/" + user + "/purge"
	for _, report := range []object{c.call(200, "GET", path, nil), c.call(200, "POST", path, nil)} {
		if got := idsOf(report, "trips"); len(got) != 1 || got[0] != trip || line(report, "supplierOrders").num("count") != 0 {
			t.Errorf("a purge takes %v", report)
		}
	}
	after := c.shown(b)
	if seen := sightings(fmt.Append(nil, after)); seen != nil || strings.Contains(fmt.Sprint(after), "055512") {
		t.Errorf("the API still shows %v: %v", seen, after["trip"])
	}
	if got := c.detail(trip).str("basicTripInfo/tripName"); got != "Ada Moreau and ***" {
		t.Errorf("the trip is called %q", got)
	}
	if d := cmp.Diff(after["trip"].(object).at("basicTripInfo/tripMetadata/tripContacts/1"), any(home)); d != "" {
		t.Error("the other contact changed: ", d)
	}
}
