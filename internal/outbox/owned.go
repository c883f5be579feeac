// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Signer signs what goes to an endpoint of the process's own, with a secret that stays outside the outbox.
type Signer interface {
	// Sign sets the headers of a delivery with this id and body.
	Sign(ctx context.Context, h http.Header, id string, at time.Time, body []byte) error
}

// Owned is an endpoint that configuration names, rather than a subscriber. It is sent to like any other, and
// no operation on subscriptions finds it. What waits for one that is not configured any more is dropped.
type Owned struct {
	Tenant string
	ID     string // the same at each start
	Name   string
	URL    string
	Signer Signer
}

// Own takes in the endpoints of the process, before anything is announced. WEBHOOK_URL_… says why one is
// not sent to, WEBHOOK_BROKER_REFUSED likewise.
func (s *Service) Own(all []Owned) error {
	s.owned = map[string]map[string]*stored{}
	for _, o := range all {
		if err := s.checkTarget(o.Tenant, o.URL); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
		if s.owned[o.Tenant] == nil {
			s.owned[o.Tenant] = map[string]*stored{}
		}
		s.owned[o.Tenant][o.ID] = &stored{
			subscription: subscription{ID: o.ID, Name: o.Name, URL: o.URL, Active: true}, signer: o.Signer,
			record: &store.Record{Tenant: o.Tenant, Kind: kindSubscription, ID: o.ID, Version: 1},
		}
	}
	return nil
}

// endpoints are all that a tenant's deliveries may go to: its subscriptions, and what the process owns.
func (s *Service) endpoints(r store.Reader, tenant string) (map[string]*stored, error) {
	all, err := subscriptions(r, tenant)
	if err == nil {
		maps.Copy(all, s.owned[tenant])
	}
	return all, err
}

// endpointRecord is the record of an endpoint, ErrNotFound when there is none any more.
func (s *Service) endpointRecord(r store.Reader, tenant, id string) (*store.Record, error) {
	if own := s.owned[tenant][id]; own != nil {
		return own.record, nil
	}
	return r.Get(tenant, kindSubscription, id)
}

// Foreign is an event that came from elsewhere. Its body goes on as it came, to the byte.
type Foreign struct {
	Tenant          string
	Resource        string // what is kept in order
	Version         int64
	Type, Operation string
	Body            []byte
}

// Forward writes an event with a delivery to each of the endpoints into the running transaction, and has them
// sent once it is committed. It returns the event's id.
func (s *Service) Forward(ctx context.Context, f *Foreign, endpoints []string) (string, error) {
	e := &store.Event{
		Tenant: f.Tenant, ID: ids.UUID(), Resource: f.Resource, ResourceVersion: f.Version, Type: f.Type, Operation: f.Operation,
		At: s.clocks.Now(f.Tenant).UTC(), Body: f.Body,
	}
	_, err := s.enqueue(ctx, e, endpoints)
	return e.ID, err
}

// ForwardAgain puts an event on its way to the endpoints again, in its old place, with the ids that its
// deliveries had. store.ErrNotFound when the event is not kept any more.
func (s *Service) ForwardAgain(ctx context.Context, tenant, event string, endpoints []string) error {
	tx, now := store.From(ctx), s.clocks.Now(tenant).UTC()
	e, err := tx.Event(tenant, event)
	if err != nil {
		return err
	}
	for _, id := range endpoints {
		if _, _, err := requeue(tx, candidate{tenant, e.ID, e.Resource, e.Seq, e.At}, id, everything, 0, now); err != nil {
			return err
		}
		if err := s.insist(as(ctx, tenant), id); err != nil {
			return err
		}
	}
	return nil
}

// Progress is how far an event is on its way to an endpoint; "" when it was never queued, or arrived so long
// ago that its row is gone.
func (s *Service) Progress(r store.Reader, tenant, event, endpoint string) (state string, attempts int, err error) {
	d, err := r.Delivery(tenant, deliveryID(event, endpoint))
	if errors.Is(err, store.ErrNotFound) {
		return "", 0, nil
	} else if err != nil {
		return "", 0, err
	}
	return d.State, d.Attempt, nil
}
