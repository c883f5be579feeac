// SPDX-License-Identifier: Apache-2.0

package application

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// kindBook is what an application buys, one record a day.
const kindBook = "application.purchases"

// quoteFor is how long a price is kept: longer than any booking id lives.
const quoteFor = 48 * time.Hour

// book is what an application bought in a day.
type book struct {
	Count  int              `json:"count"`
	Amount map[string]int64 `json:"amount"` // minor units by currency
}

// Purchase names one purchase: which application, and its request.
type Purchase struct {
	Tenant, Client, Operation string
	Body                      []byte
	At                        time.Time // when its call came in: the day it counts for, and is taken back from
}

// Reserve counts a purchase in the running transaction, ahead of it. SPEND_CAP_REACHED; PRICE_UNKNOWN when
// there is a cap on the amount and no answer that passed here gave the price; ACCESS_TOKEN_INVALID for an application
// that is gone.
func (s *Service) Reserve(ctx context.Context, p Purchase) error {
	l := s.Find(p.Client)
	if l == nil { // it was deleted while the call was under way, and its caps with it
		return errs.New(errs.TokenInvalid, "Access Token Invalid").Hinting("The application of the token is not there any more.")
	}
	if l.Purchases == nil {
		return nil
	}
	b, r, err := s.book(ctx, &p)
	if err != nil {
		return err
	}
	if c := l.Purchases.Count; c != nil && b.Count >= *c {
		return errs.New(errs.SpendCapReached, "this application has bought %d times today, which is as often as it may", b.Count).
			With("countPerDay", strconv.Itoa(*c))
	}
	price, unknown, err := s.price(ctx, &p)
	if err != nil {
		return err
	}
	if unknown == "" {
		telemetry.Spent(ctx, price.Minor, price.Currency)
	}
	if cap := l.Purchases.Amount; cap != nil {
		switch {
		case unknown != "":
			return errs.New(errs.PriceUnknown, "this application may spend %s a day, and the price of this purchase is not known here: %s", cap, unknown).
				With("operation", p.Operation).With("amountPerDay", cap.String())
		case price.Currency != cap.Currency:
			return errs.New(errs.PriceUnknown, "this application's cap is in %s and the price is in %s", cap.Currency, price.Currency).
				With("operation", p.Operation).With("amountPerDay", cap.String()).With("price", price.String())
		case b.Amount[cap.Currency]+price.Minor > cap.Minor:
			spent := Money{b.Amount[cap.Currency], cap.Currency}
			return errs.New(errs.SpendCapReached, "this application spent %s of %s today, and this purchase is %s", spent, *cap, price).
				With("amountPerDay", cap.String()).With("spent", spent.String()).With("price", price.String())
		}
	}
	return s.add(ctx, &p, b, r, price, 1)
}

// Release takes a purchase back that is known not to have happened.
func (s *Service) Release(ctx context.Context, p Purchase) error {
	l := s.Find(p.Client)
	if l == nil || l.Purchases == nil {
		return nil
	}
	b, r, err := s.book(ctx, &p)
	if err != nil || r == nil {
		return err
	}
	price, _, err := s.price(ctx, &p)
	if err != nil {
		return err
	}
	return s.add(ctx, &p, b, r, price, -1)
}

// add books a purchase, or takes it back; price is zero when it is not known.
func (s *Service) add(ctx context.Context, p *Purchase, b *book, r *store.Record, price Money, sign int) error {
	b.Count = max(b.Count+sign, 0)
	if price.Currency != "" {
		if b.Amount == nil {
			b.Amount = map[string]int64{}
		}
		b.Amount[price.Currency] = max(b.Amount[price.Currency]+int64(sign)*price.Minor, 0)
	}
	doc, err := json.Marshal(b)
	if err != nil {
		return err
	}
	now := s.d.Clock.Now()
	next := &store.Record{Tenant: p.Tenant, Kind: kindBook, ID: bookID(p), Parent: p.Client, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if r == nil {
		return store.From(ctx).Insert(next)
	}
	next.CreatedAt = r.CreatedAt
	return store.From(ctx).Update(next, r.Version)
}

func bookID(p *Purchase) string { return p.Client + "/" + p.At.UTC().Format(time.DateOnly) }

func (s *Service) book(ctx context.Context, p *Purchase) (*book, *store.Record, error) {
	r, err := store.Read(ctx).Get(p.Tenant, kindBook, bookID(p))
	if errors.Is(err, store.ErrNotFound) {
		return &book{}, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	b := new(book)
	return b, r, json.Unmarshal(r.Doc, b)
}
