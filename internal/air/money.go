// SPDX-License-Identifier: Apache-2.0

package air

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// digits is how many minor digits a currency has (ISO 4217).
func digits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

var pow10 = [...]int64{1, 10, 100, 1000, 10000} //nolint:gochecknoglobals // constant table

// appendAmount writes minor units as the JSON number of the major unit.
func appendAmount(b []byte, minor supplier.Amount, currency string) []byte {
	d := digits(currency)
	if minor < 0 {
		b = append(b, '-')
		minor = -minor
	}
	b = strconv.AppendInt(b, minor/pow10[d], 10)
	if d == 0 {
		return b
	}
	b = append(b, '.')
	frac := minor % pow10[d]
	for i := d - 1; i >= 0; i-- {
		b = append(b, byte('0'+frac/pow10[i]%10))
	}
	return b
}

// money is schema Money as it is read and written outside the hot path.
type money struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currencyCode"`
}

// fare is schema FareAmount.
type fare struct {
	Base money `json:"base"`
	Tax  money `json:"tax"`
}

func newMoney(minor supplier.Amount, currency string) money {
	return money{json.Number(appendAmount(nil, minor, currency)), currency}
}

func newFare(base, tax supplier.Amount, currency string) fare {
	return fare{newMoney(base, currency), newMoney(tax, currency)}
}

// minor reads an amount of the request in minor units of want; pointer says where it stands.
func (m money) minor(want, pointer string) (supplier.Amount, error) {
	if m.Currency != want {
		return 0, errs.Invalidf(pointer+"/currencyCode", "currency", "expected %s, the currency of the offer; got %q", want, m.Currency).Allow(want)
	}
	v, err := strconv.ParseFloat(string(m.Amount), 64)
	scaled := v * float64(pow10[digits(want)])
	if err != nil || math.IsNaN(scaled) || math.Abs(scaled) > 1e15 {
		return 0, errs.Invalidf(pointer+"/amount", "range", "%s is not an amount of money", m.Amount)
	}
	r := math.Round(scaled)
	if math.Abs(r-scaled) > 1e-4*math.Max(1, math.Abs(scaled)/1e8) {
		return 0, errs.Invalidf(pointer+"/amount", "precision", "%s has %d minor digits; got %s", want, digits(want), m.Amount)
	}
	return supplier.Amount(r), nil
}

func (m money) String() string { return fmt.Sprintf("%s %s", m.Amount, m.Currency) }
