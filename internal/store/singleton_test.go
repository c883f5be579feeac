// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

func TestSingleton(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := &store.Singleton{
		Kind: "colors", What: "colors", Default: []byte(`{}`), Clocks: d.clocks(),
		Validate: func(_ context.Context, d *store.Draft) error {
			if d.Old != nil && d.Old.Has("fixed") {
				d.Doc.SetRaw("fixed", d.Old.Get("fixed"))
			}
			if d.Doc.String("main") == "none" {
				return errs.Invalidf("/main", "enum", "must be a color")
			}
			return nil
		},
		Present: func(_ context.Context, doc *jsondoc.Object) error { doc.Set("shown", true); return nil },
	}
	show := func(variant, want string) {
		t.Helper()
		d.must(func(ctx context.Context) error {
			got, err := s.Get(ctx, "company", variant)
			if err == nil && string(got) != want {
				t.Errorf("got %s, want %s", got, want)
			}
			return err
		})
	}
	put := func(variant, body string) error {
		return d.do(func(ctx context.Context) error { return s.Put(ctx, "company", variant, []byte(body)) })
	}
	show("", `{}`)
	for _, step := range []struct{ variant, body string }{
		{"", `{"main":"red","fixed":1}`}, {"ORG", `{"main":"blue"}`}, {"", `{"main":"green"}`},
	} {
		if err := put(step.variant, step.body); err != nil {
			t.Fatal(err)
		}
	}
	show("", `{"main":"green","fixed":1,"shown":true}`)
	show("ORG", `{"main":"blue","shown":true}`)
	code(t, put("", `{"main":"none"}`), errs.ValidationFailed)
	code(t, put("", `"x"`), errs.MalformedJSON)
	show("", `{"main":"green","fixed":1,"shown":true}`)
	for range 2 {
		d.must(func(ctx context.Context) error { return s.Delete(ctx, "company", "") })
	}
	show("", `{}`)
	show("ORG", `{"main":"blue","shown":true}`)

	s.Default = nil
	code(t, d.do(func(ctx context.Context) error { _, err := s.Get(ctx, "company", ""); return err }), errs.ResourceNotFound)
}
