// SPDX-License-Identifier: Apache-2.0

// Package freeport finds ports for tests of servers that must be told theirs beforehand. Whatever can, listens on
// port 0 instead.
package freeport

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"

	"github.com/airside-travel/airside/internal/ids"
)

// Find answers a port of 127.0.0.1 that was free a moment ago, below those that the system gives to whoever asks for
// any: no client is given it in between, and none that dials on while its server is down meets itself there.
func Find(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10_000 + int(binary.BigEndian.Uint16(ids.Bytes(2)))%10_000
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}
