// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is how /proc counts processor time: a hundredth of a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// stat are the fields of /proc/PID/stat behind the name, which may hold anything.
func stat(pid string) []string {
	raw, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
}

// busy is the processor time that processes have used; 0 where there is no /proc.
func busy(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		if f := stat(strconv.Itoa(pid)); len(f) > 12 {
			user, _ := strconv.Atoi(f[11]) // the kernel writes numbers
			system, _ := strconv.Atoi(f[12])
			sum += time.Duration(user+system) * tick
		}
	}
	return sum
}

func children(of int) (out []int) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, dir := range all {
		if f := stat(filepath.Base(dir)); len(f) > 1 && f[1] == strconv.Itoa(of) {
			pid, _ := strconv.Atoi(filepath.Base(dir)) // digits, by the pattern
			out = append(out, pid)
		}
	}
	return out
}

// memory is what processes hold, in bytes.
type memory struct {
	resident int64 // in all
	own      int64 // without pages of files, such as the program's, which the kernel takes back as it likes
}

func (m memory) most(n memory) memory { return memory{max(m.resident, n.resident), max(m.own, n.own)} }

func held(pids []int) (sum memory) {
	for _, pid := range pids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(status), "\n") {
			name, rest, _ := strings.Cut(line, ":")
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64) // as above; others are not used
			switch name {
			case "VmRSS":
				sum.resident += kb << 10
			case "RssAnon":
				sum.own += kb << 10
			}
		}
	}
	return sum
}
