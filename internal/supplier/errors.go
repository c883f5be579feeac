// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"errors"
	"fmt"
	"time"
)

// Errors without details.
var (
	ErrNotFound     = errors.New("supplier: not found")
	ErrExpired      = errors.New("supplier: offer expired")
	ErrSoldOut      = errors.New("supplier: sold out")
	ErrNotSupported = errors.New("supplier: not supported")
	ErrUnavailable  = errors.New("supplier: unavailable, try again")
	ErrUnknown      = errors.New("supplier: outcome unknown, read the order back")
)

// PriceChanged is answered when the total moved since the offer was made.
type PriceChanged struct{ Old, New Money }

func (e *PriceChanged) Error() string {
	return fmt.Sprintf("supplier: price changed from %s to %s", e.Old, e.New)
}

// Rejected is answered when the request itself is not acceptable; Field is a dotted path into the query or order.
type Rejected struct{ Field, Reason string }

func (e *Rejected) Error() string { return fmt.Sprintf("supplier: %s: %s", e.Field, e.Reason) }

// Declined is answered when a payment or a document was refused.
type Declined struct{ Reason string }

func (e *Declined) Error() string { return "supplier: declined: " + e.Reason }

// Throttled is answered when the supplier wants fewer calls.
type Throttled struct{ After time.Duration }

func (e *Throttled) Error() string { return fmt.Sprintf("supplier: throttled for %s", e.After) }
