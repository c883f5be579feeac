// SPDX-License-Identifier: Apache-2.0

package revision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/revision"
)

func TestIfMatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		header string
		want   errs.Code // "" when version 7 may be changed
	}{
		{"", ""}, {"*", ""}, {`"7"`, ""}, {`"6" , "7"`, ""},
		{`"6"`, errs.PreconditionFailed}, {`W/"7"`, errs.PreconditionFailed}, {`"07x"`, errs.PreconditionFailed},
		{`"a,b","7"`, ""}, {`"a,7"`, errs.PreconditionFailed}, {`"6" "7"`, errs.ValidationFailed}, {`*, "7"`, errs.ValidationFailed}, {`w/"7"`, errs.ValidationFailed},
		{"7", errs.ValidationFailed}, {`"7`, errs.ValidationFailed}, {`"7",`, errs.ValidationFailed},
	} {
		s, err := revision.Parse(tc.header)
		if err == nil {
			err = revision.Demand(revision.With(t.Context(), s), 7)
		}
		var got errs.Code
		if e := errs.As(err); e != nil {
			got = e.Code
		}
		if got != tc.want {
			t.Errorf("If-Match %s: %v, want %q", tc.header, err, tc.want)
		}
	}
	s, err := revision.Parse(`"7"`)
	if err != nil || !s.Ignored() || s.ETag() != "" {
		t.Errorf("a condition that nothing looked at: %v, ignored %v, tag %q", err, s.Ignored(), s.ETag())
	}
	if revision.Answer(revision.With(t.Context(), s), 8); s.ETag() != `"8"` {
		t.Errorf("tag %s", s.ETag())
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	got, err := revision.Tags(` "a,b",W/"c" ,"" `)
	if diff := cmp.Diff([]string{`"a,b"`, `W/"c"`, `""`}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestRemoved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, before, after string
		want                []string
	}{
		{"same", `{"a":1}`, `{"a":1}`, nil},
		{"changed", `{"a":1,"b":{"c":2}}`, `{"b":{"c":"x"},"a":2,"d":4}`, nil},
		{"gone", `{"a":1,"b":{"c":2,"d/e":3}}`, `{"b":{"c":2}}`, []string{"/a", "/b/d~1e"}},
		{"null", `{"a":1,"b":null}`, `{"a":null}`, []string{"/a"}},
		{"within a list", `{"a":[{"x":1,"y":2},{"x":3}]}`, `{"a":[{"x":1},{"x":3}]}`, []string{"/a/0/y"}},
		{"shorter list", `{"a":[{"x":1},{"x":3}]}`, `{"a":[{"x":3}]}`, nil},
		{"another type", `{"a":{"b":1}}`, `{"a":"b"}`, nil},
	} {
		if diff := cmp.Diff(tc.want, revision.Removed([]byte(tc.before), []byte(tc.after))); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}
