// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(
			rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Map(rapid.String(), func(s string) string { return string(escape) + s }),
		).Draw(rt, "text")
		stored := encodeText(s)
		if !utf8.Valid(stored) || bytes.IndexByte(stored, 0) >= 0 {
			rt.Fatalf("%q is stored as %q, which the server refuses", s, stored)
		}
		if got := decodeText(stored); got != s {
			rt.Fatalf("%q came back as %q", s, got)
		}
	})
	if got := encodeText("Zürich"); string(got) != "Zürich" {
		t.Errorf("ordinary text is stored as %q", got)
	}
	if got := decodeText([]byte("\x1b!")); got != "\x1b!" {
		t.Errorf("text that was not stored by us is read as %q", got)
	}
}
