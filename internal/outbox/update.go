// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// UpdateSubscriptionIn is the request of updateWebhookSubscription.
type UpdateSubscriptionIn struct {
	ID  string       `path:"subscriptionId"`
	Doc updateFields `body:"json"`
}

// updateFields replace as a whole what they stand for; nil leaves it, an empty map clears it.
type updateFields struct {
	EventSource   *source           `json:"eventSource"`
	Name          *string           `json:"name"`
	EventTypes    []string          `json:"eventTypes"`
	IsActive      *bool             `json:"isActive"`
	URL           *string           `json:"url"`
	CustomHeaders map[string]string `json:"customHeaders"`
}

// UpdateSubscription carries out updateWebhookSubscription. What is queued already goes to the new
// URL, with the new headers. While the subscription is inactive it waits.
func (s *Service) UpdateSubscription(ctx context.Context, in UpdateSubscriptionIn) (Subscription, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Subscription{}, err
	}
	d, resting := in.Doc, !sub.Active
	if d.EventSource != nil {
		sub.Source = d.EventSource.plain()
	}
	assign(&sub.Name, d.Name)
	assign(&sub.Active, d.IsActive)
	assign(&sub.URL, d.URL)
	if d.EventTypes != nil {
		sub.EventTypes = d.EventTypes
	}
	if d.CustomHeaders != nil {
		sub.Headers = d.CustomHeaders
	}
	if d.URL != nil { // what is not touched may be refused by now, and can be deactivated all the same
		if err := s.checkTarget(actor.Tenant(ctx), sub.URL); err != nil {
			return Subscription{}, err
		}
	}
	if err := s.check(ctx, sub); err != nil {
		return Subscription{}, err
	}
	if err := s.save(ctx, sub, s.now(ctx)); err != nil {
		return Subscription{}, err
	}
	if resting && sub.Active {
		if err := s.pullIn(ctx, in.ID, s.now(ctx), true); err != nil {
			return Subscription{}, err
		}
	}
	return s.show(ctx, sub)
}

func assign[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

// DeleteSubscriptionIn is the request of deleteWebhookSubscription.
type DeleteSubscriptionIn struct {
	ID string `path:"subscriptionId"`
}

// DeleteSubscription carries out deleteWebhookSubscription: the subscription goes with its secrets and
// with the rows of its deliveries, pending or not.
func (s *Service) DeleteSubscription(ctx context.Context, in DeleteSubscriptionIn) (struct{}, error) {
	if _, err := s.find(ctx, in.ID); err != nil {
		return struct{}{}, err
	}
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	list, err := deliveries(tx, store.DeliveryQuery{Tenant: tenant, Endpoint: in.ID})
	if err != nil {
		return struct{}{}, err
	}
	for _, d := range list {
		if err := tx.RemoveDelivery(tenant, d.ID); err != nil {
			return struct{}{}, err
		}
	}
	if err := tx.Remove(tenant, kindEndpoint, in.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return struct{}{}, err
	}
	if err := s.changed(tx, tenant, in.ID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, tx.Remove(tenant, kindSubscription, in.ID)
}

// deliveries collects what a query yields, since a transaction cannot be used during a listing.
func deliveries(r store.Reader, q store.DeliveryQuery) ([]*store.Delivery, error) {
	var list []*store.Delivery
	for d, err := range r.Deliveries(q) {
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}
