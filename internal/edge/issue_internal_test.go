// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		object string
		want   [3]string
	}{
		"all":                 {`{"id":"a","x":[1],"info":{"n":1,"ref":{"id":"b","id2":"no"}},"orgId":"c"}`, [3]string{"a", "b", "c"}},
		"escapes":             {`{"id":"\u0061\n"}`, [3]string{"a\n", "", ""}},
		"no text":             {`{"id":7,"info":"x","orgId":null}`, [3]string{}},
		"nothing":             {``, [3]string{}},
		"no object":           {`["id"]`, [3]string{}},
		"what comes before":   {`{"id":"a","orgId":`, [3]string{"a", "", ""}},
		"a name with a dot":   {`{"info.ref.id":"z"}`, [3]string{}},
		"the same name below": {`{"other":{"id":"no"}}`, [3]string{}},
	} {
		var got [3]string
		texts([]byte(tc.object), wanted{{"id", &got[0]}, {"info.ref.id", &got[1]}, {"orgId", &got[2]}})
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
