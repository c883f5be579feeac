// SPDX-License-Identifier: Apache-2.0

// Package powercut cuts the power of a program and looks what its disk still holds. The tests mount a
// file system of their own through FUSE: it keeps what was written but not synchronised apart, and a
// cut drops all of it, or keeps random sectors (torn writes). It also plays a disk that is full and
// one that fails to synchronise.
//
// Not here: kill -9 with a disk that works, which package fault does without FUSE. The tests need the
// build tag fuse, /dev/fuse, and root or fusermount3; test/fault/run sees to that.
package powercut
