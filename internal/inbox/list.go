// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// ListIn is the request of listInboxReceipts.
type ListIn struct {
	Environment string `query:"environment"`
	Result      string `query:"result"`
	EventType   string `query:"eventType"`
	Resource    string `query:"resource"`
	WebhookID   string `query:"webhookId"`
	Since       string `query:"since"`
	Offset      int    `query:"offset"`
	Limit       int    `query:"limit"`
}

// ListOut is the schema InboxReceiptList.
type ListOut struct {
	Receipts []*Receipt `json:"receipts"`
	More     bool       `json:"more"`
}

// List carries out listInboxReceipts: the newest first, refusals among the others.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	var since time.Time
	if in.Since != "" {
		since, _ = time.Parse(time.RFC3339, in.Since) // checked by the contract
	}
	want := in.Offset + in.Limit + 1
	var found []*Receipt
	for _, kind := range []string{kindReceipt, kindRefusal} {
		some, err := s.find(store.Read(ctx), kind, &in, since, want)
		if err != nil {
			return ListOut{}, err
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, func(a, b *Receipt) int { return cmp.Compare(b.ID, a.ID) }) // ids grow with time
	found = found[min(in.Offset, len(found)):]
	out := ListOut{Receipts: found[:min(in.Limit, len(found))], More: len(found) > in.Limit}
	if out.Receipts == nil {
		out.Receipts = []*Receipt{}
	}
	return out, nil
}

func (s *Service) find(r store.Reader, kind string, in *ListIn, since time.Time, want int) (found []*Receipt, err error) {
	var all iter.Seq2[*store.Record, error] = r.List(store.Query{Tenant: s.o.Tenant, Kind: kind, Parent: in.Environment, Newest: true})
	for rec, err := range all {
		if err != nil {
			return nil, err
		}
		if len(found) == want || rec.CreatedAt.Before(since) {
			break
		}
		one, err := readReceipt(rec)
		if err != nil {
			return nil, err
		}
		if in.fits(one) {
			found = append(found, one)
		}
	}
	return found, nil
}

// fits reports whether a receipt passes the filters.
func (in *ListIn) fits(r *Receipt) bool {
	for asked, is := range map[string]string{in.Result: r.Result, in.EventType: r.EventType, in.Resource: r.Resource, in.WebhookID: r.WebhookID} {
		if asked != "" && asked != is {
			return false
		}
	}
	return true
}

// GetIn names a receipt.
type GetIn struct {
	ID string `path:"receiptId"`
}

// Forwarded is the schema InboxForwarded: how far a webhook is on its way to a consumer.
type Forwarded struct {
	URL      string `json:"url"`
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
}

// notQueued is the state of a webhook that was never passed on to a consumer, or so long ago that it is forgotten.
const notQueued = "NOT_QUEUED"

// Detail is the schema InboxReceiptDetail.
type Detail struct {
	*Receipt
	Forwarded []Forwarded     `json:"forwarded"`
	Body      json.RawMessage `json:"body,omitempty"`
}

// Get carries out getInboxReceipt.
func (s *Service) Get(ctx context.Context, in GetIn) (Detail, error) {
	return s.detail(store.Read(ctx), in.ID, true)
}

func (s *Service) receipt(r store.Reader, id string) (*Receipt, error) {
	for _, kind := range []string{kindReceipt, kindRefusal} {
		rec, err := r.Get(s.o.Tenant, kind, id)
		if err == nil {
			return readReceipt(rec)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return nil, errs.Missing("receipt", id)
}

func (s *Service) detail(r store.Reader, id string, body bool) (Detail, error) {
	one, err := s.receipt(r, id)
	if err != nil {
		return Detail{}, err
	}
	out := Detail{Receipt: one, Forwarded: []Forwarded{}}
	if one.Event == "" {
		return out, nil
	}
	if box := s.envs[one.Environment]; box != nil {
		for _, t := range box.Targets {
			state, attempts, err := s.o.Outbox.Progress(r, s.o.Tenant, one.Event, t.ID)
			if err != nil {
				return Detail{}, err
			}
			out.Forwarded = append(out.Forwarded, Forwarded{t.URL, cmp.Or(state, notQueued), attempts})
		}
	}
	if body {
		e, err := r.Event(s.o.Tenant, one.Event)
		if err == nil && !e.Purged {
			out.Body = e.Body
		} else if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Detail{}, err
		}
	}
	return out, nil
}

// ForwardIn names a receipt to pass on.
type ForwardIn struct {
	ID string `path:"receiptId"`
}

// Forward carries out forwardInboxReceipt: the webhook goes to all consumers again, or for the first time.
func (s *Service) Forward(ctx context.Context, in ForwardIn) (Detail, error) {
	tx := store.From(ctx)
	one, err := s.receipt(tx, in.ID)
	if err != nil {
		return Detail{}, err
	}
	box := s.envs[one.Environment]
	switch {
	case one.refused():
		return Detail{}, errs.New(errs.StateForbids, "the webhook was refused (%s), so its body was not kept", one.Result).With("result", one.Result)
	case box == nil || len(box.ids) == 0:
		return Detail{}, errs.New(errs.StateForbids, "the environment %s has no consumers to pass webhooks on to", one.Environment).With("environment", one.Environment)
	}
	err = s.o.Outbox.ForwardAgain(ctx, s.o.Tenant, one.Event, box.ids)
	if errors.Is(err, store.ErrNotFound) {
		return Detail{}, errs.New(errs.StateForbids, "the body of this webhook is not kept any more").Because(err)
	} else if err != nil {
		return Detail{}, err
	}
	return s.detail(tx, in.ID, false)
}
