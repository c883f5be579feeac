// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// tickSeconds is the price clock: seats sold by others, and with them fares, move only every six hours.
const tickSeconds = 6 * 3600

func priceTick(now time.Time) int32 { return int32(now.Unix() / tickSeconds) }

// bookingCurve is the share of a flight's final load, in thousandths, that is sold so many ticks before departure.
func bookingCurve() []uint16 {
	points := []struct{ days, share int }{{0, 1000}, {1, 985}, {3, 945}, {7, 855}, {14, 735}, {21, 640}, {30, 540},
		{60, 350}, {90, 250}, {180, 110}, {330, 30}, {400, 10}}
	var c []uint16
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		ticks := (b.days - a.days) * 4
		for t := range ticks {
			c = append(c, uint16(a.share+(b.share-a.share)*t/ticks))
		}
	}
	return append(c, 10)
}

// seats answers the free and the installed seats of a cabin at a price tick. The caller holds the book's lock.
func (e *Engine) seats(b *book, flight int32, date supplier.Date, cabin supplier.Cabin, tick int32) (free, installed int32) {
	return e.free(b.seats(flight, date, cabin), flight, date, cabin, tick)
}

// free is seats when so many were taken by bookings.
func (e *Engine) free(taken, flight int32, date supplier.Date, cabin supplier.Cabin, tick int32) (free, installed int32) {
	installed = int32(e.w.Aircraft[e.net.typ[flight]].Seats[cabin-1])
	if installed == 0 {
		return 0, 0
	}
	if int(flight) >= e.net.operated { // the test carrier sells nothing by itself
		switch n := e.net.number[flight]; {
		case n < 100: // never sells out (design: ZZ 1-99)
			return installed, installed
		case n < 110:
			return 1 - taken, installed
		default:
			return installed - taken, installed
		}
	}
	left := int32(date)*4 + int32(e.net.depart[flight])/360 - tick
	left = max(0, min(left, int32(len(e.curve)-1)))
	h := mix(e.seed ^ uint64(flight)<<24 ^ uint64(uint32(date))<<3 ^ uint64(cabin))
	load := int32(640 + h%370) // of the seats, in thousandths; above 1000 the flight sells out early
	if cabin >= supplier.Business {
		load -= 60
	}
	sold := installed * load / 1000 * int32(e.curve[left]) / 1000
	return installed - min(sold, installed) - taken, installed
}

// bucketLimits are the shares of the cabin, in thousandths, up to which each fare bucket is open.
var bucketLimits = [...]int32{250, 380, 490, 580, 660, 740, 810, 880, 945}

// bucketFares are the fares of the buckets in percent of the lowest.
var bucketFares = [...]int64{100, 112, 126, 142, 162, 186, 216, 254, 302, 360}

// bucket is the lowest fare bucket that still sells `want` seats together, with advance purchase rules applied.
func bucket(free, installed, want, daysAhead int32) uint8 {
	full := (installed - free + want - 1) * 1000 / installed
	b := uint8(0)
	for int(b) < len(bucketLimits) && full >= bucketLimits[b] {
		b++
	}
	switch {
	case daysAhead < 3:
		b = max(b, 5)
	case daysAhead < 7:
		b = max(b, 3)
	case daysAhead < 14:
		b = max(b, 2)
	case daysAhead < 21:
		b = max(b, 1)
	}
	return b
}
