// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"net/netip"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// Networks is a list of CIDR blocks.
type Networks []netip.Prefix

// Contains reports whether a is in one of the blocks.
func (n Networks) Contains(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range n {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// realIP finds the caller's address and applies the list that holds for everybody.
//
// Each trusted proxy appends the address it saw to X-Forwarded-For, so the caller stands exactly
// TrustedHops entries from the right. Everything further left was written by the caller himself and is never
// believed; nor is the header at all when no hop is trusted.
func (m *Mux) realIP(c *call) error {
	addr := peer(c.r.RemoteAddr)
	if hops := m.o.TrustedHops; hops > 0 {
		var chain []string
		for _, h := range c.r.Header.Values("X-Forwarded-For") {
			chain = append(chain, strings.Split(h, ",")...)
		}
		if len(chain) >= hops {
			a, err := netip.ParseAddr(strings.TrimSpace(chain[len(chain)-hops]))
			if err != nil {
				return errs.New(errs.AccessDenied, "the forwarding proxy named no valid caller address")
			}
			addr = a
		}
	}
	c.event.ClientIP = addr.Unmap().String()
	if len(m.o.Allow) > 0 && !m.o.Allow.Contains(addr) {
		return errs.New(errs.AccessDenied, "calls from this address are not allowed").With("network", "global allow-list").Known(networkRefused)
	}
	return nil
}

// networkRefused is the reason of both lists.
const networkRefused = "network-refused"

// clientNetworks applies the caller's own list of networks.
func (m *Mux) clientNetworks(c *call) error {
	caller, ok := c.ctx.Value(callerKey{}).(*Caller)
	if !ok || len(caller.Networks) == 0 {
		return nil
	}
	addr, err := netip.ParseAddr(c.event.ClientIP)
	if err != nil || !caller.Networks.Contains(addr) {
		return errs.New(errs.AccessDenied, "this client may not call from this address").With("network", "client allow-list").Known(networkRefused)
	}
	c.event.Decide("networks", "passed", "client allow-list", "")
	return nil
}

func peer(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr()
	}
	return netip.Addr{}
}
