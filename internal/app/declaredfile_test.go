// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
)

// FuzzApplicationFile: whatever is in the file, reading it ends with applications that are all there, or with an error
// that names the file.
func FuzzApplicationFile(f *testing.F) {
	for _, seed := range []string{
		`{"applications": []}`, `{"tmcId": "t", "applications": [{"name": "a", "owner": "a@example.com", "grants": []}]}`, `{"applications": [7, null, {}]}`,
		"{\n\"a/b~c\": 1, \"a\": {}}", `{"applications": [{"grants": [{"scope": 1}]}]}`, `[`, `{"a":1,"a":2}`, `nul`, `{}{}`, "{\"applications\":[{\"name\":\"\\ud800\"}]}",
	} {
		f.Add([]byte(seed))
	}
	c, err := contract.Load()
	if err != nil {
		f.Fatal(err)
	}
	op := c.Operation("createApplication")
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := parseApplications("apps.json", raw, op)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if strings.HasPrefix(line, "apps.json:") {
					return
				}
			}
			t.Fatalf("%q: %v", raw, err)
		}
		var doc struct{ Applications []json.RawMessage }
		if err := json.Unmarshal(raw, &doc); err != nil || len(doc.Applications) != len(file.entries) {
			t.Fatalf("%q: %d entries of %d, %v", raw, len(file.entries), len(doc.Applications), err)
		}
		for _, e := range file.entries {
			if e.settings.Name == "" || file.lines[e.pointer] == 0 {
				t.Fatalf("%q: %+v", raw, e)
			}
		}
	})
}
