// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/redact"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "40 failures in 60 s", "40 failures in 60 s"},
		{"a line of one's own", "x\nERROR forged\r\n", `x\nERROR forged\r\n`},
		{"a terminal's escape", "\x1b[2J\x1b]0;t\x07", `\x1b[2J\x1b]0;t\a`},
		{"text that runs backwards", "a\u202eb\u2066\u200bc\u2028", `a\u202eb\u2066\u200bc\u2028`},
		{"not UTF-8", "a\xff\xc3b", `a\xffb`[:5] + `\xc3b`},
		{"our token", "used ast_qwertyuiop-1234 twice", "used [redacted] twice"},
		{"a header", "Authorization: Bearer abcdefgh12345678", "Authorization: [redacted]"},
		{"a form", "grant_type=x&client_secret=hunter22hunter&a=1", "grant_type=x&client_secret=[redacted]&a=1"},
		{"JSON", `{"password":"correct horse"}`, `{"password":"[redacted] horse"}`},
		{"a JWT", "eyJhbGciOi.eyJzdWIiOi.sig", "[redacted]"},
		{"a webhook secret", "whsec_MfKQ9r8GKYqrTwjU", "[redacted]"},
		{"random text", "got 3q2-7wAAAbCdEfGhIjKlMnOpQrStUvWxYz012345678", "got [redacted]"},
		{"a card", "paid with 4111 1111 1111 1111", "paid with [card ending 1111]"},
		{"a card among letters", "pan=5555555555554444.", "pan=[card ending 4444]."},
		{"ids stay", "0190a0b0-0000-7000-8000-0000000000aa 4bf92f3577b34da6a3ce929d0e0e4736", "0190a0b0-0000-7000-8000-0000000000aa 4bf92f3577b34da6a3ce929d0e0e4736"},
		{"paths and operations stay", "/v3/companies/0190a0b0-0000-7000-8000-0000000000aa/user-groups getSpecialServiceRequestsFilterByCategory", "/v3/companies/0190a0b0-0000-7000-8000-0000000000aa/user-groups getSpecialServiceRequestsFilterByCategory"},
		{"a number that is no card", "9199471293 1234567890123", "9199471293 1234567890123"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tc.want, redact.Text(tc.in, 500)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	got := redact.Text(strings.Repeat("ä", 10_000), 5)
	if got != "äääää… (10000 characters)" {
		t.Error(got)
	}
	if got := redact.Block("a\r\nb\x1b", 10); got != "a\nb\\x1b" {
		t.Errorf("%q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\n\x1b[31m 4111111111111111")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range redact.Text(s, 200) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q shows %q", s, r)
			}
		}
		if once := redact.Secrets(s); strings.Contains(once, "4111111111111111") {
			t.Fatal(once)
		}
	})
}
