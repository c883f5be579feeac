// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package sqlite

// Relaxed makes commits not wait for the disk. A power cut then loses acknowledged writes, which the
// control run of test/fault/powercut has to show.
func (o Options) Relaxed() Options {
	o.relaxed = true
	return o
}
