// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/store"
)

// Index entries of a PNR. Values are trimmed and in upper case: letter case does not matter.
const (
	fieldLocator  = "pnr.locator"
	fieldTicket   = "pnr.ticket"
	fieldVendor   = "pnr.vendor"
	fieldExternal = "pnr.external"
	// fieldOwn makes an external id unique among the live PNRs of a company, so that a create that is
	// repeated after a network error is refused instead of booked twice.
	fieldOwn = "pnr.external.own"
)

func normal(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

func (f *facts) index(company string) []store.Entry {
	var out []store.Entry
	seen := map[string]bool{}
	add := func(field string, values ...string) {
		for _, v := range values {
			v = normal(v)
			if v != "" && !seen[field+v] {
				seen[field+v] = true
				out = append(out, store.Entry{Field: field, Value: v})
			}
		}
	}
	add(fieldLocator, f.Source.Locator)
	add(fieldExternal, f.External.ID)
	if id := normal(f.External.ID); id != "" && !dead(f.BookingStatus) {
		out = append(out, store.Entry{Field: fieldOwn, Value: company + "/" + id, Unique: true})
	}
	switch {
	case f.Air != nil:
		for _, leg := range f.Air.Legs {
			for _, flight := range leg.Flights {
				add(fieldVendor, flight.Confirmation)
			}
		}
		for _, p := range f.Air.Travelers {
			for _, k := range append(slices.Clip(p.Tickets), p.LastTickets...) {
				add(fieldTicket, k.Number)
			}
		}
	case f.Hotel != nil:
		add(fieldVendor, f.Hotel.Vendor)
	case f.Car != nil:
		add(fieldVendor, f.Car.Vendor)
	case f.Rail != nil:
		add(fieldVendor, f.Rail.Vendor)
		for _, leg := range f.Rail.Legs {
			add(fieldVendor, leg.Carrier)
			add(fieldTicket, leg.Ticket)
		}
	case f.Limo != nil:
		add(fieldVendor, f.Limo.Vendor)
	case f.Misc != nil:
		add(fieldVendor, f.Misc.Vendor)
	}
	return out
}
