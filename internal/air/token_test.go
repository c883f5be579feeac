// SPDX-License-Identifier: Apache-2.0

package air

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

func testSigner(tenant string) *signer { return newSigner(tenant, keys{}.TokenKey(tenant)) }

func TestTokens(t *testing.T) {
	t.Parallel()
	made := func(kind tokenKind) string {
		id, _ := testSigner(tenant).issue(token{kind: kind, issued: noon, company: acme, body: []byte("what the step needs")})
		return id
	}
	cut := func(s string) string { return s[:len(s)-4] }
	flip := func(i int) func(string) string {
		return func(s string) string {
			raw, _ := base64.RawURLEncoding.DecodeString(s)
			raw[i] ^= 1
			return base64.RawURLEncoding.EncodeToString(raw)
		}
	}
	same := func(s string) string { return s }
	for _, tc := range []struct {
		name   string
		kind   tokenKind
		asked  tokenKind
		change func(string) string
		tenant string
		after  time.Duration
		ok     bool
	}{
		{"fresh", tokSearch, tokSearch, same, tenant, 0, true},
		{"last second", tokSearch, tokSearch, same, tenant, 30*time.Minute - time.Second, true},
		{"too old", tokSearch, tokSearch, same, tenant, 30 * time.Minute, false},
		{"booking", tokBooking, tokBooking, same, tenant, 15*time.Minute - time.Second, true},
		{"booking too old", tokBooking, tokBooking, same, tenant, 15 * time.Minute, false},
		{"clock set back a year", tokSearch, tokSearch, same, tenant, -365 * 24 * time.Hour, false},
		{"other kind", tokSearch, tokItinerary, same, tenant, 0, false},
		{"other tenant", tokSearch, tokSearch, same, other, 0, false},
		{"version", tokSearch, tokSearch, flip(0), tenant, 0, false},
		{"time", tokSearch, tokSearch, flip(9), tenant, 0, false},
		{"company", tokSearch, tokSearch, flip(12), tenant, 0, false},
		{"link", tokSearch, tokSearch, flip(30), tenant, 0, false},
		{"body", tokCheckout, tokCheckout, flip(headerLen), tenant, 0, false},
		{"mac", tokOption, tokOption, flip(headerLen + 19 + 15), tenant, 0, false},
		{"cut", tokSearch, tokSearch, cut, tenant, 0, false},
		{"padded", tokSearch, tokSearch, func(s string) string { return s + "=" }, tenant, 0, false},
		{"line end inside", tokBooking, tokBooking, func(s string) string { return s[:40] + "\n" + s[40:] }, tenant, 0, false},
		{"longer", tokSearch, tokSearch, func(s string) string { return s + "AAAA" }, tenant, 0, false},
		{"empty", tokSearch, tokSearch, func(string) string { return "" }, tenant, 0, false},
		{"huge", tokSearch, tokSearch, func(s string) string { return strings.Repeat(s, 5000) }, tenant, 0, false},
	} {
		got, err := testSigner(tc.tenant).open(tc.change(made(tc.kind)), tc.asked, noon.Add(tc.after))
		if tc.ok {
			if err != nil || string(got.body) != "what the step needs" || got.company != acme || !got.issued.Equal(noon) {
				t.Errorf("%s: %+v, %v", tc.name, got, err)
			}
			continue
		}
		if !errs.Is(err, tc.asked.code()) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.asked.code())
		}
	}
}

func TestPersonalTokensAreEncrypted(t *testing.T) {
	t.Parallel()
	id, _ := testSigner(tenant).issue(token{kind: tokBooking, issued: noon, company: acme, body: []byte("Ada Moreau 1990-05-04")})
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || bytes.Contains(raw, []byte("Moreau")) {
		t.Errorf("%v: %q", err, raw)
	}
}

// FuzzToken: whatever comes, opening neither panics nor accepts what was not issued.
func FuzzToken(f *testing.F) {
	var issued [tokOption + 1]string
	for k := tokSearch; k <= tokOption; k++ {
		issued[k], _ = testSigner(tenant).issue(token{kind: k, issued: noon, company: acme, body: []byte(`{"r":"AQ"}`)})
		f.Add(issued[k], byte(k))
	}
	f.Add("", byte(1))
	f.Fuzz(func(t *testing.T, text string, kind byte) {
		k := tokSearch + tokenKind(kind)%tokOption
		got, err := testSigner(tenant).open(text, k, noon)
		if err == nil && text != issued[k] {
			t.Fatalf("%q was taken for a %s: %+v", text, k.field(), got)
		}
	})
}
