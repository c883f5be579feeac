// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/redact"
)

// number makes a card number of a brand: its beginning, filled up and with the right check digit.
func number(r *rand.Rand, begin string, n int) string {
	d := []byte(begin)
	for len(d) < n-1 {
		d = append(d, byte('0'+r.IntN(10)))
	}
	for c := byte('0'); ; c++ {
		sum := 0
		all := append(d[:n-1:n-1], c)
		for i := range all {
			v := int(all[n-1-i] - '0')
			if i%2 == 1 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 == 0 {
			return string(all)
		}
	}
}

func TestCardsOfAllBrands(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	brands := []struct {
		begin string
		n     int
	}{{"4", 16}, {"4", 13}, {"4", 19}, {"51", 16}, {"55", 16}, {"2221", 16}, {"2720", 16}, {"34", 15}, {"37", 15}, {"36", 14}, {"3010", 14}, {"3530", 16}, {"6011", 16}, {"65", 16}, {"62", 19}, {"6759", 18}, {"2204", 16}}
	dresses := []string{"%s", "pan=%s.", "x%sy", "00%s", "%s 123", "%s/12/29", "a\n%s\nb"}
	for range 5000 {
		b := brands[r.IntN(len(brands))]
		pan := number(r, b.begin, b.n)
		text := fmt.Sprintf(dresses[r.IntN(len(dresses))], pan)
		if r.IntN(2) == 0 {
			text = strings.Replace(text, pan, strings.Join([]string{pan[:4], pan[4:8], pan[8:12], pan[12:]}, []string{" ", "-", "."}[r.IntN(3)]), 1)
		}
		got := redact.Secrets(text)
		bare := strings.NewReplacer(" ", "", "-", "", ".", "").Replace(got)
		if strings.Contains(bare, pan) || strings.Contains(bare, pan[:len(pan)-4]) || !strings.Contains(got, "[card ending "+pan[len(pan)-4:]+"]") && !strings.Contains(got, "[card]") {
			t.Fatalf("%q became %q", text, got)
		}
	}
}

// TestEdgesOfBrands: the first and last beginning that a brand has, its lengths, and what lies beside them, which is no card.
func TestEdgesOfBrands(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		begin string
		cards []int // the lengths that are one
	}{
		{"4000", []int{13, 16, 19}}, {"4999", []int{13, 16, 19}}, {"5100", []int{16}}, {"5599", []int{16}}, {"2221", []int{16}}, {"2720", []int{16}},
		{"2220", nil}, {"2721", nil}, {"3400", []int{15}}, {"3499", []int{15}}, {"3700", []int{15}}, {"3799", []int{15}}, {"3300", nil},
		{"3600", []int{14, 15, 16, 17, 18, 19}}, {"3800", []int{14, 15, 16, 17, 18, 19}}, {"3999", []int{14, 15, 16, 17, 18, 19}},
		{"3000", []int{14, 15, 16, 17, 18, 19}}, {"3059", []int{14, 15, 16, 17, 18, 19}}, {"3060", nil}, {"3095", []int{14, 15, 16, 17, 18, 19}}, {"3094", nil}, {"3096", nil},
		{"3528", []int{16, 17, 18, 19}}, {"3589", []int{16, 17, 18, 19}}, {"3527", nil}, {"3590", nil},
		{"5000", []int{16, 17, 18, 19}}, {"5600", []int{16, 17, 18, 19}}, {"6999", []int{16, 17, 18, 19}}, {"7000", nil}, {"8100", []int{16, 17, 18, 19}}, {"8000", nil}, {"8200", nil},
		{"2200", []int{16, 17, 18, 19}}, {"2204", []int{16, 17, 18, 19}}, {"2199", nil}, {"2205", nil}, {"0000", nil}, {"1000", nil}, {"9999", nil},
	} {
		for n := 12; n <= 19; n++ {
			pan := number(nil, tc.begin+strings.Repeat("0", n-1-len(tc.begin)), n)
			text := "x " + pan + " y"
			got := redact.Cards(text)
			if is := slices.Contains(tc.cards, n); is != !strings.Contains(got, pan[:n-4]) || !is && got != text {
				t.Errorf("%s became %q; a card: %v", pan, got, is)
			}
		}
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(redact.Handler(slog.NewJSONHandler(&b, nil))).With(slog.String("token", "ast_0123456789abcdef"))
	log.WithGroup("g").Error("card 4111111111111111", slog.Any("error", errors.New("Bearer abcdefgh12345678")),
		slog.Group("h", slog.Any("list", []string{"whsec_MfKQ9r8GKYqrTwjU"})), slog.Any("bytes", []byte("378282246310005")), slog.Int("n", 7))
	for _, secret := range []string{"ast_", "4111111111111111", "abcdefgh", "whsec_", "378282246310005"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s is in %s", secret, b.String())
		}
	}
	if !strings.Contains(b.String(), `"n":7`) {
		t.Error(b.String())
	}
}

func BenchmarkSecrets(b *testing.B) {
	line := "/v3/companies/0190a0b0-0000-7000-8000-0000000000aa/user-groups getSpecialServiceRequestsFilterByCategory Mozilla/5.0 (X11; Linux)"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		redact.Secrets(line)
	}
}

// TestIDsStay: ids whose digits look like a card are not cards, and a card beside one still is.
func TestIDsStay(t *testing.T) {
	t.Parallel()
	const uuid, hex = "4000056a-5566-4000-8566-400005665556", "a4000056655665556b00112233445566"
	for _, tc := range []struct{ in, want string }{
		{"trip 400005665566-5556", "trip [card ending 5556]"},
		{"a0000000-4000-0566-5566-555600000000", "a0000000-4000-0566-5566-555600000000"},
		{"a0000000-4000-0566-5566-5556", "a0000000-[card ending 5556]"},
		{uuid, uuid},
		{hex, hex},
		{hex + "0", "a[card ending 5556]b001122334455660"},
		{hex + " 4000 0566 5566 5556", hex + " [card ending 5556]"},
		{"a0000000-4000-0566-5566-555600000000 4000056655665556", "a0000000-4000-0566-5566-555600000000 [card ending 5556]"},
		{"abcdefab-4000-0566-5566-5556abcdefab", "abcdefab-4000-0566-5566-5556abcdefab"},
		{"ABCDEFAB-4000-0566-5566-5556ABCDEFAB", "ABCDEFAB-4000-0566-5566-5556ABCDEFAB"},
		{"abcdefa-b4000-0566-5566-5556abcdefab", "abcdefa-b[card ending 5556]abcdefab"},
		{"abcdefab-4000056655665556abcdefabcde", "abcdefab-[card ending 5556]abcdefabcde"},
		{"abcdefab-4000-0566-5566-5556abcdefabc", "abcdefab-[card ending 5556]abcdefabc"},
		{strings.ToUpper(uuid), strings.ToUpper(uuid)},
		{strings.ToUpper(hex), strings.ToUpper(hex)},
		{"f4000056655665556b00112233445566", "f4000056655665556b00112233445566"},
		{"F4000056655665556b00112233445566", "F4000056655665556b00112233445566"},
		{"g4000056655665556b00112233445566", "g[card ending 5556]b00112233445566"},
		{"G4000056655665556b00112233445566", "G[card ending 5556]b00112233445566"},
		{"/4000056655665556b00112233445566", "/[card ending 5556]b00112233445566"},
		{"z" + hex, "za[card ending 5556]b00112233445566"},
		{"Z" + hex, "Za[card ending 5556]b00112233445566"},
		{"40000566556655564000056655665556", "[card]"},
		{"4000056655665556-a000-b000-c000-d000", "[card ending 5556]-a000-b000-c000-d000"},
		{"a000-b000-c000-d000-4000056655665556", "a000-b000-c000-d000-[card ending 5556]"},
		{"abcdef0123-4000056655665556", "abcdef0123-[card ending 5556]"},
		{"x" + hex, "xa[card ending 5556]b00112233445566"},
	} {
		if got := redact.Cards(tc.in); got != tc.want {
			t.Errorf("%q became %q, want %q", tc.in, got, tc.want)
		}
	}
}
