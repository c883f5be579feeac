// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Letter is one that arrived.
type Letter struct {
	From   string
	To     []string
	Text   string // as it was sent: header, empty line, body
	Secure bool   // TLS was on
	User   string // who logged in, with which password
	Pass   string
}

// Mail is a mail server. It offers STARTTLS, and AUTH PLAIN once that is on.
type Mail struct {
	Host  string
	Port  int
	Roots *x509.CertPool // what signs its certificate

	tls  *tls.Config
	mu   sync.Mutex
	got  []Letter
	down bool
	wg   sync.WaitGroup
}

// SMTP starts a mail server; with implicit, TLS is on from the first byte.
func SMTP(t testing.TB, implicit bool) *Mail {
	t.Helper()
	// httptest has a certificate for 127.0.0.1 and example.com.
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	m := &Mail{Host: "127.0.0.1", Roots: x509.NewCertPool(), tls: &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}}
	m.Roots.AddCert(web.Certificate())
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, m.tls)
	}
	m.Port = l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
	var open sync.Map
	m.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(conn, true)
			m.wg.Go(func() {
				defer open.Delete(conn)
				defer func() { _ = conn.Close() }() // whoever called may have closed it
				m.serve(t.Context(), conn, implicit)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(conn, _ any) bool {
			_ = conn.(net.Conn).Close() //nolint:forcetypeassert // nothing else is stored
			return true
		})
		m.wg.Wait()
	})
	return m
}

// Down makes the server turn everybody away.
func (m *Mail) Down(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

// Got is what arrived.
func (m *Mail) Got() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Letter(nil), m.got...)
}

func (m *Mail) serve(ctx context.Context, conn net.Conn, secure bool) {
	m.mu.Lock()
	down := m.down
	m.mu.Unlock()
	in := bufio.NewReader(conn)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(conn, format+"\r\n", args...) }
	if down {
		say("421 the mail server is closed today")
		return
	}
	say("220 test ready")
	l := Letter{Secure: secure}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			if l.Secure {
				say("250-test\r\n250 AUTH PLAIN")
			} else {
				say("250-test\r\n250 STARTTLS")
			}
		case "STARTTLS":
			say("220 go ahead")
			upgraded := tls.Server(conn, m.tls)
			if upgraded.HandshakeContext(ctx) != nil {
				return
			}
			conn, in, l.Secure = upgraded, bufio.NewReader(upgraded), true
		case "AUTH":
			raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			parts := strings.Split(string(raw), "\x00")
			if err != nil || len(parts) != 3 || !l.Secure {
				say("535 no")
				continue
			}
			l.User, l.Pass = parts[1], parts[2]
			say("235 welcome")
		case "MAIL":
			l.From = rest
			say("250 ok")
		case "RCPT":
			l.To = append(l.To, strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			l.Text = text.String()
			m.mu.Lock()
			m.got = append(m.got, l)
			m.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what?")
		}
	}
}
