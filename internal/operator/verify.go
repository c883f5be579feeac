// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"encoding/hex"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
)

// VerifyAudit walks the tenant's chain from its first link.
func (s *Service) VerifyAudit(ctx context.Context, _ struct{}) (Verification, error) {
	res, err := audit.Verify(store.Read(ctx), actor.Tenant(ctx))
	if err != nil {
		return Verification{}, err
	}
	out := Verification{Intact: res.Intact, Entries: res.Count, Head: hex.EncodeToString(res.Head), BrokenAt: res.Broken}
	if !res.Intact {
		out.Reason = "this entry is missing, was altered, or does not follow from the one before"
	}
	return out, nil
}
