// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// relog writes the log that was left behind once more and synchronises it, before SQLite reads it.
//
// When a synchronisation fails, the kernel takes the pages it could not write for clean and still
// shows them. A restarted program would find commits in the log that only memory holds, append new
// ones, be told that those are durable, and in a power cut lose them together with what they follow.
// Writing the same bytes in place cannot harm what is durable already, however far it gets.
func relog(path string) (err error) {
	f, err := os.OpenFile(path+"-wal", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // closed in good order
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("sqlite: make the log durable: %w", err)
		}
	}()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf := make([]byte, 1<<20)
	for at := int64(0); ; {
		n, err := f.ReadAt(buf, at)
		if _, err := f.WriteAt(buf[:n], at); err != nil {
			return err
		}
		at += int64(n)
		if errors.Is(err, io.EOF) {
			return f.Sync()
		}
		if err != nil {
			return err
		}
	}
}
