// SPDX-License-Identifier: Apache-2.0

package revision_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/revision"
)

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after, want string }{
		"nothing":     {`{"a":1,"b":[2]}`, `{"b":[2],"a":1}`, ""},
		"a value":     {`{"mode":"live","a":1}`, `{"mode":"read-only","a":1}`, `mode: "live" -> "read-only"`},
		"in and out":  {`{"rate":{"burst":2}}`, `{"caps":null}`, `caps: - -> null; rate: {"burst":2} -> -`},
		"a new thing": {"", `{"b":true,"a":"x; y"}`, `a: - -> "x; y"; b: - -> true`},
	} {
		if got := revision.Difference([]byte(tc.before), []byte(tc.after)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	long := revision.Difference(nil, []byte(`{"a":"`+strings.Repeat("é", 4000)+`"}`))
	if len(long) > 2100 || !strings.HasSuffix(long, "é…") || !utf8.ValidString(long) {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}
