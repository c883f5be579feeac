// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
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
		{"AIRSIDE_RATE", "NaN nan Inf +Inf -Inf infinity -1 0.0001 1000001", "must be 0 or 0.001 to 1000000"},
		{"AIRSIDE_TOKEN_RATE", "NaN Inf -1", "must be 0 or 0.001 to 1000000"},
		{"AIRSIDE_TOKEN_RATE", "0 0.001 2", ""},
		{"AIRSIDE_TOKEN_RATE", "2/s 1e999", "must be a number"},
		{"AIRSIDE_FOLLOW_WITHIN", "-1s 11m", "must be 0s to 10m"},
		{"AIRSIDE_FOLLOW_WITHIN", "0 0s", ""},
		{"AIRSIDE_WEBHOOK_TIMEOUT", "0s -1s 1h", "must be 100ms to 10m"},
		{"AIRSIDE_SHUTDOWN_TIMEOUT", "-1s 2h", "must be 0s to 1h"},
		{"AIRSIDE_VAULT_CACHE", "0s -1s 25h", "must be 1s to 24h"},
		{far + "RATE", "NaN Inf -1", "must be 0 or 0.001 to 1000000"},
		{far + "TIMEOUT", "0s -1s 2h", "must be 100ms to 1h"},
		{far + "CONNECTIONS", "0 100001", "must be 1 to 100000"},
		{far + "CONNECTIONS", "-1 1.5", "must be a whole number, not negative"},
		{far + "ROTATE_AFTER", "-1h 59m -1ns 90000h", "must be 0 or 1h to 87600h"},
		{far + "ROTATE_AFTER", "0 0s 2160h 9000h", ""},
		{far + "WEBHOOK_TOLERANCE", "-5m -1ns 0s 999ms 24h1s", "must be 1s to 24h"},
		{far + "WEBHOOK_TOLERANCE", "1s 5m 24h", ""},
		{"AIRSIDE_AUDIT_CHECKPOINT_URL", "ftp://h.example.com https:// host.example.com https://h.example.com/#f", "must be a URL such as https://host.example.com, of http or https"},
		{"AIRSIDE_AUDIT_CHECKPOINT_URL", "https://u@h.example.com http://u:p@h.example.com", "must not hold a user or a password"},
		{"AIRSIDE_AUDIT_CHECKPOINT_URL", "https://h.example.com/x?tenant=1 http://h.example.com", ""},
		{"AIRSIDE_BASE_URL", "https://h.example.com/?a=1", "must be a URL without a query"},
		{"AIRSIDE_ALLOW_NETWORKS", "192.0.2.0/33 office", "must be a CIDR block such as 192.0.2.0/24 or 2001:db8::/32, or an address"},
		{"AIRSIDE_ALLOW_NETWORKS", "fe80::1%eth0/64 192.0.2.0/24,fe80::1%eth0", "must have no zone (%…), which means something on one machine only"},
		{"AIRSIDE_LISTEN", "8080 u@127.0.0.1:80 https://h.example.com:80 127.0.0.1:80/x", "must be HOST:PORT, such as 127.0.0.1:8080"},
		{"AIRSIDE_LISTEN", ":8080 [::1]:0 localhost:80", ""},
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

// TestSecretsInEverySetting plants secrets in each setting of the reference: it is refused, or shown without them.
func TestSecretsInEverySetting(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	secret := ids.Secret("asc_")
	mistyped := secret[:len(secret)-1] + map[bool]string{true: "A", false: "B"}[secret[len(secret)-1] != 'A']
	plants := map[string]string{ // by what must not be shown
		secret:                            secret,
		mistyped:                          "https://h.example.com/x?a=" + mistyped,
		"hvs." + "CAESIJ7eX0aQ2mKpL9vW3z": "hvs." + "CAESIJ7eX0aQ2mKpL9vW3zT5",
		"canary1":                         "https://someone:canary1@h.example.com:4318",
		"canary2":                         "otlp+https://someone:canary2@h.example.com:4318",
		"canary3":                         "https://h.example.com/x?access_token=canary3",
	}
	for _, s := range append(c.Settings(), config.EnvironmentSettings()...) {
		name := strings.ReplaceAll(s.Name, "<NAME>", "PRODUCTION")
		for canary, value := range plants {
			c, err := config.Load(production("AIRSIDE_MASTER_KEY_FILE=key", name+"="+value))
			shown := fmt.Sprint(c.Settings())
			if err != nil {
				shown = err.Error()
			}
			if strings.Contains(shown, canary) {
				t.Errorf("%s=%s shows it: %s", name, value, shown)
			}
			taken := map[string]bool{"AIRSIDE_CLIENT_SECRET": true, "AIRSIDE_TOKEN": true, "AIRSIDE_VAULT_CREDENTIAL": true, // masked; the last is refused where it is read
				"AIRSIDE_ENV_PRODUCTION_SECRET": true, "AIRSIDE_ENV_PRODUCTION_ADMIN_SECRET": true, "AIRSIDE_ENV_PRODUCTION_WEBHOOK_SECRETS": true, "AIRSIDE_ENV_PRODUCTION_WEBHOOK_SIGN": true}
			if err == nil && !taken[name] && canary != "canary3" {
				t.Errorf("%s=%s is taken", name, value)
			}
		}
	}
}
