// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

type deaf struct{}

func (deaf) Announce(context.Context, announce.Notice) error { return nil }

// stocked is a service whose company has n trips with three PNRs each; it answers the last trip's id.
func stocked(b *testing.B, n int) (*Service, *sqlite.Store, string) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), sqlite.Options{Memory: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := New(Options{Clocks: clock.NewTenants(clock.Func(func() time.Time { return at })), Announcer: deaf{},
		Directory: people{ada: {ID: ada, CompanyID: company, Given: "Ada", Family: "Moreau", Active: true}}})
	last := ""
	for range n {
		if err := db.Update(b.Context(), func(ctx context.Context) error {
			ctx = actor.With(ctx, agent())
			id, err := s.Open(ctx, NewTrip{Name: "Lisbon offsite", UserID: ada})
			for _, product := range []string{twoTickets(), hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"), car()} {
				if err == nil {
					_, err = s.AddPNR(ctx, id, NewPNR{Doc: json.RawMessage(booking(product, `"totalFare":{"amount":200,`+eur+`}`))})
				}
			}
			last = id
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	return s, db, last
}

func BenchmarkTripDetails(b *testing.B) {
	s, db, id := stocked(b, 1)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := db.View(ctx, func(ctx context.Context) error {
			_, err := s.TripDetails(actor.With(ctx, agent()), TripIn{id})
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompanyTrips(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, db, _ := stocked(b, n)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if err := db.View(ctx, func(ctx context.Context) error {
					_, err := s.CompanyTrips(actor.With(ctx, agent()), CompanyTripsIn{CompanyID: company})
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpenFolder(b *testing.B) {
	_, db, id := stocked(b, 1)
	var rec *store.Record
	if err := db.View(b.Context(), func(ctx context.Context) (err error) {
		rec, err = store.Read(ctx).Get(tenant, kindTrip, id)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := openFolder(rec); err != nil {
			b.Fatal(err)
		}
	}
}
