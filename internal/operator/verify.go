// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"encoding/hex"

	"github.com/airside-travel/airside/internal/actor"
)

// VerifyAudit walks the tenant's chain from its first link and holds it against the checkpoints.
func (s *Service) VerifyAudit(ctx context.Context, _ struct{}) (Verification, error) {
	v, err := s.o.Keeper.Verify(ctx, actor.Tenant(ctx))
	if err != nil {
		return Verification{}, err
	}
	return Verification{
		Intact: v.Intact, Entries: v.Count, Head: hex.EncodeToString(v.Head), FirstKept: v.From, Signed: v.Signed, SignedAt: v.SignedAt,
		BrokenAt: v.Broken, Reason: v.Reason,
	}, nil
}
