// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Delivery is the schema WebhookDelivery.
type Delivery struct {
	ID           string `json:"id"`
	Subscription string `json:"subscriptionId"`
	EventType    string `json:"eventType"`
	Operation    string `json:"operation"`
	Resource     string `json:"resource"`
	Company      string `json:"companyId,omitempty"`
	State        string `json:"state"`
	Attempts     int    `json:"attempts"`
	LastStatus   int    `json:"lastStatus,omitempty"`
	LastError    string `json:"lastError,omitempty"`
	LastCode     string `json:"lastErrorCode,omitempty"`
	NextAt       string `json:"nextAttemptAt,omitempty"`
	CreatedAt    string `json:"createdAt"`
	DeliveredAt  string `json:"deliveredAt,omitempty"`
	Test         bool   `json:"test,omitempty"`
}

// Attempt is the schema WebhookAttempt.
type Attempt struct {
	Number  int    `json:"number"`
	At      string `json:"at"`
	Status  int    `json:"status,omitempty"`
	Millis  int64  `json:"durationMillis"`
	Error   string `json:"error,omitempty"`
	Code    string `json:"errorCode,omitempty"`
	TraceID string `json:"traceId"`
}

// ListDeliveriesIn is the request of listDeliveries.
type ListDeliveriesIn struct {
	Subscription string `query:"subscriptionId"`
	State        string `query:"state"`
	Resource     string `query:"resource"`
	Offset       int    `query:"offset"`
	Limit        int    `query:"limit"`
}

// ListDeliveriesOut is the schema WebhookDeliveryList.
type ListDeliveriesOut struct {
	Deliveries []Delivery `json:"deliveries"`
	Pagination total      `json:"pagination"`
}

// ListDeliveries carries out listDeliveries. Rows are small and their number is bounded but for what is
// pending, so they are counted by reading them; events are opened for the page only.
func (s *Service) ListDeliveries(ctx context.Context, in ListDeliveriesIn) (ListDeliveriesOut, error) {
	out := ListDeliveriesOut{Deliveries: []Delivery{}}
	if in.Subscription != "" {
		if _, err := s.find(ctx, in.Subscription); errs.Is(err, errs.ResourceNotFound) {
			return out, nil
		} else if err != nil {
			return out, err
		}
	}
	r, tenant := store.Read(ctx), actor.Tenant(ctx)
	list, err := deliveries(r, store.DeliveryQuery{Tenant: tenant, Endpoint: in.Subscription, Resource: in.Resource, State: in.State})
	if err != nil {
		return out, err
	}
	if !actor.From(ctx).Wide() && in.Subscription == "" {
		all, err := subscriptions(r, tenant)
		if err != nil {
			return out, err
		}
		list = slices.DeleteFunc(list, func(d *store.Delivery) bool {
			sub := all[d.Endpoint]
			return sub == nil || !sub.visible(actor.From(ctx))
		})
	}
	out.Pagination.N = len(list)
	for _, d := range page(list, in.Offset, in.Limit) {
		one, _, _, err := s.describe(ctx, d)
		if err != nil {
			return out, err
		}
		out.Deliveries = append(out.Deliveries, one)
	}
	return out, nil
}

// DeliveryIn is the request of getDelivery and replayDelivery.
type DeliveryIn struct {
	ID string `path:"deliveryId"`
}

// GetDeliveryOut is the schema WebhookDeliveryDetail.
type GetDeliveryOut struct {
	Delivery Delivery        `json:"delivery"`
	Event    json.RawMessage `json:"event"`
	Attempts []Attempt       `json:"attempts"`
}

// GetDelivery carries out getDelivery.
func (s *Service) GetDelivery(ctx context.Context, in DeliveryIn) (GetDeliveryOut, error) {
	d, err := s.delivery(ctx, in.ID)
	if err != nil {
		return GetDeliveryOut{}, err
	}
	one, e, log, err := s.describe(ctx, d)
	if err != nil {
		return GetDeliveryOut{}, err
	}
	if e.Purged {
		e.Body = envelope(&announce.Notice{Type: e.Type, Operation: e.Operation, Company: e.Company, Payload: json.RawMessage(`{}`)}, e.At)
	}
	out := GetDeliveryOut{Delivery: one, Event: e.Body, Attempts: []Attempt{}}
	for _, a := range log {
		trace, _ := traceIDs(d.ID, a.N)
		why := readProblem(a.Error)
		out.Attempts = append(out.Attempts, Attempt{Number: a.N, At: stamp(a.At), Status: a.Status,
			Millis: a.Took.Milliseconds(), Error: why.text, Code: why.code, TraceID: trace})
	}
	return out, nil
}

// ReplayDelivery carries out replayDelivery. The lane takes the delivery back at its old place, and the
// retry timetable begins anew.
func (s *Service) ReplayDelivery(ctx context.Context, in DeliveryIn) (Delivery, error) {
	d, err := s.delivery(ctx, in.ID)
	if err != nil {
		return Delivery{}, err
	}
	now := s.now(ctx)
	if d.State != store.Pending {
		d.Attempt = 0
	}
	d.State, d.Since, d.NextAt, d.UpdatedAt = store.Pending, now, now, now
	tx := store.From(ctx)
	if e, err := tx.Event(d.Tenant, d.EventID); err != nil {
		return Delivery{}, err
	} else if e.Purged {
		return Delivery{}, errs.New(errs.StateForbids, "delivery %s cannot be sent again: its event was about a person who was purged", d.ID)
	}
	if err := tx.PutDelivery(d); err != nil {
		return Delivery{}, err
	}
	if err := s.insist(ctx, d.Endpoint); err != nil {
		return Delivery{}, err
	}
	one, _, _, err := s.describe(ctx, d)
	return one, err
}

// delivery reads a delivery whose subscription the caller may see.
func (s *Service) delivery(ctx context.Context, id string) (*store.Delivery, error) {
	d, err := store.Read(ctx).Delivery(actor.Tenant(ctx), id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("webhook delivery", id)
	} else if err != nil {
		return nil, err
	}
	if _, err := s.find(ctx, d.Endpoint); errs.Is(err, errs.ResourceNotFound) {
		return nil, errs.Missing("webhook delivery", id)
	} else if err != nil {
		return nil, err
	}
	return d, nil
}

// describe reads what is told about a delivery.
func (s *Service) describe(ctx context.Context, d *store.Delivery) (Delivery, *store.Event, []*store.Attempt, error) {
	r := store.Read(ctx)
	e, err := r.Event(d.Tenant, d.EventID)
	if err != nil {
		return Delivery{}, nil, nil, err
	}
	log, err := r.Attempts(d.Tenant, d.ID)
	if err != nil {
		return Delivery{}, nil, nil, err
	}
	out := Delivery{
		ID: d.ID, Subscription: d.Endpoint, EventType: e.Type, Operation: e.Operation, Resource: d.Resource, Company: e.Company,
		State: d.State, CreatedAt: stamp(e.At), Test: isTest(d.Resource),
	}
	if n := len(log); n > 0 {
		why := readProblem(log[n-1].Error)
		out.Attempts, out.LastStatus, out.LastError, out.LastCode = log[n-1].N, log[n-1].Status, why.text, why.code
	}
	switch d.State {
	case store.Pending:
		out.NextAt = stamp(d.NextAt)
	case store.Delivered:
		out.DeliveredAt = stamp(d.UpdatedAt)
	}
	return out, e, log, nil
}
