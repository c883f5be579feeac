// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"encoding/base64"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/webhook"
)

// secret is a signing secret. The one in use has no end; a replaced one signs until its overlap is over.
type secret struct {
	Value string    `json:"value"`
	Until time.Time `json:"until,omitzero"`
	Since time.Time `json:"since,omitzero"` // when it was made; zero for those of before this was kept
}

// secretsMax bounds the signatures of one delivery, should somebody rotate again and again.
const secretsMax = 4

// newSecret makes a 256-bit key in the form the reference gives out.
func newSecret(now time.Time) secret {
	return secret{Since: now, Value: webhook.SecretPrefix + base64.StdEncoding.EncodeToString(ids.Bytes(32))}
}

// signing lists the secrets that sign at a time, the newest first.
func signing(all []secret, now time.Time) []string {
	var out []string
	for _, s := range all {
		if s.Until.IsZero() || now.Before(s.Until) {
			out = append(out, s.Value)
		}
	}
	return out
}

// rotated puts a fresh secret before the others. The one it replaces signs until the given time, and
// none signs longer than that.
func rotated(all []secret, fresh secret, now, until time.Time) []secret {
	out := []secret{fresh}
	for _, s := range all {
		if s.Until.IsZero() || s.Until.After(until) {
			s.Until = until
		}
		if now.Before(s.Until) && len(out) < secretsMax {
			out = append(out, s)
		}
	}
	return out
}
