// SPDX-License-Identifier: Apache-2.0

package air

import (
	"syscall"
	"time"
	"unsafe"
)

// threadCPU is the processor time of the calling thread, in nanoseconds.
func threadCPU() time.Duration {
	var ts syscall.Timespec
	const clockThreadCPU = 3
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
