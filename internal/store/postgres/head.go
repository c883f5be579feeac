// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"

	"github.com/airside-travel/airside/internal/store"
)

// What only this engine has: the row of each tenant that orders its writers, and the mark by which a
// process finds out whether its last transaction was committed.
const (
	headLock  = `SELECT ord, event_seq, audit_seq, audit_hash FROM tenant_head WHERE tenant = $1 FOR UPDATE`
	headClaim = `INSERT INTO tenant_head (tenant, ord, event_seq, audit_seq, audit_hash) VALUES ($1, 0, 0, 0, '') ON CONFLICT DO NOTHING`
	headPut   = `UPDATE tenant_head SET ord = $2, event_seq = $3, audit_seq = $4, audit_hash = $5 WHERE tenant = $1`

	markPut = `INSERT INTO last_write (tenant, node, n, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant, node) DO UPDATE SET n = excluded.n, at = excluded.at`
	markGet   = `SELECT n FROM last_write WHERE tenant = $1 AND node = $2 AND n = $3`
	auditGet  = `SELECT seq FROM audit WHERE tenant = $1 AND seq = $2 AND detail = $3`
	markPrune = `DELETE FROM last_write WHERE at < $1`

	begin     = `BEGIN ISOLATION LEVEL READ COMMITTED`
	beginView = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	commit    = `COMMIT`
	rollback  = `ROLLBACK`
)

// head is a tenant's row in tenant_head, locked by the transaction, with what it has added.
type head struct {
	exists   bool
	changed  bool
	audited  []byte // the sealed detail of the newest audit entry that was added: its nonce makes it unique
	ord      int64  // number of the newest record
	eventSeq int64
	auditSeq int64
	hash     []byte            // of the newest audit entry
	last     *store.AuditEntry // the newest audit entry, nil when it must be read
	changes  map[string]int64  // as committed, when the tenant was locked
	raised   map[string]int64  // by the transaction; replaced, never changed
}

func decodeHead(r *row) head {
	return head{exists: true, ord: r.Int(0), eventSeq: r.Int(1), auditSeq: r.Int(2), hash: bytes.Clone(r.Blob(3))}
}

func (h *head) put(tenant string) command {
	return command{text: headPut, args: []any{tenant, h.ord, h.eventSeq, h.auditSeq, h.hash}}
}
