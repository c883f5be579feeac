// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"strconv"
	"strings"
	"time"
)

// mail sends by SMTP. All messages about an alert are one thread.
func (s *Sender) mail(ctx context.Context, c Config, m *Message) (err error) {
	conn, err := s.dialer(c).DialContext(ctx, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // after QUIT it is closed already
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // a server that says nothing is not waited for
	defer stop()
	secure := &tls.Config{ServerName: c.Host, RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12}
	if c.Security == Implicit {
		conn = tls.Client(conn, secure)
	}
	client, err := smtp.NewClient(conn, c.Host)
	if err != nil {
		return err
	}
	if c.Security == STARTTLS {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return errors.New("the mail server does not offer STARTTLS")
		}
		if err := client.StartTLS(secure); err != nil {
			return err
		}
	}
	if c.Username != "" {
		err := s.secret(ctx, c, func(value string) error { return client.Auth(smtp.PlainAuth("", c.Username, value, c.Host)) })
		if err != nil {
			return fmt.Errorf("log in to the mail server: %w", err)
		}
	}
	if err := client.Mail(c.From); err != nil {
		return err
	}
	for _, to := range c.To {
		if err := client.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	letter, err := compose(c, m)
	if err != nil {
		return err
	}
	if _, err := w.Write(letter); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // it is accepted already
	return nil
}

// compose writes the letter. Addresses were checked, and the text has no line breaks of its own.
func compose(c Config, m *Message) ([]byte, error) {
	domain := c.From[strings.LastIndexByte(c.From, '@')+1:]
	thread := fmt.Sprintf("<alert-%s@%s>", m.ID, domain)
	id := thread
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", "<"+c.From+">")
	header("To", "<"+strings.Join(c.To, ">, <")+">")
	header("Subject", mime.QEncoding.Encode("utf-8", "Airside "+m.title()))
	header("Date", m.At.UTC().Format(time.RFC1123Z))
	if !m.First {
		id = fmt.Sprintf("<alert-%s.%d@%s>", m.ID, m.Rev, domain)
		header("In-Reply-To", thread)
		header("References", thread)
	}
	header("Message-ID", id)
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	if _, err := q.Write([]byte(m.text())); err != nil {
		return nil, err
	}
	return b.Bytes(), q.Close()
}
