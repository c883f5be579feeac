// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// The overlap of a rotation, and the longest one.
const (
	overlapDefault = 24 * time.Hour
	overlapMax     = 7 * 24 * time.Hour
)

// RotateSecretIn is the request of rotateWebhookSecret.
type RotateSecretIn struct {
	ID  string       `path:"subscriptionId"`
	Doc rotateFields `body:"json"`
}

type rotateFields struct {
	Overlap string `json:"overlap"`
}

// RotateSecretOut is the schema RotateWebhookSecretResponse.
type RotateSecretOut struct {
	ID           string `json:"id"`
	Secret       string `json:"hmacSigningSecret"`
	PreviousEnds string `json:"previousSecretExpiresAt"`
}

// RotateSecret carries out rotateWebhookSecret. The overlap runs on the tenant's clock.
func (s *Service) RotateSecret(ctx context.Context, in RotateSecretIn) (RotateSecretOut, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return RotateSecretOut{}, err
	}
	overlap := overlapDefault
	if in.Doc.Overlap != "" {
		var ok bool
		if overlap, ok = parseDuration(in.Doc.Overlap); !ok || overlap > overlapMax {
			return RotateSecretOut{}, errs.Invalidf("/overlap", "duration",
				"%q is not an ISO 8601 duration of at most seven days", in.Doc.Overlap)
		}
	}
	now := s.now(ctx)
	until := now.Add(overlap)
	fresh := newSecret(now)
	sub.Secrets = rotated(sub.Secrets, fresh, now, until)
	return RotateSecretOut{ID: sub.ID, Secret: fresh.Value, PreviousEnds: stamp(until)}, s.save(ctx, sub, now)
}

var durationForm = regexp.MustCompile(`^P(?:(\d{1,3})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?$`)

// parseDuration reads days, hours, minutes and seconds; there must be at least one of them.
func parseDuration(text string) (time.Duration, bool) {
	parts := durationForm.FindStringSubmatch(text)
	if parts == nil || text[len(text)-1] == 'P' || text[len(text)-1] == 'T' {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(parts[i+1]) // digits, or empty for none
		d += time.Duration(n) * unit
	}
	return d, true
}
