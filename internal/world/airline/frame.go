// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"slices"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

// frameDays is how many local days a search may touch: departures up to three days after the asked one.
const frameDays = 5

// change is a zone's offset from UTC on one day: before until minute at, then after. Offsets are minutes.
type change struct{ before, after, at int16 }

func (c change) offset(minute int32) int32 {
	if minute < int32(c.at) {
		return int32(c.before)
	}
	return int32(c.after)
}

// frame holds the offsets of all zones for the days from a date on. Times in a search are minutes after 00:00 UTC of
// that date.
type frame struct {
	date   supplier.Date
	local  [frameDays][]change // by local day and local minute
	utc    [frameDays + 1][]change
	week   [frameDays]uint8 // weekday bit of the day
	season [frameDays]uint8 // 1 = northern summer timetable
}

// departure is the UTC minute of a local departure on day k at an airport of the zone.
func (f *frame) departure(zone uint16, k int, minute uint16) int32 {
	return int32(k)*1440 + int32(minute) - f.local[k][zone].offset(int32(minute))
}

// at is the local minute, counted from 00:00 local of the frame's date, at a UTC minute.
func (f *frame) at(zone uint16, utc int32) int32 {
	k := int32(0)
	if utc >= 0 {
		k = min(utc/1440, frameDays)
	}
	return utc + f.utc[k][zone].offset(utc-k*1440)
}

// frames caches what is computed once per date; a platform sees a few hundred dates.
type frames struct {
	w    *world.World
	mu   sync.RWMutex
	days map[supplier.Date]*dayChanges
	full map[supplier.Date]*frame
	kind []*dayChanges // distinct days: most are alike
}

type dayChanges struct{ local, utc []change }

const maxFrames = 1200

func newFrames(w *world.World) *frames {
	return &frames{w: w, days: map[supplier.Date]*dayChanges{}, full: map[supplier.Date]*frame{}}
}

func (c *frames) get(d supplier.Date) *frame {
	c.mu.RLock()
	f := c.full[d]
	c.mu.RUnlock()
	if f != nil {
		return f
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.full) > maxFrames { // an endless stream of new dates must not grow without bound
		clear(c.full)
		clear(c.days)
		c.kind = c.kind[:0]
	}
	f = &frame{date: d}
	for k := range frameDays + 1 {
		day := d + supplier.Date(k)
		x := c.days[day]
		if x == nil {
			x = c.same(c.changes(day))
			c.days[day] = x
		}
		f.utc[k] = x.utc
		if k < frameDays {
			f.local[k] = x.local
			f.week[k] = 1 << ((int(day.Weekday()) + 6) % 7)
			f.season[k] = season(day)
		}
	}
	c.full[d] = f
	return f
}

func (c *frames) changes(d supplier.Date) *dayChanges {
	x := &dayChanges{local: make([]change, len(c.w.Zones)), utc: make([]change, len(c.w.Zones))}
	start := int64(d) * 86400
	for z := range c.w.Zones {
		loc := c.w.Zone(z)
		// From local midnight in the east to local midnight in the west.
		lo := offsetAt(loc, start-14*3600)
		hi := offsetAt(loc, start+(24+14)*3600)
		if lo == hi {
			x.local[z] = change{before: lo, after: lo}
			x.utc[z] = x.local[z]
			continue
		}
		t := time.Unix(start-14*3600, 0).In(loc)
		_, end := t.ZoneBounds()
		minute := (end.Unix() - start) / 60
		clamp := func(m int64) int16 { return int16(max(min(m, 3000), -3000)) }
		x.utc[z] = change{lo, hi, clamp(minute)}
		x.local[z] = change{lo, hi, clamp(minute + int64(lo))}
	}
	return x
}

// same is an earlier day that equals x, or x.
func (c *frames) same(x *dayChanges) *dayChanges {
	for _, k := range c.kind {
		if slices.Equal(k.local, x.local) && slices.Equal(k.utc, x.utc) {
			return k
		}
	}
	c.kind = append(c.kind, x)
	return x
}

func offsetAt(loc *time.Location, unix int64) int16 {
	_, off := time.Unix(unix, 0).In(loc).Zone()
	return int16(off / 60)
}

// season is 1 from the last Sunday of March to the day before the last Sunday of October.
func season(d supplier.Date) uint8 {
	y := d.UTC().Year()
	if d >= lastSunday(y, time.March) && d < lastSunday(y, time.October) {
		return 1
	}
	return 0
}

func lastSunday(year int, m time.Month) supplier.Date {
	d := supplier.NewDate(year, m, 31)
	return d - supplier.Date(d.Weekday())
}
