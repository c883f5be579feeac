// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/evidence"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	for text, want := range map[string]evidence.Period{
		"2026":    {Name: "2026", From: day(2026, 1), To: day(2027, 1)},
		"2026Q1":  {Name: "2026Q1", From: day(2026, 1), To: day(2026, 4)},
		"2026Q4":  {Name: "2026Q4", From: day(2026, 10), To: day(2027, 1)},
		"2026-12": {Name: "2026-12", From: day(2026, 12), To: day(2027, 1)},
	} {
		got, err := evidence.ParsePeriod(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if !got.Holds(want.From) || got.Holds(want.To) || got.Holds(want.From.Add(-1)) {
			t.Errorf("%s holds what is outside, or not what is inside", text)
		}
	}
	for _, text := range []string{"", "26", "2026Q5", "2026q4", "2026-13", "2026-1", " 2026", "2026\n"} {
		if _, err := evidence.ParsePeriod(text); !errs.Is(err, errs.ValidationFailed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The page of the documentation is the one in archives.
func TestControlsAreDocumented(t *testing.T) {
	t.Parallel()
	inside, err := os.ReadFile("controls.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(inside, page) {
		t.Error("docs/compliance.md differs from internal/evidence/controls.md: copy it")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Add([]byte("no zip"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r := evidence.Verify(bytes.NewReader(raw), int64(len(raw)), trailfile.Options{}); r.Intact {
			t.Errorf("%q verifies", raw)
		}
	})
}
