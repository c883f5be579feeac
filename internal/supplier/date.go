// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"fmt"
	"time"
)

// Date is a civil date without a time zone: days since 1970-01-01. It compares with == and <.
type Date int32

// NewDate is the date of a year, month and day; out of range parts roll over as in time.Date.
func NewDate(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DateIn is the civil date that people in loc read from their calendar at t.
func DateIn(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return NewDate(y, m, d)
}

// ParseDate reads "2027-07-21".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return Date(t.Unix() / 86400), nil
}

// UTC is midnight UTC of the date; use it only to reach calendar functions of package time.
func (d Date) UTC() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

// At is the local time `minute` minutes after midnight of the date.
func (d Date) At(minute int) LocalTime { return LocalTime(int32(d)*1440 + int32(minute)) }

// String is "2027-07-21".
func (d Date) String() string { return d.UTC().Format(time.DateOnly) }

// LocalTime is what a clock on the wall of an airport shows: minutes since 1970-01-01T00:00 of that place. Two local
// times of different places must not be compared; compare the UTC instants next to them.
type LocalTime int32

// Date is the civil date part.
func (t LocalTime) Date() Date {
	if t < 0 {
		return Date((t - 1439) / 1440)
	}
	return Date(t / 1440)
}

// Minute is the minute of the day, 0-1439.
func (t LocalTime) Minute() int { return int(t - t.Date().At(0)) }

// String is "2027-07-21T17:32", the form the API uses for flight times.
func (t LocalTime) String() string {
	return fmt.Sprintf("%sT%02d:%02d", t.Date(), t.Minute()/60, t.Minute()%60)
}
