// SPDX-License-Identifier: Apache-2.0

// Package network reads networks as people write them into settings, the same everywhere: a list that admits callers and one
// that admits nobody must not differ by who reads it.
//
// Not here: which address a caller has (see edge), and which addresses are never dialled (see outbox). Errors are those of
// Parse, and repeat nothing of the text.
package network

import (
	"errors"
	"net/netip"
)

// Parse reads a CIDR block, or an address, which is a block of one. IPv4 that is written as IPv6 (::ffff:192.0.2.0/120) is
// the IPv4 block it means, since callers are compared as IPv4. Zones are refused: they are about one machine.
func Parse(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil { // before blocks: behind % everything is a zone
		if a.Zone() != "" {
			return netip.Prefix{}, errors.New("must have no zone (%…), which means something on one machine only")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("must be a CIDR block such as 192.0.2.0/24 or 2001:db8::/32, or an address")
	}
	if a := p.Addr(); a.Is4In6() {
		if p.Bits() < mapped {
			return netip.Prefix{}, errors.New("must be IPv4 or IPv6: a block of IPv4 written as IPv6 has at least /96")
		}
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-mapped)
	}
	return p.Masked(), nil
}

// mapped is how many bits come before an IPv4 address that is written as IPv6.
const mapped = 96
