// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestLines: a line is read as it was written, whatever stands in it.
func TestLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		want := Entry{
			Kind: text.Draw(t, "kind"), ID: text.Draw(t, "id"), ExternalID: text.Draw(t, "externalId"), Company: text.Draw(t, "company"),
			Operation: text.Draw(t, "operation"), Client: text.Draw(t, "client"), Environment: text.Draw(t, "environment"),
			IssuedAt: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC(),
		}
		doc := want.append(nil)
		var got Entry
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", doc, d)
		}
		theirs, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var a, b map[string]any
		if err := json.Unmarshal(doc, &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(theirs, &b); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b, a); d != "" {
			t.Errorf("encoding/json writes other members (-theirs +ours): %s", d)
		}
	})
}
