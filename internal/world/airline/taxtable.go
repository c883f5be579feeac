// SPDX-License-Identifier: Apache-2.0

package airline

type localTax struct {
	code         string
	when         taxWhen
	low, high    int64 // minor units of the country's currency; high 0 = same as low
	minKm, maxKm int32
	bps          int64
	kept         bool
}

type taxedCountry struct {
	country, currency string
	taxes             []localTax
}

// countryTaxes are the taxes of the countries most flown to, rounded to recent public amounts. They are good enough
// to look right and to add up; they are not a tax manual. Other countries get a departure and a security charge.
var countryTaxes = []taxedCountry{
	{"US", "USD", []localTax{
		{code: "US", when: departAbroad, low: 2290}, {code: "US", when: arriveAbroad, low: 2290},
		{code: "US", when: shareWithin, bps: 750}, {code: "ZP", when: everyDomestic, low: 520},
		{code: "AY", when: departAny, low: 560}, {code: "XF", when: everyBoarding, low: 450},
		{code: "XA", when: arriveAbroad, low: 384}, {code: "XY", when: arriveAbroad, low: 700},
		{code: "YC", when: arriveAbroad, low: 739}}},
	{"GB", "GBP", []localTax{
		{code: "GB", when: departWithin, low: 700, high: 1400},
		{code: "GB", when: departAbroad, low: 1300, high: 2800, maxKm: 3219},
		{code: "GB", when: departAbroad, low: 9000, high: 21600, minKm: 3219, maxKm: 8851},
		{code: "GB", when: departAbroad, low: 9400, high: 22400, minKm: 8851},
		{code: "UB", when: departAbroad, low: 2850}, {code: "UB", when: departWithin, low: 1450}}},
	{"DE", "EUR", []localTax{
		{code: "OY", when: departAny, low: 1553, maxKm: 2500, kept: true},
		{code: "OY", when: departAny, low: 3934, minKm: 2500, maxKm: 6000, kept: true},
		{code: "OY", when: departAny, low: 7083, minKm: 6000, kept: true},
		{code: "DE", when: departAny, low: 1000}, {code: "RA", when: departAny, low: 2385}}},
	{"FR", "EUR", []localTax{
		{code: "FR", when: departAny, low: 507}, {code: "QX", when: departAny, low: 1710},
		{code: "O4", when: departAny, low: 740, high: 3000, maxKm: 5500},
		{code: "O4", when: departAny, low: 4000, high: 12000, minKm: 5500}, {code: "FR", when: shareWithin, bps: 1000}}},
	{"ES", "EUR", []localTax{{code: "JD", when: departAny, low: 1550}, {code: "QV", when: departAny, low: 360},
		{code: "OG", when: departAny, low: 60}}},
	{"IT", "EUR", []localTax{{code: "HB", when: departAny, low: 650}, {code: "IT", when: departAny, low: 1720},
		{code: "VT", when: departAny, low: 230}, {code: "EX", when: departAny, low: 100}}},
	{"NL", "EUR", []localTax{{code: "RN", when: departAny, low: 1610}, {code: "CJ", when: departAny, low: 1390},
		{code: "VV", when: departAny, low: 2940, kept: true}}},
	{"BE", "EUR", []localTax{{code: "BE", when: departAny, low: 2680}, {code: "S9", when: departAny, low: 500, kept: true}}},
	{"AT", "EUR", []localTax{{code: "QD", when: departAny, low: 1200, kept: true}, {code: "ZY", when: departAny, low: 2090},
		{code: "AT", when: departAny, low: 870}}},
	{"CH", "CHF", []localTax{{code: "CH", when: departAny, low: 3550}}},
	{"IE", "EUR", []localTax{{code: "EI", when: departAny, low: 1190}}},
	{"PT", "EUR", []localTax{{code: "PT", when: departAny, low: 1530}, {code: "YP", when: departAny, low: 720},
		{code: "9O", when: departAny, low: 200, kept: true}}},
	{"SE", "SEK", []localTax{{code: "DQ", when: departAny, low: 8700}, {code: "XW", when: departAny, low: 4900}}},
	{"NO", "NOK", []localTax{{code: "ZN", when: departAny, low: 9300}, {code: "XP", when: departAny, low: 8500, maxKm: 2500, kept: true},
		{code: "XP", when: departAny, low: 33600, minKm: 2500, kept: true}, {code: "NO", when: shareWithin, bps: 1200}}},
	{"DK", "DKK", []localTax{{code: "ZO", when: departAny, low: 12400}, {code: "VB", when: departAny, low: 3000, maxKm: 3000, kept: true},
		{code: "VB", when: departAny, low: 30000, minKm: 3000, kept: true}}},
	{"FI", "EUR", []localTax{{code: "DQ", when: departAny, low: 1090}, {code: "XU", when: departAny, low: 420}, {code: "FI", when: shareWithin, bps: 1000}}},
	{"IS", "ISK", []localTax{{code: "IS", when: departAny, low: 2100}, {code: "ZU", when: departAny, low: 1500}}},
	{"PL", "PLN", []localTax{{code: "XW", when: departAny, low: 6000}, {code: "ND", when: departAny, low: 1800}}},
	{"CZ", "CZK", []localTax{{code: "CZ", when: departAny, low: 68000}}},
	{"GR", "EUR", []localTax{{code: "GR", when: departAny, low: 1200}, {code: "WQ", when: departAny, low: 1130}, {code: "WP", when: departAny, low: 320}}},
	{"TR", "TRY", []localTax{{code: "TR", when: departAbroad, low: 64000}, {code: "VQ", when: departWithin, low: 10700}, {code: "M6", when: departAny, low: 11000}}},
	{"CA", "CAD", []localTax{{code: "CA", when: departWithin, low: 994}, {code: "CA", when: departAbroad, low: 3442},
		{code: "SQ", when: departAny, low: 3200}, {code: "XG", when: shareWithin, bps: 500}}},
	{"MX", "USD", []localTax{{code: "XD", when: departAbroad, low: 5180}, {code: "UK", when: arriveAbroad, low: 4100},
		{code: "XV", when: departWithin, low: 2750}, {code: "MX", when: shareWithin, bps: 1600}}},
	{"BR", "BRL", []localTax{{code: "BR", when: departAbroad, low: 20600}, {code: "BR", when: departWithin, low: 3900}}},
	{"AR", "USD", []localTax{{code: "XR", when: departAbroad, low: 5700}, {code: "QO", when: departAny, low: 800}}},
	{"CL", "USD", []localTax{{code: "CL", when: departAbroad, low: 2600}, {code: "CL", when: departWithin, low: 1000}}},
	{"CO", "USD", []localTax{{code: "CO", when: departAbroad, low: 4900}, {code: "YS", when: shareWithin, bps: 1900}}},
	{"AU", "AUD", []localTax{{code: "AU", when: departAbroad, low: 7000, kept: true}, {code: "WY", when: departAbroad, low: 6240},
		{code: "WY", when: arriveAbroad, low: 3100}, {code: "QR", when: departWithin, low: 1580}, {code: "WG", when: departAny, low: 620},
		{code: "UO", when: shareWithin, bps: 1000}}},
	{"NZ", "NZD", []localTax{{code: "IA", when: departAny, low: 2460}, {code: "F1", when: departAbroad, low: 1620}, {code: "NZ", when: shareWithin, bps: 1500}}},
	{"JP", "JPY", []localTax{{code: "SW", when: departAbroad, low: 2950}, {code: "TK", when: departAbroad, low: 1000, kept: true},
		{code: "OI", when: departAbroad, low: 570}, {code: "SW", when: departWithin, low: 450}}},
	{"KR", "KRW", []localTax{{code: "BP", when: departAbroad, low: 24000}, {code: "BP", when: departWithin, low: 4000}}},
	{"CN", "CNY", []localTax{{code: "CN", when: departAbroad, low: 9000}, {code: "CN", when: departWithin, low: 5000}}},
	{"HK", "HKD", []localTax{{code: "HK", when: departAny, low: 20000}, {code: "G3", when: departAny, low: 9000}, {code: "I5", when: departAny, low: 6500}}},
	{"TW", "TWD", []localTax{{code: "TW", when: departAbroad, low: 50000}}},
	{"SG", "SGD", []localTax{{code: "SG", when: departAny, low: 4640}, {code: "OO", when: departAny, low: 800}, {code: "L7", when: departAny, low: 1000}}},
	{"MY", "MYR", []localTax{{code: "MY", when: departAbroad, low: 7300}, {code: "MY", when: departWithin, low: 1100}, {code: "H8", when: departAny, low: 100}}},
	{"TH", "THB", []localTax{{code: "TS", when: departAbroad, low: 73000}, {code: "TS", when: departWithin, low: 13000},
		{code: "E7", when: departAbroad, low: 3500}, {code: "G8", when: departAbroad, low: 1500}}},
	{"IN", "INR", []localTax{{code: "P2", when: departAny, low: 23600}, {code: "IN", when: departAbroad, low: 65000},
		{code: "K3", when: shareWithin, bps: 500}}},
	{"AE", "AED", []localTax{{code: "AE", when: departAny, low: 7500}, {code: "F6", when: departAny, low: 4000},
		{code: "ZR", when: departAny, low: 1000}, {code: "TP", when: departAny, low: 500}}},
	{"QA", "QAR", []localTax{{code: "QA", when: departAny, low: 6000}, {code: "PZ", when: departAny, low: 1000}, {code: "R9", when: departAny, low: 1000}}},
	{"SA", "SAR", []localTax{{code: "SA", when: departAny, low: 8700}, {code: "T2", when: departAny, low: 1000}}},
	{"IL", "USD", []localTax{{code: "IL", when: departAbroad, low: 2700}}},
	{"ZA", "ZAR", []localTax{{code: "ZA", when: departAbroad, low: 19000}, {code: "WC", when: departAbroad, low: 22600},
		{code: "UM", when: departWithin, low: 9100}, {code: "EV", when: departAny, low: 2500}, {code: "ZV", when: shareWithin, bps: 1500}}},
	{"EG", "USD", []localTax{{code: "EG", when: departAbroad, low: 2500}, {code: "JK", when: departAny, low: 400}}},
	{"KE", "USD", []localTax{{code: "TU", when: departAbroad, low: 5000}, {code: "TU", when: departWithin, low: 450}}},
}
