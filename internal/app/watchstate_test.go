// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// keeping is a detection of which only the memory counts.
func keeping(s store.Store, name string, now *time.Time) *watch {
	return &watch{store: s, node: name, log: slog.New(slog.DiscardHandler), clock: clock.Func(func() time.Time { return *now }), used: map[string]int64{}}
}

func memoryStore(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// rows are the heads and the generations of the parts that are stored.
func rows(t *testing.T, s store.Store) (heads, generations []string) {
	t.Helper()
	err := s.View(t.Context(), func(ctx context.Context) error {
		for _, kind := range []string{kindWatch, kindPart} {
			for r, err := range store.Read(ctx).List(store.Query{Tenant: identity.Platform, Kind: kind}) {
				switch {
				case err != nil:
					return err
				case kind == kindWatch:
					heads = append(heads, r.ID)
				default:
					generations = append(generations, r.ID[:strings.LastIndexByte(r.ID, '-')])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(heads)
	slices.Sort(generations)
	return heads, slices.Compact(generations)
}

// Two containers that listen on the same address of their own each keep their own state; one that takes the place of
// another goes on with the newest there is for its address, that of versions without hosts included.
func TestEachHostKeepsItsState(t *testing.T) {
	t.Parallel()
	s := memoryStore(t)
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct{ node, data string }{{":8080", "old"}, {"pod-a/:8080", "a"}, {"pod-b/:8080", "b"}, {"pod-c/:9090", "c"}, {"pod-a/:8080", "a, later"}} {
		now = now.Add(time.Minute)
		if err := keeping(s, c.node, &now).write(t.Context(), []byte(c.data)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"pod-a/:8080": "a, later", "pod-b/:8080": "b", "pod-d/:8080": "a, later", "pod-d/:9090": "c", "pod-d/:1": ""} {
		m, raw, err := keeping(s, name, &now).kept(t.Context())
		if err != nil || string(raw) != want || (m == nil) != (want == "") {
			t.Errorf("%s has %q, want %q: %v", name, raw, want, err)
		}
	}
	first := memoryStore(t)
	if err := keeping(first, ":8080", &now).write(t.Context(), []byte("old")); err != nil {
		t.Fatal(err)
	}
	if _, raw, err := keeping(first, stateOf(":8080"), &now).kept(t.Context()); err != nil || string(raw) != "old" {
		t.Errorf("after the update: %q, %v", raw, err)
	}
}

// What a process left that ended while it wrote is removed, also the state of one that is long gone; what is being
// written stays.
func TestLeftoversOfStateAreRemoved(t *testing.T) {
	t.Parallel()
	s := memoryStore(t)
	start := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	now := start
	leave := func(id string) {
		t.Helper()
		raw, err := json.Marshal(part{[]byte("half")})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Update(t.Context(), func(ctx context.Context) error {
			return store.From(ctx).Insert(&store.Record{Tenant: identity.Platform, Kind: kindPart, ID: partID(id, 0), CreatedAt: now, UpdatedAt: now, Doc: raw})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := keeping(s, "gone/:8080", &now).write(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	now = start.Add(headLife - time.Hour)
	leave("crashed")
	now = start.Add(headLife + time.Hour)
	leave("written")
	w := keeping(s, "here/:8080", &now)
	if err := w.write(t.Context(), []byte("y")); err != nil {
		t.Fatal(err)
	}
	other := keeping(s, "there/:8080", &now)
	if err := other.write(t.Context(), []byte("z")); err != nil {
		t.Fatal(err)
	}
	if err := w.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	heads, generations := rows(t, s)
	want := []string{w.head(t.Context()).Generation, other.head(t.Context()).Generation, "written"}
	slices.Sort(want)
	if diff := cmp.Diff([]string{"here/:8080", "there/:8080"}, heads); diff != "" {
		t.Errorf("heads: %s", diff)
	}
	if diff := cmp.Diff(want, generations); diff != "" {
		t.Errorf("parts: %s", diff)
	}
}
