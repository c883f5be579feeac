// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"fmt"
	"maps"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// put seals a value and writes it.
func (t *tx) put(tenant string, plain []byte, at seal.Place, text string, args func(sealed []byte) []any) error {
	k, err := t.makeKey(tenant)
	if err != nil {
		return err
	}
	sealed, err := t.seal(k, plain, at)
	if err == nil {
		t.ss.queue(text, args(sealed)...)
	}
	return err
}

// add is put for what must not be there yet. That it is shows when it is sent: then the transaction
// runs again and asks at once, so that the caller gets ErrExists.
func (t *tx) add(tenant string, plain []byte, at seal.Place, text string, args func(sealed []byte) []any) error {
	if !t.ss.eager {
		return t.put(tenant, plain, at, text, args)
	}
	k, err := t.makeKey(tenant)
	if err != nil {
		return err
	}
	sealed, err := t.seal(k, plain, at)
	if err != nil {
		return err
	}
	n, err := t.send(tenant, text+sqltext.IfFree, args(sealed)...)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if n == 0 {
		return store.ErrExists
	}
	return nil
}

// AppendEvent gives the event its place in the tenant's order; ErrExists when its id is taken.
func (t *tx) AppendEvent(e *store.Event) error {
	if _, err := t.makeKey(e.Tenant); err != nil {
		return err
	}
	h := t.ss.heads[e.Tenant]
	h.eventSeq++
	h.changed = true
	placed := *e
	placed.Seq = h.eventSeq
	err := t.add(e.Tenant, e.Body, sqlread.EventPlace(&placed), sqltext.EventInsert, func(body []byte) []any {
		return sqlread.EventArgs(&placed, body)
	})
	if err == nil {
		t.ss.heads[e.Tenant] = h
		e.Seq = placed.Seq
	}
	return err
}

// PutDelivery inserts a delivery or replaces the one with its id.
func (t *tx) PutDelivery(d *store.Delivery) error {
	_, err := t.makeKey(d.Tenant)
	if err == nil {
		t.ss.queue(sqltext.DeliveryPut, sqlread.PutArgs(d)...)
	}
	return err
}

// RemoveDelivery deletes a delivery and its attempts.
func (t *tx) RemoveDelivery(tenant, id string) error {
	_, err := t.touch(tenant)
	if err == nil {
		t.ss.queue(sqltext.AttemptsDelete, tenant, id)
		t.ss.queue(sqltext.DeliveryDelete, tenant, id)
	}
	return err
}

// AppendAttempt writes an attempt; ErrExists when its number is taken.
func (t *tx) AppendAttempt(a *store.Attempt) error {
	return t.add(a.Tenant, []byte(a.Error), sqlread.AttemptPlace(a), sqltext.AttemptInsert, func(text []byte) []any {
		return sqlread.AttemptArgs(a, text)
	})
}

// LastAudit returns the end of the tenant's chain, which the lock on the tenant keeps where it is.
func (t *tx) LastAudit(tenant string) (*store.AuditEntry, error) {
	h, err := t.touch(tenant)
	if err != nil || h.auditSeq == 0 {
		return nil, err
	}
	if h.last == nil {
		if h.last = t.ss.s.chain(tenant, h); h.last == nil {
			if h.last, err = t.Reader.LastAudit(tenant); err != nil || h.last == nil {
				return nil, err
			}
		}
		t.ss.heads[tenant] = h
	}
	last := *h.last
	return &last, nil
}

// AppendAudit writes an entry; ErrExists when the chain is longer already.
func (t *tx) AppendAudit(e *store.AuditEntry) error {
	if _, err := t.makeKey(e.Tenant); err != nil {
		return err
	}
	h := t.ss.heads[e.Tenant]
	if e.Seq <= h.auditSeq {
		return store.ErrExists
	}
	var sealed []byte
	err := t.put(e.Tenant, e.Detail, sqlread.AuditPlace(e), sqltext.AuditInsert, func(detail []byte) []any {
		sealed = detail
		return sqlread.AuditArgs(e, detail)
	})
	if err == nil {
		last := *e
		last.PrevHash, last.Hash, last.Detail = bytes.Clone(e.PrevHash), bytes.Clone(e.Hash), bytes.Clone(e.Detail)
		h.auditSeq, h.hash, h.last, h.changed, h.audited = e.Seq, append([]byte{}, e.Hash...), &last, true, sealed
		t.ss.heads[e.Tenant] = h
	}
	return err
}

// PutIdempotent inserts or replaces the answer of a key.
func (t *tx) PutIdempotent(i *store.Idempotency) error {
	return t.put(i.Tenant, i.Body, sqlread.IdemPlace(i), sqltext.IdemPut, func(body []byte) []any { return sqlread.IdemArgs(i, body) })
}

// PutJob inserts a job or replaces the one with its kind and key.
func (t *tx) PutJob(j *store.Job) error {
	return t.put(j.Tenant, j.Payload, sqlread.JobPlace(j), sqltext.JobPut, func(payload []byte) []any {
		return []any{j.Tenant, j.Kind, j.Key, sqlread.Micros(j.Due), payload}
	})
}

// Changes are those that were committed when the tenant was locked.
func (t *tx) Changes(tenant string) (map[string]int64, error) {
	h, err := t.touch(tenant)
	if err != nil {
		return nil, err
	}
	n := make(map[string]int64, len(h.changes))
	maps.Copy(n, h.changes)
	return n, nil
}

// Change counts a change. The lock on the tenant keeps others from counting it meanwhile.
func (t *tx) Change(tenant, name string) (int64, error) {
	if _, err := t.makeKey(tenant); err != nil {
		return 0, err
	}
	h := t.ss.heads[tenant]
	n := max(h.changes[name], h.raised[name]) + 1
	raised := maps.Clone(h.raised)
	if raised == nil {
		raised = map[string]int64{}
	}
	raised[name] = n
	h.raised = raised
	t.ss.heads[tenant] = h
	t.ss.queue(sqltext.ChangePut, tenant, name, n)
	return n, nil
}

// RemoveJob deletes a job.
func (t *tx) RemoveJob(tenant, kind, key string) error {
	_, err := t.touch(tenant)
	if err == nil {
		t.ss.queue(sqltext.JobDelete, tenant, kind, key)
	}
	return err
}

// Erase leaves it to the server: rows that were replaced or deleted go with the next VACUUM, the log with its
// checkpoints and archives.
func (t *tx) Erase() error { return nil }

// Prune deletes deliveries ahead of their events, so that one call can take both.
func (t *tx) Prune(tenant string, before store.Expiry, limit int) (int, error) {
	if _, err := t.touch(tenant); err != nil {
		return 0, err
	}
	total := 0
	for _, sort := range [...]struct {
		before time.Time
		text   string
	}{
		{before.Answers, sqltext.IdemExpire},
		{before.Attempts, sqltext.AttemptExpire},
		{before.Events, sqltext.DeliveryExpire},
		{before.Events, sqltext.EventExpire},
	} {
		if sort.before.IsZero() {
			continue
		}
		n, err := t.send(tenant, sort.text, tenant, sqlread.Micros(sort.before), sqlread.Bound(limit))
		if err != nil {
			return total, fmt.Errorf("postgres: %w", err)
		}
		total += int(n)
	}
	return total, nil
}

// PruneAudit deletes from the beginning of the chain.
func (t *tx) PruneAudit(tenant string, upTo int64, limit int) (int, error) {
	if _, err := t.touch(tenant); err != nil {
		return 0, err
	}
	n, err := t.send(tenant, sqltext.AuditPrune, tenant, upTo, sqlread.Bound(limit))
	if err != nil {
		return 0, fmt.Errorf("postgres: %w", err)
	}
	return int(n), nil
}
