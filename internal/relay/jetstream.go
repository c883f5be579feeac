// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/airside-travel/airside/internal/outbox"
)

// reconnectWait is the pause between attempts to get a lost connection back.
const reconnectWait = time.Second

// jetStream publishes to NATS JetStream: a stream must take the subject, and acknowledges each message once
// it is stored. Within the stream's window for duplicates it keeps one message of an id.
type jetStream struct {
	settings *settings
	tls      *tls.Config
	secrets  Secrets
	turn     chan struct{} // holds one while nobody connects
	conn     *nats.Conn    // of whoever has the turn
	js       jetstream.JetStream
}

func newJetStream(s *settings, c *tls.Config, secrets Secrets) *jetStream {
	j := &jetStream{settings: s, tls: c, secrets: secrets, turn: make(chan struct{}, 1)}
	j.turn <- struct{}{}
	return j
}

func (j *jetStream) publish(ctx context.Context, m *outbox.Message) error {
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	js, err := j.connect(ctx)
	if err != nil {
		return err
	}
	out := nats.NewMsg(m.To.Topic)
	out.Data = m.Body
	for _, h := range m.Headers {
		out.Header[h.Name] = append(out.Header[h.Name], h.Value)
	}
	// Not tried again here: the outbox has the timetable.
	_, err = js.PublishMsg(ctx, out, jetstream.WithMsgID(m.ID), jetstream.WithRetryAttempts(0))
	switch {
	case err == nil:
		return nil // a duplicate, too, is in the stream
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("nats: no stream takes the subject %s", m.To.Topic)
	}
	return fmt.Errorf("nats: %w", err)
}

// connect gives the connection that all share, and makes it when there is none. A lost one comes back by
// itself; meanwhile publishing fails at once, for nothing is buffered that would be sent later and unseen.
func (j *jetStream) connect(ctx context.Context) (jetstream.JetStream, error) {
	select {
	case <-j.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { j.turn <- struct{}{} }()
	if j.conn != nil && !j.conn.IsClosed() {
		return j.js, nil
	}
	opts := []nats.Option{
		nats.Name("airside"), nats.Timeout(dialWait), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait), nats.ReconnectBufSize(-1),
	}
	if j.tls != nil {
		opts = append(opts, nats.Secure(j.tls))
	}
	if l := j.settings.Login; l != nil {
		option, err := j.login(ctx, l)
		if err != nil {
			return nil, err
		}
		opts = append(opts, option)
	}
	conn, err := nats.Connect("nats://"+strings.Join(j.settings.Addresses, ",nats://"), opts...)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("nats: %w", err)
	}
	j.conn, j.js = conn, js
	return js, nil
}

// login makes the option for the operator's mechanism. The secret is read once here, so that what is wrong
// with it is told, and again for each connection that comes back.
func (j *jetStream) login(ctx context.Context, l *login) (nats.Option, error) {
	first, err := l.secret(ctx, j.secrets)
	if err != nil {
		return nil, err
	}
	long := context.WithoutCancel(ctx)
	again := func() string {
		if text, err := l.secret(long, j.secrets); err == nil {
			return text
		}
		return first // the vault is away: what worked last may still
	}
	switch l.Mechanism {
	case loginPassword:
		return nats.UserInfoHandler(func() (string, string) { return l.User, again() }), nil
	case loginToken:
		return nats.TokenHandler(again), nil
	case loginNKey:
		pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(first)))
		if err != nil {
			return nil, errors.New("nats: the secret is not the seed of an nkey")
		}
		public, err := pair.PublicKey()
		if err != nil {
			return nil, errors.New("nats: the secret is not the seed of an nkey")
		}
		return nats.Nkey(public, pair.Sign), nil
	}
	return nats.UserCredentialBytes([]byte(first)), nil
}

func (j *jetStream) close() {
	<-j.turn
	if j.conn != nil {
		j.conn.Close()
	}
	j.turn <- struct{}{}
}
