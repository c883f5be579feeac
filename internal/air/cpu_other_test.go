// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package air

import "time"

var zero = time.Now()

// threadCPU falls back to the wall clock where there is no clock per thread.
func threadCPU() time.Duration { return time.Since(zero) }
