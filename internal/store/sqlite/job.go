// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// DueJobs returns jobs by time, and at one time by kind and key.
func (r *reader) DueJobs(tenant string, now time.Time, limit int) ([]*store.Job, error) {
	k, err := r.key(tenant)
	if err != nil || k == nil {
		return nil, err
	}
	var due []*store.Job
	err = r.each(tenant, func(got row) (bool, error) {
		j := &store.Job{Tenant: tenant, Kind: got.text(0), Key: got.text(1), Due: moment(got.int(2))}
		payload, err := k.Open(got.blob(3), jobPlace(j))
		if err != nil {
			return false, fmt.Errorf("job %s %s: %w", j.Kind, j.Key, corrupt(err))
		}
		j.Payload = payload
		due = append(due, j)
		return true, nil
	}, sqltext.JobsDue, tenant, micros(now), bound(limit))
	return due, err
}

// NextDue looks at jobs and at the heads of lanes: what waits behind a head is not due before it.
func (r *reader) NextDue(tenant string, after time.Time) (time.Time, error) {
	var next time.Time
	for _, text := range [...]string{sqltext.JobNext, sqltext.DeliveryNext} {
		got, err := r.first(tenant, text, tenant, micros(after))
		if err != nil {
			return time.Time{}, err
		}
		if got == nil {
			continue
		}
		if at := moment(got.int(0)); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// Tenants lists the tenants that have a key, which the first write of a tenant makes.
func (r *reader) Tenants() ([]string, error) {
	c, err := r.open()
	if err != nil {
		return nil, err
	}
	var list []string
	err = c.each(func(got row) (bool, error) { list = append(list, got.text(0)); return true, nil }, sqltext.Tenants)
	return list, err
}

// PutJob inserts a job or replaces the one with its kind and key.
func (t *tx) PutJob(j *store.Job) error {
	k, err := t.makeKey(j.Tenant)
	if err != nil {
		return err
	}
	payload, err := t.seal(k, j.Payload, jobPlace(j))
	if err != nil {
		return err
	}
	_, _, err = t.exec(j.Tenant, sqltext.JobPut, j.Tenant, j.Kind, j.Key, micros(j.Due), payload)
	return err
}

// RemoveJob deletes a job.
func (t *tx) RemoveJob(tenant, kind, key string) error {
	_, _, err := t.exec(tenant, sqltext.JobDelete, tenant, kind, key)
	return err
}

func jobPlace(j *store.Job) seal.Place { return seal.Place{Table: "job", Kind: j.Kind, ID: j.Key} }
