// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"testing"

	"github.com/airside-travel/airside/internal/detect"
)

// TestRules runs the tests that stand beside the rules. Each rule has one that fires and one that does not.
func TestRules(t *testing.T) {
	t.Parallel()
	set, err := detect.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules {
		fires, rests := false, false
		for _, c := range r.Tests {
			fires = fires || len(c.Alerts) > 0
			rests = rests || len(c.Alerts) == 0
		}
		if !fires || !rests {
			t.Errorf("%s needs a test that fires and one that does not", r.ID)
		}
	}
	for _, v := range set.Test() {
		if v.Problem != "" {
			t.Errorf("%s, %s: %s", v.Rule, v.Test, v.Problem)
		}
	}
}
