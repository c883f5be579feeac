// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/relay"
	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/webhook"
)

// relays opens a file of brokers; their secrets are variables.
func relays(t *testing.T, brokers string) *relay.Relays {
	t.Helper()
	path := filepath.Join(t.TempDir(), "brokers.json")
	if err := os.WriteFile(path, []byte(`{"brokers": {`+brokers+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets, err := vault.Open(vault.Settings{Clock: clock.System(), Lookup: func(name string) (string, bool) {
		v, ok := map[string]string{"GOOD": "right", "BAD": "wrong"}[name]
		return v, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.Open(path, secrets)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// kafkaCluster is a fake one with a topic of four partitions.
func kafkaCluster(t *testing.T, more ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(4, "airside.bookings")}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func kafkaBroker(c *kfake.Cluster, more string) string {
	return fmt.Sprintf(`"events": {"kind": "kafka", "addresses": [%q], "topics": ["airside.*"], "tls": false%s}`, c.ListenAddrs()[0], more)
}

// consume reads n records.
func consume(t *testing.T, c *kfake.Cluster, n int, more ...kgo.Opt) []*kgo.Record {
	t.Helper()
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics("airside.bookings"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var all []*kgo.Record
	for len(all) < n {
		f := client.PollFetches(t.Context())
		if err := errors.Join(f.Err(), t.Context().Err()); err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Records()...)
	}
	return all
}

// natsServer is a real one with JetStream and a stream of all that is under airside; port 0 picks one.
func natsServer(t *testing.T, port int, password string) *natsd.Server {
	t.Helper()
	o := &natsd.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}
	if port == 0 {
		o.Port = natsd.RANDOM_PORT
	}
	if password != "" {
		o.Username, o.Password = "airside", password
	}
	s, err := natsd.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	js := natsClient(t, s, password)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "AIRSIDE", Subjects: []string{"airside.>"}}); err != nil {
		t.Fatal(err)
	}
	return s
}

func natsClient(t *testing.T, s *natsd.Server, password string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(s.ClientURL(), nats.UserInfo("airside", password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func natsBroker(address, more string) string {
	return fmt.Sprintf(`"stream": {"kind": "nats", "addresses": [%q], "topics": ["airside.*"], "tls": false%s}`, address, more)
}

// stream reads n messages.
func stream(t *testing.T, js jetstream.JetStream, n int) (all []jetstream.Msg) {
	t.Helper()
	c, err := js.OrderedConsumer(t.Context(), "AIRSIDE", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		m, err := c.Next(jetstream.FetchContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// verified checks a message of a broker as an endpoint would check its request.
func verified(t *testing.T, secret string, h http.Header, body []byte) webhook.Event {
	t.Helper()
	if err := webhook.Verify([]string{secret}, h, body, start, 0); err != nil {
		t.Error(err)
	}
	e, err := webhook.ParseEvent(body)
	if err != nil {
		t.Error(err)
	}
	return e
}

// A record's key is its resource, its headers are those of a request, and a resource's records lie in the
// order of the commits.
func TestRelayToKafka(t *testing.T) {
	t.Parallel()
	c := kafkaCluster(t)
	cut := true
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		if cut { // one connection is lost; the producer repeats by itself
			cut = false
			return nil, errors.New("cut"), true
		}
		c.KeepControl()
		return nil, nil, false
	})
	r := newRig(t, outbox.Options{Relays: relays(t, kafkaBroker(c, ""))})
	sub, err := r.create(t, subscriptionBody("kafka://events/airside.bookings", `,"customHeaders":{"X-Team":"blue"}`))
	if err != nil {
		t.Fatal(err)
	}
	const resources, versions = 5, 4
	r.tellMany(t, resources, 1, versions)
	r.settle(t)
	byID := map[string]outbox.Delivery{}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		if d.State != "DELIVERED" || d.LastStatus != 0 {
			t.Errorf("%+v", d)
		}
		byID[d.ID] = d
	}
	newest, partition := map[string]int{}, map[string]int32{}
	for _, rec := range consume(t, c, resources*versions) {
		h := http.Header{}
		for _, one := range rec.Headers {
			if strings.ToLower(one.Key) != one.Key {
				t.Errorf("header %s", one.Key)
			}
			h.Set(one.Key, string(one.Value))
		}
		verified(t, sub.Secret, h, rec.Value)
		key := string(rec.Key)
		if d := byID[h.Get(webhook.HeaderID)]; d.Resource != key || h.Get("X-Team") != "blue" || h.Get("Content-Type") != "application/json" || h.Get("X-B3-TraceId") == "" {
			t.Errorf("%s: %v", key, h)
		}
		delete(byID, h.Get(webhook.HeaderID))
		var n int
		if _, err := fmt.Sscanf(string(rec.Value[strings.Index(string(rec.Value), `"version": `):]), `"version": %d`, &n); err != nil {
			t.Fatal(err)
		}
		if p, ok := partition[key]; ok && p != rec.Partition || n != newest[key]+1 {
			t.Errorf("%s: version %d after %d, partition %d after %d", key, n, newest[key], rec.Partition, p)
		}
		newest[key], partition[key] = n, rec.Partition
	}
	if len(byID) > 0 {
		t.Errorf("not in the topic: %v", byID)
	}
}

// The id of the webhook is the message's: what is published again within the stream's window is stored once.
func TestRelayToJetStream(t *testing.T) {
	t.Parallel()
	s := natsServer(t, 0, "")
	js := natsClient(t, s, "")
	r := newRig(t, outbox.Options{Relays: relays(t, natsBroker(s.Addr().String(), ""))})
	sub := r.subscribe(t, "nats://stream/airside.acme.bookings")
	r.tellMany(t, 1, 1, 3)
	r.settle(t)
	list := r.deliveries(t, outbox.ListDeliveriesIn{State: "DELIVERED"})
	if len(list) != 3 {
		t.Fatalf("%+v", list)
	}
	for i, m := range stream(t, js, 3) {
		d := list[2-i] // the newest come first
		h := http.Header{}
		for name, values := range m.Headers() {
			h.Set(name, values[0])
		}
		verified(t, sub.Secret, h, m.Data())
		if m.Subject() != "airside.acme.bookings" || m.Headers().Get(jetstream.MsgIDHeader) != d.ID || h.Get(webhook.HeaderID) != d.ID ||
			!strings.Contains(string(m.Data()), fmt.Sprintf(`"version": %d`, i+1)) {
			t.Errorf("%d: %s %v %s", i, m.Subject(), m.Headers(), m.Data())
		}
	}
	must[outbox.Delivery](t, r, agency, "replayDelivery", r.ReplayDelivery, outbox.DeliveryIn{ID: list[0].ID})
	r.settle(t)
	info, err := js.Stream(t.Context(), "AIRSIDE")
	if err != nil {
		t.Fatal(err)
	}
	if n := info.CachedInfo().State.Msgs; n != 3 {
		t.Errorf("%d messages after a replay", n)
	}
	if d := r.delivery(t, list[0].ID); d.Delivery.State != "DELIVERED" || len(d.Attempts) != 2 {
		t.Errorf("%+v", d)
	}
}

// A broker that is away holds its own lanes, trips its own breaker, and gets everything in order when it is back.
func TestABrokerThatIsAway(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil { // so that nobody listens there
		t.Fatal(err)
	}
	r := newRig(t, outbox.Options{Relays: relays(t, natsBroker(address.String(), ""))})
	fine := newReceiver(t, nil)
	away := r.subscribe(t, "nats://stream/airside.bookings")
	r.subscribe(t, fine.URL)
	const resources, versions = 15, 2
	r.tellMany(t, resources, 1, versions)
	r.settle(t)
	inOrder(t, fine.received(), resources, versions)
	if e := r.endpoint(t, away.ID); e.Breaker != "OPEN" || e.Pending != resources*versions || e.LastCode != "BROKER" || e.LastStatus != 0 ||
		!strings.HasPrefix(e.LastError, "nats: ") {
		t.Errorf("%+v", e)
	}
	s := natsServer(t, address.Port, "")
	r.advance(t, time.Hour)
	if e := r.endpoint(t, away.ID); e.Breaker != "CLOSED" || e.Pending != 0 || e.Parked != 0 {
		t.Errorf("%+v", e)
	}
	newest := map[string]int{}
	for _, m := range stream(t, natsClient(t, s, ""), resources*versions) {
		var pnr string
		var n int
		text := string(m.Data())
		if _, err := fmt.Sscanf(text[strings.Index(text, `{"pnrId"`):], `{"pnrId": %q, "version": %d}`, &pnr, &n); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if n != newest[pnr]+1 {
			t.Errorf("%s: %d after %d", pnr, n, newest[pnr])
		}
		newest[pnr] = n
	}
}

// What a broker refuses is in the attempt, in its own words' name and never with the credential.
func TestBrokersThatRefuse(t *testing.T) {
	t.Parallel()
	secure := kafkaCluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "airside", "right"))
	short := kafkaCluster(t)
	short.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		short.KeepControl()
		p := req.(*kmsg.ProduceRequest)
		res := p.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range p.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = topic.Topic, topic.TopicID
			for _, part := range topic.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = part.Partition, 10 // message too large
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		return res, nil, true
	})
	secureNATS := natsServer(t, 0, "right")
	login := func(mechanism, secret string) string {
		return fmt.Sprintf(`, "login": {"mechanism": %q, "user": "airside", "secret": "env:%s"}`, mechanism, secret)
	}
	for name, tc := range map[string]struct{ broker, url, want string }{
		"a login of Kafka":          {kafkaBroker(secure, login("PLAIN", "GOOD")), "kafka://events/airside.bookings", "DELIVERED  "},
		"a wrong password of Kafka": {kafkaBroker(secure, login("PLAIN", "BAD")), "kafka://events/airside.bookings", "PENDING BROKER kafka"},
		"no topic":                  {kafkaBroker(secure, login("PLAIN", "GOOD")), "kafka://events/airside.other", "PENDING BROKER kafka answered UNKNOWN_TOPIC_OR_PARTITION"},
		"too large":                 {kafkaBroker(short, ""), "kafka://events/airside.bookings", "PENDING BROKER kafka answered MESSAGE_TOO_LARGE"},
		"a login of NATS":           {natsBroker(secureNATS.Addr().String(), login("PASSWORD", "GOOD")), "nats://stream/airside.x", "DELIVERED  "},
		"a wrong password of NATS":  {natsBroker(secureNATS.Addr().String(), login("PASSWORD", "BAD")), "nats://stream/airside.x", "PENDING BROKER nats: nats: Authorization Violation"},
		"no secret":                 {natsBroker(secureNATS.Addr().String(), login("PASSWORD", "NOWHERE")), "nats://stream/airside.x", "PENDING BROKER "},
		"no stream":                 {natsBroker(secureNATS.Addr().String(), login("PASSWORD", "GOOD")), "nats://stream/airsides", "PENDING BROKER nats: no stream takes the subject airsides"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			brokers := strings.Replace(tc.broker, `["airside.*"]`, `["airside*"]`, 1)
			r := newRig(t, outbox.Options{Relays: relays(t, brokers), Timeout: 2 * time.Second})
			r.subscribe(t, tc.url)
			r.tell(t, "1000000001", 1)
			r.settle(t)
			d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
			if got := strings.Join([]string{d.State, d.LastCode, d.LastError}, " "); !strings.HasPrefix(got, tc.want) || strings.Contains(got, "wrong") {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// Who may publish where is the operator's decision, also after a subscription was made.
func TestRefusedRelays(t *testing.T) {
	t.Parallel()
	c := kafkaCluster(t)
	all := kafkaBroker(c, "") + `, "theirs": {"kind": "kafka", "addresses": ["127.0.0.1:1"], "topics": ["*"], "tls": false, "tenants": ["` + nobody + `"]}`
	r := newRig(t, outbox.Options{Relays: relays(t, all)})
	for url, rule := range map[string]string{
		"kafka://events/other":                   "topic",
		"kafka://events/airside.a/b":             "topic",
		"kafka://events/airside.%20":             "topic",
		"kafka://events/":                        "destination",
		"kafka://events":                         "destination",
		"kafka:events":                           "destination",
		"kafka://me:pw@events/airside.bookings":  "destination",
		"kafka://events/airside.bookings?acks=0": "destination",
		"kafka://events/airside.bookings#x":      "destination",
		"kafka://events:9092/airside.bookings":   "broker",
		"kafka://theirs/airside.bookings":        "broker",
		"kafka://elsewhere/airside.bookings":     "broker",
		"nats://events/airside.bookings":         "broker",
	} {
		_, err := r.create(t, subscriptionBody(url, ""))
		if e := errs.As(err); e == nil || e.Code != errs.WebhookBroker || e.Fields[0].Pointer != "/url" || e.Fields[0].Rule != rule {
			t.Errorf("%s: %v", url, err)
		}
	}
	sub := r.subscribe(t, "kafka://events/airside.bookings")
	if _, err := r.update(t, agency, sub.ID, `{"url":"kafka://events/other"}`); !errs.Is(err, errs.WebhookBroker) {
		t.Errorf("update: %v", err)
	}
	r.tell(t, "1000000001", 1)

	closed := newRigOn(t, r.store, outbox.Options{})
	closed.settle(t)
	if d := closed.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "PENDING" || d.LastCode != "BROKER" {
		t.Errorf("%+v", d)
	}
	if _, err := closed.create(t, subscriptionBody("kafka://events/airside.bookings", "")); !errs.Is(err, errs.WebhookBroker) {
		t.Errorf("without brokers: %v", err)
	}
	if v, err := closed.update(t, agency, sub.ID, `{"isActive":false}`); err != nil || v.Active {
		t.Errorf("a relay without its broker cannot be deactivated: %v", err)
	}
}

// The first use of a broker is cancelled with the attempt.
func TestABrokerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	fine := newReceiver(t, nil)
	address := l.Addr().String() // takes connections and says nothing
	brokers := natsBroker(address, "") + fmt.Sprintf(`, "events": {"kind": "kafka", "addresses": [%q], "topics": ["airside.*"], "tls": false}`, address)
	r := newRig(t, outbox.Options{Relays: relays(t, brokers), Timeout: 300 * time.Millisecond})
	held := map[string]bool{r.subscribe(t, "nats://stream/airside.a").ID: true, r.subscribe(t, "kafka://events/airside.a").ID: true}
	r.subscribe(t, fine.URL)
	r.tellMany(t, 3, 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := r.Settle(ctx, tenant); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		if held[d.Subscription] {
			got[d.State+" held "+d.LastCode]++
		} else {
			got[d.State]++
		}
	}
	delete(got, "PENDING held BROKER") // a dial that ran out of time by itself
	delete(got, "PENDING held TIMEOUT")
	if diff := cmp.Diff(map[string]int{"DELIVERED": 3}, got); diff != "" {
		t.Error(diff)
	}
}
