// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"

	"github.com/airside-travel/airside/internal/errs"
)

// LaboratoryIn is the request of setWebhookLaboratory.
type LaboratoryIn struct {
	ID  string     `path:"subscriptionId"`
	Doc laboratory `body:"json"`
}

// Laboratory is the schema WebhookLaboratory.
type Laboratory struct{ laboratory }

// SetLaboratory carries out setWebhookLaboratory: what was asked for before is forgotten.
func (s *Service) SetLaboratory(ctx context.Context, in LaboratoryIn) (Laboratory, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Laboratory{}, err
	}
	if m := in.Doc.Delays; m != nil && m.By != "" {
		if d, ok := parseDuration(m.By); !ok || d > delayMax {
			return Laboratory{}, errs.Invalidf("/delays/by", "duration", "%q is not an ISO 8601 duration of at most a day", m.By)
		}
	}
	sub.Lab = &in.Doc
	return Laboratory{in.Doc}, s.save(ctx, sub, s.now(ctx))
}

// GetLaboratory carries out getWebhookLaboratory; an endpoint that is left in peace has an empty one.
func (s *Service) GetLaboratory(ctx context.Context, in GetSubscriptionIn) (Laboratory, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil || sub.Lab == nil {
		return Laboratory{}, err
	}
	return Laboratory{*sub.Lab}, nil
}

// EndLaboratory carries out endWebhookLaboratory.
func (s *Service) EndLaboratory(ctx context.Context, in GetSubscriptionIn) (struct{}, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	sub.Lab = nil
	return struct{}{}, s.save(ctx, sub, s.now(ctx))
}
