// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// The styles of headers.
const (
	styleSpotnana = "SPOTNANA"
	styleStandard = "STANDARD"
)

// settings are how a subscription is delivered, beyond what the reference's API can say.
type settings struct {
	Blocked     []string `json:"blockedOperations,omitempty"`
	Rate        float64  `json:"ratePerSecond,omitempty"`
	Concurrency int      `json:"concurrency,omitempty"`
	Style       string   `json:"headersStyle,omitempty"`
	OAuth       *oauth   `json:"legacyOauth,omitempty"`
}

// oauth is the delivery that receivers used before signatures: the platform gets itself a token of the
// receiver's (reference: webhook onboarding).
type oauth struct {
	URL    string `json:"tokenUrl"`
	ID     string `json:"clientId"`
	Secret string `json:"clientSecret,omitempty"`
}

// Settings is the schema WebhookSettings; it never shows the client secret.
type Settings struct {
	Blocked     []string `json:"blockedOperations"`
	Rate        float64  `json:"ratePerSecond,omitempty"`
	Concurrency int      `json:"concurrency,omitempty"`
	Style       string   `json:"headersStyle"`
	OAuth       *oauth   `json:"legacyOauth,omitempty"`
}

func (s settings) show() Settings {
	out := Settings{Blocked: s.Blocked, Rate: s.Rate, Concurrency: s.Concurrency, Style: s.Style}
	if out.Blocked == nil {
		out.Blocked = []string{}
	}
	if out.Style == "" {
		out.Style = styleSpotnana
	}
	if s.OAuth != nil {
		out.OAuth = &oauth{URL: s.OAuth.URL, ID: s.OAuth.ID}
	}
	return out
}

// GetSettings carries out getWebhookSettings.
func (s *Service) GetSettings(ctx context.Context, in GetSubscriptionIn) (Settings, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Settings{}, err
	}
	return sub.Settings.show(), nil
}

// SettingsIn is the request of updateWebhookSettings.
type SettingsIn struct {
	ID  string   `path:"subscriptionId"`
	Doc settings `body:"json"`
}

// UpdateSettings carries out updateWebhookSettings: all settings are replaced. A legacy client secret that
// is left out stays, as long as the rest of the client does.
func (s *Service) UpdateSettings(ctx context.Context, in SettingsIn) (Settings, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Settings{}, err
	}
	next, old := in.Doc, sub.Settings
	next.Blocked = canonicalOperations(next.Blocked)
	if o := next.OAuth; o != nil {
		if err := s.guard.checkURLAt(o.URL, "/legacyOauth/tokenUrl"); err != nil {
			return Settings{}, err
		}
		if o.Secret == "" && old.OAuth != nil && old.OAuth.URL == o.URL && old.OAuth.ID == o.ID {
			o.Secret = old.OAuth.Secret
		}
		if o.Secret == "" {
			return Settings{}, errs.Invalidf("/legacyOauth/clientSecret", "required", "a new client needs its secret")
		}
	}
	sub.Settings = next
	now := s.now(ctx)
	if next.Rate != old.Rate {
		if err := s.pullIn(ctx, in.ID, now, false); err != nil {
			return Settings{}, err
		}
	}
	return next.show(), s.save(ctx, sub, now)
}

// pullIn makes due at once what waits for its first attempt: under another rate it has another turn. With all
// it does so for retries too, and their two weeks begin anew: a pause is over.
func (s *Service) pullIn(ctx context.Context, id string, now time.Time, all bool) error {
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	waiting, err := deliveries(tx, store.DeliveryQuery{Tenant: tenant, Endpoint: id, State: store.Pending})
	if err != nil {
		return err
	}
	for _, d := range waiting {
		if (all || d.Attempt == 0) && d.NextAt.After(now) {
			d.NextAt = now
			if all {
				d.Since = now
			}
			if err := tx.PutDelivery(d); err != nil {
				return err
			}
		}
	}
	tx.AfterCommit(func() { s.courier.wake(tenant, id) })
	return nil
}

// canonicalOperation takes the spelling with one L that the reference uses in running text for the one
// of its tables.
func canonicalOperation(op string) string {
	switch op {
	case "FLIGHT_CANCELED":
		return "FLIGHT_CANCELLED"
	case "FLIGHT_SEAT_CANCELED":
		return "FLIGHT_SEAT_CANCELLED"
	}
	return op
}

func canonicalOperations(list []string) []string {
	out := slices.Clone(list)
	for i, op := range out {
		out[i] = canonicalOperation(op)
	}
	return out
}
