// SPDX-License-Identifier: Apache-2.0

package supplier_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/supplier"
)

func TestDateAgreesWithTheCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := time.Unix(rapid.Int64Range(-2e9, 8e9).Draw(rt, "unix"), 0).UTC()
		d := supplier.DateIn(u, time.UTC)
		if d.String() != u.Format(time.DateOnly) || d.Weekday() != u.Weekday() {
			rt.Fatalf("%v: date %v, %v", u, d, d.Weekday())
		}
		if back, err := supplier.ParseDate(d.String()); err != nil || back != d {
			rt.Fatalf("%v read back as %v, %v", d, back, err)
		}
		l := d.At(u.Hour()*60 + u.Minute())
		if l.String() != u.Format("2006-01-02T15:04") || l.Date() != d || l.Minute() != u.Hour()*60+u.Minute() {
			rt.Fatalf("%v: local time %v", u, l)
		}
	})
}

func TestDateIsThatOfThePlace(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 9*3600)
	u := time.Date(2027, 2, 28, 20, 0, 0, 0, time.UTC)
	if got := supplier.DateIn(u, east).String(); got != "2027-03-01" {
		t.Errorf("in the east it is %s", got)
	}
	for _, s := range []string{"", "2027-02-30", "27-02-03", "2027-02-03T00:00"} {
		if d, err := supplier.ParseDate(s); err == nil {
			t.Errorf("%q is read as %v", s, d)
		}
	}
}
