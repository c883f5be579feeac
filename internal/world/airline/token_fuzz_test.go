// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"errors"
	"testing"

	"github.com/airside-travel/airside/internal/supplier"
)

// A reference may be anything: it is answered with an offer or with one of two errors.
func FuzzRebuild(f *testing.F) {
	e := engine(f)
	for _, o := range shop(f, e, e.roundTrip("LHR", "JFK", 30)).Offers[:10] {
		f.Add([]byte(o.Ref))
		for i := range o.Ref {
			bad := append([]byte(nil), o.Ref...)
			bad[i] ^= 0x55
			f.Add(bad)
			f.Add(bad[:i])
		}
	}
	f.Fuzz(func(t *testing.T, ref []byte) {
		for _, call := range []func() (*supplier.AirOffer, error){
			func() (*supplier.AirOffer, error) { return e.Rebuild(t.Context(), ref) },
			func() (*supplier.AirOffer, error) {
				return e.Price(t.Context(), ref, supplier.PriceOpts{Tenant: "acme", Now: noon})
			},
		} {
			o, err := call()
			changed := (*supplier.PriceChanged)(nil)
			if err != nil && !errors.Is(err, supplier.ErrNotFound) && !errors.Is(err, supplier.ErrExpired) &&
				!errors.Is(err, supplier.ErrSoldOut) && !errors.As(err, &changed) {
				t.Fatal(err)
			}
			if err == nil && o.Total != o.Base+o.Tax {
				t.Fatalf("%d + %d = %d", o.Base, o.Tax, o.Total)
			}
		}
	})
}
