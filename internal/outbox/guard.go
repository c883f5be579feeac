// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// guard keeps deliveries out of private networks. It looks at the address that is about to be
// dialled, after the name was resolved, so that no name can lead there, now or later.
type guard struct {
	loopback bool           // allowed, in dev
	allow    []netip.Prefix // private networks that the operator opened
}

// The sorts of addresses that are not dialled, each with its own code.
type addressSort int

const (
	private  addressSort = iota // and whatever else is not the public internet
	loopback                    // this host
	metadata                    // link-local addresses, where clouds keep credentials: no setting opens them
)

// blocked are the networks that are not the public internet (IANA special-purpose registries), and
// addresses behind which clouds keep their metadata; the first that fits counts.
//
//nolint:gochecknoglobals // a constant table
var blocked = []struct {
	prefix netip.Prefix
	what   string
	sort   addressSort
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this host", loopback},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network", private},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier's shared network", private},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address", loopback},
	{netip.MustParsePrefix("168.63.129.16/32"), "a metadata service", metadata},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address", metadata},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network", private},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved network", private},
	{netip.MustParsePrefix("192.0.2.0/24"), "a documentation network", private},
	{netip.MustParsePrefix("192.88.99.0/24"), "a 6to4 relay", private},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network", private},
	{netip.MustParsePrefix("198.18.0.0/15"), "a benchmarking network", private},
	{netip.MustParsePrefix("198.51.100.0/24"), "a documentation network", private},
	{netip.MustParsePrefix("203.0.113.0/24"), "a documentation network", private},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address", private},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved network", private},
	{netip.MustParsePrefix("::1/128"), "a loopback address", loopback},
	{netip.MustParsePrefix("::/96"), "a reserved network", private},
	{netip.MustParsePrefix("64:ff9b::/96"), "a NAT64 address", private},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a NAT64 address", private},
	{netip.MustParsePrefix("2001::/23"), "a reserved network", private}, // Teredo, benchmarking, ORCHID
	{netip.MustParsePrefix("2001:db8::/32"), "a documentation network", private},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address", private},
	{netip.MustParsePrefix("3fff::/20"), "a documentation network", private},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "a metadata service", metadata},
	{netip.MustParsePrefix("fc00::/7"), "a private network", private},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address", metadata},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address", private},
}

// global is all that IPv6 has given out as public so far; anything outside is refused unseen.
//
//nolint:gochecknoglobals // a constant
var global = netip.MustParsePrefix("2000::/3")

// refusedAddress says why an address is not dialled.
type refusedAddress struct {
	address netip.Addr
	what    string
	sort    addressSort
}

func (e *refusedAddress) Error() string { return fmt.Sprintf("%s is %s", e.address, e.what) }

func (g guard) checkAddress(a netip.Addr) error {
	plain := a.Unmap().WithZone("")
	if g.loopback && plain.IsLoopback() {
		return nil
	}
	opened := slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(plain) })
	for _, b := range blocked {
		if b.prefix.Contains(plain) && (!opened || b.sort == metadata) {
			return &refusedAddress{a, b.what, b.sort}
		}
	}
	if plain.Is6() && !opened && !global.Contains(plain) {
		return &refusedAddress{a, "not a public address", private}
	}
	return nil
}

// control is for net.Dialer: it runs between resolving and connecting.
func (g guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("network %s is not for webhooks", network)
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	return g.checkAddress(a.Addr())
}
