// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
)

// TestReasonsAreFinerThanAnswers: the log learns what was wrong, the caller reads the same words.
func TestReasonsAreFinerThanAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client()
	live, err := b.token(c.ClientID, c.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.rotate(c.ClientID); err != nil {
		t.Fatal(err)
	}
	messages := map[string]bool{}
	for reason, try := range map[string]func() error{
		identity.ReasonUnknownClient: func() error { _, err := b.token("nobody", "x"); return err },
		identity.ReasonWrongSecret:   func() error { _, err := b.token(c.ClientID, "x"); return err },
		identity.ReasonRotatedSecret: func() error { _, err := b.token(c.ClientID, c.ClientSecret); return err },
		identity.ReasonRotatedToken:  func() error { _, err := b.s.Authenticate(t.Context(), live.AccessToken); return err },
		identity.ReasonUnknownToken:  func() error { _, err := b.s.Authenticate(t.Context(), "ast_nothing"); return err },
	} {
		e := errs.As(try())
		if e == nil || e.Reason != reason {
			t.Errorf("%s: %+v", reason, e)
			continue
		}
		messages[string(e.Code)+e.Message+e.Hint] = true
	}
	if len(messages) != 2 { // one for secrets, one for tokens
		t.Errorf("the answers tell reasons apart: %v", messages)
	}
}
