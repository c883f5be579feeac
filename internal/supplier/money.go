// SPDX-License-Identifier: Apache-2.0

package supplier

import "fmt"

// Amount is money in minor units of a currency that is named next to it (cents for USD, whole yen for JPY, fils for
// KWD).
type Amount = int64

// Money is an amount with its ISO 4217 currency.
type Money struct {
	Minor    Amount
	Currency string
}

// String gives the minor units and the currency, for logs and error texts; people are shown amounts elsewhere.
func (m Money) String() string { return fmt.Sprintf("%d %s (minor units)", m.Minor, m.Currency) }
