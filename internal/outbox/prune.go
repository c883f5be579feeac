// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"log/slog"
	"maps"
	"sync"

	"github.com/airside-travel/airside/internal/store"
)

// pruneEvery is after how many deliveries to an endpoint its old rows are removed.
const pruneEvery = 256

// pruner counts what was delivered since rows were last removed. Events go to many endpoints at once, whose turn comes
// at once, too: one is done at a time, and the others wait for their next delivery.
type pruner struct {
	mu        sync.Mutex
	delivered map[[2]string]int
	running   bool
}

// due counts one more and says whether it is time. Who is told so calls done.
func (p *pruner) due(tenant, endpoint string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.delivered == nil {
		p.delivered = map[[2]string]int{}
	}
	k := [2]string{tenant, endpoint}
	p.delivered[k]++
	if p.delivered[k] < pruneEvery || p.running {
		return false
	}
	delete(p.delivered, k)
	p.running = true
	return true
}

// retain forgets the counts of endpoints that the tenant does not have any more.
func (p *pruner) retain(tenant string, endpoints map[string]*stored) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.delivered, func(k [2]string, _ int) bool { return k[0] == tenant && endpoints[k[1]] == nil })
}

func (p *pruner) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = false
}

// prune removes delivered rows of an endpoint beyond the newest Options.Keep. The events stay.
func (s *Service) prune(ctx context.Context, tenant, endpoint string) {
	defer s.pruner.done()
	var old []*store.Delivery
	err := s.store.View(ctx, func(ctx context.Context) (err error) {
		old, err = deliveries(store.Read(ctx), store.DeliveryQuery{Tenant: tenant, Endpoint: endpoint,
			State: store.Delivered, Offset: s.options.Keep, Limit: 2 * pruneEvery})
		return err
	})
	if err == nil && len(old) > 0 {
		err = s.store.Update(ctx, func(ctx context.Context) error {
			for _, d := range old {
				if err := s.drop(ctx, tenant, d.ID); err != nil {
					return err
				}
			}
			return keepHealth(store.From(ctx), tenant, endpoint, s.clocks.Now(tenant).UTC(), func(h *health) {
				h.Pruned = max(h.Pruned, old[0].EventSeq) // the newest comes first
			})
		})
	}
	if err != nil && ctx.Err() == nil {
		s.options.Log.WarnContext(ctx, "outbox: old deliveries could not be removed", slog.Any("error", err))
	}
}
