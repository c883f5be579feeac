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
