// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
)

// CreateSubscriptionIn is the request of createWebhookSubscription.
type CreateSubscriptionIn struct {
	Doc createFields `body:"json"`
}

type createFields struct {
	SubscriberID  string            `json:"subscriberId"`
	EventSource   source            `json:"eventSource"`
	Name          string            `json:"name"`
	EventTypes    []string          `json:"eventTypes"`
	URL           string            `json:"url"`
	IsActive      *bool             `json:"isActive"`
	CustomHeaders map[string]string `json:"customHeaders"`
}

// CreateSubscriptionOut is the schema CreateWebhookSubscriptionResponse: the only place, besides
// rotation, where a secret is shown.
type CreateSubscriptionOut struct {
	ID     string `json:"id"`
	Secret string `json:"hmacSigningSecret"`
}

// CreateSubscription carries out createWebhookSubscription.
func (s *Service) CreateSubscription(ctx context.Context, in CreateSubscriptionIn) (CreateSubscriptionOut, error) {
	d := in.Doc
	if err := s.checkSubscriber(ctx, d.SubscriberID); err != nil {
		return CreateSubscriptionOut{}, err
	}
	sub := &stored{subscription: subscription{
		ID: ids.UUID(), Subscriber: d.SubscriberID, Name: d.Name, EventTypes: d.EventTypes, Source: d.EventSource.plain(),
		URL: d.URL, Active: d.IsActive == nil || *d.IsActive, Headers: d.CustomHeaders, Secrets: []secret{newSecret(s.now(ctx))},
	}}
	if err := s.checkTarget(actor.Tenant(ctx), sub.URL); err != nil {
		return CreateSubscriptionOut{}, err
	}
	if err := s.check(ctx, sub); err != nil {
		return CreateSubscriptionOut{}, err
	}
	return CreateSubscriptionOut{ID: sub.ID, Secret: sub.Secrets[0].Value}, s.save(ctx, sub, s.now(ctx))
}

func (s *Service) check(ctx context.Context, sub *stored) error {
	if err := s.checkSource(ctx, sub.Source); err != nil {
		return err
	}
	return checkHeaders(sub.Headers)
}

// plain is the source without what only answers hold, and with its comparators written out.
func (src source) plain() source {
	for _, sc := range src.Scopes {
		for i := range sc.Predicates {
			sc.Predicates[i].Labels, sc.Predicates[i].Comparator = nil, "IN"
		}
	}
	return src
}
