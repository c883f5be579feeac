// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The roles in which this program starts itself.
const (
	roleUpstream = "serve-upstream" // ANSWERFILE
	roleProxy    = "serve-proxy"    // bare URL
)

// serveRole serves until ctx ends; the first line it prints is its address.
func serveRole(ctx context.Context, args []string, out io.Writer) error {
	var h http.Handler
	if args[0] == roleUpstream {
		answer, err := os.ReadFile(args[1]) //nolint:gosec // the test that starts this process names the file
		if err != nil {
			return err
		}
		h = upstreamHandler(answer)
	} else {
		to, err := url.Parse(args[2])
		if err != nil {
			return err
		}
		h = proxyHandler(to)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	fmt.Fprintln(out, l.Addr())
	return srv.Serve(l)
}

// upstreamHandler answers reads and writes with fixed documents, and gives tokens.
func upstreamHandler(answer []byte) http.Handler {
	length := strconv.Itoa(len(answer))
	var made atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a short body, so that the connection stays
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		switch {
		case r.URL.Path == "/v2/auth/oauth2-token":
			_, _ = io.WriteString(w, `{"access_token":"a-token-of-the-upstream","expires_in":3600,"token_type":"Bearer"}`)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"id":"4a0a30b4-8b4f-478d-b12b-%012x"}`, made.Add(1)) // as an API does: never the same
		default:
			h["Content-Length"] = []string{length}
			_, _ = w.Write(answer)
		}
	})
}

// buffers keeps the copy buffers of the bare proxy.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }

// proxyHandler is the reverse proxy of the standard library as one would tune it, with a credential put in.
func proxyHandler(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set("Authorization", "Bearer a-token-of-the-upstream")
		},
		BufferPool: &buffers{},
		Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 512, IdleConnTimeout: 90 * time.Second,
			DisableCompression: true, ResponseHeaderTimeout: 30 * time.Second},
	}
}
