// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/vault"
)

// Secrets reads a secret; *vault.Vaults does.
type Secrets interface {
	Get(ctx context.Context, ref vault.Ref, stage vault.Stage) (vault.Held, error)
}

// Options are what a Sender needs.
type Options struct {
	Secrets Secrets // nil: sinks that need a secret cannot be told
	// Control looks at an address before it is dialled for a sink that was made by the API; it keeps them
	// out of private networks. Nil lets them go anywhere. Sinks of the configuration may go anywhere.
	Control func(ctx context.Context, network, address string, c syscall.RawConn) error
	// Insecure lets the URL of a Slack webhook begin with http://, for dev.
	Insecure bool
	Roots    *x509.CertPool // replaces the system's authorities
	Clock    clock.Clock    // the system's: receivers compare the time of a signature with theirs; clock.System when nil
}

// Sender hands messages over.
type Sender struct {
	o             Options
	open, guarded *net.Dialer
	free, watched *http.Client
}

// New makes a sender.
func New(o Options) *Sender {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	s := &Sender{o: o, open: &net.Dialer{Timeout: 10 * time.Second}, guarded: &net.Dialer{Timeout: 10 * time.Second, ControlContext: o.Control}}
	s.free, s.watched = s.client(s.open), s.client(s.guarded)
	return s
}

func (s *Sender) client(d *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSClientConfig: &tls.Config{RootCAs: s.o.Roots, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
		// A redirect could lead anywhere, with the secret.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *Sender) dialer(c Config) *net.Dialer {
	if c.Source == FromConfiguration {
		return s.open
	}
	return s.guarded
}

// Send tells a sink once. The context bounds it.
func (s *Sender) Send(ctx context.Context, c Config, m *Message) error {
	switch c.Kind {
	case Email:
		return s.mail(ctx, c, m)
	case Slack:
		return s.slack(ctx, c, m)
	case Webhook:
		return s.webhook(ctx, c, m)
	case PagerDuty:
		return s.pagerDuty(ctx, c, m)
	case Alertmanager:
		return s.alertmanager(ctx, c, m)
	}
	return fmt.Errorf("%q is no kind of sink", c.Kind)
}

// secret reads the sink's secret and lends it to fn.
func (s *Sender) secret(ctx context.Context, c Config, fn func(value string) error) error {
	if s.o.Secrets == nil {
		return errors.New("no vault is configured, and the sink's secret is in one")
	}
	ref, err := vault.ParseRef(c.SecretRef)
	if err != nil {
		return err
	}
	h, err := s.o.Secrets.Get(ctx, ref, vault.Current)
	if err != nil {
		return err
	}
	h.Secret.Use(func(b []byte) { err = fn(strings.TrimSpace(string(b))) })
	return err
}

// post sends JSON and expects a status of the 200s. What goes wrong is told without the URL, which may be a secret.
func (s *Sender) post(ctx context.Context, c Config, to string, header http.Header, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the sink is no URL")
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Airside-Alerts/1")
	client := s.watched
	if c.Source == FromConfiguration {
		client = s.free
	}
	res, err := client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return err
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, 512))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %d: %s", res.StatusCode, bytes.TrimSpace(answer))
	}
	return nil
}
