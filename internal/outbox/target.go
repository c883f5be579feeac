// SPDX-License-Identifier: Apache-2.0

package outbox

import (
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
	refuse := func(rule, why string) error {
		return errs.OnField(errs.WebhookURLRefused, pointer, rule, "%s", why)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return refuse("absolute", "the endpoint must be an absolute URL with a host")
	case len(text) > urlMax:
		return refuse("maxLength", "the endpoint's URL is longer than 2048 bytes")
	case u.User != nil:
		return refuse("credentials", "the endpoint's URL must not carry credentials; deliveries are signed")
	case strings.Contains(text, "#"):
		return refuse("fragment", "the endpoint's URL must not have a fragment")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	address, err := netip.ParseAddr(host)
	literal := err == nil
	loopback := host == "localhost" || strings.HasSuffix(host, ".localhost") || literal && address.Unmap().IsLoopback()
	switch {
	case u.Scheme == "http" && g.loopback && loopback:
	case u.Scheme == "http" && g.loopback:
		return refuse("https", "the endpoint must be https; plain http is for loopback addresses only")
	case u.Scheme != "https":
		return refuse("https", "the endpoint must be https")
	case loopback && !g.loopback:
		return refuse("loopback", "the endpoint is a loopback address of this server")
	case literal:
		if err := g.checkAddress(address); err != nil {
			return refuse("network", "the endpoint is not allowed: "+err.Error())
		}
	}
	return nil
}
