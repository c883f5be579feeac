// SPDX-License-Identifier: Apache-2.0

package permit

import "slices"

// Everything reports whether a grant opens operations without naming any: it says *, or nothing but effects.
func Everything(g Grant) bool {
	return slices.Contains(g.Operations, All) || len(g.Operations)+len(g.Scopes) == 0
}
