// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package cli

import "runtime/debug"

// trim gives back the memory that only the start needed.
func trim() { debug.FreeOSMemory() }
