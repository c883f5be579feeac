// SPDX-License-Identifier: Apache-2.0

package network_test

import (
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/network"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.0/24":           "192.0.2.0/24",
		"192.0.2.7/24":           "192.0.2.0/24",
		"192.0.2.7":              "192.0.2.7/32",
		"0.0.0.0/0":              "0.0.0.0/0",
		"::ffff:127.0.0.0/104":   "127.0.0.0/8",
		"::ffff:192.0.2.7":       "192.0.2.7/32",
		"::ffff:c000:200/120":    "192.0.2.0/24",
		"::ffff:0:0/96":          "0.0.0.0/0",
		"2001:db8::1":            "2001:db8::1/128",
		"2001:db8::1/32":         "2001:db8::/32",
		"::/0":                   "::/0",
		"::ffff:0:0/95":          "error: at least /96",
		"fe80::1%eth0/64":        "error: no zone",
		"fe80::1%eth0":           "error: no zone",
		"fe80::%eth0/64":         "error: no zone",
		"fe80::1/64%eth0":        "error: must be a CIDR block",
		"192.0.2.0/33":           "error: must be a CIDR block",
		"192.0.2.0/255.255.0.0":  "error: must be a CIDR block",
		"192.0.2.0/024":          "error: must be a CIDR block",
		"192.0.2":                "error: must be a CIDR block",
		"192.0.02.0/24":          "error: must be a CIDR block",
		" 192.0.2.0/24":          "error: must be a CIDR block",
		"office":                 "error: must be a CIDR block",
		"":                       "error: must be a CIDR block",
		"asc_canary@192.0.2.0/8": "error: must be a CIDR block",
	} {
		p, err := network.Parse(text)
		if part, bad := strings.CutPrefix(want, "error: "); bad {
			if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%q: %v, %v", text, p, err)
			}
			continue
		}
		if err != nil || p.String() != want {
			t.Errorf("%q: %v, %v, want %s", text, p, err, want)
		}
	}
}
