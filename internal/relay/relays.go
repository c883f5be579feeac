// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/vault"
)

// Secrets reads credentials; vault.Vaults does.
type Secrets interface {
	Get(ctx context.Context, ref vault.Ref, stage vault.Stage) (vault.Held, error)
}

// publisher is a client of one broker. It connects when it is first needed.
type publisher interface {
	publish(ctx context.Context, m *outbox.Message) error
	close()
}

// Relays are the brokers of the operator's file.
type Relays struct{ brokers map[string]*broker }

type broker struct {
	settings  *settings
	publisher publisher
}

var _ outbox.Relays = (*Relays)(nil)

// Open reads the operator's file. Nothing is connected yet: a broker that is away does not keep the
// platform from starting.
func Open(path string, secrets Secrets) (*Relays, error) {
	all, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("AIRSIDE_BROKERS_FILE %s: %w", path, err)
	}
	r := &Relays{brokers: map[string]*broker{}}
	for name, s := range all {
		config, err := s.tls()
		if err == nil {
			r.brokers[name] = &broker{settings: s}
			r.brokers[name].publisher, err = s.publisher(config, secrets)
		}
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("AIRSIDE_BROKERS_FILE %s: broker %q: %w", path, name, err)
		}
	}
	return r, nil
}

func (s *settings) publisher(c *tls.Config, secrets Secrets) (publisher, error) {
	if s.Kind == kindKafka {
		return newKafka(s, c, secrets)
	}
	return newJetStream(s, c, secrets), nil
}

// Check says why a tenant cannot publish somewhere. A broker that is not his is one that does not exist.
func (r *Relays) Check(tenant string, to outbox.Destination) error {
	b := r.brokers[to.Broker]
	switch {
	case b == nil || b.settings.Kind != to.Kind || len(b.settings.Tenants) > 0 && !slices.Contains(b.settings.Tenants, tenant):
		return &outbox.RelayRefused{Rule: "broker", Why: fmt.Sprintf("there is no %s broker %q that this TMC may use", to.Kind, to.Broker)}
	case !b.settings.topic(to.Topic):
		return &outbox.RelayRefused{Rule: "topic", Why: fmt.Sprintf("%q is not the name of a %s topic", to.Topic, to.Kind)}
	case !b.settings.permits(to.Topic):
		return &outbox.RelayRefused{Rule: "topic", Why: fmt.Sprintf("the operator has not opened the topic %q of the broker %q", to.Topic, to.Broker)}
	}
	return nil
}

// Publish returns once the broker has the message for good, or with why it may not.
func (r *Relays) Publish(ctx context.Context, m *outbox.Message) error {
	b := r.brokers[m.To.Broker]
	if b == nil {
		return fmt.Errorf("there is no broker %q", m.To.Broker)
	}
	return b.publisher.publish(ctx, m)
}

// Close ends the connections; what was not acknowledged is published again after the next start.
func (r *Relays) Close() {
	for _, b := range r.brokers {
		if b.publisher != nil {
			b.publisher.close()
		}
	}
}

// secret reads the credential of a login, each time a connection is made, so that a rotated one is used
// without a restart. It is handed to clients as text, which is what they take.
func (l *login) secret(ctx context.Context, secrets Secrets) (text string, err error) {
	held, err := secrets.Get(ctx, l.ref, vault.Current)
	if err != nil {
		return "", err
	}
	held.Secret.Use(func(b []byte) { text = string(b) })
	return text, nil
}
