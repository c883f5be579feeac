// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/airside-travel/airside/internal/outbox"
)

// Bounds of a Kafka client.
const (
	publishWait = 10 * time.Second // for an acknowledgement
	dialWait    = 5 * time.Second
	bufferedMax = 1024 // records that wait for an acknowledgement; attempts beyond wait for room
)

// kafka publishes to a Kafka cluster: acknowledged by all in-sync replicas, by an idempotent producer,
// which keeps the order of a partition over its own retries. The key is the resource, so a resource's
// events share a partition.
type kafka struct {
	client *kgo.Client
	dials  *dials
}

// dials remembers why the last connection failed: the client tries on and on, and says no more than that
// there was no time left.
type dials struct {
	mu   sync.Mutex
	last error
}

// OnBrokerConnect is called by the client after each dial.
func (d *dials) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	d.note(err)
}

func (d *dials) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = err
}

func (d *dials) why() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

var _ kgo.HookBrokerConnect = (*dials)(nil)

func newKafka(s *settings, c *tls.Config, secrets Secrets) (*kafka, error) {
	k := &kafka{dials: &dials{}}
	opts := []kgo.Opt{
		kgo.WithHooks(k.dials),
		kgo.SeedBrokers(s.Addresses...),
		kgo.ClientID("airside"),
		kgo.RequiredAcks(kgo.AllISRAcks()), // idempotence is the client's default and needs this
		kgo.ProducerLinger(0),              // a lane waits for each acknowledgement: there is nothing to wait for
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(bufferedMax),
		kgo.UnknownTopicRetries(1),
		kgo.DialTimeout(dialWait),
		kgo.RetryTimeout(2 * dialWait),
		kgo.DisableClientMetrics(),
	}
	if c != nil {
		opts = append(opts, kgo.DialTLSConfig(c))
	}
	if s.Login != nil {
		opts = append(opts, kgo.SASL(mechanism(s.Login, secrets)))
	}
	var err error
	if k.client, err = kgo.NewClient(opts...); err != nil {
		return nil, err
	}
	return k, nil
}

func mechanism(l *login, secrets Secrets) sasl.Mechanism {
	auth := func(ctx context.Context) (scram.Auth, error) {
		pass, err := l.secret(ctx, secrets)
		return scram.Auth{User: l.User, Pass: pass}, err
	}
	switch l.Mechanism {
	case loginScram256:
		return scram.Sha256(auth)
	case loginScram512:
		return scram.Sha512(auth)
	}
	return plain.Plain(func(ctx context.Context) (plain.Auth, error) {
		pass, err := l.secret(ctx, secrets)
		return plain.Auth{User: l.User, Pass: pass}, err
	})
}

// publish waits for the acknowledgement as long as ctx allows. A record that has left already cannot be
// taken back then: it may still arrive, before its repetition, which goes the same way behind it.
func (k *kafka) publish(ctx context.Context, m *outbox.Message) error {
	record := &kgo.Record{Topic: m.To.Topic, Key: []byte(m.Key), Value: m.Body}
	for _, h := range m.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: h.Name, Value: []byte(h.Value)})
	}
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	done := make(chan error, 1)
	k.client.Produce(ctx, record, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err := <-done:
		return k.explain(err)
	case <-ctx.Done():
		return k.explain(ctx.Err())
	}
}

// explain keeps of an error what the protocol has a name for, and what the client says itself.
func (k *kafka) explain(err error) error {
	if why := k.dials.why(); why != nil && errors.Is(err, context.DeadlineExceeded) {
		err = why
	}
	if code, ok := errors.AsType[*kerr.Error](err); ok {
		return fmt.Errorf("kafka answered %s", code.Message)
	}
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	return nil
}

func (k *kafka) close() { k.client.Close() }
