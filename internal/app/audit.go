// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/audit/trailfile"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
)

// PlatformTrail names the trail of callers whose tenant nobody knows.
const PlatformTrail = "platform"

// ExportAudit writes the audit trail of a tenant, without a server; zero times are no bound.
func (a *App) ExportAudit(ctx context.Context, tenant string, from, to time.Time, w *trailfile.Writer) (err error) {
	defer errs.Wrap(&err, "export the audit trail of %s", tenant)
	if tenant == PlatformTrail {
		tenant = identity.Platform
	}
	return a.services.keeper.Export(ctx, tenant, from, to, w)
}
