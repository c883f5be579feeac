// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// trim gives back what only the start needed: memory of the heap, and the pages of the program itself that were read
// on the way and would stay counted as this process's. What is needed again comes back from the page cache by
// itself.
func trim() {
	debug.FreeOSMemory()
	exe, err := os.Executable()
	if err != nil {
		return // it stays as it is
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		f := strings.Fields(lines.Text()) // from-to rights offset device inode path
		if len(f) != 6 || f[5] != exe || f[1][1] == 'w' {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		a, errA := strconv.ParseUint(from, 16, 64)
		b, errB := strconv.ParseUint(to, 16, 64)
		if errA != nil || errB != nil {
			continue
		}
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(a), uintptr(b-a), unix.MADV_DONTNEED)
	}
}
