// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"syscall"
)

// DialControl is the guard of webhooks for other dialers: net.Dialer's ControlContext that refuses addresses which
// are not of the public internet. With loopback, those are allowed, for dev.
func DialControl(loopback bool) func(ctx context.Context, network, address string, c syscall.RawConn) error {
	return guard{loopback: loopback}.control
}
