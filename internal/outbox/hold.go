// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// postponeMax is how many rows one transaction puts off.
const postponeMax = 256

// policy is what an endpoint's owner asked for.
type policy struct {
	rate        float64 // deliveries a second; 0: as fast as it goes
	concurrency int     // attempts at once; 0: as the courier allows
}

// meet says what is known of an endpoint. Of a policy each process keeps the part that its share of the
// lanes allows.
func (s *Service) meet(r store.Reader, tenant, id string, first bool) (p policy, b breaker, err error) {
	all, err := s.subs(r, tenant)
	if err != nil {
		return p, b, err
	}
	if sub := all[id]; sub != nil {
		p = policy{sub.Settings.Rate, sub.Settings.Concurrency}
	}
	if s.leases != nil {
		share := bits.OnesCount64(s.leases.held())
		p.rate *= float64(share) / partitions
		p.concurrency = (p.concurrency*share + partitions - 1) / partitions
	}
	if first {
		var h health
		if _, h, err = readHealth(r, tenant, id); err == nil && h.Until.After(time.Time{}) {
			b = breaker{failures: h.Failures, since: h.Since, trips: h.Trips, until: h.Until}
		}
	}
	return p, b, err
}

// postpone writes when held deliveries are due again. Those that the breaker held until their two weeks
// were over are parked: nothing was tried, but nothing would have come of it.
func (s *Service) postpone(ctx context.Context, tenant string, held []hold) (parked int, err error) {
	for some := range slices.Chunk(held, postponeMax) {
		n := 0
		err := s.acknowledge(as(ctx, tenant), func(ctx context.Context) error {
			n = 0
			now := s.clocks.Now(tenant).UTC()
			for _, h := range some {
				gone, err := postponeOne(store.From(ctx), h, now)
				if err != nil {
					return err
				}
				if gone {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return parked, err
		}
		parked += n
	}
	return parked, nil
}

func postponeOne(tx store.Tx, h hold, now time.Time) (parked bool, err error) {
	d, err := tx.Delivery(h.Tenant, h.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.State != store.Pending || d.NextAt.After(now)) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	d.NextAt, d.UpdatedAt = h.until.UTC(), now
	if end := d.Since.Add(budget); !h.failingSince.IsZero() && now.Sub(h.failingSince) >= budget && now.After(end) {
		log, err := tx.Attempts(d.Tenant, d.ID)
		if err != nil {
			return false, err
		}
		d.State, d.NextAt, parked = store.Parked, now, true
		n := 1
		if len(log) > 0 {
			n = log[len(log)-1].N + 1
		}
		err = tx.AppendAttempt(&store.Attempt{Tenant: d.Tenant, DeliveryID: d.ID, N: n, At: now,
			Error: problem{failedGivenUp, "not sent: the endpoint has failed for two weeks"}.String()})
		if err != nil {
			return false, err
		}
	}
	return parked, tx.PutDelivery(d)
}

// release makes everything due at once that waits for an endpoint: it is back.
func (s *Service) release(ctx context.Context, tenant, endpoint string) error {
	var waiting []*store.Delivery
	err := s.store.View(ctx, func(ctx context.Context) (err error) {
		waiting, err = deliveries(store.Read(ctx), store.DeliveryQuery{Tenant: tenant, Endpoint: endpoint, State: store.Pending})
		return err
	})
	now := s.clocks.Now(tenant).UTC()
	waiting = slices.DeleteFunc(waiting, func(d *store.Delivery) bool { return !d.NextAt.After(now) })
	for some := range slices.Chunk(waiting, postponeMax) {
		if err != nil {
			break
		}
		err = s.acknowledge(as(ctx, tenant), func(ctx context.Context) error {
			tx := store.From(ctx)
			for _, d := range some {
				present, err := tx.Delivery(tenant, d.ID)
				if errors.Is(err, store.ErrNotFound) || err == nil && (present.State != store.Pending || !present.NextAt.Equal(d.NextAt)) {
					continue
				} else if err != nil {
					return err
				}
				present.NextAt = now
				if err := tx.PutDelivery(present); err != nil {
					return err
				}
			}
			tx.AfterCommit(func() { s.courier.wake(tenant, endpoint) })
			return nil
		})
	}
	return err
}
