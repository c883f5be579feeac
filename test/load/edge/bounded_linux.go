// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// bounded puts a process that has just begun into a memory control group of its own, as a container with that limit
// is, and returns how to remove the group once the process has ended.
func bounded(pid int, megabytes int64) (remove func() error, err error) {
	root, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		root, limit = "/sys/fs/cgroup", "memory.max"
	}
	group := filepath.Join(root, "airside-load-"+strconv.Itoa(pid))
	if err := os.Mkdir(group, 0o755); err != nil { //nolint:gosec // the kernel decides who may look
		return nil, fmt.Errorf("a memory limit needs the right to make control groups: %w", err)
	}
	remove = func() error { return os.Remove(group) }
	write := func(name string, n int64) error {
		return os.WriteFile(filepath.Join(group, name), strconv.AppendInt(nil, n, 10), 0o600)
	}
	if err := errors.Join(write(limit, megabytes<<20), write("cgroup.procs", int64(pid))); err != nil {
		return nil, errors.Join(err, remove())
	}
	return remove, nil
}

// uncached copies a program so that none of it is in the kernel's cache: what a bounded process reads of files counts,
// too, unless somebody else has read it before.
func uncached(program, to string) error {
	raw, err := os.ReadFile(program) //nolint:gosec // named by a flag
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // it is to be run
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED), f.Close()) //nolint:gosec // a descriptor
}
