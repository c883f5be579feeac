// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Endpoint is the schema WebhookEndpoint.
type Endpoint struct {
	ID         string   `json:"subscriptionId"`
	Name       string   `json:"name"`
	Active     bool     `json:"isActive"`
	Breaker    string   `json:"breaker"`
	RetryAt    string   `json:"nextProbeAt,omitempty"`
	Failing    string   `json:"failingSince,omitempty"`
	LastStatus int      `json:"lastStatus,omitempty"`
	LastError  string   `json:"lastError,omitempty"`
	LastCode   string   `json:"lastErrorCode,omitempty"`
	Pending    int      `json:"pending"`
	Retrying   int      `json:"retrying"`
	Parked     int      `json:"parked"`
	Oldest     string   `json:"oldestPendingAt,omitempty"`
	Notices    []Notice `json:"notices"`
}

// GetEndpoint carries out getWebhookEndpoint.
func (s *Service) GetEndpoint(ctx context.Context, in GetSubscriptionIn) (Endpoint, error) {
	sub, err := s.find(ctx, in.ID)
	if err != nil {
		return Endpoint{}, err
	}
	return s.endpoint(ctx, sub)
}

// ListEndpointsIn is the request of listWebhookEndpoints.
type ListEndpointsIn struct {
	Breaker string `query:"breaker"`
}

// ListEndpointsOut is the schema WebhookEndpointList.
type ListEndpointsOut struct {
	Endpoints []Endpoint `json:"endpoints"`
}

// ListEndpoints carries out listWebhookEndpoints.
func (s *Service) ListEndpoints(ctx context.Context, in ListEndpointsIn) (ListEndpointsOut, error) {
	out := ListEndpointsOut{Endpoints: []Endpoint{}}
	all, err := subscriptions(store.Read(ctx), actor.Tenant(ctx))
	if err != nil {
		return out, err
	}
	for _, sub := range all {
		if !sub.visible(actor.From(ctx)) {
			continue
		}
		one, err := s.endpoint(ctx, sub)
		if err != nil {
			return out, err
		}
		if in.Breaker == "" || in.Breaker == one.Breaker {
			out.Endpoints = append(out.Endpoints, one)
		}
	}
	slices.SortFunc(out.Endpoints, func(a, b Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *Service) endpoint(ctx context.Context, sub *stored) (Endpoint, error) {
	r, tenant := store.Read(ctx), actor.Tenant(ctx)
	_, h, err := readHealth(r, tenant, sub.ID)
	if err != nil {
		return Endpoint{}, err
	}
	out := Endpoint{ID: sub.ID, Name: sub.Name, Active: sub.Active, Breaker: breakerClosed, LastStatus: h.LastStatus,
		Notices: h.Notices}
	last := readProblem(h.LastError)
	out.LastError, out.LastCode = last.text, last.code
	if out.Notices == nil {
		out.Notices = []Notice{}
	}
	if !h.Until.IsZero() {
		out.Breaker, out.RetryAt, out.Failing = breakerOpen, stamp(h.Until), stamp(h.Since)
		if !h.Until.After(s.now(ctx)) {
			out.Breaker = breakerHalfOpen
		}
	}
	var oldest *store.Delivery
	for d, err := range r.Deliveries(store.DeliveryQuery{Tenant: tenant, Endpoint: sub.ID, State: store.Pending}) {
		if err != nil {
			return out, err
		}
		out.Pending++
		if d.Attempt > 0 {
			out.Retrying++
		}
		oldest = d // the newest come first
	}
	for _, err := range r.Deliveries(store.DeliveryQuery{Tenant: tenant, Endpoint: sub.ID, State: store.Parked}) {
		if err != nil {
			return out, err
		}
		out.Parked++
	}
	if oldest != nil {
		e, err := r.Event(tenant, oldest.EventID)
		if err != nil {
			return out, err
		}
		out.Oldest = stamp(e.At)
	}
	return out, nil
}
