// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAppSetWritesTheWhole: what was read is written again with what was changed, members that only the server knows
// included, and only if it is still what was read.
func TestAppSetWritesTheWhole(t *testing.T) {
	t.Parallel()
	const id = "0190a0b0-0000-7000-8000-000000000001"
	stored := `{"clientId":"` + id + `","name":"mailer","owner":"lena@example.com","environment":"sandbox","role":"TMC_ADMIN","grants":[{"effects":["read"]}],
		"rate":{"perSecond":5,"burst":7},"purchases":{"countPerDay":3},"fromTheFuture":{"a":1},"state":"ACTIVE"}`
	var sent, match string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPut {
			raw, _ := io.ReadAll(r.Body)
			sent, match = string(raw), r.Header.Get("If-Match")
			if strings.Contains(sent, "conflict") {
				w.WriteHeader(http.StatusPreconditionFailed)
				_, _ = io.WriteString(w, `{"errorMessages":[{"errorCode":"PRECONDITION_FAILED","message":"it changed"}]}`)
				return
			}
		}
		w.Header().Set("ETag", `"41"`)
		_, _ = io.WriteString(w, stored)
	}))
	t.Cleanup(srv.Close)
	set := func(args ...string) result {
		return run(t, nil, []string{"AIRSIDE_URL=" + srv.URL, "AIRSIDE_TOKEN=ast_x"}, append([]string{"app", "set", id}, args...)...)
	}
	for name, tc := range map[string]struct {
		args []string
		want func(doc map[string]any)
	}{
		"one":     {[]string{"--per-day", "9"}, func(d map[string]any) { d["requestsPerDay"] = 9.0 }},
		"burst":   {[]string{"--burst", "8"}, func(d map[string]any) { d["rate"] = map[string]any{"perSecond": 5.0, "burst": 8.0} }},
		"no rate": {[]string{"--rate", "0"}, func(d map[string]any) { delete(d, "rate") }},
		"no cap":  {[]string{"--purchases-per-day", "none"}, func(d map[string]any) { delete(d, "purchases") }},
		"a reason": {[]string{"--reason", "nightly"}, func(d map[string]any) {
			d["grants"] = []any{map[string]any{"effects": []any{"read"}, "reason": "nightly"}}
		}},
	} {
		var want, got map[string]any
		if err := json.Unmarshal([]byte(stored), &want); err != nil {
			t.Fatal(err)
		}
		tc.want(want)
		r := set(tc.args...)
		if err := json.Unmarshal([]byte(sent), &got); err != nil || r.exit != 0 || match != `"41"` {
			t.Errorf("%s: %v, exit %d %s, If-Match %s", name, err, r.exit, r.err, match)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if r := set("--description", "conflict"); r.exit != 5 {
		t.Errorf("somebody else changed it: exit %d %s", r.exit, r.err)
	}
	for name, args := range map[string][]string{
		"a burst of nothing": {"--rate", "0", "--burst", "3", "--purchases-per-day", "few"}, "no amount": {"--spend-per-day", "10"}, "no time": {"--expires", "soon"},
		"a rate that is no number": {"--rate", "NaN"}, "a rate without end": {"--rate", "Inf"}, "a rate below nothing": {"--rate", "-1"}, "a burst below nothing": {"--burst", "-1"},
	} {
		if r := set(args...); r.exit != 2 || strings.Contains(r.err, "panic") {
			t.Errorf("%s: exit %d %s", name, r.exit, r.err)
		}
	}
}
