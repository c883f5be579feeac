// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// local refuses file systems where several machines may see the file: the index of the log is
// shared memory, which they do not share.
func local(f *os.File) error {
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("sqlite: statfs: %w", err)
	}
	return localType(uint32(st.Type))
}

func localType(magic uint32) error {
	switch magic {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC,
		unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.NCP_SUPER_MAGIC, unix.V9FS_MAGIC, unix.CEPH_SUPER_MAGIC:
		return ErrNetwork
	}
	return nil
}
