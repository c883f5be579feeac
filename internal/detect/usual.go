// SPDX-License-Identifier: Apache-2.0

package detect

import "math"

const (
	hourMillis = int64(3600_000)
	dayMillis  = 24 * hourMillis

	// How far a baseline may move. Up is capped, so that an attack that grows slowly has to take weeks,
	// and down is slow, so that a holiday does not make the day after it look like an attack.
	riseADay = 0.25
	fallADay = 0.05
	floorMin = 4 // what the caps are fractions of, at least, so that a baseline of zero can grow
)

// usual is the highest value of an ordinary day.
type usual struct {
	day         int32
	days        uint16
	peak, level float32
}

// see notes a value and folds the day before when a new one began; a tainted day teaches nothing.
func (u *usual) see(value float64, now int64, tainted func(from, to int64) bool) {
	day := int32(now / dayMillis)
	switch {
	case u.day == 0 || day < u.day:
		u.day, u.peak = day, 0
	case day > u.day:
		if !tainted(int64(u.day)*dayMillis, int64(u.day+1)*dayMillis) && u.peak > 0 {
			u.fold()
		}
		u.day, u.peak = day, 0
	}
	u.peak = max(u.peak, float32(value))
}

func (u *usual) fold() {
	if u.days < 3 {
		u.level = max(u.level, u.peak)
	} else {
		u.level = float32(drift(float64(u.level), float64(u.peak), 0.5))
	}
	u.days = min(u.days+1, math.MaxUint16-1)
}

// drift moves a level towards what was seen by a share of the difference, within the caps.
func drift(level, seen, share float64) float64 {
	step := (seen - level) * share
	if step < 0 {
		return level + max(step, -fallADay*level)
	}
	return level + min(step, riseADay*max(level, floorMin))
}

// series is what one client usually does by hour of the week: of each hour the highest count of the
// rule's window. The day's profile fills in while the week is young, and after holidays.
type series struct {
	window counter
	hour   int64 // the running hour, since 1970
	peak   float32
	since  int64 // hour of the first event

	week    [168]uint16
	day     [48]uint16 // weekdays, then weekends
	weekHas [168 / 8]byte
	dayHas  [48 / 8]byte

	limitHour int64 // for which limit was computed
	expected  float32
	limit     float32
}

// Levels are kept in the upper 16 bits of a float32 without its sign: within 0.4 %, and in order.
func pack(v float64) uint16   { return uint16(math.Float32bits(float32(max(v, 0))) >> 15) }
func unpack(v uint16) float64 { return float64(math.Float32frombits(uint32(v) << 15)) }

func weekHour(hour int64) int { return int((hour + 3*24) % 168) } // 1970 began on a Thursday: Monday is 0

func dayHour(hour int64) int {
	w := weekHour(hour)
	if w >= 5*24 {
		return 24 + w%24
	}
	return w % 24
}

func has(set []byte, i int) bool { return set[i/8]&(1<<(i%8)) != 0 }

// turn closes the hours before the one of now. Hours without events count as such; after a gap of
// more than two weeks nobody knows what they were.
func (s *series) turn(now int64, tainted func(from, to int64) bool) {
	hour := now / hourMillis
	switch {
	case s.hour == 0:
		s.hour, s.since = hour, hour
	case hour < s.hour:
		if s.hour-hour > 1 { // the clock was set back
			s.hour, s.peak, s.limitHour = hour, 0, 0
		}
		return
	case hour-s.hour > 14*24:
		s.hour, s.peak = hour, 0
		return
	}
	for s.hour < hour {
		if !tainted(s.hour*hourMillis, (s.hour+1)*hourMillis) {
			s.fold(s.hour, float64(s.peak))
		}
		s.hour, s.peak = s.hour+1, 0
	}
}

func (s *series) fold(hour int64, peak float64) {
	w, d := weekHour(hour), dayHour(hour)
	if has(s.weekHas[:], w) {
		s.week[w] = pack(drift(unpack(s.week[w]), peak, 0.5))
	} else {
		if s.mature(hour) { // a first look at this hour must not teach more than the caps allow
			peak = min(peak, drift(unpack(s.day[d]), peak, 1))
		}
		s.week[w] = pack(peak)
		s.weekHas[w/8] |= 1 << (w % 8)
	}
	if has(s.dayHas[:], d) {
		s.day[d] = pack(drift(unpack(s.day[d]), peak, 0.3))
	} else {
		s.day[d] = pack(peak)
		s.dayHas[d/8] |= 1 << (d % 8)
	}
}

func (s *series) mature(hour int64) bool { return hour-s.since >= 7*24 }

// level is what is to be expected in an hour: the most of it and its neighbours, in the week and in
// the day, because batches start early and people stay late.
func (s *series) level(hour int64) float64 {
	most := uint16(0)
	for h := hour - 1; h <= hour+1; h++ {
		most = max(most, s.week[weekHour(h)], s.day[dayHour(h)])
	}
	return unpack(most)
}

// rest is how many hours on either side of a resting hour must be at rest, too.
const rest = 3

// resting reports whether a client that has clear hours of work has none around this hour, neither on
// this day of the week nor on others of its sort.
func (s *series) resting(hour int64) bool {
	quiet := pack(0.5)
	for h := hour - rest; h <= hour+rest; h++ {
		if s.week[weekHour(h)] > quiet || s.day[dayHour(h)] > quiet {
			return false
		}
	}
	busy, sum := 0, 0.0
	for _, v := range s.week {
		if v > quiet {
			busy++
			sum += unpack(v)
		}
	}
	return busy >= 10 && busy <= 120 && sum/float64(busy) >= 5
}
