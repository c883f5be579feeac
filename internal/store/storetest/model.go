// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/store"
)

// oracle is a store of one tenant and kind, in a map.
type oracle struct {
	records map[string]stored
	count   int // records ever inserted, which is what orders equal times
}

type stored struct {
	store.Record
	ord int
}

func (o *oracle) holder(r *store.Record) string {
	for _, e := range r.Index {
		for id, other := range o.records {
			if e.Unique && id != r.ID && !r.Deleted && !other.Deleted && slices.Contains(other.Index, e) {
				return id
			}
		}
	}
	return ""
}

func (o *oracle) insert(r *store.Record) string {
	if _, ok := o.records[r.ID]; ok {
		return "exists"
	}
	if h := o.holder(r); h != "" {
		return "held by " + h
	}
	r.Version = 1
	o.count++
	o.records[r.ID] = stored{*r, o.count}
	return ""
}

func (o *oracle) update(r *store.Record, expect int64) string {
	old, ok := o.records[r.ID]
	switch {
	case !ok:
		return "not found"
	case expect != 0 && expect != old.Version:
		return "version"
	}
	if h := o.holder(r); h != "" {
		return "held by " + h
	}
	r.Version, r.CreatedAt = old.Version+1, old.CreatedAt
	o.records[r.ID] = stored{*r, old.ord}
	return ""
}

func (o *oracle) list(q store.Query) (ids []string) {
	var found []stored
	for _, r := range o.records {
		if r.Deleted && !q.Deleted && !q.Only || !r.Deleted && q.Only || q.Parent != "" && q.Parent != r.Parent {
			continue
		}
		if q.Field == "" || slices.ContainsFunc(r.Index, func(e store.Entry) bool { return e.Field == q.Field && e.Value == q.Value }) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b stored) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), a.ord-b.ord)
	})
	if q.Newest {
		slices.Reverse(found)
	}
	for _, r := range found {
		ids = append(ids, r.ID)
	}
	return ids
}

// verdict is an engine's error in the oracle's words.
func verdict(err error) string {
	d, duplicate := errors.AsType[*store.DuplicateError](err)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, store.ErrExists):
		return "exists"
	case errors.Is(err, store.ErrNotFound):
		return "not found"
	case errors.Is(err, store.ErrVersion):
		return "version"
	case duplicate:
		return "held by " + d.ID
	}
	return err.Error()
}

// model runs random transactions, some of which fail at the end, on the store and on the oracle.
func model(t *testing.T, s store.Store) {
	var run atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		tenant := fmt.Sprintf("tenant-%d", run.Add(1))
		truth := &oracle{records: map[string]stored{}}
		id := rapid.StringMatching(`[a-e]`)
		record := rapid.Custom(func(rt *rapid.T) *store.Record {
			r := &store.Record{
				Tenant: tenant, Kind: "user", ID: id.Draw(rt, "id"), Parent: rapid.SampledFrom([]string{"", "p", "q"}).Draw(rt, "parent"),
				CreatedAt: minute(rapid.IntRange(0, 2).Draw(rt, "created")), UpdatedAt: start,
				Deleted: rapid.IntRange(0, 3).Draw(rt, "deleted") == 0, Doc: rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, "doc"),
				Index: []store.Entry{{Field: "company", Value: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "company")}},
			}
			if v := rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(rt, "email"); v != "" {
				r.Index = append(r.Index, store.Entry{Field: "email", Value: v, Unique: true})
			}
			return r
		})
		rt.Repeat(map[string]func(*rapid.T){
			"transaction": func(rt *rapid.T) {
				before := &oracle{maps.Clone(truth.records), truth.count}
				fail := rapid.IntRange(0, 3).Draw(rt, "fail") == 0
				steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
					return step{
						rapid.SampledFrom([]string{"insert", "update", "remove"}).Draw(rt, "op"), record.Draw(rt, "record"),
						int64(rapid.IntRange(0, 3).Draw(rt, "expect")),
					}
				}), 1, 4).Draw(rt, "steps")
				err := s.Update(context.Background(), func(ctx context.Context) error {
					for _, st := range steps {
						st.run(rt, store.From(ctx), truth)
					}
					if fail {
						return errMine
					}
					return nil
				})
				if fail {
					truth = before
				}
				if fail != errors.Is(err, errMine) || !fail && err != nil {
					rt.Fatalf("Update: %v", err)
				}
			},
			"": func(rt *rapid.T) { compare(rt, s, tenant, truth) },
		})
	})
}

type step struct {
	op     string
	record *store.Record
	expect int64
}

// run does the step in both. It is called in the engine, so it reports and goes on.
func (st step) run(rt *rapid.T, tx store.Tx, truth *oracle) {
	r := st.record
	mine := *r
	var got, want string
	switch st.op {
	case "insert":
		got, want = verdict(tx.Insert(r)), truth.insert(&mine)
	case "update":
		got, want = verdict(tx.Update(r, st.expect)), truth.update(&mine, st.expect)
	case "remove":
		got = verdict(tx.Remove(r.Tenant, r.Kind, r.ID))
		if _, ok := truth.records[r.ID]; !ok {
			want = "not found"
		}
		delete(truth.records, r.ID)
	}
	if got != want {
		rt.Errorf("%s %s: the store says %q, want %q", st.op, r.ID, got, want)
	}
}

func compare(rt *rapid.T, s store.Store, tenant string, truth *oracle) {
	err := s.View(context.Background(), func(ctx context.Context) error {
		r := store.Read(ctx)
		for id, want := range truth.records {
			got, err := r.Get(tenant, "user", id)
			if err != nil {
				return err
			}
			if string(got.Doc) != string(want.Doc) || got.Version != want.Version || got.Deleted != want.Deleted || !got.CreatedAt.Equal(want.CreatedAt) {
				rt.Errorf("%s is %+v, want %+v", id, got, want.Record)
			}
		}
		for _, q := range []store.Query{
			{}, {Deleted: true, Newest: true}, {Parent: "p"}, {Only: true}, {Parent: "p", Only: true}, {Field: "company", Value: "x"}, {Field: "company", Value: "y", Newest: true},
			{Field: "company", Value: "x", Parent: "q", Deleted: true}, {Field: "email", Value: "1"}, {Field: "email", Value: "2", Deleted: true},
		} {
			q.Tenant, q.Kind = tenant, "user"
			var ids []string
			for rec, err := range r.List(q) {
				if err != nil {
					return err
				}
				ids = append(ids, rec.ID)
			}
			want := truth.list(q)
			if !slices.Equal(ids, want) {
				rt.Errorf("List(%+v) = %v, want %v", q, ids, want)
			}
			if n, err := r.Count(q); err != nil || n != len(want) {
				rt.Errorf("Count(%+v) = %d, %v, want %d", q, n, err, len(want))
			}
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}
