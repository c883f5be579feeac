// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// add seals a value and writes it; ErrExists when its place is taken.
func (t *tx) add(tenant string, plain []byte, at seal.Place, text string, args func(sealed []byte) []any) error {
	k, err := t.makeKey(tenant)
	if err != nil {
		return err
	}
	sealed, err := t.seal(k, plain, at)
	if err != nil {
		return err
	}
	n, _, err := t.exec(text, args(sealed)...)
	if err == nil && n == 0 {
		return store.ErrExists
	}
	return err
}

// AppendEvent gives the event its place in the tenant's order; ErrExists when its id is taken.
func (t *tx) AppendEvent(e *store.Event) error {
	if _, err := t.makeKey(e.Tenant); err != nil {
		return err
	}
	end := t.tail(e.Tenant)
	if end.event < 0 {
		last, err := t.First(e.Tenant, sqltext.EventLast, e.Tenant)
		if err != nil {
			return err
		}
		end.event = 0
		if last != nil {
			end.event = last.Int(0)
		}
	}
	placed := *e
	placed.Seq = end.event + 1
	err := t.add(e.Tenant, e.Body, sqlread.EventPlace(&placed), sqltext.EventInsert+sqltext.IfFree, func(body []byte) []any {
		return sqlread.EventArgs(&placed, body)
	})
	if err == nil {
		end.event, e.Seq = placed.Seq, placed.Seq
	}
	return err
}

// PutDelivery inserts a delivery or replaces the one with its id.
func (t *tx) PutDelivery(d *store.Delivery) error {
	if _, err := t.makeKey(d.Tenant); err != nil {
		return err
	}
	if d.Attempt > 0 {
		// After an attempt the delivery exists, and its keys in the indexes rarely change.
		n, _, err := t.exec(sqltext.DeliveryStep, sqlread.StepArgs(d)...)
		if err != nil || n > 0 {
			return err
		}
	}
	_, _, err := t.exec(sqltext.DeliveryPut, sqlread.PutArgs(d)...)
	return err
}

// RemoveDelivery deletes a delivery and its attempts.
func (t *tx) RemoveDelivery(tenant, id string) error {
	if _, _, err := t.exec(sqltext.AttemptsDelete, tenant, id); err != nil {
		return err
	}
	_, _, err := t.exec(sqltext.DeliveryDelete, tenant, id)
	return err
}

// AppendAttempt writes an attempt; ErrExists when its number is taken.
func (t *tx) AppendAttempt(a *store.Attempt) error {
	return t.add(a.Tenant, []byte(a.Error), sqlread.AttemptPlace(a), sqltext.AttemptInsert+sqltext.IfFree, func(text []byte) []any {
		return sqlread.AttemptArgs(a, text)
	})
}

// PutIdempotent inserts or replaces the answer of a key.
func (t *tx) PutIdempotent(i *store.Idempotency) error {
	return t.add(i.Tenant, i.Body, sqlread.IdemPlace(i), sqltext.IdemPut, func(body []byte) []any { return sqlread.IdemArgs(i, body) })
}

// PutJob inserts a job or replaces the one with its kind and key.
func (t *tx) PutJob(j *store.Job) error {
	return t.add(j.Tenant, j.Payload, sqlread.JobPlace(j), sqltext.JobPut, func(payload []byte) []any {
		return []any{j.Tenant, j.Kind, j.Key, sqlread.Micros(j.Due), payload}
	})
}

// Change counts a change.
func (t *tx) Change(tenant, name string) (int64, error) {
	if _, err := t.makeKey(tenant); err != nil {
		return 0, err
	}
	all, err := t.Changes(tenant)
	if err != nil {
		return 0, err
	}
	n := all[name] + 1
	_, _, err = t.exec(sqltext.ChangePut, tenant, name, n)
	return n, err
}

// RemoveJob deletes a job.
func (t *tx) RemoveJob(tenant, kind, key string) error {
	_, _, err := t.exec(sqltext.JobDelete, tenant, kind, key)
	return err
}
