// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/vault"
)

// The schemes of a relay's URL are the kinds of brokers.
const (
	kindKafka = "kafka"
	kindNATS  = "nats"
)

// The ways to log in.
const (
	loginPlain    = "PLAIN"         // Kafka: SASL with user and password
	loginScram256 = "SCRAM-SHA-256" // Kafka
	loginScram512 = "SCRAM-SHA-512" // Kafka
	loginPassword = "PASSWORD"      // NATS: user and password
	loginToken    = "TOKEN"         // NATS: a token
	loginNKey     = "NKEY"          // NATS: the seed of an nkey
	loginJWT      = "CREDENTIALS"   // NATS: what is in a .creds file
)

// file is AIRSIDE_BROKERS_FILE.
type file struct {
	Brokers map[string]*settings `json:"brokers"`
}

// settings are what the operator says about one broker.
type settings struct {
	Kind      string   `json:"kind"`
	Addresses []string `json:"addresses"`
	Topics    []string `json:"topics"`  // that may be published to; a star at the end stands for anything
	Tenants   []string `json:"tenants"` // that may use it; all when empty
	TLS       *bool    `json:"tls"`     // true when absent
	CAFile    string   `json:"caFile"`
	Login     *login   `json:"login"`
}

type login struct {
	Mechanism string `json:"mechanism"`
	User      string `json:"user"`
	Secret    string `json:"secret"` // a reference

	ref vault.Ref
}

var (
	nameForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	kafkaTopic  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
	natsSubject = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

// read reads the operator's file.
func read(path string) (map[string]*settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	if len(f.Brokers) == 0 {
		return nil, errors.New(`no broker in it: {"brokers": {"NAME": {"kind": "kafka", …}}}`)
	}
	var problems []error
	for name, s := range f.Brokers {
		if err := s.check(name); err != nil {
			problems = append(problems, fmt.Errorf("broker %q: %w", name, err))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return f.Brokers, errors.Join(problems...)
}

func (s *settings) check(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return errors.New("its name must be of a-z, 0-9 and hyphens, as it is the host of a URL")
	case s == nil:
		return errors.New("it has no settings")
	case s.Kind != kindKafka && s.Kind != kindNATS:
		return fmt.Errorf("kind %q: must be kafka or nats", s.Kind)
	case len(s.Addresses) == 0:
		return errors.New("addresses: at least one HOST:PORT is needed")
	case len(s.Topics) == 0:
		return errors.New(`topics: list what may be published to, such as "airside.*"`)
	}
	for _, a := range s.Addresses {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
			return fmt.Errorf("address %q: must be HOST:PORT", a)
		}
	}
	for _, t := range s.Topics {
		if plain := strings.TrimSuffix(t, "*"); plain != "" && !s.topic(strings.TrimSuffix(plain, ".")) {
			return fmt.Errorf("topic %q: must be a name, or the beginning of one and a star", t)
		}
	}
	if s.CAFile != "" && !s.encrypted() {
		return errors.New("caFile: is of no use without TLS")
	}
	return s.checkLogin()
}

func (s *settings) checkLogin() (err error) {
	l := s.Login
	if l == nil {
		return nil
	}
	known := []string{loginPlain, loginScram256, loginScram512}
	if s.Kind == kindNATS {
		known = []string{loginPassword, loginToken, loginNKey, loginJWT}
	}
	named := s.Kind == kindKafka || l.Mechanism == loginPassword
	switch {
	case !slices.Contains(known, l.Mechanism):
		return fmt.Errorf("login mechanism %q: must be %s", l.Mechanism, strings.Join(known, ", "))
	case (l.User != "") != named:
		return errors.New("login user: is for mechanisms with a password, which need it")
	case !s.encrypted() && !s.local():
		return errors.New("tls: a login needs it, except on loopback")
	}
	if l.ref, err = vault.ParseRef(l.Secret); err != nil {
		return fmt.Errorf("login secret: %w", err)
	}
	return nil
}

func (s *settings) encrypted() bool { return s.TLS == nil || *s.TLS }

// local reports whether all addresses are on loopback.
func (s *settings) local() bool {
	return !slices.ContainsFunc(s.Addresses, func(text string) bool {
		a, err := netip.ParseAddrPort(text)
		return err != nil || !a.Addr().IsLoopback()
	})
}

// topic reports whether the name can be one of a topic; of NATS, it must not have wildcards.
func (s *settings) topic(name string) bool {
	if s.Kind == kindKafka {
		return kafkaTopic.MatchString(name) && name != "." && name != ".."
	}
	return len(name) <= 255 && natsSubject.MatchString(name)
}

// permits reports whether the operator opened a topic.
func (s *settings) permits(topic string) bool {
	return slices.ContainsFunc(s.Topics, func(t string) bool {
		if head, open := strings.CutSuffix(t, "*"); open {
			return strings.HasPrefix(topic, head)
		}
		return t == topic
	})
}

// tls is nil when it is off.
func (s *settings) tls() (*tls.Config, error) {
	if !s.encrypted() {
		return nil, nil //nolint:nilnil // no TLS is no configuration
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", s.CAFile)
		}
	}
	return c, nil
}
