// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/errs"
)

func TestGuardAddresses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		address string
		why     string // empty: allowed
		inDev   bool   // allowed in dev
	}{
		{address: "93.184.215.14", inDev: true},
		{address: "2606:2800:21f:cb07:6820:80da:af6b:8b2c", inDev: true},
		{address: "100.63.255.255", inDev: true},
		{address: "172.32.0.1", inDev: true},
		{address: "127.0.0.1", why: "a loopback address", inDev: true},
		{address: "127.8.9.10", why: "a loopback address", inDev: true},
		{address: "::1", why: "a loopback address", inDev: true},
		{address: "::ffff:127.0.0.1", why: "a loopback address", inDev: true},
		{address: "::127.0.0.1", why: "a reserved network"},
		{address: "0.0.0.0", why: "an address of this host"},
		{address: "::", why: "a reserved network"},
		{address: "10.0.0.5", why: "a private network"},
		{address: "172.16.0.1", why: "a private network"},
		{address: "172.31.255.255", why: "a private network"},
		{address: "192.168.1.1", why: "a private network"},
		{address: "::ffff:192.168.1.1", why: "a private network"},
		{address: "fd00:ec2::254", why: "a metadata service"},
		{address: "100.64.0.1", why: "a carrier's shared network"},
		{address: "169.254.169.254", why: "a link-local address"},
		{address: "fe80::1", why: "a link-local address"},
		{address: "fe80::1%eth0", why: "a link-local address"},
		{address: "168.63.129.16", why: "a metadata service"},
		{address: "192.0.0.8", why: "a reserved network"},
		{address: "198.18.0.1", why: "a benchmarking network"},
		{address: "203.0.113.9", why: "a documentation network"},
		{address: "224.0.0.1", why: "a multicast address"},
		{address: "ff02::1", why: "a multicast address"},
		{address: "255.255.255.255", why: "a reserved network"},
		{address: "64:ff9b::a00:5", why: "a NAT64 address"},
		{address: "64:ff9b:1::a00:5", why: "a NAT64 address"},
		{address: "2002:a00:5::1", why: "a 6to4 address"},
		{address: "192.88.99.1", why: "a 6to4 relay"},
		{address: "2001:0:a00:5::1", why: "a reserved network"},
		{address: "2001:db8::1", why: "a documentation network"},
		{address: "4000::1", why: "not a public address"},
		{address: "fec0::1", why: "not a public address"},
	} {
		a := netip.MustParseAddr(tc.address)
		network := "tcp6"
		if a.Is4() {
			network = "tcp4"
		}
		dial := net.JoinHostPort(tc.address, "443")
		err := guard{}.control(t.Context(), network, dial, nil)
		if want := a.String() + " is " + tc.why; (err == nil) != (tc.why == "") || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %q", tc.address, err, tc.why)
		}
		if err := (guard{loopback: true}).control(t.Context(), network, dial, nil); (err == nil) != tc.inDev {
			t.Errorf("%s in dev: %v", tc.address, err)
		}
	}
	if (guard{}).control(t.Context(), "udp4", "93.184.215.14:443", nil) == nil {
		t.Error("UDP is allowed")
	}
}

func TestEndpointURLs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url       string
		open, dev bool // accepted on the open net, in dev
	}{
		{"https://hooks.example.com/airside?tenant=1", true, true},
		{"HTTPS://hooks.example.com:8443/", true, true},
		{"https://93.184.215.14/", true, true},
		{"https://localhost/hook", false, true},
		{"https://api.localhost./hook", false, true},
		{"https://127.0.0.1:9000/hook", false, true},
		{"http://127.0.0.1:9000/hook", false, true},
		{"http://[::1]:9000/hook", false, true},
		{"http://localhost:9000/hook", false, true},
		{"http://hooks.example.com/", false, false},
		{"http://10.0.0.5/", false, false},
		{"https://10.0.0.5/", false, false},
		{"https://[fd00::1]/", false, false},
		{"https://[::ffff:169.254.169.254]/", false, false},
		{"https://user:pw@hooks.example.com/", false, false},
		{"https://hooks.example.com/#part", false, false},
		{"https://hooks.example.com/#", false, false},
		{"https:///hook", false, false},
		{"https:hooks.example.com", false, false},
		{"ftp://hooks.example.com/", false, false},
		{"//hooks.example.com/", false, false},
		{"https://hooks.example.com/%zz", false, false},
	} {
		for _, dev := range []bool{false, true} {
			g, want := guard{loopback: dev}, tc.open && !dev || tc.dev && dev
			err := g.checkURL(tc.url)
			if (err == nil) != want || err != nil && errs.As(err).Fields[0].Pointer != "/url" {
				t.Errorf("%s with %+v: %v", tc.url, g, err)
			}
		}
	}
}

func TestWhyAnEndpointIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url, rule string
		code      errs.Code
	}{
		{"/hook", "absolute", errs.WebhookURLRefused},
		{"https://hooks.example.com/" + strings.Repeat("a", 2048), "maxLength", errs.WebhookURLRefused},
		{"https://user:pw@hooks.example.com/", "credentials", errs.WebhookCredentials},
		{"https://hooks.example.com/#part", "fragment", errs.WebhookURLRefused},
		{"http://hooks.example.com/", "https", errs.WebhookNotHTTPS},
		{"https://127.0.0.1/", "loopback", errs.WebhookLoopback},
		{"https://localhost/", "loopback", errs.WebhookLoopback},
		{"https://0.0.0.0/", "loopback", errs.WebhookLoopback},
		{"https://169.254.169.254/latest/meta", "network", errs.WebhookMetadata},
		{"https://[fd00:ec2::254]/", "network", errs.WebhookMetadata},
		{"https://10.0.0.5/", "network", errs.WebhookPrivate},
		{"https://[64:ff9b::a00:5]/", "network", errs.WebhookPrivate},
	} {
		e := errs.As(guard{}.checkURL(tc.url))
		if e == nil || e.Code != tc.code || e.Fields[0].Rule != tc.rule || e.Fields[0].Pointer != "/url" {
			t.Errorf("%.60s: %+v", tc.url, e)
		}
	}
}

// An operator opens networks one by one, and what clouds keep on link-local addresses never.
func TestAllowedNetworks(t *testing.T) {
	t.Parallel()
	g := guard{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16"),
		netip.MustParsePrefix("127.0.0.0/30"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("5000::/16")}}
	for address, open := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "fd12::1": true, "fd13::1": false, "127.0.0.1": true, "127.0.0.4": false,
		"5000::1": true, "169.254.169.254": false, "168.63.129.16": false, "93.184.215.14": true,
	} {
		if err := g.checkAddress(netip.MustParseAddr(address)); (err == nil) != open {
			t.Errorf("%s: %v", address, err)
		}
	}
	for url, ok := range map[string]bool{
		"https://10.1.2.3/": true, "https://localhost:8443/": true, "http://10.1.2.3/": false, "http://127.0.0.1/": false, "https://10.2.0.1/": false,
	} {
		if err := g.checkURL(url); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"PT0S": "0s", "PT24H": "24h0m0s", "P1DT2H3M4S": "26h3m4s", "P7D": "168h0m0s",
		"P": "", "PT": "", "P1DT": "", "24h": "", "P1M": "", "P9999D": "", "PT-1S": "",
	} {
		d, ok := parseDuration(text)
		if ok != (want != "") || ok && d.String() != want {
			t.Errorf("%s is %s, %v", text, d, ok)
		}
	}
}
