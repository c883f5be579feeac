// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const kindSubscription = "outbox.subscription"

// The types of a predicate (schema WebhookEventPredicate).
const (
	byCompany        = audience.Company
	byBookingTMC     = audience.BookingTMC
	byContractingTMC = audience.ContractingTMC
)

// subscription is what the store keeps; the engine seals it, secrets included. Its members but the
// secrets are spelled as in the schema WebhookSubscription.
type subscription struct {
	ID         string            `json:"id"`
	Subscriber string            `json:"subscriberId"`
	Name       string            `json:"name"`
	EventTypes []string          `json:"eventTypes"`
	Source     source            `json:"eventSource"`
	URL        string            `json:"url"`
	Active     bool              `json:"isActive"`
	Headers    map[string]string `json:"customHeaders,omitempty"`
	Secrets    []secret          `json:"secrets"` // the newest first
	Settings   settings          `json:"settings,omitzero"`
	Lab        *laboratory       `json:"laboratory,omitempty"`
}

type source struct {
	Scopes []scope `json:"scopes"`
}

type scope struct {
	Predicates []predicate `json:"predicates"`
}

type predicate struct {
	Type       string   `json:"type"`
	Values     []string `json:"values"`
	Comparator string   `json:"comparator,omitempty"`
	Labels     []label  `json:"valuesWithLabel,omitempty"` // in answers only
}

type label struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// wants reports whether the event is for this subscription: scopes are alternatives, the predicates
// of one must all pass (reference: subscription API, eventSource).
func (s *subscription) wants(tenant string, n *announce.Notice) bool {
	return s.Active && slices.Contains(s.EventTypes, n.Type) && !slices.Contains(s.Settings.Blocked, n.Operation) &&
		slices.ContainsFunc(s.Source.Scopes, func(sc scope) bool { return sc.covers(tenant, n) })
}

func (sc scope) covers(tenant string, n *announce.Notice) bool {
	return audience.All(sc.Predicates, audience.Owner{Company: n.Company, BookingTMC: n.BookingTMC, ContractingTMC: tenant})
}

// Holds is one predicate, decided as for the scopes of roles.
func (p predicate) Holds(o audience.Owner) bool { return audience.In(p.Type, p.Values, o) }

// within reports whether no event of another company can match: every scope asks for this company.
func (s source) within(company string) bool {
	return !slices.ContainsFunc(s.Scopes, func(sc scope) bool {
		return !slices.ContainsFunc(sc.Predicates, func(p predicate) bool {
			return p.Type == byCompany && !slices.ContainsFunc(p.Values, func(v string) bool { return v != company })
		})
	})
}

// visible reports whether the actor may read and change the subscription. Whoever may act for one
// company only must not get hold of one that carries events of others, even if his company owns it.
func (s *subscription) visible(a *actor.Actor) bool {
	return a.Wide() || a.MayCompany(s.Subscriber) == nil && s.Source.within(s.Subscriber)
}

// stored is a subscription with its record.
type stored struct {
	subscription
	record *store.Record
	signer Signer // of an endpoint that the process owns; nil: Secrets sign
}

func decodeSubscription(r *store.Record) (*stored, error) {
	s := &stored{record: r}
	if err := json.Unmarshal(r.Doc, &s.subscription); err != nil {
		return nil, fmt.Errorf("outbox: subscription %s: %w", r.ID, err)
	}
	return s, nil
}

// find reads a subscription that the caller may see.
func (s *Service) find(ctx context.Context, id string) (*stored, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindSubscription, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("webhook subscription", id)
	} else if err != nil {
		return nil, err
	}
	sub, err := decodeSubscription(r)
	if err != nil {
		return nil, err
	}
	if !sub.visible(actor.From(ctx)) {
		return nil, errs.Missing("webhook subscription", id)
	}
	return sub, nil
}

// save writes a changed subscription; what is announced after the commit sees it.
func (s *Service) save(ctx context.Context, sub *stored, now time.Time) error {
	return s.saveAs(ctx, actor.Tenant(ctx), sub, now)
}

func (s *Service) saveAs(ctx context.Context, tenant string, sub *stored, now time.Time) error {
	doc, err := json.Marshal(sub.subscription)
	if err != nil {
		return fmt.Errorf("outbox: subscription %s: %w", sub.ID, err)
	}
	tx := store.From(ctx)
	if err := s.changed(tx, tenant, sub.ID); err != nil {
		return err
	}
	if sub.record == nil {
		sub.record = &store.Record{Tenant: tenant, Kind: kindSubscription, ID: sub.ID, Parent: sub.Subscriber,
			CreatedAt: now, UpdatedAt: now, Doc: doc}
		return tx.Insert(sub.record)
	}
	sub.record.Doc, sub.record.UpdatedAt = doc, now
	return tx.Update(sub.record, sub.record.Version)
}
