// SPDX-License-Identifier: Apache-2.0

package application

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// The records of what applications buy.
const (
	kindBook  = "application.purchases" // one a day and application
	kindQuote = "application.quote"     // the price of a booking id that was seen in an answer
)

// quoteFor is how long a price is kept: longer than any booking id lives.
const quoteFor = 48 * time.Hour

// book is what an application bought in a day.
type book struct {
	Count  int              `json:"count"`
	Amount map[string]int64 `json:"amount"` // minor units by currency
}

// Purchase names one purchase: which application, and the body of its request.
type Purchase struct {
	Tenant, Client string
	Body           []byte
}

// Reserve counts a purchase in the running transaction, ahead of it. SPEND_CAP_REACHED; PRICE_UNKNOWN when
// there is a cap on the amount and no answer that passed here gave the price.
func (s *Service) Reserve(ctx context.Context, p Purchase) error {
	l := s.Find(p.Client)
	if l == nil || l.Purchases == nil {
		return nil
	}
	b, r, err := s.book(ctx, p)
	if err != nil {
		return err
	}
	if c := l.Purchases.Count; c != nil && b.Count >= *c {
		return errs.New(errs.SpendCapReached, "this application has bought %d times today, which is as often as it may", b.Count).
			With("countPerDay", strconv.Itoa(*c))
	}
	price, known, err := s.price(ctx, p)
	if err != nil {
		return err
	}
	if known {
		telemetry.Spent(ctx, price.Minor, price.Currency)
	}
	if cap := l.Purchases.Amount; cap != nil {
		switch {
		case !known:
			return errs.New(errs.PriceUnknown, "this application may spend %s a day, and the price of this purchase is not known here", cap)
		case price.Currency != cap.Currency:
			return errs.New(errs.PriceUnknown, "this application's cap is in %s and the price is in %s", cap.Currency, price.Currency)
		case b.Amount[cap.Currency]+price.Minor > cap.Minor:
			spent := Money{b.Amount[cap.Currency], cap.Currency}
			return errs.New(errs.SpendCapReached, "this application spent %s of %s today, and this purchase is %s", spent, *cap, price).
				With("amountPerDay", cap.String()).With("spent", spent.String()).With("price", price.String())
		}
	}
	return s.add(ctx, p, b, r, price, known, 1)
}

// Release takes a purchase back that is known not to have happened.
func (s *Service) Release(ctx context.Context, p Purchase) error {
	l := s.Find(p.Client)
	if l == nil || l.Purchases == nil {
		return nil
	}
	b, r, err := s.book(ctx, p)
	if err != nil || r == nil {
		return err
	}
	price, known, err := s.price(ctx, p)
	if err != nil {
		return err
	}
	return s.add(ctx, p, b, r, price, known, -1)
}

func (s *Service) add(ctx context.Context, p Purchase, b *book, r *store.Record, price Money, known bool, sign int) error {
	b.Count += sign
	if known {
		if b.Amount == nil {
			b.Amount = map[string]int64{}
		}
		b.Amount[price.Currency] += int64(sign) * price.Minor
	}
	doc, err := json.Marshal(b)
	if err != nil {
		return err
	}
	now := s.d.Clock.Now()
	next := &store.Record{Tenant: p.Tenant, Kind: kindBook, ID: s.bookID(p), Parent: p.Client, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if r == nil {
		return store.From(ctx).Insert(next)
	}
	next.CreatedAt = r.CreatedAt
	return store.From(ctx).Update(next, r.Version)
}

func (s *Service) bookID(p Purchase) string {
	return p.Client + "/" + s.d.Clock.Now().UTC().Format(time.DateOnly)
}

func (s *Service) book(ctx context.Context, p Purchase) (*book, *store.Record, error) {
	r, err := store.Read(ctx).Get(p.Tenant, kindBook, s.bookID(p))
	if errors.Is(err, store.ErrNotFound) {
		return &book{}, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	b := new(book)
	return b, r, json.Unmarshal(r.Doc, b)
}

// price finds what the booking id of a request was quoted at.
func (s *Service) price(ctx context.Context, p Purchase) (Money, bool, error) {
	var m Money
	id := bookingID(p.Body)
	if id == "" {
		return m, false, nil
	}
	r, err := store.Read(ctx).Get(p.Tenant, kindQuote, quoteID(id))
	if errors.Is(err, store.ErrNotFound) {
		return m, false, nil
	} else if err != nil {
		return m, false, err
	}
	if s.d.Clock.Now().Sub(r.CreatedAt) > quoteFor {
		return m, false, nil
	}
	return m, true, json.Unmarshal(r.Doc, &m)
}

// Quotes reports whether answers of an application's calls must be watched for prices.
func (s *Service) Quotes(client string) bool {
	l := s.Find(client)
	return l != nil && l.Purchases != nil && l.Purchases.Amount != nil
}

// Quoted remembers the price in an answer, if it holds one, in the running transaction.
func (s *Service) Quoted(ctx context.Context, tenant string, answer []byte) error {
	id, m, ok := s.quote(answer)
	if !ok {
		return nil
	}
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	now := s.d.Clock.Now()
	r := &store.Record{Tenant: tenant, Kind: kindQuote, ID: quoteID(id), CreatedAt: now, UpdatedAt: now, Doc: doc}
	if err := store.From(ctx).Insert(r); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil // a booking id has one price
}

// quote reads AirRevalidateItineraryResponse, the answer that names both a booking id and its price. Those
// of hotels and cars name parts only, so that their purchases are not possible under a cap on the amount.
func (s *Service) quote(answer []byte) (id string, m Money, ok bool) {
	type amount struct {
		Amount   float64 `json:"amount"`
		Currency string  `json:"currencyCode"`
	}
	var a struct {
		BookingID string `json:"bookingId"`
		Fare      struct {
			Total struct{ Base, Tax amount } `json:"totalFare"`
		} `json:"fareBreakDown"`
	}
	if json.Unmarshal(answer, &a) != nil || a.BookingID == "" {
		return "", m, false
	}
	t := a.Fare.Total
	if t.Base.Currency == "" || t.Tax.Currency != "" && t.Tax.Currency != t.Base.Currency {
		return "", m, false
	}
	unit := math.Pow10(decimals(t.Base.Currency))
	return a.BookingID, Money{int64(math.Round(t.Base.Amount*unit)) + int64(math.Round(t.Tax.Amount*unit)), t.Base.Currency}, true
}

func bookingID(body []byte) string {
	var b struct {
		BookingID string `json:"bookingId"`
	}
	_ = json.Unmarshal(body, &b) // what has none is no purchase with a known price
	return b.BookingID
}

func quoteID(bookingID string) string {
	h := sha256.Sum256([]byte(bookingID))
	return hex.EncodeToString(h[:])
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
	d := decimals(m.Currency)
	return fmt.Sprintf("%.*f %s", d, float64(m.Minor)/math.Pow10(d), m.Currency)
}
