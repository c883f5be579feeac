// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// LastAudit returns the end of the tenant's chain.
func (r *reader) LastAudit(tenant string) (*store.AuditEntry, error) {
	k, err := r.key(tenant)
	if err != nil || k == nil {
		return nil, err
	}
	got, err := r.first(tenant, sqltext.AuditLast, tenant)
	if err != nil || got == nil {
		return nil, err
	}
	return decodeAudit(k, tenant, got)
}

// Audit yields the chain from a sequence number on.
func (r *reader) Audit(tenant string, from int64) iter.Seq2[*store.AuditEntry, error] {
	return sequence(r, tenant, statement(sqltext.AuditFrom, tenant, from), func(k *seal.Key, got row) (*store.AuditEntry, error) {
		return decodeAudit(k, tenant, got)
	})
}

func decodeAudit(k *seal.Key, tenant string, r row) (*store.AuditEntry, error) {
	e := &store.AuditEntry{
		Tenant: tenant, Seq: r.int(0), At: moment(r.int(1)), Actor: r.text(2), Operation: r.text(3), Target: r.text(4),
		Outcome: r.text(5), RequestID: r.text(6), PrevHash: r.blob(7), Hash: r.blob(8),
	}
	detail, err := k.Open(r.blob(9), auditPlace(e))
	if err != nil {
		return nil, fmt.Errorf("audit entry %d: %w", e.Seq, corrupt(err))
	}
	e.Detail = detail
	return e, nil
}

func auditPlace(e *store.AuditEntry) seal.Place {
	return seal.Place{Table: "audit", ID: strconv.FormatInt(e.Seq, 10)}
}

// AppendAudit writes an entry; ErrExists when its sequence number is taken.
func (t *tx) AppendAudit(e *store.AuditEntry) error {
	k, err := t.makeKey(e.Tenant)
	if err != nil {
		return err
	}
	detail, err := t.seal(k, e.Detail, auditPlace(e))
	if err != nil {
		return err
	}
	n, _, err := t.exec(e.Tenant, sqltext.AuditInsert, e.Tenant, e.Seq, micros(e.At), e.Actor, e.Operation, e.Target,
		e.Outcome, e.RequestID, notNil(e.PrevHash), notNil(e.Hash), detail)
	if err == nil && n == 0 {
		return store.ErrExists
	}
	return err
}

// notNil keeps an empty value from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Idempotent reads the answer kept for a key.
func (r *reader) Idempotent(tenant, client, key string) (*store.Idempotency, error) {
	k, err := r.key(tenant)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, store.ErrNotFound
	}
	got, err := r.first(tenant, sqltext.IdemGet, tenant, client, key)
	if err != nil {
		return nil, err
	}
	if got == nil {
		return nil, store.ErrNotFound
	}
	i := &store.Idempotency{
		Tenant: tenant, Client: client, Key: key, RequestHash: got.blob(0), Status: int(got.int(1)), At: moment(got.int(2)),
	}
	if i.Body, err = k.Open(got.blob(3), idemPlace(i)); err != nil {
		return nil, fmt.Errorf("idempotency record of %s: %w", client, corrupt(err))
	}
	return i, nil
}

// PutIdempotent inserts or replaces the answer of a key.
func (t *tx) PutIdempotent(i *store.Idempotency) error {
	k, err := t.makeKey(i.Tenant)
	if err != nil {
		return err
	}
	body, err := t.seal(k, i.Body, idemPlace(i))
	if err != nil {
		return err
	}
	_, _, err = t.exec(i.Tenant, sqltext.IdemPut, i.Tenant, i.Client, i.Key, notNil(i.RequestHash), int64(i.Status),
		micros(i.At), body)
	return err
}

func idemPlace(i *store.Idempotency) seal.Place {
	return seal.Place{Table: "idem", Kind: i.Client, ID: i.Key}
}
