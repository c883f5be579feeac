// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
)

// testLane begins the resource of test events, which have a lane of their own for each subscription.
const testLane = "TEST/"

func isTest(resource string) bool { return strings.HasPrefix(resource, testLane) }

// samples holds one invented payload for each event type.
//
//go:embed samples/*.json
var samples embed.FS

// testOperations are the operations that test events claim.
//
//nolint:gochecknoglobals // a constant table
var testOperations = map[string]string{
	"TRAVELER_V2":        "UPDATE",
	"PNR_V3":             "BOOKING_CREATED",
	"TRIP_DETAILS_V3":    "TRIP_UPDATED",
	"PNR_APPROVAL":       "SOFT_APPROVAL",
	"AGENT_TASK_DETAILS": "TASK_CREATE",
	"SERVICE_CHARGE":     "SERVICE_FEE",
}

// SendTestEventIn is the request of sendTestEvent.
type SendTestEventIn struct {
	ID  string     `path:"subscriptionId"`
	Doc testFields `body:"json"`
}

type testFields struct {
	EventType string `json:"eventType"`
}

// SendTestEvent carries out sendTestEvent: an invented event goes to this subscription alone, whether
// it is active or asked for the type or not.
func (s *Service) SendTestEvent(ctx context.Context, in SendTestEventIn) (Delivery, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Delivery{}, err
	}
	kind := in.Doc.EventType
	if kind == "" {
		kind = sub.EventTypes[0]
	}
	payload, err := samples.ReadFile("samples/" + kind + ".json")
	if err != nil {
		return Delivery{}, fmt.Errorf("outbox: test event: %w", err)
	}
	n := &announce.Notice{Type: kind, Operation: testOperations[kind], Resource: testLane + sub.ID, Version: 1,
		BookingTMC: actor.Tenant(ctx), Payload: payload}
	if sub.Subscriber != n.BookingTMC {
		n.Company = sub.Subscriber
	}
	queued, err := s.publish(ctx, n, []string{sub.ID})
	if err != nil {
		return Delivery{}, err
	}
	out, _, _, err := s.describe(ctx, queued[0])
	return out, err
}
