// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/world/pack"
)

// The embedded world is what these tables make, whatever version of the compressor packed it.
func TestEmbeddedWorldIsCurrent(t *testing.T) {
	t.Parallel()
	made, err := build("data")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../internal/world/world.bin")
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := pack.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	made.Version = embedded.Version
	for i := range made.Airlines { // no hubs is read back as an empty list
		if made.Airlines[i].Hubs == nil {
			made.Airlines[i].Hubs = []uint16{}
		}
	}
	if !cmp.Equal(made, embedded) {
		t.Error("internal/world/world.bin is stale: run go run ./tools/worldgen")
	}
}
