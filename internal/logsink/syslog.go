// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// patience is how long a connection and one batch may take.
const patience = 5 * time.Second

// datagram is the longest message that is sent in one piece over UDP; what is longer is cut and says so.
const datagram = 8192

// syslog sends messages of RFC 5424: one in a datagram (RFC 5426), or with its length ahead over a stream
// (RFC 6587, RFC 5425).
type syslog struct {
	set *Setting
	encoder
	tls  *tls.Config
	conn net.Conn
	head string
	b    bytes.Buffer
}

func newSyslog(set *Setting, e encoder) (*syslog, error) {
	s := &syslog{set: set, encoder: e}
	host := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, e.o.Host)
	if host == "" {
		host = "-"
	}
	s.head = " " + host + " airside " + strconv.Itoa(os.Getpid()) + " request - "
	if set.Network == "tls" {
		var err error
		if s.tls, err = tlsConfig(set.CA); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// tlsConfig trusts the system's authorities, or those of a file.
func tlsConfig(ca string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca == "" {
		return c, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return c, nil
}

func (s *syslog) dial() (net.Conn, error) {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	switch s.set.Network {
	case "unix":
		return new(net.Dialer).DialContext(ctx, "unixgram", s.set.Path)
	case "tls":
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", s.set.Address)
	}
	return new(net.Dialer).DialContext(ctx, s.set.Network, s.set.Address)
}

// severity of RFC 5424.
func severity(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	}
	return 6
}

// message is one entry in the form of RFC 5424.
func (s *syslog) message(x entry) ([]byte, error) {
	r := s.record(x)
	s.b.Reset()
	fmt.Fprintf(&s.b, "<%d>1 %s%s", s.set.Facility*8+severity(r.Level), r.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), s.head)
	if err := s.line(&s.b, x); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(s.b.Bytes(), []byte("\n")), nil
}

func (s *syslog) send(batch []entry) error {
	var frames []byte
	stream := s.set.Network == "tcp" || s.set.Network == "tls"
	fresh := false
	if s.conn == nil {
		if err := s.connect(); err != nil {
			return err
		}
		fresh = true
	}
	for _, x := range batch {
		m, err := s.message(x)
		if err != nil {
			return err
		}
		if stream {
			frames = append(strconv.AppendInt(frames, int64(len(m)), 10), ' ')
			frames = append(frames, m...)
			continue
		}
		if len(m) > datagram {
			m = append(m[:datagram-len(cutMark):datagram-len(cutMark)], cutMark...)
		}
		if err := s.write(m, fresh); err != nil {
			return err
		}
	}
	if stream {
		return s.write(frames, fresh)
	}
	return nil
}

const cutMark = " [cut]"

// write sends bytes; a connection that the other side closed meanwhile is made again once.
func (s *syslog) write(b []byte, fresh bool) error {
	for {
		err := s.conn.SetWriteDeadline(s.o.Clock.Now().Add(patience))
		if err == nil {
			_, err = s.conn.Write(b)
		}
		if err == nil {
			return nil
		}
		_ = s.conn.Close() // it is broken already
		s.conn = nil
		if fresh {
			return err
		}
		if failed := s.connect(); failed != nil {
			return errors.Join(err, failed)
		}
		fresh = true
	}
}

func (s *syslog) connect() (err error) {
	s.conn, err = s.dial()
	if err != nil {
		s.conn = nil
	}
	return err
}

func (s *syslog) tick() error { return nil }

func (s *syslog) close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close()
}
