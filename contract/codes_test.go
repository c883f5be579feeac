// SPDX-License-Identifier: Apache-2.0

package contract

import "testing"

func TestCodesOfTheWorld(t *testing.T) {
	t.Parallel()
	for format, tc := range map[string]struct{ good, bad []string }{
		formatCountry:  {[]string{"GB", "AD", "ZW", "XK", "GBR", "ABW", "ZWE"}, []string{"", "XX", "gb", "G", "D ", " A", "GBRX", "XXX", "DAE", "AE "}},
		formatCountry2: {[]string{"GB", "NA"}, []string{"GBR", "UK", "ZZ", "gb"}},
		formatCurrency: {[]string{"EUR", "AED", "ZWG", "XXX"}, []string{"", "EURO", "XYZ", "eur", "ED ", "DEM"}},
		formatTimezone: {[]string{"Europe/London", "UTC", "America/Argentina/Buenos_Aires"}, []string{"", "Local", "Mars", "Europe/Atlantis", "../etc/passwd", "/etc/localtime"}},
	} {
		check := textFormat(format)
		for _, code := range tc.good {
			if !check.match([]byte(code)) {
				t.Errorf("%s refuses %q", format, code)
			}
		}
		for _, code := range tc.bad {
			if check.match([]byte(code)) {
				t.Errorf("%s takes %q", format, code)
			}
		}
	}
}
