// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/webhook"
)

// listenFlags are the flags of `airside webhook listen`.
type listenFlags struct {
	port            int
	subscribe       []string
	company, secret string
	forward, base   string
	urlOnly, json   bool
}

func (m *Main) webhookCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "webhook", Short: "Receive webhooks on this machine, look at deliveries, send them again",
		Example: "  airside webhook listen --company 6f0c...\n  airside webhook deliveries --state PARKED\n  airside webhook replay --subscription 5d1f... --since 24h",
	})
	var f listenFlags
	listen := &cobra.Command{
		Use: "listen", Short: "Receive, verify and print webhooks",
		Long: "Listen opens an endpoint on the loopback interface, subscribes it, and prints each event whose\n" +
			"signature is right. The subscription is removed when the command ends. With --secret it only\n" +
			"listens, for a subscription that exists already. With --forward each event is passed on to your\n" +
			"application as it came, signature included; unless that answers 200, the event is delivered again. Its line\n" +
			"says whether it was taken, and at which try.",
		Example: "  airside webhook listen --company 6f0c... --subscribe PNR_V3\n" +
			"  airside webhook listen --port 9797 --secret whsec_... --json | jq .operation\n" +
			"  airside webhook listen --company 6f0c... --forward http://127.0.0.1:3000/hooks",
		Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error { return m.listen(cmd.Context(), f) }),
	}
	flags := listen.Flags()
	flags.IntVar(&f.port, "port", 0, "port to listen on; 0 picks a free one")
	flags.StringSliceVar(&f.subscribe, "subscribe", nil, "event types, separated by commas (default all)")
	flags.StringVar(&f.company, "company", "", "company whose events to subscribe to")
	flags.StringVar(&f.secret, "secret", "", "signing secret of an existing subscription; do not subscribe")
	flags.StringVar(&f.forward, "forward", "", "URL to pass each event on to")
	flags.StringVar(&f.base, "base-url", "", "server to talk to (default AIRSIDE_URL)")
	flags.BoolVar(&f.urlOnly, "url-only", false, "print only the endpoint's URL to standard output; events go to standard error")
	flags.BoolVar(&f.json, "json", false, "print one line of JSON for each event, with its headers")
	listen.MarkFlagsMutuallyExclusive("secret", "company")
	listen.MarkFlagsMutuallyExclusive("secret", "subscribe")
	listen.MarkFlagsOneRequired("secret", "company")
	cmd.AddCommand(listen, m.deliveriesCmd(), m.replayCmd())
	return cmd
}

func (m *Main) listen(ctx context.Context, f listenFlags) (failed error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.port)))
	if err != nil {
		return failf(ExitUnavailable, "%w", err).hint("--port 0 picks a free port")
	}
	defer l.Close()
	url := "http://" + l.Addr().String() + "/"
	events := m.Stdout
	if f.urlOnly {
		fmt.Fprintln(m.Stdout, url)
		events = m.Stderr
	}
	if f.secret == "" {
		leave, err := m.subscribed(ctx, &f, url)
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, leave()) }()
	}
	h, err := newReceiver(f, events, m.Stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Stderr, "listening on %s; Ctrl-C stops\n", url)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(closing)
}

// subscribed subscribes the endpoint and keeps the secret in f; leave takes the subscription away again.
func (m *Main) subscribed(ctx context.Context, f *listenFlags, url string) (leave func() error, err error) {
	r, err := m.remote(f.base)
	if err != nil {
		return nil, err
	}
	c, err := m.contract()
	if err != nil {
		return nil, err
	}
	id, secret, err := r.subscribe(ctx, c, *f, url)
	if err != nil {
		return nil, err
	}
	f.secret = secret
	fmt.Fprintf(m.Stderr, "subscription %s\n", id)
	return func() error {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return r.unsubscribe(leaving, id)
	}, nil
}

// subscribe creates the subscription; it answers its id and signing secret.
func (r *remote) subscribe(ctx context.Context, c *contract.Contract, f listenFlags, url string) (id, secret string, err error) {
	types := f.subscribe
	if len(types) == 0 {
		types = c.Schema("WebhookEventTypeEnum").Enum
	}
	body, err := json.Marshal(map[string]any{
		"name": "airside webhook listen", "subscriberId": f.company, "url": url, "eventTypes": types,
		"eventSource": map[string]any{"scopes": []any{map[string]any{"predicates": []any{
			map[string]any{"type": "COMPANY", "values": []string{f.company}},
		}}}},
	})
	if err != nil {
		return "", "", err
	}
	op := c.Operation("createWebhookSubscription")
	if found := op.CheckBody("application/json", body); len(found) > 0 {
		return "", "", failf(ExitUsage, "%s", found[0]).hint("airside webhook listen --help")
	}
	a, err := r.call(ctx, op.Method, op.Path, nil, "application/json", body)
	if err != nil {
		return "", "", err
	}
	if a.Status/100 != 2 {
		return "", "", a.failure()
	}
	var made struct{ ID, HmacSigningSecret string }
	if err := json.Unmarshal(a.Body, &made); err != nil {
		return "", "", fmt.Errorf("read the new subscription: %w", err)
	}
	return made.ID, made.HmacSigningSecret, nil
}

// unsubscribe deletes the subscription, or switches it off where the server cannot delete.
func (r *remote) unsubscribe(ctx context.Context, id string) error {
	a, err := r.call(ctx, http.MethodDelete, "/v1/airside/webhooks/subscriptions/"+id, nil, "", nil)
	if err == nil && a.Status/100 == 2 {
		return nil
	}
	a, err = r.call(ctx, http.MethodPatch, "/v3/webhooks/subscriptions/"+id, nil, "application/json", []byte(`{"isActive":false}`))
	if err == nil && a.Status/100 != 2 {
		err = a.failure()
	}
	if err != nil {
		f := failf(ExitFailure, "the subscription %s stays: %w", id, err)
		if cause, ok := errors.AsType[*Failure](err); ok {
			f.Exit = cause.Exit
		}
		return f.hint("`airside api deleteWebhookSubscription --subscriptionId %s` takes it away", id)
	}
	return nil
}

// receiver prints what webhook.Handler accepts. It keeps the raw body, which the Handler's function
// does not get, for forwarding.
type receiver struct {
	handler *webhook.Handler
	forward string
	json    bool
	log     io.Writer

	mu    sync.Mutex
	out   io.Writer
	tries map[string]int // by webhook-id, of what the application has not taken yet
}

type delivery struct {
	header http.Header
	body   []byte
}

type deliveryKey struct{}

func newReceiver(f listenFlags, out, log io.Writer) (*receiver, error) {
	r := &receiver{forward: f.forward, json: f.json, out: out, log: log, tries: map[string]int{}}
	h, err := webhook.NewHandler([]string{f.secret}, r.event, webhook.Options{
		Report: func(_ *http.Request, err error) { fmt.Fprintf(log, "refused: %v\n", err) },
	})
	if err != nil {
		return nil, failf(ExitUsage, "%w", err).hint("the secret is hmacSigningSecret in the answer of createWebhookSubscription")
	}
	r.handler = h
	return r, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, webhook.MaxBody))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	req = req.WithContext(context.WithValue(req.Context(), deliveryKey{}, delivery{req.Header, body}))
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.handler.ServeHTTP(w, req)
}

func (r *receiver) event(ctx context.Context, e webhook.Event) error {
	d, _ := ctx.Value(deliveryKey{}).(delivery)
	if r.forward == "" {
		return r.print(e, d, nil)
	}
	// What becomes of it is known first: an event that the application refuses comes again and is still one event.
	failed := r.pass(ctx, d)
	return errors.Join(failed, r.print(e, d, r.passed(d, failed)))
}

// passed is how an event was passed on.
type passed struct {
	OK    bool   `json:"ok"`
	Tries int    `json:"tries"` // this one too, while this command listens
	Why   string `json:"why,omitempty"`
}

func (p *passed) String() string {
	switch {
	case p == nil:
		return ""
	case !p.OK:
		return fmt.Sprintf("  not taken (%s), try %d", p.Why, p.Tries)
	case p.Tries > 1:
		return fmt.Sprintf("  forwarded, try %d", p.Tries)
	}
	return "  forwarded"
}

func (r *receiver) passed(d delivery, failed error) *passed {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := d.header.Get(webhook.HeaderID)
	p := &passed{OK: failed == nil, Tries: r.tries[id] + 1}
	if r.tries[id]++; p.OK {
		delete(r.tries, id)
	} else {
		p.Why = strings.TrimPrefix(failed.Error(), "forward: ")
	}
	return p
}

// pass gives a delivery to the application as it came.
func (r *receiver) pass(ctx context.Context, d delivery) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.forward, bytes.NewReader(d.body))
	if err != nil {
		return err
	}
	req.Header = d.header.Clone()
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return fmt.Errorf("forward: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("forward: %s answered %d", r.forward, resp.StatusCode)
	}
	return nil
}

func (r *receiver) print(e webhook.Event, d delivery, p *passed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		headers := map[string]string{}
		for name := range d.header {
			headers[strings.ToLower(name)] = d.header.Get(name)
		}
		return printLine(r.out, struct {
			Event   json.RawMessage   `json:"event"`
			Headers map[string]string `json:"headers"`
			Forward *passed           `json:"forward,omitempty"`
		}{d.body, headers, p})
	}
	_, err := fmt.Fprintf(r.out, "%s  %-18s %-28s %s%s%s\n", e.Timestamp, e.Type, e.Operation, subject(e.Payload), tickets(e.Summary), p)
	return err
}

// subject names what the event is about: the ids at the top of its payload.
func subject(payload json.RawMessage) string {
	var p struct{ ID, PnrID, TripID, ApprovalID, ChargeID any }
	if json.Unmarshal(payload, &p) != nil {
		return ""
	}
	var out []string
	for _, x := range []struct {
		name string
		id   any
	}{{"trip", p.TripID}, {"pnr", p.PnrID}, {"approval", p.ApprovalID}, {"charge", p.ChargeID}, {"id", p.ID}} {
		if id, ok := x.id.(string); ok && id != "" {
			out = append(out, x.name+" "+id)
		}
	}
	return strings.Join(out, " ")
}

func tickets(s webhook.Summary) string {
	var out strings.Builder
	for _, x := range []struct {
		verb string
		list webhook.Tickets
	}{{"issued", s.Issued}, {"voided", s.Voided}, {"refunded", s.Refunded}} {
		if len(x.list) > 0 {
			out.WriteString("  " + x.verb + " " + strings.Join(x.list, ", "))
		}
	}
	return out.String()
}
