// SPDX-License-Identifier: Apache-2.0

package bodylog_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/bodylog"
)

// TestFilterOnExamples puts every example of the contract through the filter, and says which values it takes for
// what they are not: none of the marks is asked here, so each loss is the filter's own. E-mail addresses are to go.
func TestFilterOnExamples(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	var lost []string
	files, err := filepath.Glob("../../contract/examples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		op := c.Operation(strings.TrimSuffix(filepath.Base(name), ".json"))
		var e struct {
			Request  struct{ Body json.RawMessage }
			Response struct {
				Status int
				Body   json.RawMessage
			}
		}
		if err := json.Unmarshal(raw, &e); err != nil || op == nil {
			continue // files, and what is no object
		}
		note := func(member, s string) string {
			texts++
			if got := bodylog.Clean(member, s); got != s && got != "[e-mail]" {
				lost = append(lost, op.ID+" "+member)
			}
			return s
		}
		if op.Body != nil && op.Body.Content[asJSON] != nil && len(e.Request.Body) > 0 {
			if _, err := op.Body.Content[asJSON].Redacted(e.Request.Body, note); err != nil {
				t.Errorf("%s: %v", op.ID, err)
			}
		}
		if r := op.Responses[e.Response.Status]; r != nil && r.Content[asJSON] != nil && len(e.Response.Body) > 0 {
			if _, err := r.Content[asJSON].Redacted(e.Response.Body, note); err != nil {
				t.Errorf("%s: %v", op.ID, err)
			}
		}
	}
	t.Logf("%d of %d texts and numbers are lost", len(lost), texts)
	slices.Sort(lost)
	want := []string{ // public keys, signatures and files in base64 look like secrets
		"checkpointAudit checkpoint", "checkpointAudit verifierKey", "getAccessReviewEvidence contentBase64",
		"getAuditKey verifierKey", "getIncidentReport contentBase64", "proveAuditEntry checkpoint", "proveAuditEntry path",
	}
	if d := cmp.Diff(want, lost); d != "" || texts < 3000 {
		t.Errorf("%d texts: %s", texts, d)
	}
}

// cardOf makes a card number: a brand's beginning, filled up, and the check digit.
func cardOf(r *rand.Rand, begin string, n int) string {
	d := []byte(begin)
	for len(d) < n-1 {
		d = append(d, byte('0'+r.IntN(10)))
	}
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return string(append(d, byte('0'+(10-sum%10)%10)))
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func pick(r *rand.Rand, from string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

// TestFalseMasks measures on 20,000 invented values of each sort how many the filter takes for cards or secrets. What
// a field of the contract says to be a ticket is kept always; in other texts a number of thirteen digits that begins
// with 4 and has the right check digit is taken for a card, as cards of that form were given out.
func TestFalseMasks(t *testing.T) {
	t.Parallel()
	const each, hex = 20_000, "0123456789abcdef"
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	ticket := c.Schema("Ticket")
	r := rand.New(rand.NewPCG(7, 7))
	inTicket := func(s string) string {
		out, err := ticket.Redacted([]byte(`{"ticketNumber":"`+s+`"}`), bodylog.Clean)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(strings.TrimPrefix(string(out), `{"ticketNumber":"`), `"}`)
	}
	airline := func() string { return fmt.Sprintf("%03d", 1+r.IntN(999)) }
	inText := func(s string) string { return bodylog.Clean("remark", "about "+s+" of 2027-03-01, 2 bags") }
	for _, tc := range []struct {
		name string
		make func() string
		seen func(string) string
		want int // how many of 20,000 are masked
	}{
		{"ticket in its field", func() string { return airline() + digits(r, 10) }, inTicket, 0},
		{"old card number in the field of a ticket", func() string { return cardOf(r, "4", 13) }, inTicket, 0}, // cannot be told from a ticket
		{"ticket in a text", func() string { return airline() + digits(r, 10) }, inText, 214},
		{"ticket in a text, with a dash", func() string { return airline() + "-" + digits(r, 10) }, inText, 205},
		{"record locator", func() string { return pick(r, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 6) }, inText, 0},
		{"booking number", func() string { return digits(r, 10) }, inText, 0},
		{"phone", func() string {
			return "+" + fmt.Sprint(1+r.IntN(998)) + " " + digits(r, 3) + " " + digits(r, 4+r.IntN(4))
		}, inText, 45},
		{"UUID", func() string {
			return fmt.Sprintf("%s-%s-7%s-8%s-%s", pick(r, hex, 8), pick(r, hex, 4), pick(r, hex, 3), pick(r, hex, 3), pick(r, hex, 12))
		}, inText, 0},
		{"id of a request", func() string { return pick(r, hex, 32) }, inText, 0},
		{"flight", func() string {
			return pick(r, "ABCDEFGHIJ", 2) + digits(r, 4) + " " + pick(r, "ABCDEF", 3) + "-" + pick(r, "ABCDEF", 3)
		}, inText, 0},
		{"amount", func() string { return digits(r, 5) + "." + digits(r, 2) + " EUR" }, inText, 0},
		{"time", func() string { return fmt.Sprint(1_700_000_000_000 + r.Int64N(300_000_000_000)) }, inText, 0},
		{"instant", func() string {
			return fmt.Sprintf("20%02d-%02d-%02dT%02d:%02d:%02d.%06dZ", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1_000_000))
		}, inText, 0},
	} {
		masked := 0
		for range each {
			v := tc.make()
			if got := tc.seen(v); !strings.Contains(got, v) {
				masked++
			}
		}
		t.Logf("%-45s %4d of %d", tc.name, masked, each)
		if masked != tc.want {
			t.Errorf("%s: %d of %d are masked, want %d", tc.name, masked, each, tc.want)
		}
	}
	// And of cards, none may stay, wherever they are.
	brands := []struct {
		begin string
		n     int
	}{{"4", 16}, {"4", 19}, {"51", 16}, {"55", 16}, {"2221", 16}, {"2720", 16}, {"34", 15}, {"37", 15}, {"36", 14}, {"3010", 14}, {"3530", 16}, {"6011", 16}, {"65", 16}, {"62", 19}, {"6759", 18}, {"2204", 16}}
	for range each {
		b := brands[r.IntN(len(brands))]
		pan := cardOf(r, b.begin, b.n)
		for where, seen := range map[string]func(string) string{"a ticket's field": inTicket, "a text": inText} {
			if got := seen(pan); strings.Contains(got, pan[:len(pan)-4]) || !strings.Contains(got, "[card") {
				t.Fatalf("%s in %s became %s", pan, where, got)
			}
		}
		if pan = cardOf(r, "4", 13); strings.Contains(inText(pan), pan[:9]) {
			t.Fatalf("%s became %s", pan, inText(pan))
		}
	}
}
