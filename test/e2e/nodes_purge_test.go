// SPDX-License-Identifier: Apache-2.0

//go:build pg

package e2e_test

import "testing"

// TestPurgeNodes: PostgreSQL answers one question of a transaction at a time, so what a purge reads must not overlap.
func TestPurgeNodes(t *testing.T) {
	t.Parallel()
	for name, purge := range map[string]func(*testing.T, *client){
		"namesakes": purgeLeavesNamesakesAlone, "one of several": purgeTakesOneOfSeveral, "an address": purgeReachesWhatAnAddressTies,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := pair(t, never)
			purge(t, c)
		})
	}
}
