// SPDX-License-Identifier: Apache-2.0

package h1_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/airside-travel/airside/internal/upstream/h1"
)

// BenchmarkSend is a read over a connection that was used before, its answer read to its end.
func BenchmarkSend(b *testing.B) {
	cert, roots := certificate(b)
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": {Certificates: cert, MinVersion: tls.VersionTLS13}} {
		b.Run(name, func(b *testing.B) {
			l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			var client *tls.Config
			if config != nil {
				l, client = tls.NewListener(l, config), &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS13}
			}
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				for in, buf := bufio.NewReader(c), []byte(ok); ; {
					for line := ""; line != "\r\n"; { // a header without a body
						if line, err = in.ReadString('\n'); err != nil {
							return
						}
					}
					if _, err := c.Write(buf); err != nil {
						return
					}
				}
			}()
			p := pool(l.Addr().String(), func(o *h1.Options) { o.TLS = client })
			defer p.CloseIdle()
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://api.example.com/v2/companies", nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				resp, err := p.Send(r, "Bearer far", long)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
	}
}
