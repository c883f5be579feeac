// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "0190a0f0-0000-7000-8000-000000000001"

// desk runs every step in its own transaction of one store in memory.
type desk struct {
	t   *testing.T
	db  *sqlite.Store
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &desk{t: t, db: db, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

func (d *desk) clocks() *clock.Tenants {
	return clock.NewTenants(clock.Func(func() time.Time { return d.now }))
}

func (d *desk) do(fn func(ctx context.Context) error) error {
	return d.db.Update(actor.With(d.t.Context(), &actor.Actor{Tenant: tenant}), fn)
}

func (d *desk) must(fn func(ctx context.Context) error) {
	d.t.Helper()
	if err := d.do(fn); err != nil {
		d.t.Fatal(err)
	}
}

func code(t *testing.T, err error, want errs.Code) *errs.Error {
	t.Helper()
	e := errs.As(err)
	if e == nil || e.Code != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	return e
}

func shelves(d *desk) *store.Collection {
	return &store.Collection{
		Kind: "shelf", What: "shelf", Clocks: d.clocks(),
		Prepare: func(d *store.Draft) {
			d.Doc.First("id", d.ID)
			if d.Old != nil && !d.Doc.Has("made") {
				d.Doc.SetRaw("made", d.Old.Get("made"))
			}
		},
		Validate: func(_ context.Context, d *store.Draft) error {
			if d.Doc.String("name") == "" {
				return errs.Invalidf("/name", "required", "must be given")
			}
			return nil
		},
		Index: func(d *store.Draft) []store.Key {
			return []store.Key{{Entry: store.Entry{Field: "shelf.name", Value: d.Parent + "/" + d.Doc.String("name"), Unique: true}, Pointer: "/name"}}
		},
		Present: func(doc *jsondoc.Object) { doc.Delete("secret") },
	}
}

func TestCollection(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := shelves(d)
	show := func(parent, id string) (out string, err error) {
		err = d.do(func(ctx context.Context) error {
			b, err := c.Get(ctx, parent, id)
			out = string(b)
			return err
		})
		return out, err
	}
	create := func(parent, id, body string) error {
		return d.do(func(ctx context.Context) error { return c.Create(ctx, parent, id, []byte(body)) })
	}
	replace := func(parent, id, body string) error {
		return d.do(func(ctx context.Context) error { return c.Replace(ctx, parent, id, []byte(body)) })
	}
	if err := create("room", "1", `{"name":"A", "made": 1.50, "secret":"s", "id":"mine"}`); err != nil {
		t.Fatal(err)
	}
	if got, err := show("room", "1"); err != nil || got != `{"id":"1","name":"A","made":1.50}` {
		t.Errorf("got %s %v", got, err)
	}
	e := code(t, create("room", "2", `{"name":"A"}`), errs.DuplicateValue)
	if e.Fields[0].Pointer != "/name" || e.Params[0].Value != "1" {
		t.Errorf("the error must show where and who: %+v", e)
	}
	code(t, create("room", "2", `{}`), errs.ValidationFailed)
	code(t, create("room", "2", `[]`), errs.MalformedJSON)
	if err := create("attic", "2", `{"name":"A"}`); err != nil {
		t.Errorf("another parent: %v", err)
	}
	_, err := show("attic", "1")
	code(t, err, errs.ResourceNotFound)
	code(t, replace("attic", "1", `{"name":"B"}`), errs.ResourceNotFound)

	d.now = d.now.Add(time.Hour)
	if err := replace("room", "1", `{"name":"B"}`); err != nil {
		t.Fatal(err)
	}
	d.must(func(ctx context.Context) error {
		r, err := c.Record(ctx, "room", "1")
		if err == nil && (r.Version != 2 || !r.UpdatedAt.Equal(d.now) || !r.CreatedAt.Equal(d.now.Add(-time.Hour))) {
			t.Errorf("version %d, created %s, updated %s", r.Version, r.CreatedAt, r.UpdatedAt)
		}
		return err
	})
	if got, _ := show("room", "1"); got != `{"id":"1","name":"B","made":1.50}` {
		t.Errorf("got %s", got)
	}
	if err := create("room", "3", `{"name":"A"}`); err != nil {
		t.Errorf("the old name must be free: %v", err)
	}
	code(t, replace("room", "3", `{"name":"B"}`), errs.DuplicateValue)

	d.must(func(ctx context.Context) error { return c.Delete(ctx, "room", "1") })
	_, err = show("room", "1")
	code(t, err, errs.ResourceNotFound)
	code(t, d.do(func(ctx context.Context) error { return c.Delete(ctx, "room", "1") }), errs.ResourceNotFound)
	if err := replace("room", "3", `{"name":"B"}`); err != nil {
		t.Errorf("the name of a deleted one must be free: %v", err)
	}
	var listed []string
	d.must(func(ctx context.Context) error {
		for r, err := range c.List(ctx, "") {
			if err != nil {
				return err
			}
			listed = append(listed, r.ID)
		}
		return nil
	})
	if strings.Join(listed, " ") != "2 3" {
		t.Errorf("listed %v", listed)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	other := errors.New("disk on fire")
	for _, tc := range []struct {
		in   error
		want errs.Code
	}{
		{store.ErrVersion, errs.VersionConflict},
		{store.ErrNotFound, errs.ResourceNotFound},
		{&store.DuplicateError{Field: "f", ID: "1"}, errs.DuplicateValue},
	} {
		got := store.Explain(tc.in, "shelf", "1", []store.Key{{Entry: store.Entry{Field: "f", Unique: true}, Pointer: "/f"}})
		code(t, got, tc.want)
	}
	if err := store.Explain(other, "shelf", "1", nil); !errors.Is(err, other) || errs.As(err) != nil {
		t.Errorf("got %v", err)
	}
	if err := store.Explain(nil, "shelf", "1", nil); err != nil {
		t.Errorf("got %v", err)
	}
}
