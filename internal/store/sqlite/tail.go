// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// tail is where the events and the audit trail of a tenant end. Only the writer adds to them, so it need not read
// again what it wrote; when anything is undone, all tails are forgotten.
type tail struct {
	event   int64 // number of the newest event; -1 when it must be read
	audited bool  // audit is known
	audit   *store.AuditEntry
}

// tailsMax bounds how many tenants' tails are remembered.
const tailsMax = 4096

func (t *tx) tail(tenant string) *tail {
	all := t.s.tails
	end, ok := all[tenant]
	if !ok {
		if len(all) >= tailsMax {
			clear(all)
		}
		end = &tail{event: -1}
		all[tenant] = end
	}
	return end
}

// LastAudit returns the end of the tenant's chain.
func (t *tx) LastAudit(tenant string) (*store.AuditEntry, error) {
	if _, err := t.open(); err != nil {
		return nil, err
	}
	end := t.tail(tenant)
	if !end.audited {
		last, err := t.Reader.LastAudit(tenant)
		if err != nil {
			return nil, err
		}
		end.audit, end.audited = last, true
	}
	if end.audit == nil {
		return nil, nil
	}
	last := *end.audit
	return &last, nil
}

// AppendAudit writes an entry; ErrExists when its sequence number is taken.
func (t *tx) AppendAudit(e *store.AuditEntry) error {
	err := t.add(e.Tenant, e.Detail, sqlread.AuditPlace(e), sqltext.AuditInsert+sqltext.IfFree, func(detail []byte) []any {
		return sqlread.AuditArgs(e, detail)
	})
	if err != nil {
		return err
	}
	end := t.tail(e.Tenant)
	if end.audited && (end.audit == nil || end.audit.Seq < e.Seq) {
		last := *e
		last.PrevHash, last.Hash, last.Detail = bytes.Clone(e.PrevHash), bytes.Clone(e.Hash), bytes.Clone(e.Detail)
		end.audit = &last
	}
	return nil
}
