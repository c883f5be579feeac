// SPDX-License-Identifier: Apache-2.0

package sqlite

// Single has every call committed alone.
func Single(o Options) Options {
	o.single = true
	return o
}
