// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/config"
)

// production is one environment, and what else is given.
func production(more ...string) []string {
	return append([]string{"AIRSIDE_ENVIRONMENTS=production", "AIRSIDE_ENV_PRODUCTION_BASE_URL=https://api.example.com",
		"AIRSIDE_ENV_PRODUCTION_SECRET=env:FAR"}, more...)
}

// TestValuesThatAreRefused names the setting and what it may be; what would turn a protection off is among them.
func TestValuesThatAreRefused(t *testing.T) {
	t.Parallel()
	const far = "AIRSIDE_ENV_PRODUCTION_"
	for _, tc := range []struct {
		setting string
		values  string // separated by spaces
		want    string // after the name; empty when they are taken
	}{
		{far + "WEBHOOK_TOLERANCE", "-5m -1ns 0s 999ms 24h1s", "must be 1s to 24h"},
		{far + "WEBHOOK_TOLERANCE", "1s 5m 24h", ""},
		{far + "WEBHOOK_TOLERANCE", "5 NaN 99999999999h", "must be a duration such as 40s or 5m"},
	} {
		for value := range strings.FieldsSeq(tc.values) {
			t.Run(tc.setting+"="+value, func(t *testing.T) {
				t.Parallel()
				_, err := config.Load(production(tc.setting + "=" + value))
				switch {
				case tc.want == "" && err != nil:
					t.Errorf("refused: %v", err)
				case tc.want != "" && err == nil:
					t.Error("taken")
				case tc.want != "" && (!strings.HasPrefix(err.Error(), tc.setting) || !strings.HasSuffix(err.Error(), ": "+tc.want)):
					t.Errorf("says %q, not %s and %q", err, tc.setting, tc.want)
				}
			})
		}
	}
}
