// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"math/bits"
)

// Balance does what a started outbox does by itself from time to time, and says how many partitions are held.
func (s *Service) Balance(ctx context.Context) (int, error) {
	_, err := s.leases.balance(ctx, s.courier.busy())
	return bits.OnesCount64(s.leases.held()), err
}

// SettleOwn sends what is due in the partitions that are held, as the loop of a started outbox does.
func (s *Service) SettleOwn(ctx context.Context, tenant string) (int, error) {
	return s.courier.settle(ctx, tenant, false)
}

// Release gives the leases back, as Stop does.
func (s *Service) Release(ctx context.Context) error { return s.leases.release(ctx) }

// UnderWay is how many attempts are being made.
func (s *Service) UnderWay() int {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	return s.courier.running + s.courier.waiting
}

// Kept is which endpoints of a tenant tokens, counts of deliveries and the courier's state are kept for, and the client
// secrets in memory.
func (s *Service) Kept(tenant string) (tokens, counts, endpoints, secrets []string) {
	s.tokens.mu.Lock()
	for k, e := range s.tokens.all {
		tokens, secrets = append(tokens, k[1]), append(secrets, e.client.Secret)
	}
	s.tokens.mu.Unlock()
	s.pruner.mu.Lock()
	for k := range s.pruner.delivered {
		counts = append(counts, k[1])
	}
	s.pruner.mu.Unlock()
	s.courier.mu.Lock()
	for id := range s.courier.queue(tenant).endpoints {
		endpoints = append(endpoints, id)
	}
	s.courier.mu.Unlock()
	return tokens, counts, endpoints, secrets
}
