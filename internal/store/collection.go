// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
)

// Collection carries plain documents of one kind that belong to a parent: the bytes that were received,
// with what the server adds. The domain says what is special in four hooks, each of which may be nil.
// A resource that needs another hook is no plain document and becomes ordinary code.
type Collection struct {
	Kind   string // of the records, e.g. "legal_entity"
	What   string // how an error names one, e.g. "legal entity"
	Clocks *clock.Tenants

	// Prepare completes the document: its id, members only the server sets.
	Prepare func(d *Draft)
	// Validate applies the rules that the contract cannot state; its error is the caller's answer.
	Validate func(ctx context.Context, d *Draft) error
	// Index lists what the document is found by.
	Index func(d *Draft) []Key
	// Present turns the stored document into the one that is shown, in place.
	Present func(doc *jsondoc.Object)
}

// Draft is a document on its way into the store.
type Draft struct {
	Parent, ID string
	Doc        *jsondoc.Object
	Old        *jsondoc.Object // what is stored now; nil at creation
}

// Key is an index entry with the place in the body it comes from, so that a duplicate can be shown there.
type Key struct {
	Entry
	Pointer string // RFC 6901
}

// Create stores a new document under the caller's tenant. Errors: those of Validate, DUPLICATE_VALUE.
func (c *Collection) Create(ctx context.Context, parent, id string, body []byte) error {
	return c.write(ctx, &Draft{Parent: parent, ID: id}, body, nil)
}

// Replace stores body as the new state of a document. Errors: RESOURCE_NOT_FOUND, those of Validate,
// DUPLICATE_VALUE, VERSION_CONFLICT, PRECONDITION_FAILED.
func (c *Collection) Replace(ctx context.Context, parent, id string, body []byte) error {
	r, err := c.Record(ctx, parent, id)
	if err != nil {
		return err
	}
	if err := revision.Demand(ctx, r.Version); err != nil {
		return err
	}
	old, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return fmt.Errorf("%s %s is stored broken: %w", c.Kind, id, err)
	}
	return c.write(ctx, &Draft{Parent: parent, ID: id, Old: old}, body, r)
}

func (c *Collection) write(ctx context.Context, d *Draft, body []byte, r *Record) (err error) {
	if d.Doc, err = jsondoc.Parse(body); err != nil {
		return errs.New(errs.MalformedJSON, "the body is not an object").Because(err)
	}
	if c.Prepare != nil {
		c.Prepare(d)
	}
	if c.Validate != nil {
		if err := c.Validate(ctx, d); err != nil {
			return err
		}
	}
	var keys []Key
	if c.Index != nil {
		keys = c.Index(d)
	}
	now := c.Clocks.Now(actor.Tenant(ctx))
	next := &Record{
		Tenant: actor.Tenant(ctx), Kind: c.Kind, ID: d.ID, Parent: d.Parent,
		CreatedAt: now, UpdatedAt: now, Doc: d.Doc.Bytes(), Index: Entries(keys),
	}
	if r == nil {
		return Explain(From(ctx).Insert(next), c.What, d.ID, keys)
	}
	next.CreatedAt = r.CreatedAt
	if err := From(ctx).Update(next, r.Version); err != nil {
		return Explain(err, c.What, d.ID, keys)
	}
	revision.Replace(ctx, r.Doc, next.Doc)
	revision.Answer(ctx, next.Version)
	return nil
}

// Record reads a live document of that parent as it is stored. RESOURCE_NOT_FOUND when there is none.
func (c *Collection) Record(ctx context.Context, parent, id string) (*Record, error) {
	r, err := Read(ctx).Get(actor.Tenant(ctx), c.Kind, id)
	if errors.Is(err, ErrNotFound) || err == nil && (r.Deleted || r.Parent != parent) {
		return nil, errs.Missing(c.What, id)
	}
	return r, err
}

// Get is the document as it is shown. RESOURCE_NOT_FOUND when there is none.
func (c *Collection) Get(ctx context.Context, parent, id string) ([]byte, error) {
	r, err := c.Record(ctx, parent, id)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, r.Version)
	return c.Show(r)
}

// Show presents a record that was read.
func (c *Collection) Show(r *Record) ([]byte, error) {
	if c.Present == nil {
		return r.Doc, nil
	}
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("%s %s is stored broken: %w", c.Kind, r.ID, err)
	}
	c.Present(doc)
	return doc.Bytes(), nil
}

// List yields the live documents of a parent ("" for all of the tenant), oldest first, as they are
// stored. The sequence must be consumed before another call on the same transaction.
func (c *Collection) List(ctx context.Context, parent string) iter.Seq2[*Record, error] {
	return Read(ctx).List(Query{Tenant: actor.Tenant(ctx), Kind: c.Kind, Parent: parent})
}

// Delete takes the document out of lists and frees its unique values; it stays for those who must
// still know what it was. RESOURCE_NOT_FOUND when there is none, PRECONDITION_FAILED.
func (c *Collection) Delete(ctx context.Context, parent, id string) error {
	r, err := c.Record(ctx, parent, id)
	if err != nil {
		return err
	}
	if err := revision.Demand(ctx, r.Version); err != nil {
		return err
	}
	r.Deleted, r.UpdatedAt, r.Index = true, c.Clocks.Now(r.Tenant), nil
	return Explain(From(ctx).Update(r, r.Version), c.What, id, nil)
}

// Entries are the index entries of keys.
func Entries(keys []Key) []Entry {
	out := make([]Entry, len(keys))
	for i, k := range keys {
		out[i] = k.Entry
	}
	return out
}

// Explain turns the errors of Insert and Update into ones for the caller: DUPLICATE_VALUE at the
// pointer of the key that is taken, VERSION_CONFLICT, RESOURCE_NOT_FOUND. Others stay as they are.
func Explain(err error, what, id string, keys []Key) error {
	var dup *DuplicateError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &dup):
		for _, k := range keys {
			if k.Unique && k.Field == dup.Field {
				return errs.OnField(errs.DuplicateValue, k.Pointer, "unique",
					"another %s with the id %s has this value already", what, dup.ID).With("id", dup.ID)
			}
		}
	case errors.Is(err, ErrVersion):
		return errs.New(errs.VersionConflict, "the %s changed since it was read", what).With("id", id).Because(err)
	case errors.Is(err, ErrNotFound):
		return errs.Missing(what, id).Because(err)
	}
	return fmt.Errorf("write %s %s: %w", what, id, err)
}
