// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"errors"
	"os"
	"time"
)

var errLocked = errors.New("locked")

// lockFile waits until this is the only holder of the lock, in this process and others, and returns what gives
// it up. The file stays: removing it would let two holders in.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	wait := time.NewTicker(5 * time.Millisecond)
	defer wait.Stop()
	for {
		if err = tryLock(f); err == nil {
			return func() { release(f) }, nil
		}
		if !errors.Is(err, errLocked) {
			f.Close()
			return nil, err
		}
		select {
		case <-wait.C:
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}
