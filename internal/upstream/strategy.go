// SPDX-License-Identifier: Apache-2.0

package upstream

// Strategy is how a secret is replaced.
type Strategy string

// The strategies.
const (
	Automatic Strategy = "automatic" // Turns when a slot is free and the role is known, else InPlace
	InPlace   Strategy = "in-place"  // hold requests, rotate, store, go on: one API user, a pause
	Turns     Strategy = "turns"     // make another API user, switch to it, revoke the old one: no pause
)

func (s Strategy) valid() bool {
	return s == "" || s == Automatic || s == InPlace || s == Turns
}
