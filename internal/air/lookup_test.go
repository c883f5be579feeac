// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

func TestAutocomplete(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, tc := range []struct{ query, first, city string }{
		{"LHR", "LHR", "LON"}, {"lond", "LHR", "LON"}, {" zürich ", "ZRH", "ZRH"}, {"zzzz", "", ""}, {"", "", ""},
	} {
		out, err := call(k, "airAutocomplete", k.s.Autocomplete, AutocompleteIn{Query: tc.query})
		raw := must(t, out, err)
		if got := [2]string{text(t, raw, "airports/0/airportCode"), text(t, raw, "airports/0/cityCode")}; got != [2]string{tc.first, tc.city} {
			t.Errorf("%q finds %v", tc.query, got)
		}
	}
	out, err := call(k, "airAutocomplete", k.s.Autocomplete, AutocompleteIn{Query: "LGW"})
	if got := text(t, must(t, out, err), "airports/0/groupInfo/groupId"); got != "LON" {
		t.Errorf("Gatwick is in the group %q", got)
	}
}

func TestAirlinesAndLoyalties(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := call(k, "getAirlinesInformation", k.s.AirlinesInformation, AirlinesIn{})
	raw := must(t, out, err)
	if !strings.Contains(string(raw), `"airlineCode":"BA"`) {
		t.Error("British Airways is not listed")
	}
	out, err = call(k, "getAirApplicableLoyalties", k.s.ApplicableLoyalties, LoyaltiesIn{Marketing: "BA", Traveler: ada})
	raw = must(t, out, err)
	kinds := map[string]string{}
	for i := range get(t, raw, "loyaltyPrograms").([]any) {
		at := fmt.Sprintf("loyaltyPrograms/%d/", i)
		kinds[text(t, raw, at+"airlineCode")] = text(t, raw, at+"loyaltyType")
	}
	if kinds["BA"] != "OWN" || kinds["AA"] != "ALLIANCE" || kinds["LH"] != "" {
		t.Errorf("programmes for British Airways: %v", kinds)
	}
	if got := get(t, raw, "applicableLoyalties").([]any); len(got) != 1 || text(t, raw, "applicableLoyalties/0/id") != "SIM123" {
		t.Errorf("Ada's memberships: %v", got)
	}
	_, err = call(k, "getAirApplicableLoyalties", k.s.ApplicableLoyalties, LoyaltiesIn{Traveler: "nobody"})
	wantCode(t, err, errs.ResourceNotFound)
}

func TestSpecialServices(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	all, err := call(k, "getSpecialServiceRequests", k.s.SpecialServiceRequests, struct{}{})
	n := len(get(t, must(t, all, err), "specialServiceRequests").([]any))
	if n != len(ssrTable) {
		t.Errorf("%d services", n)
	}
	sum := 0
	for _, c := range []string{"BASSINET", "SPECIAL_ASSISTANCE_WHEELCHAIR", "BAGGAGE", "UNACCOMPANIED_MINOR", "PETS", "MEET_AND_ASSIST", "OTHERS", "MEAL", "SPECIAL_ASSISTANCE_DISABILITY"} {
		out, err := call(k, "getSpecialServiceRequestsFilterByCategory", k.s.SpecialServiceRequestsByCategory, SSRByCategoryIn{Category: c})
		list := get(t, must(t, out, err), "specialServiceRequests").([]any)
		if len(list) == 0 {
			t.Errorf("nothing in %s", c)
		}
		sum += len(list)
	}
	if sum != n {
		t.Errorf("the categories hold %d services, all are %d", sum, n)
	}
}

func TestFareRules(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	rules := func(body string) (json.RawMessage, error) {
		return call(k, "fetchAirFareRules", k.s.FareRules, input[FareRulesIn](k, "fetchAirFareRules", body))
	}
	searchID, itinerary := k.zz(1)
	out, err := rules(fmt.Sprintf(`{"searchId":%q,"rateOptionId":%q,"userId":%q}`, searchID, itinerary, ada))
	bySearch := must(t, out, err)
	out, err = rules(fmt.Sprintf(`{"pnrId":%q}`, k.book(1)))
	if string(must(t, out, err)) != string(bySearch) {
		t.Errorf("the rules of the search:\n%s\nof the booking:\n%s", bySearch, out)
	}
	if text(t, bySearch, "legRuleInfos/0/fareBasisRules/0/fareBasisCode") == "" {
		t.Error("no fare basis")
	}
	for _, body := range []string{`{}`, fmt.Sprintf(`{"searchId":%q}`, searchID), fmt.Sprintf(`{"pnrId":"1","searchId":%q}`, searchID)} {
		_, err := rules(body)
		wantCode(t, err, errs.ValidationFailed)
	}
	_, err = rules(`{"pnrId":"4444444444"}`)
	wantCode(t, err, errs.ResourceNotFound)

	nothing, err := func() (FareRulesOut, error) {
		var got FareRulesOut
		imported := k.pnr(k.book(1))
		var id string
		err := k.st.Update(t.Context(), func(ctx context.Context) (err error) {
			id, err = k.trips.AddPNR(ctx, trip1, NewPNR{Company: acme, Doc: imported})
			return err
		})
		if err == nil {
			var in FareRulesIn
			in.Doc.PnrID = id
			err = k.st.View(actor.With(t.Context(), k.who), func(ctx context.Context) (err error) { got, err = k.s.FareRules(ctx, in); return err })
		}
		return got, err
	}()
	if err != nil || nothing.Status() != 204 {
		t.Errorf("a booking made elsewhere has rules: %d, %v", nothing.Status(), err)
	}
}
