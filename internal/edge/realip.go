// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
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
// believed; nor is the header at all when no hop is trusted. A request without the header came past no proxy and
// counts as its connection's; one with fewer entries came past some of them, and from where nobody can say.
func (m *Mux) realIP(c *call) error {
	addr := peer(c.r.RemoteAddr)
	if hops := m.o.TrustedHops; hops > 0 {
		var chain []string
		for _, h := range c.r.Header.Values("X-Forwarded-For") {
			chain = append(chain, strings.Split(h, ",")...)
		}
		switch n := len(chain); {
		case n == 0: // a probe of the machine's own, say
		case n < hops:
			return errs.New(errs.AddressNotAllowed, "the request came past %d of %d proxies, so nobody knows the caller's address", n, hops).
				With("trustedHops", strconv.Itoa(hops)).
				Hinting("this server believes %d proxies in front of it (AIRSIDE_TRUSTED_HOPS) and X-Forwarded-For has %d: call the outermost one, or have the number corrected", hops, n)
		default:
			a, err := netip.ParseAddr(strings.TrimSpace(chain[len(chain)-hops]))
			if err != nil {
				return errs.New(errs.AddressNotAllowed, "the forwarding proxy named no valid address of the caller").
					With("trustedHops", strconv.Itoa(hops)).
					Hinting("this server believes %d proxies in front of it (AIRSIDE_TRUSTED_HOPS): the entry of X-Forwarded-For that far from its right end is no address", hops)
			}
			addr = a
		}
	}
	c.event.ClientIP = addr.Unmap().String()
	switch {
	case len(m.o.Allow) == 0:
		c.event.Decide(telemetry.Address, telemetry.Passed, "everybody", "")
	case m.o.Allow.Contains(addr):
		c.event.Decide(telemetry.Address, telemetry.Passed, globalList, "")
	default:
		return OutsideNetworks(c.event.ClientIP, m.o.TrustedHops, globalList)
	}
	return nil
}

const (
	// ClientList is the list of networks that a client has; a server has one for everybody besides.
	ClientList = "client allow-list"
	globalList = "global allow-list"
	// networkRefused is the reason of both.
	networkRefused = "network-refused"
)

// OutsideNetworks is ADDRESS_NOT_ALLOWED: it says which address was seen, and how, and not what the list holds.
func OutsideNetworks(address string, trustedHops int, list string) *errs.Error {
	how := "the address of the connection itself, since AIRSIDE_TRUSTED_HOPS is 0"
	switch {
	case trustedHops == 1:
		how = "read through one trusted hop (AIRSIDE_TRUSTED_HOPS)"
	case trustedHops > 1:
		how = fmt.Sprintf("read through %d trusted hops (AIRSIDE_TRUSTED_HOPS)", trustedHops)
	}
	return errs.New(errs.AddressNotAllowed, "calls from the address %s are not allowed", address).
		With("address", address).With("trustedHops", strconv.Itoa(trustedHops)).With("network", list).Known(networkRefused).
		Hinting("this server saw %s, %s; if that is not where you call from, a proxy stands between: let its operator correct the number of hops; else have the network put into the %s", address, how, list)
}

// clientNetworks applies the caller's own list of networks.
func (m *Mux) clientNetworks(c *call) error {
	if c.caller == nil || len(c.caller.Networks) == 0 {
		c.event.Decide(telemetry.Networks, telemetry.None, "", "")
		return nil
	}
	if err := m.inside(c, c.caller); err != nil {
		return err
	}
	c.event.Decide(telemetry.Networks, telemetry.Passed, ClientList, "")
	return nil
}

// inside reports whether the call comes from where its caller may call from.
func (m *Mux) inside(c *call, caller *Caller) error {
	if len(caller.Networks) == 0 {
		return nil
	}
	addr, err := netip.ParseAddr(c.event.ClientIP)
	if err != nil || !caller.Networks.Contains(addr) {
		return OutsideNetworks(c.event.ClientIP, m.o.TrustedHops, ClientList)
	}
	return nil
}

func peer(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr()
	}
	return netip.Addr{}
}
