// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// urlMax is the length of the longest URL that is accepted, in bytes.
const urlMax = 2048

// checkURL refuses an endpoint that must not be sent to, and says why. What a name leads to is looked
// at again, as an address, at each attempt.
func (g guard) checkURL(text string) error { return g.checkURLAt(text, "/url") }

// checkURLAt is checkURL for another member of the request.
func (g guard) checkURLAt(text, pointer string) error {
	refuse := func(code errs.Code, rule, why string) error {
		return errs.OnField(code, pointer, rule, "%s", why)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return refuse(errs.WebhookURLRefused, "absolute", "the endpoint must be an absolute URL with a host")
	case len(text) > urlMax:
		return refuse(errs.WebhookURLRefused, "maxLength", "the endpoint's URL is longer than 2048 bytes")
	case u.User != nil:
		return refuse(errs.WebhookCredentials, "credentials", "the endpoint's URL must not carry credentials; deliveries are signed")
	case strings.Contains(text, "#"):
		return refuse(errs.WebhookURLRefused, "fragment", "the endpoint's URL must not have a fragment")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	address, literal := hostAddress(host)
	local := literal && address.Unmap().IsLoopback()
	switch {
	case u.Scheme == "http" && g.loopback && local:
	case u.Scheme == "http" && g.loopback:
		return refuse(errs.WebhookNotHTTPS, "https", "the endpoint must be https; plain http is for loopback addresses only")
	case u.Scheme != "https":
		return refuse(errs.WebhookNotHTTPS, "https", "the endpoint must be https")
	case literal:
		refused, ok := errors.AsType[*refusedAddress](g.checkAddress(address))
		switch {
		case !ok:
		case refused.sort == loopback:
			return refuse(errs.WebhookLoopback, "loopback", "the endpoint is not allowed: "+refused.Error())
		case refused.sort == metadata:
			return refuse(errs.WebhookMetadata, "network", "the endpoint is not allowed: "+refused.Error())
		default:
			return refuse(errs.WebhookPrivate, "network", "the endpoint is not allowed: "+refused.Error())
		}
	}
	return nil
}

// hostAddress is the address of a host that is written as one, or is localhost by its name (RFC 6761).
func hostAddress(host string) (netip.Addr, bool) {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	a, err := netip.ParseAddr(host)
	return a, err == nil
}
