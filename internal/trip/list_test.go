// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// ask decodes a body of the lists after the contract has passed it.
func (b *bench) ask(body string) ListBody {
	b.Helper()
	b.legal("getCompanyTripSummariesList", body)
	var out ListBody
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		b.Fatal(err)
	}
	return out
}

func names(list TripList) []string {
	out := []string{}
	for _, t := range list.Trips {
		out = append(out, t.Name)
	}
	return out
}

func (b *bench) named(name, user, start, end string, pnrs ...string) string {
	b.Helper()
	in := CreateTripIn{}
	in.Doc.Name, in.Doc.User, in.Doc.Start, in.Doc.End = name, &ref{user}, day(start), day(end)
	out, _ := must(b, agent(), "createTrip", b.s.CreateTrip, in)
	for _, p := range pnrs {
		b.pnr(out.ID, strings.ReplaceAll(p, ada, user))
	}
	return out.ID
}

// shelf is a company with one trip of each kind.
func shelf(t *testing.T) (*bench, map[string]string) {
	t.Helper()
	b := newBench(t)
	id := map[string]string{}
	id["draft"] = b.named("draft", ada, "2026-06-10", "2026-06-12")
	id["undated"] = b.named("undated", tomas, "", "")
	b.at = b.at.Add(time.Hour)
	id["ahead"] = b.named("ahead", ada, "", "", booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-03T12:00", "")), `"policyInfo":{"outOfPolicy":true}`))
	id["past"] = b.named("past", tomas, "", "", booking(hotel("2026-01-10T15:00", "2026-01-12T11:00", "CONFIRMED"), ""))
	b.at = b.at.Add(time.Hour)
	id["gone"] = b.named("gone", ada, "2026-04-01", "2026-04-02", booking(car(), `"bookingStatus":"CANCELLED_STATUS"`))
	id["upset"] = b.named("upset", tomas, "", "", booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-02T12:00", `"flightStatus":"CANCELLED"`)), `"bookingStatus":"CONFIRMED_STATUS"`),
		booking(misc("2026-04-20T10:00", "2026-04-21T10:00"), ""))
	return b, id
}

func TestTripFilters(t *testing.T) {
	t.Parallel()
	b, id := shelf(t)
	for name, tc := range map[string]struct {
		filters string
		want    []string // newest start first
	}{
		"none":                       {``, []string{"draft", "ahead", "upset", "gone", "past", "undated"}},
		"user":                       {`{"filterType":"TRIP_USER_ID_FILTER","userIds":[{"id":"` + ada + `"}]}`, []string{"draft", "ahead", "gone"}},
		"trip":                       {`{"filterType":"TRIP_ID_FILTER","tripIds":["` + id["past"] + `","` + id["draft"] + `","1234567890"]}`, []string{"draft", "past"}},
		"company":                    {`{"filterType":"COMPANY_ID_FILTER","companyIds":[{"id":"` + company + `"}]}`, []string{"draft", "ahead", "upset", "gone", "past", "undated"}},
		"another company":            {`{"filterType":"COMPANY_ID_FILTER","companyIds":[{"id":"` + rival + `"}]}`, nil},
		"draft":                      {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["DRAFT"]}`, []string{"draft", "undated"}},
		"upcoming":                   {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["UPCOMING"]}`, []string{"ahead", "upset"}},
		"past":                       {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["PAST_OR_COMPLETED"]}`, []string{"past"}},
		"cancelled or disrupted":     {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["CANCELLED","DISRUPTED"]}`, []string{"upset", "gone"}},
		"air":                        {`{"filterType":"TRIP_TRAVEL_TYPE_FILTER","travelTypes":["AIR"]}`, []string{"ahead", "upset"}},
		"hotel or misc":              {`{"filterType":"TRIP_TRAVEL_TYPE_FILTER","travelTypes":["HOTEL","MISC"]}`, []string{"upset", "past"}},
		"any product":                {`{"filterType":"TRIP_TRAVEL_TYPE_FILTER","travelTypes":["ALL"]}`, []string{"ahead", "upset", "gone", "past"}},
		"out of policy":              {`{"filterType":"POLICY_STATUS_FILTER","policyStatuses":["OUT_OF_POLICY"]}`, []string{"ahead"}},
		"in policy":                  {`{"filterType":"POLICY_STATUS_FILTER","policyStatuses":["IN_POLICY"]}`, []string{"draft", "upset", "gone", "past", "undated"}},
		"overall":                    {`{"filterType":"OVERALL_STATUS_FILTER","overallStatuses":["CONFIRMED_STATUS","DISRUPTED_STATUS"]}`, []string{"ahead", "upset", "past"}},
		"starts in a range":          {`{"filterType":"TRIP_START_DATE_RANGE_FILTER","startDate":{"iso8601":"2026-04-01"},"endDate":{"iso8601":"2026-05-01"}}`, []string{"ahead", "upset", "gone"}},
		"starts from":                {`{"filterType":"TRIP_START_DATE_RANGE_FILTER","startDate":{"iso8601":"2026-05-01"}}`, []string{"draft", "ahead"}},
		"ends until":                 {`{"filterType":"TRIP_END_DATE_RANGE_FILTER","endDate":{"iso8601":"2026-05-02"}}`, []string{"upset", "gone", "past"}},
		"an open range":              {`{"filterType":"TRIP_END_DATE_RANGE_FILTER"}`, []string{"draft", "ahead", "upset", "gone", "past", "undated"}},
		"created":                    {`{"filterType":"CREATE_DATE_TIME_RANGE_FILTER","startDateTime":{"iso8601":"2026-03-01T13:00:00Z"},"endDateTime":{"iso8601":"2026-03-01T14:00:00+01:00"}}`, []string{"ahead", "past"}},
		"updated":                    {`{"filterType":"UPDATE_DATE_TIME_RANGE_FILTER","startDateTime":{"iso8601":"2026-03-01T14:00Z"}}`, []string{"upset", "gone"}},
		"two filters":                {`{"filterType":"TRIP_USER_ID_FILTER","userIds":[{"id":"` + tomas + `"}]},{"filterType":"TRIP_TRAVEL_TYPE_FILTER","travelTypes":["AIR"]}`, []string{"upset"}},
		"two that exclude":           {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["DRAFT"]},{"filterType":"TRIP_TRAVEL_TYPE_FILTER","travelTypes":["ALL"]}`, nil},
		"the same filter, both hold": {`{"filterType":"TRIP_TYPE_FILTER","tripTypes":["UPCOMING"]},{"filterType":"TRIP_TYPE_FILTER","tripTypes":["DISRUPTED"]}`, []string{"upset"}},
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"paginationRequestParams":{"offset":0,"limit":50},"tripFilters":[` + tc.filters + `]}`
			list, _ := must(b, agent(), "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{company, b.ask(body)})
			want := tc.want
			if want == nil {
				want = []string{}
			}
			if d := cmp.Diff(want, names(list)); d != "" {
				t.Error(d)
			}
			if list.Page.Total != len(want) {
				t.Errorf("total %d", list.Page.Total)
			}
		})
	}
}

func TestTripListPagesAndOrder(t *testing.T) {
	t.Parallel()
	b, _ := shelf(t)
	for name, tc := range map[string]struct {
		body string
		want []string
	}{
		"end, ascending":      {`"paginationRequestParams":{},"sortOptions":[{"sortField":"END_DATE","sortOrder":"ASC"}]`, []string{"past", "gone", "upset", "ahead", "draft", "undated"}},
		"start, ascending":    {`"paginationRequestParams":{},"sortOptions":[{"sortField":"START_DATE","sortOrder":"ASC"}]`, []string{"past", "gone", "upset", "ahead", "draft", "undated"}},
		"end, descending":     {`"paginationRequestParams":{},"sortOptions":[{"sortField":"END_DATE","sortOrder":"DESC"}]`, []string{"draft", "ahead", "upset", "gone", "past", "undated"}},
		"a page":              {`"paginationRequestParams":{"offset":1,"limit":2}`, []string{"ahead", "upset"}},
		"past the end":        {`"paginationRequestParams":{"offset":60}`, []string{}},
		"more than is served": {`"paginationRequestParams":{"limit":5000}`, []string{"draft", "ahead", "upset", "gone", "past", "undated"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, _ := must(b, agent(), "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{company, b.ask("{" + tc.body + "}")})
			if d := cmp.Diff(tc.want, names(list)); d != "" || list.Page.Total != 6 {
				t.Errorf("total %d, %s", list.Page.Total, d)
			}
		})
	}
	for _, bad := range []string{
		`{"paginationRequestParams":{},"tripFilters":[{"filterType":"TRIP_START_DATE_RANGE_FILTER","startDate":{"iso8601":"2026-05-02"},"endDate":{"iso8601":"2026-05-01"}}]}`,
		`{"paginationRequestParams":{},"tripFilters":[{"filterType":"UPDATE_DATE_TIME_RANGE_FILTER","startDateTime":{"iso8601":"2026-02-31T10:00:00Z"}}]}`,
	} {
		refused(b, agent(), "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{company, b.ask(bad)}, errs.ValidationFailed)
	}
}

func TestPagesAreCutAtAHundred(t *testing.T) {
	t.Parallel()
	var all []listed
	for range 130 {
		all = append(all, listed{folder: &folder{}})
	}
	big, small := 5000, 7
	for _, tc := range []struct {
		limit        *int
		offset, want int
	}{{nil, 0, 100}, {&big, 0, 100}, {&small, 0, 7}, {&big, 120, 10}, {&big, 130, 0}} {
		b := ListBody{}
		b.Page.Limit, b.Page.Offset = tc.limit, tc.offset
		if got := len(b.page(all)); got != tc.want {
			t.Errorf("%v: got %d, want %d", tc, got, tc.want)
		}
	}
}

// Whatever the filters: what is listed is what each filter, taken alone, lists (an oracle that knows
// nothing of AND), and every page of it together is the whole.
func TestFiltersIntersect(t *testing.T) {
	t.Parallel()
	b, id := shelf(t)
	var trips []string
	for _, v := range id {
		trips = append(trips, v)
	}
	slices.Sort(trips)
	dates := rapid.SampledFrom([]string{"2026-01-01", "2026-01-10", "2026-04-20", "2026-05-01", "2026-06-11", "2027-01-01"})
	optional := func(t *rapid.T, label string) *iso {
		if rapid.Bool().Draw(t, label+"?") {
			return &iso{dates.Draw(t, label)}
		}
		return nil
	}
	some := func(values ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 3, rapid.ID)
	}
	gen := rapid.Custom(func(t *rapid.T) filter {
		f := filter{Type: rapid.SampledFrom([]string{"TRIP_USER_ID_FILTER", "TRIP_ID_FILTER", "COMPANY_ID_FILTER", "TRIP_TYPE_FILTER", "TRIP_TRAVEL_TYPE_FILTER",
			"POLICY_STATUS_FILTER", "TRIP_START_DATE_RANGE_FILTER", "TRIP_END_DATE_RANGE_FILTER", "OVERALL_STATUS_FILTER"}).Draw(t, "type")}
		f.Users = []ref{{rapid.SampledFrom([]string{ada, tomas}).Draw(t, "user")}}
		f.Companies = []ref{{rapid.SampledFrom([]string{company, rival}).Draw(t, "company")}}
		f.Trips = some(trips...).Draw(t, "trips")
		f.Types = some(typeUpcoming, typePast, typeCancelled, typeDisrupted, typeDraft).Draw(t, "types")
		f.Travel = some(productAir, productHotel, productMisc, "ALL").Draw(t, "travel")
		f.Policy = some("IN_POLICY", "OUT_OF_POLICY").Draw(t, "policy")
		f.Overall = some(statusConfirmed, overallDisrupted, overallDraft, statusCancelled).Draw(t, "overall")
		f.StartDate, f.EndDate = optional(t, "from"), optional(t, "to")
		if f.StartDate != nil && f.EndDate != nil && f.EndDate.ISO8601 < f.StartDate.ISO8601 {
			f.StartDate, f.EndDate = f.EndDate, f.StartDate
		}
		return f
	})
	listing := func(body ListBody) ([]string, int) {
		list, _ := must(b, agent(), "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{company, body})
		return names(list), list.Page.Total
	}
	rapid.Check(t, func(t *rapid.T) {
		filters := rapid.SliceOfN(gen, 0, 3).Draw(t, "filters")
		want, _ := listing(ListBody{})
		for _, f := range filters {
			alone, _ := listing(ListBody{Filters: []filter{f}})
			want = slices.DeleteFunc(want, func(name string) bool { return !slices.Contains(alone, name) })
		}
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		got := []string{}
		for offset := 0; offset == 0 || offset < len(want); offset += limit {
			body := ListBody{Filters: filters}
			body.Page.Offset, body.Page.Limit = offset, &limit
			page, total := listing(body)
			if total != len(want) || len(page) > limit {
				t.Fatalf("total %d, page of %d with limit %d; want %v", total, len(page), limit, want)
			}
			got = append(got, page...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestWhoListsWhat(t *testing.T) {
	t.Parallel()
	b, _ := shelf(t)
	user := func(a *actor.Actor, id string) (TripList, error) {
		l, _, err := run(b, a, "getUserTripSummariesList", b.s.UserTrips, UserTripsIn{UserID: id})
		return l, err
	}
	firm := func(a *actor.Actor, id string) (TripList, error) {
		l, _, err := run(b, a, "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{CompanyID: id})
		return l, err
	}
	managed := func(a *actor.Actor, id string) (TripList, error) {
		l, _, err := run(b, a, "getArrangerManagedTripSummariesList", b.s.ArrangerTrips, ArrangerTripsIn{ArrangerID: id})
		return l, err
	}
	for name, tc := range map[string]struct {
		list func(*actor.Actor, string) (TripList, error)
		who  *actor.Actor
		id   string
		want int
		code errs.Code
	}{
		"own trips":                     {user, person(ada), ada, 3, ""},
		"a colleague's trips":           {user, person(ada), tomas, 0, errs.AccessDenied},
		"an arranger's traveler":        {user, person(mina, actor.Arranger), ada, 3, ""},
		"any traveler, for the agency":  {user, agent(), tomas, 3, ""},
		"a traveler of the rival":       {user, admin(), stranger, 0, errs.ResourceNotFound},
		"nobody":                        {user, agent(), "aaaaaaaa-0000-4000-8000-0000000000ff", 0, errs.ResourceNotFound},
		"own company":                   {firm, admin(), company, 6, ""},
		"the rival":                     {firm, admin(), rival, 0, errs.CompanyForeign},
		"the rival, for the agency":     {firm, agent(), rival, 0, ""},
		"no company":                    {firm, agent(), tenant, 0, errs.CompanyForeign},
		"a company, for a traveler":     {firm, person(ada), company, 0, errs.AccessDenied},
		"a company, for its arranger":   {firm, person(otto, actor.CompanyArranger), company, 6, ""},
		"an arranger's trips":           {managed, person(mina, actor.Arranger), mina, 3, ""},
		"another arranger's trips":      {managed, person(mina, actor.Arranger), otto, 0, errs.AccessDenied},
		"an arranger, for the admin":    {managed, admin(), mina, 3, ""},
		"the company's arranger":        {managed, person(otto, actor.CompanyArranger), otto, 6, ""},
		"somebody who does not arrange": {managed, admin(), ada, 0, errs.AccessDenied},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.list(tc.who, tc.id)
			if tc.code != "" && !errs.Is(err, tc.code) || tc.code == "" && (err != nil || got.Page.Total != tc.want) {
				t.Errorf("got %d trips and %v, want %d and %q", got.Page.Total, err, tc.want, tc.code)
			}
		})
	}
}

func TestPNRSummaries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.named("all", ada, "", "", booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-03T12:00", "")), visit+`,"totalFare":{"amount":80,`+eur+`}`),
		booking(hotel("2026-05-01T15:00", "2026-05-03T11:00", "CONFIRMED"), ""), booking(car(), ""), booking(rail(), ""), booking(limo(), ""),
		booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	_, body := must(b, agent(), "getUserTripSummariesList", b.s.UserTrips, UserTripsIn{ada, b.ask(`{"paginationRequestParams":{},"includePnrSummaries":true}`)})
	d := decode(t, body)
	for path, want := range map[string]any{
		"tripSummaries.0.tripId": id, "tripSummaries.0.tripStatus": "CONFIRMED", "tripSummaries.0.overallStatus": statusConfirmed,
		"tripSummaries.0.userBasicInfo.email":                                                 "ada@example.com",
		"tripSummaries.0.pnrSummaries.0.sourcePnrId":                                          "mdib5c",
		"tripSummaries.0.pnrSummaries.0.pnrSummary.airPnrSummary.legInfos.0.flights.0.origin": "ORY",
		"tripSummaries.0.pnrSummaries.0.pnrSummary.airPnrSummary.totalAmount.amount":          80.0,
		"tripSummaries.0.pnrSummaries.1.pnrSummary.hotelPnrSummary.city":                      "Lisbon",
		"tripSummaries.0.pnrSummaries.2.pnrSummary.carPnrSummary.vendor.code":                 "ZZ",
		"tripSummaries.0.pnrSummaries.3.pnrSummary.railPnrSummary.journeys.0.destination":     "Paris",
		"tripSummaries.0.pnrSummaries.4.pnrSummary.limoPnrSummary.legs.0.fromDate.iso8601":    "2026-09-30T08:00",
		"tripSummaries.0.pnrSummaries.5.pnrSummary.miscPnrSummary.totalAmount.amount":         30.5,
		"tripSummaries.0.pnrSummaries.5.userFacingStatus":                                     statusConfirmed,
	} {
		if got := at(d, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestTripsOfAnOrganisation(t *testing.T) {
	t.Parallel()
	b, id := shelf(t)
	ask := func(product, since string) []string {
		t.Helper()
		in := OrganisationTripsIn{}
		in.Doc.Organization, in.Doc.Product, in.Doc.UpdatedAt = ref{company}, product, day(since)
		out, _ := must(b, agent(), "listOrganisationTrips", b.s.OrganisationTrips, in)
		got := []string{}
		for _, tr := range out.Trips {
			got = append(got, tr.Name)
			if tr.ID == id["upset"] && product == "AIR" && len(tr.PNRs) != 1 {
				t.Errorf("flights of a trip with one: %v", tr.PNRs)
			}
		}
		slices.Sort(got)
		return got
	}
	for _, tc := range []struct {
		product, since string
		want           []string
	}{
		{"ALL", "", []string{"ahead", "draft", "gone", "past", "undated", "upset"}},
		{"ALL", "2026-03-01T13:00:00Z", []string{"gone", "upset"}},
		{"AIR", "", []string{"ahead", "upset"}},
		{"RAIL", "", []string{}},
	} {
		if d := cmp.Diff(tc.want, ask(tc.product, tc.since)); d != "" {
			t.Errorf("%s since %s: %s", tc.product, tc.since, d)
		}
	}
	in := OrganisationTripsIn{}
	refused(b, agent(), "listOrganisationTrips", b.s.OrganisationTrips, in, errs.ValidationFailed)
	in.Doc.Organization.ID = rival
	refused(b, admin(), "listOrganisationTrips", b.s.OrganisationTrips, in, errs.CompanyForeign)
}
