// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/webhook"
)

// ReceiveIn is a webhook as it came.
type ReceiveIn struct {
	Environment string      `path:"environment"`
	Header      http.Header `request:"header"`
	Address     string      `request:"address"`
	Body        []byte      `body:"raw"`
}

// textMax bounds what a receipt takes over from headers of somebody unknown, in characters. They are looked through for
// credentials, and do not reach a terminal as they are.
const textMax = 200

// Receive carries out receiveWebhook. It opens its own transactions: a refusal is written down too.
func (s *Service) Receive(ctx context.Context, in ReceiveIn) (struct{}, error) {
	box := s.envs[in.Environment]
	if box == nil {
		return struct{}{}, errs.Missing("inbox", in.Environment)
	}
	ctx = actor.With(ctx, &actor.Actor{Tenant: s.o.Tenant, ClientID: "inbox"})
	now := s.o.Clock.Now().UTC()
	r := &Receipt{
		ID: ids.UUID(), Environment: box.Name, ReceivedAt: now, LastAt: now, Attempts: 1, Address: in.Address, Bytes: len(in.Body),
		WebhookID: cmp.Or(in.Header.Get(webhook.HeaderID), in.Header.Get(webhook.StandardID)),
		TraceID:   clip(in.Header.Get("X-B3-TraceId")), RequestID: telemetry.RequestID(ctx),
	}
	written := r
	key, why := s.admit(ctx, box, &in, r)
	if why == nil {
		written, why = s.take(ctx, box, key, in.Body, r)
	}
	if r.Result == "" { // in doubt: the sender comes again
		return struct{}{}, why
	}
	box.count(r.Result)
	if why != nil && !s.refuse(ctx, box, r) {
		written = nil
	}
	telemetry.Received(ctx, r.event(written))
	return struct{}{}, why
}

// admit decides who sent it. key is by what a webhook that is sent again is known.
func (s *Service) admit(ctx context.Context, box *inbox, in *ReceiveIn, r *Receipt) (key string, err error) {
	if len(in.Body) > MaxBody {
		r.Result = TooLarge
		return "", errs.New(errs.RequestTooLarge, "the webhook is larger than %d bytes", MaxBody).Hinting("webhooks have at most 1 MiB, whatever AIRSIDE_MAX_BODY says")
	}
	token, bearer := bearerOf(in.Header)
	if box.Bearer && bearer && !signed(in.Header) {
		if r.Client, err = s.o.Bearer(ctx, box.Name, token, in.Address); err != nil {
			r.Result = Denied
			return "", err
		}
		sum := sha256.Sum256(in.Body) // such deliveries have no id; the body holds operation and timestamp
		return "body " + hex.EncodeToString(sum[:]), nil
	}
	err = webhook.ErrSignature
	if box.Verifier != nil {
		r.Secret, err = box.Verifier.Verify(ctx, in.Header, in.Body, r.ReceivedAt, box.Tolerance)
	} else if !signed(in.Header) {
		err = webhook.ErrNoSignature
	}
	switch {
	case err == nil:
		return "id " + r.WebhookID, nil
	case errors.Is(err, webhook.ErrNoSignature):
		r.Result = Unsigned
		return "", errs.New(errs.WebhookUnsigned, "the headers %s, %s and %s are needed", webhook.HeaderID, webhook.HeaderTimestamp, webhook.HeaderSignature)
	case errors.Is(err, webhook.ErrTimestamp):
		r.Result = Late
		return "", errs.New(errs.WebhookStale, "the timestamp is more than %s from now, or no number of seconds", cmp.Or(box.Tolerance, webhook.DefaultTolerance))
	case errors.Is(err, webhook.ErrSignature):
		r.Result = Forged
		return "", errs.New(errs.WebhookForged, "no secret of the environment %s made this signature", box.Name)
	}
	r.Result = Unverified // whoever sent it is to come again
	return "", errs.New(errs.StoreUnavailable, "the signature cannot be checked now; nothing was written").Because(err)
}

// take writes everything in one transaction, and returns what is written: r, or of a webhook that is known the receipt
// in which it is counted.
func (s *Service) take(ctx context.Context, box *inbox, key string, body []byte, r *Receipt) (written *Receipt, err error) {
	e, err := webhook.ParseEvent(body)
	if err != nil {
		r.Result = NoEvent
		return r, errs.Invalidf("", "event", "the body is not a webhook: event_type, operation and payload are needed").Because(err)
	}
	a := read(&e, key)
	r.EventType, r.Operation, r.PublishedAt = clip(e.Type), clip(e.Operation), clip(e.Timestamp)
	r.Resource, r.Version = a.Resource, a.Version
	if a.odd {
		s.o.Log.WarnContext(ctx, "inbox: the version of a webhook is no whole number, so its time decides whether it is old",
			slog.String("environment", box.Name), slog.String("receipt", r.ID), slog.String("eventType", r.EventType))
	}
	write := func(ctx context.Context) (err error) {
		written, err = s.write(ctx, box, box.Name+" "+key, a, body, r)
		return err
	}
	err = s.o.Store.Update(ctx, write)
	if dup, ok := errors.AsType[*store.DuplicateError](err); ok && dup.Field == byWebhook { // another process was first
		err = s.o.Store.Update(ctx, write)
	}
	if err != nil {
		r.Result = ""
	}
	return written, err
}

// write is the transaction. It may run more than once.
func (s *Service) write(ctx context.Context, box *inbox, key string, a about, body []byte, r *Receipt) (*Receipt, error) {
	tx := store.From(ctx)
	old, err := tx.Find(s.o.Tenant, kindReceipt, byWebhook, key)
	if err == nil {
		r.Result = Duplicate
		return s.again(tx, old, key, r.LastAt)
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	r.Result = Accepted
	rec, known, err := latest(tx, s.o.Tenant, box.Name, a.Resource)
	if err != nil {
		return nil, err
	}
	targets := box.ids
	if rec != nil && a.before(known) {
		r.Result, targets = Stale, nil
	} else if err := a.advance(tx, s.o.Tenant, box.Name, rec, known, r.ReceivedAt); err != nil {
		return nil, err
	}
	r.Event, err = s.o.Outbox.Forward(ctx, &outbox.Foreign{
		Tenant: s.o.Tenant, Resource: box.Name + "/" + a.Resource, Version: a.Version, Type: r.EventType, Operation: r.Operation, Body: body,
	}, targets)
	if err != nil {
		return nil, err
	}
	if err := s.matched(tx, box, r.Secret, r.ReceivedAt); err != nil {
		return nil, err
	}
	out, err := r.record(s.o.Tenant, key)
	if err != nil {
		return nil, err
	}
	return r, tx.Insert(out)
}

// again counts a webhook that came before, and returns its receipt.
func (s *Service) again(tx store.Tx, rec *store.Record, key string, now time.Time) (*Receipt, error) {
	old, err := readReceipt(rec)
	if err != nil {
		return nil, err
	}
	old.Attempts++
	old.LastAt = now
	next, err := old.record(s.o.Tenant, key)
	if err != nil {
		return nil, err
	}
	return old, tx.Update(next, rec.Version)
}

// refuse writes a refusal down, within bounds, and reports whether it did. The answer does not hang on it.
func (s *Service) refuse(ctx context.Context, box *inbox, r *Receipt) bool {
	withheld, write := box.room(r.ReceivedAt)
	if !write {
		return false
	}
	r.WebhookID, r.Withheld = clip(r.WebhookID), withheld
	err := s.o.Store.Update(context.WithoutCancel(ctx), func(ctx context.Context) error {
		rec, err := r.record(s.o.Tenant, "")
		if err != nil {
			return err
		}
		return store.From(ctx).Insert(rec)
	})
	if err != nil {
		s.o.Log.WarnContext(ctx, "inbox: a refused webhook could not be written down", slog.String("environment", box.Name),
			slog.String("result", r.Result), slog.Any("error", err))
	}
	return err == nil
}

// signed reports whether any header of a signature is there: such a webhook is never taken on a token.
func signed(h http.Header) bool {
	for _, name := range []string{webhook.HeaderID, webhook.HeaderTimestamp, webhook.HeaderSignature,
		webhook.StandardID, webhook.StandardTimestamp, webhook.StandardSignature} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

func bearerOf(h http.Header) (string, bool) {
	scheme, token, ok := strings.Cut(h.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

func clip(s string) string { return redact.Text(s, textMax) }
