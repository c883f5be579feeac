// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Job reads one job.
func (r Reader) Job(tenant, kind, key string) (*store.Job, error) {
	return one(r, tenant, job(tenant), sqltext.JobGet, tenant, kind, key)
}

// DueJobs returns jobs by time, and at one time by kind and key.
func (r Reader) DueJobs(tenant string, now time.Time, limit int) ([]*store.Job, error) {
	return all(r, tenant, job(tenant), sqltext.JobsDue, tenant, Micros(now), Bound(limit))
}

func job(tenant string) func(*seal.Key, Row) (*store.Job, error) {
	return func(k *seal.Key, got Row) (*store.Job, error) {
		j := &store.Job{Tenant: tenant, Kind: got.Text(0), Key: got.Text(1), Due: Moment(got.Int(2))}
		payload, err := k.Open(got.Blob(3), JobPlace(j))
		if err != nil {
			return nil, fmt.Errorf("job %s %s: %w", j.Kind, j.Key, Corrupt(err))
		}
		j.Payload = payload
		return j, nil
	}
}

// Changes reads how often each thing was changed.
func (r Reader) Changes(tenant string) (map[string]int64, error) {
	n := map[string]int64{}
	if k, err := r.Key(tenant); err != nil || k == nil {
		return n, err
	}
	err := r.Each(tenant, func(got Row) (bool, error) { n[got.Text(0)] = got.Int(1); return true, nil }, sqltext.ChangesGet, tenant)
	return n, err
}

// NextDue looks at jobs and at the heads of lanes: what waits behind a head is not due before it.
func (r Reader) NextDue(tenant string, after time.Time) (time.Time, error) {
	var next time.Time
	if k, err := r.Key(tenant); err != nil || k == nil {
		return next, err
	}
	for _, text := range [...]string{sqltext.JobNext, sqltext.DeliveryNext} {
		got, err := r.First(tenant, text, tenant, Micros(after))
		if err != nil {
			return time.Time{}, err
		}
		if got == nil {
			continue
		}
		if at := Moment(got.Int(0)); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// JobPlace is where a payload is sealed for.
func JobPlace(j *store.Job) seal.Place { return seal.Place{Table: "job", Kind: j.Kind, ID: j.Key} }

// LastAudit returns the end of the tenant's chain.
func (r Reader) LastAudit(tenant string) (*store.AuditEntry, error) {
	e, err := one(r, tenant, auditEntry(tenant), sqltext.AuditLast, tenant)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return e, err
}

// Audit yields the chain from a sequence number on.
func (r Reader) Audit(tenant string, from int64) iter.Seq2[*store.AuditEntry, error] {
	return sequence(r, tenant, statement(sqltext.AuditFrom, tenant, from), auditEntry(tenant))
}

func auditEntry(tenant string) func(*seal.Key, Row) (*store.AuditEntry, error) {
	return func(k *seal.Key, r Row) (*store.AuditEntry, error) {
		e := &store.AuditEntry{
			Tenant: tenant, Seq: r.Int(0), At: Moment(r.Int(1)), Actor: r.Text(2), Operation: r.Text(3), Target: r.Text(4),
			Outcome: r.Text(5), RequestID: r.Text(6), PrevHash: bytes.Clone(r.Blob(7)), Hash: bytes.Clone(r.Blob(8)),
		}
		detail, err := k.Open(r.Blob(9), AuditPlace(e))
		if err != nil {
			return nil, fmt.Errorf("audit entry %d: %w", e.Seq, Corrupt(err))
		}
		e.Detail = detail
		return e, nil
	}
}

// AuditPlace is where the detail is sealed for.
func AuditPlace(e *store.AuditEntry) seal.Place {
	return seal.Place{Table: "audit", ID: strconv.FormatInt(e.Seq, 10)}
}

// AuditArgs are the arguments of sqltext.AuditInsert.
func AuditArgs(e *store.AuditEntry, detail []byte) []any {
	return []any{
		e.Tenant, e.Seq, Micros(e.At), e.Actor, e.Operation, e.Target, e.Outcome, e.RequestID, notNil(e.PrevHash), notNil(e.Hash), detail,
	}
}

// notNil keeps an empty value from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Idempotent reads the answer kept for a key.
func (r Reader) Idempotent(tenant, client, key string) (*store.Idempotency, error) {
	return one(r, tenant, func(k *seal.Key, got Row) (*store.Idempotency, error) {
		i := &store.Idempotency{
			Tenant: tenant, Client: client, Key: key, RequestHash: bytes.Clone(got.Blob(0)), Status: int(got.Int(1)), At: Moment(got.Int(2)),
		}
		body, err := k.Open(got.Blob(3), IdemPlace(i))
		if err != nil {
			return nil, fmt.Errorf("idempotency record of %s: %w", client, Corrupt(err))
		}
		i.Body = body
		return i, nil
	}, sqltext.IdemGet, tenant, client, key)
}

// IdemPlace is where an answer is sealed for.
func IdemPlace(i *store.Idempotency) seal.Place {
	return seal.Place{Table: "idem", Kind: i.Client, ID: i.Key}
}

// IdemArgs are the arguments of sqltext.IdemPut.
func IdemArgs(i *store.Idempotency, body []byte) []any {
	return []any{i.Tenant, i.Client, i.Key, notNil(i.RequestHash), int64(i.Status), Micros(i.At), body}
}
