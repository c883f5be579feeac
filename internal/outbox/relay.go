// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// Destination is where a relay publishes: a topic at a broker that the operator configured. A
// subscription names it as kafka://BROKER/TOPIC or nats://BROKER/SUBJECT.
type Destination struct{ Kind, Broker, Topic string }

// Message is a webhook for a broker: the same body and headers that an endpoint would be posted.
type Message struct {
	To      Destination
	ID      string // of the delivery: the same over all attempts
	Key     string // what is kept in order: the resource
	Headers []Header
	Body    []byte
}

// Header is one of a message; names are in lower case, for brokers tell cases apart.
type Header struct{ Name, Value string }

// RelayRefused is a destination that cannot be used.
type RelayRefused struct{ Rule, Why string }

func (e *RelayRefused) Error() string { return e.Why }

// destination reads the URL of a relay; false when it is that of an endpoint.
func destination(text string) (to Destination, relayed bool, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "kafka" && u.Scheme != "nats" {
		return to, false, nil //nolint:nilerr // what is no URL is refused as an endpoint
	}
	to = Destination{u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/")}
	if u.User != nil || u.Opaque != "" || u.RawQuery != "" || strings.Contains(text, "#") || to.Broker == "" || to.Topic == "" {
		return to, true, &RelayRefused{"destination", "a relay is " + u.Scheme + "://BROKER/TOPIC, without port, user, query or fragment"}
	}
	return to, true, nil
}

// checkTarget refuses a URL that is neither an endpoint nor a relay that may be used.
func (s *Service) checkTarget(tenant, text string) error {
	to, relayed, err := destination(text)
	if !relayed {
		return s.guard.checkURL(text)
	}
	switch {
	case err != nil:
	case s.options.Relays == nil:
		err = &RelayRefused{"broker", "this server has no brokers to relay to"}
	default:
		err = s.options.Relays.Check(tenant, to)
	}
	if refused, ok := errors.AsType[*RelayRefused](err); ok {
		return errs.OnField(errs.WebhookBroker, "/url", refused.Rule, "%s", refused.Why)
	}
	return err
}

// relay makes the attempt at a broker. What the operator closed since the subscription was made is not
// published to.
func (s *Service) relay(ctx context.Context, tenant string, to Destination, l *letter, resource string) answer {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	began := s.sender.clock.Now()
	err := s.publishTo(ctx, tenant, to, l, resource)
	a := answer{took: max(s.sender.clock.Now().Sub(began), 0)}
	if err != nil {
		a.problem = s.sender.explain(err)
		if a.problem.code == failedConnection {
			a.problem.code = failedBroker
		}
	}
	return a
}

func (s *Service) publishTo(ctx context.Context, tenant string, to Destination, l *letter, resource string) error {
	if s.options.Relays == nil {
		return &RelayRefused{"broker", "not sent: this server has no brokers to relay to"}
	}
	if err := s.options.Relays.Check(tenant, to); err != nil {
		return err
	}
	h := http.Header{}
	if err := l.fill(ctx, h, s.sender.clock.Now()); err != nil {
		return err
	}
	m := &Message{To: to, ID: l.id, Key: resource, Body: l.sent()}
	for name, values := range h {
		m.Headers = append(m.Headers, Header{strings.ToLower(name), values[0]})
	}
	slices.SortFunc(m.Headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return s.options.Relays.Publish(ctx, m)
}
