// SPDX-License-Identifier: Apache-2.0

package app

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// objectKey is the key of the hashes that stand for ids in logs, the same in all processes of an installation.
func objectKey(master []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, "airside: ids in logs", sha256.Size)
}
