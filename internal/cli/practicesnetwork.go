// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net"
	"strings"
)

// network: who can call, and whether what is between can be trusted.
func (p *practised) network() {
	cfg := p.cfg
	local := bound(cfg.Listen)
	secure := strings.HasPrefix(cfg.BaseURL, "https://")
	switch {
	case local && !secure:
		p.ok("TLS", "only this machine can call "+cfg.Listen)
	case secure:
		p.left(cfg.TrustedHops == 0, "TLS", fmt.Sprintf("ended by a proxy; %d trusted", cfg.TrustedHops),
			"a proxy ends TLS, and its own address is taken for the caller's", "AIRSIDE_TRUSTED_HOPS=1, so that IP allow-lists see the real caller")
	default:
		p.warn("TLS", cfg.Listen+" can be reached from other machines, and the base URL is not https", "put a proxy that ends TLS in front, set AIRSIDE_BASE_URL=https://… and AIRSIDE_TRUSTED_HOPS, and listen on loopback")
	}
	open := []string{}
	for _, l := range p.listeners() {
		if !bound(l) {
			open = append(open, l)
		}
	}
	p.left(cfg.TrustedHops > 0 && len(open) > 0, "trusted hops", "nobody comes past the proxy, or none is trusted",
		"whoever reaches "+strings.Join(open, ", ")+" past the proxy chooses the address that it is taken for", "AIRSIDE_LISTEN=127.0.0.1:8080, or let only the proxy reach it")
	if secure && len(open) > 0 {
		p.warn("listeners", strings.Join(open, ", ")+" speaks plain http to other machines", "listen on loopback behind the proxy: AIRSIDE_LISTEN=127.0.0.1:8080, AIRSIDE_ENV_<NAME>_LISTEN=127.0.0.1:0")
	} else if len(open) == 0 {
		p.ok("listeners", strings.Join(p.listeners(), ", ")+": this machine only")
	}
	p.left(len(cfg.Networks) == 0 && (!local || secure), "networks", "calls from "+orAll(cfg.Networks), "every address may call", "AIRSIDE_ALLOW_NETWORKS lists the networks that may")
	p.left(cfg.Rate == 0 || cfg.TokenRate == 0, "rate limits", "on", "callers are not limited", "AIRSIDE_RATE and AIRSIDE_TOKEN_RATE above 0")
	if inClear(cfg.URL) && (cfg.ClientSecret != "" || cfg.Token != "") {
		p.warn("client", "the client commands send their secret to AIRSIDE_URL in clear", "AIRSIDE_URL=https://…")
	}
}

// listeners are where calls come in.
func (p *practised) listeners() []string {
	out := []string{p.cfg.Listen}
	for i := range p.cfg.Upstreams {
		if l := p.cfg.Upstreams[i].Listen; l != "" {
			out = append(out, l)
		}
	}
	return out
}

// bound reports whether only this machine reaches an address that is listened on.
func bound(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && here(host)
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "this machine only"
	}
	return strings.Join(list, ", ")
}
