// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
)

// Singleton carries the one document of a kind that a parent has, or one per variant of it (such as a
// company's role). Two hooks, each of which may be nil.
type Singleton struct {
	Kind    string
	What    string // how an error names it, e.g. "branding"
	Default []byte // shown when nothing is stored; nil: RESOURCE_NOT_FOUND
	Clocks  *clock.Tenants

	// Validate applies the rules that the contract cannot state; it may change d.Doc. d.ID is empty.
	Validate func(ctx context.Context, d *Draft) error
	// Present turns the stored document into the one that is shown, in place.
	Present func(ctx context.Context, doc *jsondoc.Object) error
}

func (s *Singleton) id(parent, variant string) string {
	if variant == "" {
		return parent
	}
	return parent + "/" + variant
}

// stored is the record, nil when nothing is stored.
func (s *Singleton) stored(ctx context.Context, parent, variant string) (*Record, error) {
	r, err := Read(ctx).Get(actor.Tenant(ctx), s.Kind, s.id(parent, variant))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// Get is the document as it is shown, or the default. RESOURCE_NOT_FOUND when there is neither.
func (s *Singleton) Get(ctx context.Context, parent, variant string) ([]byte, error) {
	r, err := s.stored(ctx, parent, variant)
	switch {
	case err != nil:
		return nil, err
	case r == nil && s.Default == nil:
		return nil, errs.New(errs.ResourceNotFound, "no %s is stored", s.What).With("id", parent)
	case r == nil:
		return s.Default, nil
	case s.Present == nil:
		return r.Doc, nil
	}
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("%s of %s is stored broken: %w", s.Kind, parent, err)
	}
	if err := s.Present(ctx, doc); err != nil {
		return nil, err
	}
	return doc.Bytes(), nil
}

// Version is what stands in If-Match to replace the document: 0 while nothing is stored.
func (s *Singleton) Version(ctx context.Context, parent, variant string) (int64, error) {
	r, err := s.stored(ctx, parent, variant)
	if err != nil || r == nil {
		return 0, err
	}
	return r.Version, nil
}

// Put replaces the document. Errors: those of Validate, PRECONDITION_FAILED.
func (s *Singleton) Put(ctx context.Context, parent, variant string, body []byte) error {
	r, err := s.stored(ctx, parent, variant)
	if err != nil {
		return err
	}
	version := int64(0)
	if r != nil {
		version = r.Version
	}
	if err := revision.Demand(ctx, version); err != nil {
		return err
	}
	d := &Draft{Parent: parent}
	if d.Doc, err = jsondoc.Parse(body); err != nil {
		return errs.New(errs.MalformedJSON, "the body is not an object").Because(err)
	}
	now := s.Clocks.Now(actor.Tenant(ctx))
	next := &Record{
		Tenant: actor.Tenant(ctx), Kind: s.Kind, ID: s.id(parent, variant), Parent: parent,
		CreatedAt: now, UpdatedAt: now,
	}
	if r != nil {
		next.CreatedAt = r.CreatedAt
		if d.Old, err = jsondoc.Parse(r.Doc); err != nil {
			return fmt.Errorf("%s of %s is stored broken: %w", s.Kind, parent, err)
		}
	}
	if s.Validate != nil {
		if err := s.Validate(ctx, d); err != nil {
			return err
		}
	}
	next.Doc = d.Doc.Bytes()
	if r == nil {
		err = From(ctx).Insert(next)
	} else {
		err = From(ctx).Update(next, r.Version)
		revision.Replace(ctx, r.Doc, next.Doc)
	}
	revision.Answer(ctx, max(next.Version, 1))
	return Explain(err, s.What, parent, nil)
}

// Delete removes the document for good, so that the default shows again. Nothing stored is no error.
// PRECONDITION_FAILED.
func (s *Singleton) Delete(ctx context.Context, parent, variant string) error {
	version, err := s.Version(ctx, parent, variant)
	if err != nil {
		return err
	}
	if err := revision.Demand(ctx, version); err != nil {
		return err
	}
	err = From(ctx).Remove(actor.Tenant(ctx), s.Kind, s.id(parent, variant))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
