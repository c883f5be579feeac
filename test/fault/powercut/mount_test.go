// SPDX-License-Identifier: Apache-2.0

//go:build fuse

package powercut

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// mount shows the disk at dir until the returned function is called.
//
// The kernel's cache is on, because SQLite maps its -shm file into memory, which FUSE allows on cached
// files only. Writes go through the cache at once; what programs write into a mapping comes later, if
// at all, and nothing durable is kept there. This process must not open what it mounts: a page fault
// on its own file system can stop it for good.
func mount(t *testing.T, d *disk, dir string) (unmount func()) {
	t.Helper()
	minute := time.Minute
	server, err := fs.Mount(dir, &root{d: d}, &fs.Options{
		EntryTimeout: &minute, AttrTimeout: &minute, // nobody but the kernel changes anything
		MountOptions: fuse.MountOptions{DirectMount: true, FsName: "powercut", Name: "powercut", ExplicitDataCacheControl: true},
	})
	if err != nil {
		t.Fatalf("mount: %v (this test needs /dev/fuse, and root or fusermount3)", err)
	}
	keep(t)
	mounted := true
	unmount = func() {
		t.Helper()
		if !mounted {
			return
		}
		mounted = false
		if err := server.Unmount(); err != nil {
			t.Fatalf("unmount: %v", err)
		}
	}
	t.Cleanup(unmount)
	return unmount
}

// keep lets no program that is started hold on to the mounts: should this process end too early, they
// are to end with it, and not leave everybody who looks at them waiting for an answer.
func keep(t *testing.T) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range open {
		name, _ := os.Readlink("/proc/self/fd/" + e.Name()) // the one that was listing is closed again
		if fd, err := strconv.Atoi(e.Name()); err == nil && name == "/dev/fuse" {
			syscall.CloseOnExec(fd)
		}
	}
}

// root is the mounted directory.
type root struct {
	fs.Inode
	d *disk
}

// node is a file of it.
type node struct {
	fs.Inode
	d *disk
	f *file
}

// handle is an open file.
type handle struct {
	d     *disk
	f     *file
	heard int // how many failed synchronisations this handle knows of
}

var (
	_ fs.NodeLookuper  = (*root)(nil)
	_ fs.NodeCreater   = (*root)(nil)
	_ fs.NodeUnlinker  = (*root)(nil)
	_ fs.NodeRenamer   = (*root)(nil)
	_ fs.NodeReaddirer = (*root)(nil)
	_ fs.NodeFsyncer   = (*root)(nil)
	_ fs.NodeStatfser  = (*root)(nil)
	_ fs.NodeSetattrer = (*root)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeGetattrer = (*node)(nil)
	_ fs.NodeSetattrer = (*node)(nil)
	_ fs.FileReader    = (*handle)(nil)
	_ fs.FileWriter    = (*handle)(nil)
	_ fs.FileFsyncer   = (*handle)(nil)
)

// names runs fn with the live directory.
func (r *root) names(fn func(map[string]*file) syscall.Errno) syscall.Errno {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if r.d.off {
		return syscall.EIO
	}
	return fn(r.d.live)
}

func (r *root) child(ctx context.Context, f *file, out *fuse.EntryOut) *fs.Inode {
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(len(f.data))
	return r.NewInode(ctx, &node{d: r.d, f: f}, fs.StableAttr{Mode: syscall.S_IFREG, Ino: f.ino})
}

func (r *root) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (found *fs.Inode, errno syscall.Errno) {
	errno = r.names(func(live map[string]*file) syscall.Errno {
		f, ok := live[name]
		if !ok {
			return syscall.ENOENT
		}
		found = r.child(ctx, f, out)
		return 0
	})
	return found, errno
}

func (r *root) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (made *fs.Inode, h fs.FileHandle, flags uint32, errno syscall.Errno) {
	errno = r.names(func(live map[string]*file) syscall.Errno {
		r.d.inodes++
		f := &file{ino: 1 + r.d.inodes, dirty: map[int64]bool{}} // 1 is the directory
		live[name] = f
		r.d.changed()
		made, h = r.child(ctx, f, out), &handle{d: r.d, f: f}
		return 0
	})
	return made, h, fuse.FOPEN_KEEP_CACHE, errno
}

func (r *root) Unlink(_ context.Context, name string) syscall.Errno {
	return r.names(func(live map[string]*file) syscall.Errno {
		f, ok := live[name]
		if !ok {
			return syscall.ENOENT
		}
		r.d.free += int64(len(f.data))
		delete(live, name)
		r.d.changed()
		return 0
	})
}

func (r *root) Rename(_ context.Context, from string, _ fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	return r.names(func(live map[string]*file) syscall.Errno {
		f, ok := live[from]
		switch {
		case !ok:
			return syscall.ENOENT
		case flags != 0:
			return syscall.EINVAL
		}
		delete(live, from)
		live[to] = f
		r.d.changed()
		return 0
	})
}

func (r *root) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	var list []fuse.DirEntry
	errno := r.names(func(live map[string]*file) syscall.Errno {
		for _, name := range slices.Sorted(maps.Keys(live)) {
			list = append(list, fuse.DirEntry{Name: name, Ino: live[name].ino, Mode: syscall.S_IFREG})
		}
		return 0
	})
	return fs.NewListDirStream(list), errno
}

func (r *root) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return r.d.syncDir() }

// Setattr accepts a mode and forgets it.
func (r *root) Setattr(_ context.Context, _ fs.FileHandle, _ *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	out.Mode = syscall.S_IFDIR | 0o700
	return 0
}

func (r *root) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	return r.names(func(map[string]*file) syscall.Errno {
		out.Bsize, out.NameLen = 4096, 255
		out.Blocks, out.Bfree, out.Bavail = plenty/4096, uint64(r.d.free/4096), uint64(r.d.free/4096)
		return 0
	})
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if n.d.off {
		return nil, 0, syscall.EIO
	}
	return &handle{d: n.d, f: n.f, heard: n.f.errors}, fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.d.mu.Lock()
	defer n.d.mu.Unlock()
	if n.d.off {
		return syscall.EIO
	}
	out.Mode, out.Size, out.Ino = syscall.S_IFREG|0o600, uint64(len(n.f.data)), n.f.ino
	return 0
}

func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		if errno := n.d.truncate(n.f, int64(size)); errno != 0 {
			return errno
		}
	}
	return n.Getattr(ctx, h, out)
}

func (h *handle) Read(_ context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if h.d.off {
		return nil, syscall.EIO
	}
	if off >= int64(len(h.f.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, h.f.data[off:])]), 0
}

func (h *handle) Write(_ context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	n, errno := h.d.write(h.f, data, off)
	return uint32(n), errno
}

func (h *handle) Fsync(context.Context, uint32) syscall.Errno { return h.d.sync(h.f, &h.heard) }
