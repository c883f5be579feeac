// SPDX-License-Identifier: Apache-2.0

package hook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/upstream/hook"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/webhook"
)

// Invented keys: 32 bytes of one letter each.
const (
	oldSecret = "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
	newSecret = "whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI="
	foreign   = "whsec_Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M="

	id   = "01979f2e-6f60-7c41-9a3b-2f6f4f0b7d11"
	body = `{"event_type":"PNR_V3","operation":"BOOKING_TICKETED","payload":{"pnrId":"9199471293"}}`
)

var sent = time.Unix(1772366400, 0)

// shelf is a vault with what a test puts into it.
type shelf map[string]string

func (s shelf) Get(_ context.Context, ref vault.Ref, _ vault.Stage) (vault.Held, error) {
	text, ok := s[ref.String()]
	if !ok {
		return vault.Held{}, vault.ErrUnavailable
	}
	return vault.Held{Secret: vault.NewSecret([]byte(text))}, nil
}

func refs(t testing.TB, names ...string) (out []vault.Ref) {
	t.Helper()
	for _, name := range names {
		ref, err := vault.ParseRef(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ref)
	}
	return out
}

func verifier(t testing.TB) *hook.Verifier {
	t.Helper()
	return hook.NewVerifier(shelf{"env:OLD": oldSecret + "\n", "env:NEW": newSecret}, refs(t, "env:NEW", "env:OLD"))
}

func signed(t testing.TB, text string, secrets ...string) http.Header {
	t.Helper()
	h := http.Header{}
	if err := webhook.SetHeaders(h, secrets, id, sent, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return h
}

// The signature was computed with another implementation (openssl dgst -sha256 -hmac).
func TestVerifyKnowsAnAnswer(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Set(webhook.HeaderID, id)
	h.Set(webhook.HeaderTimestamp, "1772366400")
	h.Set(webhook.HeaderSignature, "CgJd2Is4F/asJ6DnTXq0CHYdrsRxfVoeizE1Jwc0CXs=")
	ref, err := verifier(t).Verify(t.Context(), h, []byte(body), sent, 0)
	if ref != "env:OLD" || err != nil {
		t.Errorf("Verify = %q, %v", ref, err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	var again any
	if err := json.Unmarshal([]byte(body), &again); err != nil {
		t.Fatal(err)
	}
	reserialised, err := json.MarshalIndent(again, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string, secrets ...string) http.Header {
		h := signed(t, body, secrets...)
		h.Set(name, value)
		return h
	}
	for name, tc := range map[string]struct {
		header http.Header
		body   string
		now    time.Time
		ref    string
		err    error
	}{
		"the new secret":                      {signed(t, body, newSecret), body, sent, "env:NEW", nil},
		"the old one, while both hold":        {signed(t, body, oldSecret), body, sent, "env:OLD", nil},
		"both, as during a rotation":          {signed(t, body, oldSecret, newSecret), body, sent, "env:NEW", nil},
		"a foreign one besides":               {signed(t, body, foreign, oldSecret), body, sent, "env:OLD", nil},
		"a foreign one":                       {signed(t, body, foreign), body, sent, "", webhook.ErrSignature},
		"a body that was written anew":        {signed(t, body, newSecret), string(reserialised), sent, "", webhook.ErrSignature},
		"another id":                          {with(webhook.HeaderID, "another", newSecret), body, sent, "", webhook.ErrSignature},
		"another timestamp":                   {with(webhook.HeaderTimestamp, "1772366401", newSecret), body, sent, "", webhook.ErrSignature},
		"at the edge of the tolerance":        {signed(t, body, newSecret), body, sent.Add(5 * time.Minute), "env:NEW", nil},
		"too late":                            {signed(t, body, newSecret), body, sent.Add(5*time.Minute + time.Second), "env:NEW", webhook.ErrTimestamp},
		"too early":                           {signed(t, body, newSecret), body, sent.Add(-5*time.Minute - time.Second), "env:NEW", webhook.ErrTimestamp},
		"too late and forged":                 {signed(t, body, foreign), body, sent.Add(time.Hour), "", webhook.ErrSignature},
		"no signature":                        {with(webhook.HeaderSignature, "", newSecret), body, sent, "", webhook.ErrNoSignature},
		"a signature of Standard Webhooks":    {standard(t), body, sent, "env:OLD", nil},
		"a mixture of both styles of headers": {mixed(t), body, sent, "", webhook.ErrNoSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref, err := verifier(t).Verify(t.Context(), tc.header, []byte(tc.body), tc.now, 0)
			if ref != tc.ref || !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) {
				t.Errorf("Verify = %q, %v; want %q, %v", ref, err, tc.ref, tc.err)
			}
		})
	}
}

func standard(t *testing.T) http.Header {
	t.Helper()
	h := http.Header{}
	if err := webhook.SetStandardHeaders(h, []string{oldSecret}, id, sent, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return h
}

func mixed(t *testing.T) http.Header {
	t.Helper()
	h := standard(t)
	h.Set(webhook.HeaderID, id)
	return h
}

// A vault that is away must not make a webhook look forged, nor stop one that another secret signed.
func TestVerifyWithoutASecret(t *testing.T) {
	t.Parallel()
	v := hook.NewVerifier(shelf{"env:OLD": oldSecret, "env:BAD": "no secret of this form"}, refs(t, "env:AWAY", "env:BAD", "env:OLD"))
	if ref, err := v.Verify(t.Context(), signed(t, body, oldSecret), []byte(body), sent, 0); ref != "env:OLD" || err != nil {
		t.Errorf("signed by the one there is: %q, %v", ref, err)
	}
	_, err := v.Verify(t.Context(), signed(t, body, foreign), []byte(body), sent, 0)
	if _, ok := errors.AsType[*hook.Unready](err); !ok {
		t.Errorf("signed by none that is known: %v", err)
	}
	if strings.Contains(fmt.Sprint(err), "no secret of this form") {
		t.Errorf("the error shows the secret: %v", err)
	}
	none := hook.NewVerifier(shelf{}, nil)
	if _, err := none.Verify(t.Context(), signed(t, body, oldSecret), []byte(body), sent, 0); !errors.Is(err, webhook.ErrSignature) {
		t.Errorf("without any secret: %v", err)
	}
}

func TestSignerIsVerified(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	s := hook.NewSigner(shelf{"env:OUT": foreign}, refs(t, "env:OUT")[0])
	if err := s.Sign(t.Context(), h, id, sent, []byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := webhook.Verify([]string{foreign}, h, []byte(body), sent, 0); err != nil {
		t.Error(err)
	}
	away := hook.NewSigner(shelf{}, refs(t, "env:OUT")[0])
	if err := away.Sign(t.Context(), h, id, sent, []byte(body)); !errors.Is(err, vault.ErrUnavailable) {
		t.Errorf("a vault that is away: %v", err)
	}
}

// Of ten thousand deliveries that somebody changed on their way, none is accepted.
func TestForgedDeliveriesAreRefused(t *testing.T) {
	t.Parallel()
	v := verifier(t)
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same mutations at each run
	for n := range 10_000 {
		h, text := signed(t, body, oldSecret, newSecret), []byte(body)
		what := mutate(chance, h, &text)
		if what == "" {
			continue
		}
		if ref, err := v.Verify(t.Context(), h, text, sent, 0); err == nil {
			t.Fatalf("delivery %d, with %s, is accepted as of %s", n, what, ref)
		}
	}
}

// mutate changes one thing that is signed, or all signatures; "" when chance made nothing of it.
func mutate(chance *rand.Rand, h http.Header, text *[]byte) string {
	flip := func(b []byte) []byte {
		out := bytes.Clone(b)
		out[chance.IntN(len(out))] ^= byte(1 + chance.IntN(255))
		return out
	}
	switch chance.IntN(6) {
	case 0:
		*text = flip(*text)
		return "a byte of the body"
	case 1:
		at := chance.IntN(len(*text))
		*text = append((*text)[:at:at], (*text)[at+1:]...)
		return "a byte missing"
	case 2:
		*text = append(*text, byte(chance.IntN(256)))
		return "a byte more"
	case 3:
		h.Set(webhook.HeaderID, string(flip([]byte(id))))
		return "another id"
	case 4:
		h.Set(webhook.HeaderTimestamp, fmt.Sprint(sent.Unix()+int64(1+chance.IntN(200))))
		return "another timestamp"
	default:
		var all []string
		for one := range strings.FieldsSeq(h.Get(webhook.HeaderSignature)) {
			// The last character of the Base64 of 32 bytes has bits that count for nothing; it stays.
			changed := []byte(one)
			i := chance.IntN(len(one) - 2)
			changed[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[chance.IntN(64)]
			if string(changed) == one {
				return ""
			}
			all = append(all, string(changed))
		}
		h.Set(webhook.HeaderSignature, strings.Join(all, " "))
		return "other signatures"
	}
}

func BenchmarkVerify(b *testing.B) {
	v, text := verifier(b), bytes.Repeat([]byte("x"), 2048)
	h := signed(b, string(text), newSecret)
	for b.Loop() {
		if _, err := v.Verify(b.Context(), h, text, sent, 0); err != nil {
			b.Fatal(err)
		}
	}
}
