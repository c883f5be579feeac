// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// ErrDiffers says that the copy is not what was copied.
var ErrDiffers = errors.New("transfer: the copy differs from the original")

// Report says what was copied.
type Report struct {
	Tables  []Table `json:"tables"`
	Tenants int     `json:"tenants"`
	Opened  int     `json:"opened"` // records that were opened at both ends and compared
}

// Table is one table of a Report.
type Table struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
	Hash string `json:"sha256"` // of the rows, added up: the order does not matter
}

// Progress tells how far the copy of a table is.
type Progress struct {
	Table    string
	Rows, Of int
}

const (
	tellEvery = 10_000 // rows between two tellings
	openEvery = 500    // one record in so many is opened, and the first of each kind and tenant
)

type sample struct{ tenant, kind, id string }

// Copy fills an empty PostgreSQL database with everything in from, in one transaction. tell may be nil.
func Copy(ctx context.Context, from store.Store, to *postgres.Store, tell func(Progress)) (Report, error) {
	if tell == nil {
		tell = func(Progress) {}
	}
	var report Report
	var samples []sample
	err := from.View(ctx, func(ctx context.Context) error {
		source, ok := store.Read(ctx).(sqlread.Source)
		if !ok {
			return errors.New("transfer: the original is not an SQL store")
		}
		return to.Import(ctx, func(im *postgres.Import) error {
			report, samples = Report{}, nil
			for _, t := range sqltext.Tables() {
				d, found, err := rows(source, im, t, tell)
				if err != nil {
					return fmt.Errorf("transfer: %s: %w", t.Name, err)
				}
				samples = append(samples, found...)
				report.Tables = append(report.Tables, Table{t.Name, d.rows, d.hex()})
			}
			return compare(im, report.Tables)
		})
	})
	if err != nil {
		return Report{}, err
	}
	report.Opened = len(samples)
	report.Tenants, err = verify(ctx, from, to, samples)
	return report, err
}

// rows copies one table and names records to look at.
func rows(source sqlread.Source, im *postgres.Import, t sqltext.Table, tell func(Progress)) (d digest, found []sample, err error) {
	of := 0
	if r, err := source.First("", t.Count()); err != nil {
		return d, nil, err
	} else if r != nil {
		of = int(r.Int(0))
	}
	seen := map[string]bool{}
	err = source.Each("", func(r sqlread.Row) (bool, error) {
		values := d.add(t, r, true)
		if t.Name == "entity" {
			s := sample{r.Text(1), r.Text(2), r.Text(3)}
			if first := s.tenant + "\x00" + s.kind; d.rows%openEvery == 0 || !seen[first] {
				seen[first] = true
				found = append(found, s)
			}
		}
		if d.rows%tellEvery == 0 {
			tell(Progress{t.Name, d.rows, of})
		}
		return true, im.Add(t, values)
	}, t.Select())
	if err == nil && d.rows != of {
		err = fmt.Errorf("%w: %d rows were counted, %d read", ErrDiffers, of, d.rows)
	}
	tell(Progress{t.Name, d.rows, of})
	return d, found, err
}

// compare reads the copy back before it is committed.
func compare(im *postgres.Import, want []Table) error {
	for i, t := range sqltext.Tables() {
		var d digest
		err := im.Each(func(r sqlread.Row) error { d.add(t, r, false); return nil }, t.Select())
		if err != nil {
			return fmt.Errorf("transfer: read %s back: %w", t.Name, err)
		}
		if got := (Table{t.Name, d.rows, d.hex()}); got != want[i] {
			return fmt.Errorf("%w: %s has %d rows with hash %s, want %d with %s", ErrDiffers, t.Name, got.Rows, got.Hash, want[i].Rows, want[i].Hash)
		}
	}
	return nil
}

// verify uses the copy as a server would: it opens records and follows the audit chains.
func verify(ctx context.Context, from, to store.Store, samples []sample) (tenants int, err error) {
	err = errors.Join(to.Check(ctx), from.View(ctx, func(original context.Context) error {
		return to.View(ctx, func(copied context.Context) error {
			for _, s := range samples {
				want, err1 := store.Read(original).Get(s.tenant, s.kind, s.id)
				got, err2 := store.Read(copied).Get(s.tenant, s.kind, s.id)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				if got.Version != want.Version || !bytes.Equal(got.Doc, want.Doc) {
					return fmt.Errorf("%w: %s %s", ErrDiffers, s.kind, s.id)
				}
			}
			list, err := store.Read(copied).Tenants()
			if err != nil {
				return err
			}
			tenants = len(list)
			for _, tenant := range list {
				want, err1 := audit.Verify(store.Read(original), tenant)
				got, err2 := audit.Verify(store.Read(copied), tenant)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				if got.Count != want.Count || got.Intact != want.Intact || !bytes.Equal(got.Head, want.Head) {
					return fmt.Errorf("%w: the audit chain of tenant %s", ErrDiffers, tenant)
				}
			}
			return nil
		})
	}))
	return tenants, err
}
