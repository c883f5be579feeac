// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Subscription is the schema WebhookSubscription.
type Subscription struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	EventTypes []string          `json:"eventTypes"`
	Subscriber string            `json:"subscriberId"`
	Source     source            `json:"eventSource"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"customHeaders,omitempty"`
	Active     bool              `json:"isActive"`
	CreatedAt  instant           `json:"createdAt"`
	UpdatedAt  instant           `json:"updatedAt"`
}

// instant is the schema DateTimeOffset: whole seconds.
type instant struct {
	Text string `json:"iso8601"`
}

func at(t time.Time) instant { return instant{t.UTC().Format("2006-01-02T15:04:05Z")} }

// total is the schema OffsetBasedPaginationResponseParams.
type total struct {
	N int `json:"totalNumResults"`
}

// GetSubscriptionIn is the request of getWebhookSubscription.
type GetSubscriptionIn struct {
	ID string `path:"subscriptionId"`
}

// GetSubscription carries out getWebhookSubscription.
func (s *Service) GetSubscription(ctx context.Context, in GetSubscriptionIn) (Subscription, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Subscription{}, err
	}
	return s.show(ctx, sub)
}

// ListSubscriptionsIn is the request of listWebhookSubscriptions.
type ListSubscriptionsIn struct {
	Subscriber string `query:"subscriberId"`
	Offset     int    `query:"offset"`
	Limit      int    `query:"limit"`
}

// ListSubscriptionsOut is the schema ListWebhookSubscriptionsResponse.
type ListSubscriptionsOut struct {
	Subscriptions []Subscription `json:"subscriptions"`
	Pagination    total          `json:"pagination"`
}

// ListSubscriptions carries out listWebhookSubscriptions. Tenants have few subscriptions, so all are
// read to tell which the caller may see.
func (s *Service) ListSubscriptions(ctx context.Context, in ListSubscriptionsIn) (ListSubscriptionsOut, error) {
	a := actor.From(ctx)
	var seen []*stored
	for r, err := range store.Read(ctx).List(store.Query{Tenant: a.Tenant, Kind: kindSubscription, Parent: in.Subscriber}) {
		if err != nil {
			return ListSubscriptionsOut{}, err
		}
		sub, err := decodeSubscription(r)
		if err != nil {
			return ListSubscriptionsOut{}, err
		}
		if sub.visible(a) {
			seen = append(seen, sub)
		}
	}
	out := ListSubscriptionsOut{Subscriptions: []Subscription{}, Pagination: total{len(seen)}}
	for _, sub := range page(seen, in.Offset, in.Limit) {
		one, err := s.show(ctx, sub)
		if err != nil {
			return ListSubscriptionsOut{}, err
		}
		out.Subscriptions = append(out.Subscriptions, one)
	}
	return out, nil
}

func page[T any](all []T, offset, limit int) []T {
	offset = min(max(offset, 0), len(all))
	return all[offset:min(offset+limit, len(all))]
}

// show makes the answer: without secrets, with the names of what the predicates list. What no longer
// exists has no name and gets no label.
func (s *Service) show(ctx context.Context, sub *stored) (Subscription, error) {
	out := Subscription{
		ID: sub.ID, Name: sub.Name, EventTypes: sub.EventTypes, Subscriber: sub.Subscriber, URL: sub.URL, Headers: sub.Headers,
		Active: sub.Active, CreatedAt: at(sub.record.CreatedAt), UpdatedAt: at(sub.record.UpdatedAt),
	}
	for _, sc := range sub.Source.Scopes {
		var labelled scope
		for _, p := range sc.Predicates {
			for _, id := range p.Values {
				name, err := s.name(ctx, p.Type, id)
				if errors.Is(err, store.ErrNotFound) {
					continue
				} else if err != nil {
					return Subscription{}, err
				}
				p.Labels = append(p.Labels, label{id, name})
			}
			labelled.Predicates = append(labelled.Predicates, p)
		}
		out.Source.Scopes = append(out.Source.Scopes, labelled)
	}
	return out, nil
}
