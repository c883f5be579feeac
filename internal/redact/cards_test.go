// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
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
		{"x" + hex, "xa[card ending 5556]b00112233445566"},
	} {
		if got := redact.Cards(tc.in); got != tc.want {
			t.Errorf("%q became %q, want %q", tc.in, got, tc.want)
		}
	}
}
