// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatATripCosts(t *testing.T) {
	t.Parallel()
	fly := flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", "")
	amount := func(n string) string { return `{"amount":` + n + `,` + eur + `}` }
	split := func(base, tax string) string { return `{"base":` + amount(base) + `,"tax":` + amount(tax) + `}` }
	fee := func(n, visible, status string) string {
		return `{"fare":` + split(n, "0") + `,"ticketNumber":"F1","status":"` + status + `","visibleToTraveler":` + visible + `}`
	}
	back := func(n string) string {
		return `"paymentInfo":[{"fop":{"type":"CARD"},"totalCharge":` + amount("100") + `,"totalRefund":` + amount(n) + `}]`
	}
	price := `"totalFareAmount":` + split("80.10", "19.90")
	credit := airWith("", "", fly)
	credit = credit[:len(credit)-len(`}]}`)] + `,"appliedCredits":[{"creditId":"1","creditAmount":` + split("30", "0") + `}]}]}`
	refunded := airWith("", `{"ticketNumber":"1","status":"REFUNDED","refundInfo":{"refundAmount":`+split("50", "19.90")+`}}`, fly)
	for name, tc := range map[string]struct {
		pnrs                  []string
		total, base, tax, fee string // "" when there is nothing to say
	}{
		"empty":                       {},
		"unpriced":                    {pnrs: []string{booking(air(fly), "")}},
		"base and tax":                {[]string{booking(air(fly), price)}, "100", "80.1", "19.9", "0"},
		"two":                         {[]string{booking(air(fly), price), booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), "")}, "130.5", "110.6", "19.9", "0"},
		"only a total":                {[]string{booking(air(fly), `"totalFare":`+amount("12.34"))}, "12.34", "12.34", "0", "0"},
		"a fee the traveler sees":     {[]string{booking(air(fly), price+`,"serviceFees":[`+fee("5", "true", "ISSUED")+`]`)}, "105", "80.1", "19.9", "5"},
		"a fee kept from them":        {[]string{booking(air(fly), price+`,"serviceFees":[`+fee("5", "false", "ISSUED")+`]`)}, "100", "80.1", "19.9", "0"},
		"a fee that was let go":       {[]string{booking(air(fly), price+`,"serviceFees":[`+fee("5", "true", "WAIVED_OFF")+`]`)}, "100", "80.1", "19.9", "0"},
		"a total that holds the fee":  {[]string{booking(air(fly), `"totalFare":`+amount("105")+`,"serviceFees":[`+fee("5", "true", "ISSUED")+`]`)}, "105", "100", "0", "5"},
		"a refund to the card":        {[]string{booking(air(fly), price+","+back("90.10"))}, "9.9", "0", "9.9", "0"},
		"a ticket's refund":           {[]string{booking(refunded, price)}, "30.1", "30.1", "0", "0"},
		"a refund is not taken twice": {[]string{booking(refunded, price+","+back("69.90"))}, "30.1", "30.1", "0", "0"},
		"voided":                      {[]string{booking(air(fly), price+`,"bookingStatus":"VOIDED_STATUS"`)}, "0", "0", "0", "0"},
		"paid with a flight credit":   {[]string{booking(credit, price)}, "70", "80.1", "19.9", "0"},
		"a stay by its rate":          {[]string{booking(hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"), "")}, "400", "400", "0", "0"},
		"two currencies":              {pnrs: []string{booking(air(fly), price), booking(air(fly), `"totalFare":{"amount":5,"currencyCode":"USD"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.trip(agent(), ada)
			for _, p := range tc.pnrs {
				b.pnr(id, p)
			}
			_, body := must(b, agent(), "getTripDetailsV3", b.s.TripDetails, TripIn{id})
			var got struct {
				Pay struct {
					Total money `json:"totalFare"`
					Fare  fare  `json:"totalFareAmount"`
					Fee   fare  `json:"serviceFeeFareAmount"`
				} `json:"tripPaymentInfo"`
			}
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			p := got.Pay
			if string(p.Total.Amount) != tc.total || string(p.Fare.Base.Amount) != tc.base || string(p.Fare.Tax.Amount) != tc.tax || string(p.Fee.Base.Amount) != tc.fee {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// Amounts survive being read and written.
func TestAmountsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Int64Range(-1e13, 1e13).Draw(t, "units")
		m := toMoney(u, "EUR")
		if got, ok := m.units(); !ok || got != u {
			t.Fatalf("%d was written as %s and read as %d", u, m.Amount, got)
		}
	})
}
