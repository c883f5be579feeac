// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"context"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Redactor takes a person out of a document.
type Redactor func(doc []byte) (out []byte, changed bool, err error)

// Forgotten is how many documents a person was taken out of.
type Forgotten struct{ Trips, PNRs, Notes int }

// Forget takes a person out of all trips, PNRs and notes of the tenant, deleted ones as well. Money, tickets and
// ids stay. Live ones get a version and an event each. A dry run only counts.
func (s *Service) Forget(ctx context.Context, redact Redactor, dry bool) (n Forgotten, err error) {
	if n.Notes, err = s.forgetNotes(ctx, redact, dry); err != nil {
		return n, err
	}
	pnrs, err := s.mentions(ctx, kindPNR, redact)
	if err != nil {
		return n, err
	}
	trips, err := s.mentions(ctx, kindTrip, redact)
	if err != nil {
		return n, err
	}
	n.PNRs, n.Trips = len(pnrs), len(trips)
	if dry {
		return n, nil
	}
	touched := map[string]*folder{}
	for _, r := range trips {
		f, err := openFolder(r)
		if err != nil {
			return n, err
		}
		touched[f.ID] = f
	}
	for _, r := range pnrs {
		if touched[r.Parent], err = s.forgetPNR(ctx, touched[r.Parent], r); err != nil {
			return n, err
		}
	}
	for _, f := range touched {
		if f.Deleted {
			err = s.rewrite(ctx, f)
		} else {
			err = s.save(ctx, f, "TRIP_UPDATED")
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// mentions reads the records of a kind that the person is in, with the documents as they should be.
func (s *Service) mentions(ctx context.Context, kind string, redact Redactor) ([]*store.Record, error) {
	var out []*store.Record
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Deleted: true}) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", kind, err)
		}
		doc, changed, err := redact(r.Doc)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", kind, r.ID, err)
		}
		if changed {
			r.Doc = bytes.Clone(doc)
			out = append(out, r)
		}
	}
	return out, nil
}

// forgetPNR writes a PNR whose document was changed, and gives its trip, which the caller saves.
func (s *Service) forgetPNR(ctx context.Context, f *folder, r *store.Record) (*folder, error) {
	if f == nil {
		rec, err := store.Read(ctx).Get(r.Tenant, kindTrip, r.Parent)
		if err != nil {
			return nil, fmt.Errorf("read trip %s: %w", r.Parent, err)
		}
		if f, err = openFolder(rec); err != nil {
			return nil, err
		}
	}
	r.Company = f.Company
	if r.Deleted {
		r.UpdatedAt = s.now(ctx)
		return f, store.From(ctx).Update(r, r.Version)
	}
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("PNR %s: %w", r.ID, err)
	}
	_, err = s.put(ctx, f, r, doc, []Change{{Operation: opOther}})
	return f, err
}

// rewrite stores a trip of which nobody is told.
func (s *Service) rewrite(ctx context.Context, f *folder) error {
	f.UpdatedAt = s.now(ctx)
	r, err := f.record(actor.Tenant(ctx))
	if err != nil {
		return err
	}
	return store.From(ctx).Update(r, f.Version)
}

func (s *Service) forgetNotes(ctx context.Context, redact Redactor, dry bool) (int, error) {
	notes, err := s.mentions(ctx, kindNote, redact)
	if err != nil || dry {
		return len(notes), err
	}
	for _, r := range notes {
		r.UpdatedAt = s.now(ctx)
		if err := store.From(ctx).Update(r, r.Version); err != nil {
			return 0, fmt.Errorf("agent note %s: %w", r.ID, err)
		}
	}
	return len(notes), nil
}
