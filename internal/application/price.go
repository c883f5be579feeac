// SPDX-License-Identifier: Apache-2.0

package application

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// kindQuote is the price of a key that was seen in an answer.
const kindQuote = "application.quote"

// The sorts of keys that have a price. Keys of one sort never stand for those of another.
const (
	airKey   = "" // the oldest
	hotelKey = "hotel"
	extraKey = "hotel extra"
	carKey   = "car"
)

// quote is what a key in an answer costs.
type quote struct {
	sort, key string
	price     Money
}

// readers are the operations whose answers name prices.
//
//nolint:gochecknoglobals // constant table
var readers = map[string]func(answer []byte) []quote{
	"airRevalidateItinerary":             readAir,
	"airIntermediateRevalidateItinerary": readAir,
	"hotelPriceCheck":                    readHotel,
	"hotelDetails":                       readExtras,
	"hotelModifyDetails":                 readExtras,
	"hotelAncillaries":                   readExtras,
	"carPriceCheck":                      readCar,
}

// Prices reports whether the answers of an operation name prices.
func (s *Service) Prices(operation string) bool { return readers[operation] != nil }

// Quotes reports whether answers of an application's calls must be watched for prices.
func (s *Service) Quotes(client string) bool {
	l := s.Find(client)
	return l != nil && l.Purchases != nil && l.Purchases.Amount != nil
}

// maxQuotes bounds what one answer can leave behind.
const maxQuotes = 200

// Quoted remembers the prices in the answer of an operation, in the running transaction.
func (s *Service) Quoted(ctx context.Context, tenant, operation string, answer []byte) error {
	read := readers[operation]
	if read == nil {
		return nil
	}
	quotes := read(answer)
	for i := range quotes[:min(len(quotes), maxQuotes)] {
		q := &quotes[i]
		doc, err := json.Marshal(q.price)
		if err != nil {
			return err
		}
		now := s.d.Clock.Now()
		r := &store.Record{Tenant: tenant, Kind: kindQuote, ID: quoteID(q.sort, q.key), CreatedAt: now, UpdatedAt: now, Doc: doc}
		if err := s.quote(ctx, r, q.price); err != nil {
			return err
		}
	}
	return nil
}

// quote writes one down. A key has one price; should two be seen, the higher one counts.
func (s *Service) quote(ctx context.Context, r *store.Record, price Money) error {
	tx := store.From(ctx)
	old, err := tx.Get(r.Tenant, kindQuote, r.ID)
	if errors.Is(err, store.ErrNotFound) {
		return tx.Insert(r)
	} else if err != nil {
		return err
	}
	var was Money
	if err := json.Unmarshal(old.Doc, &was); err != nil {
		return err
	}
	if r.UpdatedAt.Sub(old.UpdatedAt) <= quoteFor && (was.Currency != price.Currency || was.Minor >= price.Minor) {
		return nil
	}
	return tx.Update(r, old.Version)
}

// wanted is what a purchase names: the keys whose prices add up to its own, or why there is none.
type wanted struct {
	sort, key string
	extras    []string
	why       string
}

// wants reads the request of a purchase. Names count as they are written: the real API reads no others.
func wants(operation string, body []byte) wanted {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(body, &m) // what cannot be read names no key
	text := func(name string) (s string) {
		_ = json.Unmarshal(m[name], &s) // as above
		return s
	}
	list := func(name string) (l []string) {
		if json.Unmarshal(m[name], &l) != nil && len(m[name]) > 0 {
			return []string{""} // something is there that has no price
		}
		return l
	}
	w := wanted{}
	switch operation {
	case "airCreatePnr", "airModifyBookV2":
		w.sort, w.key = airKey, text("bookingId")
		w.why = "it names no bookingId"
	case "hotelCreatePnr", "hotelModifyBooking":
		w.sort, w.key, w.extras = hotelKey, text("bookingKey"), list("ancillaryKeys")
		w.why = "it names no bookingKey"
	case "carCreatePnr", "carModifyBook":
		w.sort, w.key = carKey, text("bookingKey")
		w.why = "it names no bookingKey"
		if len(list("specialEquipmentTypes")) > 0 {
			w.key, w.why = "", "what its special equipment costs is said at the counter"
		}
	default:
		w.why = "no answer of the API names a price for this operation"
	}
	return w
}

// price adds up what the keys of a purchase were quoted at; why says what is missing.
func (s *Service) price(ctx context.Context, p *Purchase) (m Money, why string, err error) {
	w := wants(p.Operation, p.Body)
	if w.key == "" {
		return m, w.why, nil
	}
	m, ok, err := s.quoted(ctx, p, w.sort, w.key)
	if err != nil || !ok {
		return Money{}, "no answer to this server said what its key costs, or that is too long ago", err
	}
	for _, key := range w.extras {
		extra, ok, err := s.quoted(ctx, p, extraKey, key)
		if err != nil || !ok || extra.Currency != m.Currency {
			return Money{}, "no answer to this server said what one of its ancillaryKeys costs, or it is in another currency", err
		}
		m.Minor += extra.Minor
	}
	return m, "", nil
}

// quoted is the price of one key; false when it is not known.
func (s *Service) quoted(ctx context.Context, p *Purchase, sort, key string) (m Money, ok bool, err error) {
	r, err := store.Read(ctx).Get(p.Tenant, kindQuote, quoteID(sort, key))
	if errors.Is(err, store.ErrNotFound) {
		return m, false, nil
	} else if err != nil {
		return m, false, err
	}
	if p.At.Sub(r.UpdatedAt) > quoteFor {
		return m, false, nil
	}
	return m, true, json.Unmarshal(r.Doc, &m)
}

func quoteID(sort, key string) string {
	if sort != airKey {
		key = sort + "\x00" + key
	}
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}

// amount is money as the API writes it.
type amount struct {
	Amount   number `json:"amount"`
	Currency string `json:"currencyCode"`
}

// number is a JSON number as it is written: reading it as a float would round it a first time.
type number string

func (n *number) UnmarshalJSON(raw []byte) error {
	switch c := raw[0]; {
	case string(raw) == "null":
	case c == '-' || c >= '0' && c <= '9':
		*n = number(raw)
	default:
		return errors.New("an amount is a number")
	}
	return nil
}

// zero reports whether it is 0, or was not there.
func (n number) zero() bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(string(n)), "e")
	return !strings.ContainsAny(mantissa, "123456789")
}

// most is the largest sum that is read; whatever is above it is a mistake.
const most = int64(1e15)

// sum adds amounts up, in minor units; false when there are none, currencies differ, or the sum makes no sense.
// An amount without a currency that is 0 is as good as absent.
func sum(list ...amount) (m Money, ok bool) {
	for _, a := range list {
		if a.Currency == "" && a.Amount.zero() {
			continue
		}
		if a.Currency == "" || m.Currency != "" && a.Currency != m.Currency {
			return Money{}, false
		}
		m.Currency = a.Currency
		if a.Amount.zero() {
			continue
		}
		minor, ok := jsondoc.Scaled(string(a.Amount), decimals(a.Currency))
		if !ok || max(minor, -minor) > most {
			return Money{}, false
		}
		m.Minor += minor
	}
	return m, m.Currency != "" && m.Minor >= 0 && m.Minor <= most
}

// readAir reads AirRevalidateItineraryResponse. Its total holds fare, extras, fees and the penalty of an exchange.
func readAir(answer []byte) []quote {
	var a struct {
		BookingID string `json:"bookingId"`
		Fare      struct {
			Total struct {
				Base amount `json:"base"`
				Tax  amount `json:"tax"`
			} `json:"totalFare"`
		} `json:"fareBreakDown"`
	}
	if json.Unmarshal(answer, &a) != nil || a.BookingID == "" || a.Fare.Total.Base.Currency == "" {
		return nil
	}
	m, ok := sum(a.Fare.Total.Base, a.Fare.Total.Tax)
	if !ok {
		return nil
	}
	return []quote{{airKey, a.BookingID, m}}
}

// readHotel reads HotelPriceCheckResponse: base, tax and fees, and the commission where it is part of the total.
func readHotel(answer []byte) []quote {
	var a struct {
		Key   string `json:"bookingKey"`
		Price struct {
			Base amount `json:"base"`
			Tax  amount `json:"tax"`
			Fees []struct {
				Amount amount `json:"amount"`
			} `json:"roomFees"`
			Commission struct {
				Amount amount `json:"amount"`
			} `json:"commission"`
			With bool `json:"includesCommission"`
		} `json:"price"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Key == "" || a.Price.Base.Currency == "" {
		return nil
	}
	all := []amount{a.Price.Base, a.Price.Tax}
	for _, f := range a.Price.Fees {
		all = append(all, f.Amount)
	}
	if a.Price.With {
		all = append(all, a.Price.Commission.Amount)
	}
	m, ok := sum(all...)
	if !ok {
		return nil
	}
	return []quote{{hotelKey, a.Key, m}}
}

// readExtras reads the ancillaries of a hotel, for the whole stay.
func readExtras(answer []byte) (out []quote) {
	var a struct {
		Extras []struct {
			Key   string `json:"ancillaryKey"`
			Total amount `json:"totalPrice"`
		} `json:"ancillaries"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return nil
	}
	for _, e := range a.Extras {
		if m, ok := sum(e.Total); ok && e.Key != "" {
			out = append(out, quote{extraKey, e.Key, m})
		}
	}
	return out
}

// readCar reads CarPriceCheckResponse. Of the components of the rate that will be charged only the total counts: the
// others overlap. Of a changed booking it is the new total, although the old one is given back.
func readCar(answer []byte) []quote {
	type rate struct {
		Components []struct {
			Type   string `json:"componentType"`
			Amount amount `json:"amount"`
		} `json:"carRateComponents"`
	}
	var a struct {
		Key     string `json:"bookingKey"`
		Changed bool   `json:"hasPriceChanged"`
		Rate    *rate  `json:"rateInfo"`
		Final   *rate  `json:"finalRateInfo"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Key == "" {
		return nil
	}
	if a.Final == nil && !a.Changed {
		a.Final = a.Rate
	}
	if a.Final == nil {
		return nil
	}
	for _, c := range a.Final.Components {
		if m, ok := sum(c.Amount); ok && c.Type == "APPROXIMATE_TOTAL_PRICE" {
			return []quote{{carKey, a.Key, m}}
		}
	}
	return nil
}

// decimals are the digits of a currency's minor unit (ISO 4217); two where nothing else is said.
func decimals(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// String is the amount in major units: "1204.50 USD".
func (m Money) String() string {
	d, sign, minor := decimals(m.Currency), "", m.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	digits := fmt.Sprintf("%0*d", d+1, minor)
	whole, part := digits[:len(digits)-d], digits[len(digits)-d:]
	if d > 0 {
		part = "." + part
	}
	return sign + whole + part + " " + m.Currency
}

// ParseMoney reads an amount as String writes it, with at most the decimals that the currency has: "1204.5 USD".
func ParseMoney(text string) (Money, error) {
	amount, currency, ok := strings.Cut(strings.TrimSpace(text), " ")
	whole, part, _ := strings.Cut(amount, ".")
	d := decimals(currency)
	digits := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	upper := !strings.ContainsFunc(currency, func(r rune) bool { return r < 'A' || r > 'Z' })
	if !ok || len(currency) != 3 || !upper || whole == "" || len(part) > d || !digits(whole+part) {
		return Money{}, fmt.Errorf("%q is no amount such as %s", text, Money{120450, "USD"})
	}
	minor, err := strconv.ParseInt(whole+part+strings.Repeat("0", d-len(part)), 10, 64)
	if err != nil {
		return Money{}, fmt.Errorf("%q is too much", text)
	}
	return Money{minor, currency}, nil
}
