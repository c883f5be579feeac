// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// The matchers written by hand agree with the expressions they stand for, on
// texts that are nearly right.
func TestWrittenMatchersAgreeWithTheirPatterns(t *testing.T) {
	t.Parallel()
	near := rapid.OneOf(
		rapid.StringMatching(`\d{4}-[01]\d-[0-3]\d`),
		rapid.StringMatching(`[0-2]\d:[0-6]\d(:[0-6]\d)?`),
		rapid.StringMatching(`\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d(:[0-6]\d)?(Z|[+-][01]\d:[0-6]\d)?`),
		rapid.StringMatching(`[A-Za-z]{1,4}`),
		rapid.String(),
	)
	for _, pattern := range []string{patternDate, patternTime, patternDateTime, patternDateOffset, patternThree, patternTwo} {
		re, m := regexp.MustCompile(pattern), written(pattern)
		rapid.Check(t, func(t *rapid.T) {
			s := near.Draw(t, "text")
			if rapid.Bool().Draw(t, "spoil") && s != "" {
				at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
				s = s[:at] + rapid.SampledFrom([]string{"", "x", "0", ":", "\n", "-"}).Draw(t, "with") + s[at+1:]
			}
			if got := m.match([]byte(s)); got != re.MatchString(s) {
				t.Fatalf("%q: written %v, %s %v", s, got, pattern, !got)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format     string
		good, poor []string
	}{
		{formatUUID, []string{anID, "4F0C1A52-7D3B-4C68-9A0E-2B5D8F6E1C37"},
			[]string{"", "4f0c1a527d3b4c689a0e2b5d8f6e1c37", anID + "0", "4f0c1a52-7d3b-4c68-9a0e-2b5d8f6e1c3g", "4f0c1a52-7d3b-4c68-9a0e-2b5d8f6e-c37"}},
		{formatEmail, []string{"ada.moreau@example.com", "o'neil+x@a-b.example", "josé@example.com", "a@localhost"},
			[]string{"", "ada", "@example.com", "ada@", "a b@example.com", "a..b@example.com", ".a@example.com", "a@b..c", "a@-b.c", "a@b@c\n"}},
		{formatDateTime, []string{"2027-03-31T09:30:00Z", "2027-03-31T09:30:00.123+02:00"},
			[]string{"2027-03-31", "2027-02-30T09:30:00Z", "2027-03-31T09:30Z"}},
		{formatDate, []string{"2028-02-29"}, []string{"2027-02-29", "2027-1-1"}},
		{formatURI, []string{"https://example.com/a?b=c#d", "urn:ietf:params:scim"}, []string{"", "/a", "https://a b", ":x", "1a:b"}},
		{formatByte, []string{"", "QWlyc2lkZQ=="}, []string{"QWlyc2lkZQ", "QWly\nc2lk", "Q-ly"}},
	}
	for _, tt := range tests {
		m := textFormat(tt.format)
		for _, s := range tt.good {
			if !m.match([]byte(s)) {
				t.Errorf("%q is not taken for %s", s, m.want)
			}
		}
		for _, s := range tt.poor {
			if m.match([]byte(s)) {
				t.Errorf("%q is taken for %s", s, m.want)
			}
		}
	}
}

func TestNamesAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfDistinct(rapid.StringN(0, 12, -1), rapid.ID[string]).Draw(t, "names")
		n := newNames(list)
		for i, name := range list {
			if got := n.find([]byte(name)); got != i {
				t.Fatalf("%q found at %d, not %d", name, got, i)
			}
		}
		if n.find([]byte("something that is longer than all")) != -1 {
			t.Fatal("found what is not there")
		}
	})
}
