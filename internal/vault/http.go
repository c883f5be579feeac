// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"
)

// httpClient is a client of its own for one vault: no proxy of the environment, and redirects are left to who
// knows what a credential may follow. roots is nil for the system's.
func httpClient(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout: callTimeout,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: callTimeout,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     90 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
