// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
)

// guard keeps deliveries out of private networks. It looks at the address that is about to be
// dialled, after the name was resolved, so that no name can lead there, now or later.
type guard struct {
	loopback bool // allowed, in dev
}

// blocked are the networks that are not the public internet (IANA special-purpose registries), and
// one public address behind which a cloud keeps its metadata.
//
//nolint:gochecknoglobals // a constant table
var blocked = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this host"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier's shared network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a metadata service"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved network"},
	{netip.MustParsePrefix("192.0.2.0/24"), "a documentation network"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a 6to4 relay"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "a benchmarking network"},
	{netip.MustParsePrefix("198.51.100.0/24"), "a documentation network"},
	{netip.MustParsePrefix("203.0.113.0/24"), "a documentation network"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved network"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("::/96"), "a reserved network"},
	{netip.MustParsePrefix("64:ff9b::/96"), "a NAT64 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a NAT64 address"},
	{netip.MustParsePrefix("2001::/23"), "a reserved network"}, // Teredo, benchmarking, ORCHID
	{netip.MustParsePrefix("2001:db8::/32"), "a documentation network"},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address"},
	{netip.MustParsePrefix("3fff::/20"), "a documentation network"},
	{netip.MustParsePrefix("fc00::/7"), "a private network"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

// global is all that IPv6 has given out as public so far; anything outside is refused unseen.
//
//nolint:gochecknoglobals // a constant
var global = netip.MustParsePrefix("2000::/3")

// refusedAddress says why an address is not dialled.
type refusedAddress struct {
	address netip.Addr
	what    string
}

func (e *refusedAddress) Error() string { return fmt.Sprintf("%s is %s", e.address, e.what) }

func (g guard) checkAddress(a netip.Addr) error {
	plain := a.Unmap().WithZone("")
	if g.loopback && plain.IsLoopback() {
		return nil
	}
	for _, b := range blocked {
		if b.prefix.Contains(plain) {
			return &refusedAddress{a, b.what}
		}
	}
	if plain.Is6() && !global.Contains(plain) {
		return &refusedAddress{a, "not a public address"}
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
