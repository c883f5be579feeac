// SPDX-License-Identifier: Apache-2.0

package h1_test

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/upstream/h1"
)

// certificate is one of a server called example.com, and who knows it.
func certificate(t testing.TB) ([]tls.Certificate, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.TLS.Certificates, roots
}

// records writes the records of a server of TLS 1.3 itself, so that a test says what shares a segment with an answer.
type records struct {
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	n      uint64
	out    bytes.Buffer
}

// The types of records, and the messages that may follow a handshake.
const (
	alert     = 21
	handshake = 22
	data      = 23

	goodbye = "\x01\x00"                                                                     // close_notify
	ticket  = "\x04\x00\x00\x12\x00\x00\x0e\x10\x00\x00\x00\x00\x01\x01\x00\x04abcd\x00\x00" // NewSessionTicket
	newKey  = "\x18\x00\x00\x01\x00"                                                         // KeyUpdate
	newKeys = "\x18\x00\x00\x01\x01"                                                         // KeyUpdate, and asks for one
	evil    = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
)

func (r *records) label(label string, size int) ([]byte, error) {
	info := binary.BigEndian.AppendUint16(nil, uint16(size))
	info = append(info, byte(len("tls13 "+label)))
	info = append(append(info, "tls13 "+label...), 0)
	return hkdf.Expand(sha256.New, r.secret, string(info), size)
}

// key makes the key of the secret, for TLS_AES_128_GCM_SHA256.
func (r *records) key() error {
	key, err := r.label("key", 16)
	if err != nil {
		return err
	}
	if r.iv, err = r.label("iv", 12); err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	r.aead, err = cipher.NewGCM(block)
	r.n = 0
	return err
}

// add seals a record.
func (r *records) add(kind byte, text string) error {
	inner := append([]byte(text), kind)
	head := []byte{data, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(head[3:], uint16(len(inner)+r.aead.Overhead()))
	nonce := bytes.Clone(r.iv)
	for i := range 8 {
		nonce[4+i] ^= byte(r.n >> (56 - 8*i))
	}
	r.n++
	r.out.Write(head)
	r.out.Write(r.aead.Seal(nil, nonce, inner, head))
	if text != newKey && text != newKeys {
		return nil
	}
	next, err := r.label("traffic upd", sha256.Size)
	if err != nil {
		return err
	}
	r.secret = next
	return r.key()
}

// secure does the handshake of a server and gives what it reads from and what it writes with.
func secure(c net.Conn, cert []tls.Certificate) (*bufio.Reader, *records, error) {
	var log bytes.Buffer
	s := tls.Server(c, &tls.Config{Certificates: cert, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true, KeyLogWriter: &log})
	if err := s.Handshake(); err != nil { //nolint:noctx // the client's end ends it
		return nil, nil, err
	}
	if got := s.ConnectionState().CipherSuite; got != tls.TLS_AES_128_GCM_SHA256 {
		return nil, nil, fmt.Errorf("the cipher suite is %s: this test needs a processor with AES", tls.CipherSuiteName(got))
	}
	r := &records{}
	for line := range strings.Lines(log.String()) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "SERVER_TRAFFIC_SECRET_0" {
			var err error
			if r.secret, err = hex.DecodeString(f[2]); err != nil {
				return nil, nil, err
			}
		}
	}
	return bufio.NewReader(s), r, r.key()
}

type record struct {
	kind byte
	text string
}

// What TLS has read ahead behind an answer is nobody's answer, and what is no data costs nothing.
func TestReadAheadByTLS(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	for name, tc := range map[string]struct {
		behind []record // the first answer, in the same segment
		late   int      // bytes of them that come with the next answer
		want   int64    // connections for three writes
	}{
		"nothing":                       {nil, 0, 1},
		"an answer":                     {[]record{{data, evil}}, 0, 2},
		"half an answer":                {[]record{{data, evil[:10]}}, 0, 2},
		"half a record":                 {[]record{{data, evil}}, 20, 2},
		"half the head of a record":     {[]record{{data, ""}}, 20, 2},
		"a ticket":                      {[]record{{handshake, ticket}}, 0, 1},
		"two tickets":                   {[]record{{handshake, ticket}, {handshake, ticket}}, 0, 1},
		"a new key":                     {[]record{{handshake, newKey}}, 0, 1},
		"a new key, and asks for one":   {[]record{{handshake, newKeys}}, 0, 1},
		"an answer behind a ticket":     {[]record{{handshake, ticket}, {data, evil}}, 0, 2},
		"an answer behind a new key":    {[]record{{handshake, newKey}, {data, evil}}, 0, 2},
		"the end":                       {[]record{{alert, goodbye}}, 0, 2},
		"the end, behind a ticket":      {[]record{{handshake, ticket}, {alert, goodbye}}, 0, 2},
		"nothing, in a record for it":   {[]record{{data, ""}}, 0, 1},
		"an answer behind such nothing": {[]record{{data, ""}, {data, evil}}, 0, 2},
	} {
		for _, size := range []int{1, 300, 4096, 15000} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				t.Parallel()
				answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size))
				serve := func(behind []record, late int) func(c net.Conn, _ *bufio.Reader) {
					return func(c net.Conn, _ *bufio.Reader) {
						in, out, err := secure(c, cert)
						if err != nil {
							t.Error(err)
							return
						}
						for _, r := range append([]record{{data, answer}}, behind...) {
							if err := out.add(r.kind, r.text); err != nil {
								t.Error(err)
							}
						}
						for range 3 {
							now := out.out.Next(out.out.Len() - late)
							take(c, in, string(now))
							late = 0
							if err := out.add(data, answer); err != nil {
								t.Error(err)
							}
						}
					}
				}
				addr, connections := script(t, serve(tc.behind, tc.late), serve(nil, 0))
				p := pool(addr, func(o *h1.Options) {
					o.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS13}
				})
				defer p.CloseIdle()
				for n := range 3 {
					if _, body := read(t, p, request(t, t.Context(), "POST", "/", "{}")); body != answer[len(answer)-size:] {
						t.Fatalf("answer %d is %.20q", n, body)
					}
				}
				if got := connections.Load(); got != tc.want {
					t.Errorf("%d connections, want %d", got, tc.want)
				}
			})
		}
	}
}
