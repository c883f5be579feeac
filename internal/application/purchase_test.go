// SPDX-License-Identifier: Apache-2.0

package application_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/errs"
)

// buys is who may buy at most n times and for so much a day; -1 for no such cap.
func buys(n int, minor int64) application.Settings {
	s := application.Settings{Purchases: &application.PurchaseCap{}}
	if n >= 0 {
		s.Purchases.Count = &n
	}
	if minor >= 0 {
		s.Purchases.Amount = &application.Money{Minor: minor, Currency: "USD"}
	}
	return s
}

func usd(amount string) string { return `{"amount":` + amount + `,"currencyCode":"USD"}` }

// TestPrices: what an answer says of a key is what its purchase costs.
func TestPrices(t *testing.T) {
	t.Parallel()
	hotel := func(rest string) string {
		return `{"bookingKey":"k","timeout":900,"priceChange":false,"price":{"base":` + usd("510") + `,"tax":` + usd("90") + rest + `}}`
	}
	car := func(rates string) string { return `{"bookingKey":"k","hasPriceChanged":false` + rates + `}` }
	rate := func(name, kind, amount string) string {
		return `,"` + name + `":{"carRateComponents":[{"componentType":"BASE_RATE","amount":` + usd("1") + `},{"componentType":"` + kind + `","amount":` + usd(amount) + `}]}`
	}
	const hotelBody, carBody = `{"bookingKey":"k"}`, `{"bookingKey":"k","carId":"c"}`
	for name, tc := range map[string]struct {
		read, answer, buy, body string
		want                    string // the price; else what is said of why there is none
	}{
		"a flight":                        {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":` + usd("483") + `,"tax":` + usd("184.6") + `}}}`, "airCreatePnr", `{"bookingId":"b"}`, "667.60 USD"},
		"an exchange":                     {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":` + usd("20") + `,"tax":` + usd("0") + `}}}`, "airModifyBookV2", `{"bookingId":"b"}`, "20.00 USD"},
		"half a cent is read as written":  {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":{"amount":1.005,"currencyCode":"USD"},"tax":{"amount":null,"currencyCode":"USD"}}}}`, "airCreatePnr", `{"bookingId":"b"}`, "1.01 USD"},
		"yen have no cents":               {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":{"amount":48300,"currencyCode":"JPY"},"tax":{"amount":0,"currencyCode":""}}}}`, "airCreatePnr", `{"bookingId":"b"}`, "48300 JPY"},
		"a hotel":                         {"hotelPriceCheck", hotel(""), "hotelCreatePnr", hotelBody, "600.00 USD"},
		"a hotel with fees":               {"hotelPriceCheck", hotel(`,"roomFees":[{"amount":` + usd("25") + `},{"amount":` + usd("3.5") + `}]`), "hotelCreatePnr", hotelBody, "628.50 USD"},
		"a commission for information":    {"hotelPriceCheck", hotel(`,"commission":{"amount":` + usd("38.25") + `},"includesCommission":false`), "hotelCreatePnr", hotelBody, "600.00 USD"},
		"a commission that is paid":       {"hotelPriceCheck", hotel(`,"commission":{"amount":` + usd("38.25") + `},"includesCommission":true`), "hotelCreatePnr", hotelBody, "638.25 USD"},
		"a hotel that changes":            {"hotelPriceCheck", hotel(""), "hotelModifyBooking", hotelBody, "600.00 USD"},
		"an empty list of extras":         {"hotelPriceCheck", hotel(""), "hotelCreatePnr", `{"bookingKey":"k","ancillaryKeys":[]}`, "600.00 USD"},
		"extras nobody priced":            {"hotelPriceCheck", hotel(""), "hotelCreatePnr", `{"bookingKey":"k","ancillaryKeys":["x"]}`, "one of its ancillaryKeys"},
		"extras that are no list":         {"hotelPriceCheck", hotel(""), "hotelCreatePnr", `{"bookingKey":"k","ancillaryKeys":7}`, "one of its ancillaryKeys"},
		"a car":                           {"carPriceCheck", car(rate("rateInfo", "APPROXIMATE_TOTAL_PRICE", "70") + rate("finalRateInfo", "APPROXIMATE_TOTAL_PRICE", "80.1")), "carCreatePnr", carBody, "80.10 USD"},
		"a car whose price held":          {"carPriceCheck", car(rate("rateInfo", "APPROXIMATE_TOTAL_PRICE", "70")), "carModifyBook", carBody, "70.00 USD"},
		"a car without a total":           {"carPriceCheck", car(rate("finalRateInfo", "BASE_RATE_TOTAL", "80")), "carCreatePnr", carBody, "said what its key costs"},
		"a car with a child seat":         {"carPriceCheck", car(rate("finalRateInfo", "APPROXIMATE_TOTAL_PRICE", "80")), "carCreatePnr", `{"bookingKey":"k","specialEquipmentTypes":["BICYCLE_RACK"]}`, "at the counter"},
		"a change of a car without a key": {"carPriceCheck", car(rate("finalRateInfo", "APPROXIMATE_TOTAL_PRICE", "80")), "carModifyBook", `{"carId":"c"}`, "names no bookingKey"},
		"a car's key for a hotel":         {"carPriceCheck", car(rate("finalRateInfo", "APPROXIMATE_TOTAL_PRICE", "80")), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"a key written otherwise":         {"hotelPriceCheck", hotel(""), "hotelCreatePnr", `{"bookingKey":"dear","BookingKey":"k"}`, "said what its key costs"},
		"two currencies":                  {"hotelPriceCheck", hotel(`,"roomFees":[{"amount":{"amount":2,"currencyCode":"EUR"}}]`), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"less than nothing":               {"hotelPriceCheck", strings.Replace(hotel(""), "510", "-510", 1), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"a flight whose fare is missing":  {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"tax":` + usd("184.6") + `}}}`, "airCreatePnr", `{"bookingId":"b"}`, "said what its key costs"},
		"a flight in two currencies":      {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":` + usd("483") + `,"tax":{"amount":2,"currencyCode":"EUR"}}}}`, "airCreatePnr", `{"bookingId":"b"}`, "said what its key costs"},
		"a hotel whose base is missing":   {"hotelPriceCheck", `{"bookingKey":"k","price":{"tax":` + usd("90") + `}}`, "hotelCreatePnr", hotelBody, "said what its key costs"},
		"a fee in no currency":            {"hotelPriceCheck", hotel(`,"roomFees":[{"amount":{"amount":25,"currencyCode":""}}]`), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"a car whose price changed":       {"carPriceCheck", strings.Replace(car(rate("rateInfo", "APPROXIMATE_TOTAL_PRICE", "70")), "false", "true", 1), "carCreatePnr", carBody, "said what its key costs"},
		"a car without a rate":            {"carPriceCheck", car(""), "carCreatePnr", carBody, "said what its key costs"},
		"a car for less than nothing":     {"carPriceCheck", car(rate("finalRateInfo", "APPROXIMATE_TOTAL_PRICE", "-80")), "carCreatePnr", carBody, "said what its key costs"},
		"a flight without a key":          {"airRevalidateItinerary", `{"bookingId":"b","fareBreakDown":{"totalFare":{"base":` + usd("483") + `}}}`, "airCreatePnr", `{}`, "names no bookingId"},
		"more than there is":              {"hotelPriceCheck", strings.Replace(hotel(""), "510", "1e300", 1), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"an answer that is none":          {"hotelPriceCheck", `[7]`, "hotelCreatePnr", hotelBody, "said what its key costs"},
		"an answer of another operation":  {"hotelSearch", hotel(""), "hotelCreatePnr", hotelBody, "said what its key costs"},
		"an operation without a price":    {"hotelPriceCheck", hotel(""), "finalizePnr", `{}`, "for this operation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			s := r.node(t)
			id := r.make(t, s, buys(-1, 0)) // whatever has a price costs too much
			err := r.as(t, func(ctx context.Context) error { return s.Quoted(ctx, tenant, tc.read, []byte(tc.answer)) })
			if err != nil {
				t.Fatal(err)
			}
			err = r.as(t, func(ctx context.Context) error {
				return s.Reserve(ctx, application.Purchase{Tenant: tenant, Client: id, Operation: tc.buy, Body: []byte(tc.body), At: r.now})
			})
			e := errs.As(err)
			if e == nil {
				t.Fatalf("it was let through: %v", err)
			}
			text := e.Message
			for _, p := range e.Params {
				text += " " + p.Name + "=" + p.Value
			}
			if !strings.Contains(text, tc.want) || (e.Code == errs.PriceUnknown) != (!strings.Contains(tc.want, " USD") && !strings.Contains(tc.want, " JPY") || strings.Contains(tc.want, "JPY")) {
				t.Errorf("%s: %s, want %q", e.Code, text, tc.want)
			}
		})
	}
}

// TestExtrasAddUp: a stay with extras costs what both say; a price that was seen twice is the higher one, and an
// old one is none.
func TestExtrasAddUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	id := r.make(t, s, buys(-1, 10_000))
	quoted := func(operation, answer string) {
		t.Helper()
		if err := r.as(t, func(ctx context.Context) error { return s.Quoted(ctx, tenant, operation, []byte(answer)) }); err != nil {
			t.Fatal(err)
		}
	}
	buy := func(body string) error {
		return r.as(t, func(ctx context.Context) error {
			return s.Reserve(ctx, application.Purchase{Tenant: tenant, Client: id, Operation: "hotelCreatePnr", Body: []byte(body), At: r.now})
		})
	}
	stay := func(amount string) string {
		return `{"bookingKey":"k","price":{"base":` + usd(amount) + `,"tax":` + usd("0") + `}}`
	}
	quoted("hotelPriceCheck", stay("80"))
	quoted("hotelDetails", `{"ancillaries":[{"ancillaryKey":"breakfast","totalPrice":`+usd("21")+`},{"ancillaryKey":"wifi","totalPrice":`+usd("5")+`}]}`)
	const both = `{"bookingKey":"k","ancillaryKeys":["breakfast","wifi"]}`
	if err := buy(both); code(err) != errs.SpendCapReached || !strings.Contains(err.Error(), "106.00 USD") {
		t.Errorf("80 and 21 and 5, of 100: %v", err)
	}
	if err := buy(`{"bookingKey":"k","ancillaryKeys":["wifi"]}`); err != nil {
		t.Errorf("80 and 5, of 100: %v", err)
	}
	r.now = r.now.Add(24 * time.Hour)
	quoted("hotelDetails", `{"ancillaries":[{"ancillaryKey":"spa","totalPrice":{"amount":5,"currencyCode":"EUR"}},{"ancillaryKey":"gift","totalPrice":`+usd("-5")+`},{"ancillaryKey":"","totalPrice":`+usd("5")+`}]}`)
	for _, extra := range []string{"spa", "gift", "", "golf"} {
		if err := buy(`{"bookingKey":"k","ancillaryKeys":["` + extra + `"]}`); code(err) != errs.PriceUnknown {
			t.Errorf("an extra %q that has no price in this currency: %v", extra, err)
		}
	}
	quoted("hotelPriceCheck", stay("95"))
	if err := buy(both); code(err) != errs.SpendCapReached || !strings.Contains(err.Error(), "121.00 USD") {
		t.Errorf("95 and 21 and 5, of 100: %v", err)
	}
	quoted("hotelPriceCheck", strings.ReplaceAll(stay("99"), "USD", "EUR"))
	if err := buy(both); code(err) != errs.SpendCapReached || !strings.Contains(err.Error(), "121.00 USD") {
		t.Errorf("a price in another currency took the place of the first: %v", err)
	}
	quoted("hotelPriceCheck", stay("30"))
	if err := buy(both); code(err) != errs.SpendCapReached {
		t.Errorf("a lower price of the same key was believed: %v", err)
	}
	r.now = r.now.Add(49 * time.Hour)
	if err := buy(`{"bookingKey":"k"}`); code(err) != errs.PriceUnknown {
		t.Errorf("a price of three days ago: %v", err)
	}
	quoted("hotelPriceCheck", stay("30"))
	if err := buy(`{"bookingKey":"k"}`); err != nil {
		t.Errorf("a key that is used anew: %v", err)
	}
	if s.Prices("hotelSearch") || !s.Prices("carPriceCheck") || !s.Quotes(id) || s.Quotes("nobody") {
		t.Error("the wrong answers are looked at")
	}
}

// TestBooks: however purchases and their returns follow each other, over midnight and on several processes, no day
// sees more of them than it may.
func TestBooks(t *testing.T) {
	t.Parallel()
	type bought struct {
		day   string
		price int64
		p     application.Purchase
	}
	r := newRig(t)
	rapid.Check(t, func(rt *rapid.T) {
		most, amount := rapid.IntRange(-1, 6).Draw(rt, "count"), rapid.Int64Range(-1, 3000).Draw(rt, "amount")
		nodes := []*application.Service{r.node(t)}
		id := r.make(t, nodes[0], buys(most, amount))
		nodes = append(nodes, r.node(t))
		prices, seen := map[string]int64{}, map[string]time.Time{}
		var open []bought
		count, spent := map[string]int{}, map[string]int64{}
		rt.Repeat(map[string]func(*rapid.T){
			"sees a price": func(rt *rapid.T) {
				key := rapid.StringMatching(`[a-f]`).Draw(rt, "key")
				if prices[key] > 0 {
					return
				}
				prices[key], seen[key] = rapid.Int64Range(1, 1500).Draw(rt, "price"), r.now
				answer := fmt.Sprintf(`{"bookingKey":%q,"price":{"base":{"amount":%d.%02d,"currencyCode":"USD"}}}`, id+key, prices[key]/100, prices[key]%100)
				if err := r.as(t, func(ctx context.Context) error {
					return nodes[0].Quoted(ctx, tenant, "hotelPriceCheck", []byte(answer))
				}); err != nil {
					rt.Fatal(err)
				}
			},
			"buys": func(rt *rapid.T) {
				key := rapid.StringMatching(`[a-g]`).Draw(rt, "key")
				p := application.Purchase{Tenant: tenant, Client: id, Operation: "hotelCreatePnr", Body: fmt.Appendf(nil, `{"bookingKey":%q}`, id+key), At: r.now}
				s := nodes[rapid.IntRange(0, 1).Draw(rt, "node")]
				day, price := r.now.Format(time.DateOnly), prices[key]
				if r.now.Sub(seen[key]) > 48*time.Hour {
					price = 0
				}
				want := errs.Code("")
				switch {
				case most >= 0 && count[day] >= most:
					want = errs.SpendCapReached
				case amount >= 0 && price == 0:
					want = errs.PriceUnknown
				case amount >= 0 && spent[day]+price > amount:
					want = errs.SpendCapReached
				}
				err := r.as(t, func(ctx context.Context) error { return s.Reserve(ctx, p) })
				if code(err) != want {
					rt.Fatalf("%d times for %d: %v, want %q", count[day], spent[day], err, want)
				}
				if err == nil {
					count[day]++
					spent[day] += price
					open = append(open, bought{day, price, p})
				}
			},
			"takes back": func(rt *rapid.T) {
				if len(open) == 0 {
					return
				}
				i := rapid.IntRange(0, len(open)-1).Draw(rt, "which")
				b := open[i]
				open = append(open[:i], open[i+1:]...)
				if amount < 0 && b.price == 0 && prices[strings.TrimPrefix(keyOf(b.p.Body), id)] > 0 {
					return // its price became known since; what is given back then is not what was taken
				}
				if err := r.as(t, func(ctx context.Context) error {
					return nodes[rapid.IntRange(0, 1).Draw(rt, "node")].Release(ctx, b.p)
				}); err != nil {
					rt.Fatal(err)
				}
				count[b.day]--
				spent[b.day] -= b.price
			},
			"an hour":  func(*rapid.T) { r.now = r.now.Add(time.Hour) },
			"midnight": func(*rapid.T) { r.now = r.now.Truncate(24 * time.Hour).Add(24*time.Hour - time.Second) },
		})
	})
}

func keyOf(body []byte) string { return strings.Split(string(body), `"`)[3] }

// TestNobodysPurchases: who is no application, or has no cap, is not counted; what was never reserved cannot be given back.
func TestNobodysPurchases(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.node(t)
	free := r.make(t, s, application.Settings{Name: "free"})
	once := r.make(t, s, buys(1, -1))
	p := func(client string) application.Purchase {
		return application.Purchase{Tenant: tenant, Client: client, Operation: "finalizePnr", At: r.now}
	}
	if err := r.as(t, func(ctx context.Context) error {
		for _, c := range []string{free, free, free} {
			if err := s.Reserve(ctx, p(c)); err != nil {
				return err
			}
		}
		for range 3 {
			if err := s.Release(ctx, p(once)); err != nil {
				return err
			}
		}
		return s.Reserve(ctx, p(once))
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.as(t, func(ctx context.Context) error { return s.Reserve(ctx, p("nobody")) }); code(err) != errs.TokenInvalid {
		t.Errorf("a purchase of an application that is gone: %v", err)
	}
	for range 2 {
		if err := r.as(t, func(ctx context.Context) error { return s.Reserve(ctx, p(once)) }); code(err) != errs.SpendCapReached {
			t.Errorf("a second purchase: %v", err)
		}
	}
}
