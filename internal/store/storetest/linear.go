// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/airside-travel/airside/internal/store"
)

// act is what a client asks for, about one id.
type act struct {
	verb   string // read, insert, update, or create: an insert that an Idempotency-Key makes safe to repeat
	id     string
	expect int64  // update: the version that was read
	doc    string // unique to the act, so that no two states look the same
}

// outcome is what the client was told.
type outcome struct {
	refused string // as verdict says it
	version int64
	doc     string
}

// sequential is what a single client alone would see: the state of an id is its outcome when read.
// A history of several clients is linearizable when some order of the acts, in which none goes
// before one that had ended, gives everybody the outcome they got.
func sequential() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) (out [][]porcupine.Operation) {
			byID := map[string]int{}
			for _, o := range history {
				id := o.Input.(act).id
				i, ok := byID[id]
				if !ok {
					i, byID[id] = len(out), len(out)
					out = append(out, nil)
				}
				out[i] = append(out[i], o)
			}
			return out
		},
		Init: func() any { return outcome{refused: "not found"} },
		Step: func(state, input, output any) (bool, any) {
			s, a, got := state.(outcome), input.(act), output.(outcome)
			want, next := s, s
			absent := s.version == 0
			switch {
			case a.verb == "create" && absent, a.verb == "insert" && absent:
				next = outcome{version: 1, doc: a.doc}
				want = next
			case a.verb == "insert":
				want = outcome{refused: "exists"}
			case a.verb == "update" && !absent && a.expect != s.version:
				want = outcome{refused: "version"}
			case a.verb == "update" && !absent:
				next = outcome{version: s.version + 1, doc: a.doc}
				want = next
			}
			return got == want, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// do carries the act out on a store.
func (a act) do(s store.Store) (got outcome) {
	rec := &store.Record{Tenant: tenant, Kind: "note", ID: a.id, CreatedAt: start, UpdatedAt: start, Doc: []byte(a.doc)}
	run := s.Update
	if a.verb == "read" {
		run = s.View
	}
	err := run(context.Background(), func(ctx context.Context) error {
		var err error
		switch a.verb {
		case "read":
			if rec, err = store.Read(ctx).Get(tenant, "note", a.id); err != nil {
				return err
			}
		case "insert":
			err = store.From(ctx).Insert(rec)
		case "update":
			err = store.From(ctx).Update(rec, a.expect)
		case "create":
			tx := store.From(ctx)
			kept, missing := tx.Idempotent(tenant, "client", a.id)
			if missing == nil {
				got = outcome{version: 1, doc: string(kept.Body)}
				return nil
			}
			if !errors.Is(missing, store.ErrNotFound) {
				return missing
			}
			err = errors.Join(tx.Insert(rec), tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "client", Key: a.id, Body: rec.Doc, At: start}))
		}
		got = outcome{version: rec.Version, doc: string(rec.Doc)}
		return err
	})
	if err != nil {
		return outcome{refused: verdict(err)}
	}
	return got
}

// chance draws the same numbers in every run (splitmix64).
type chance uint64

func (c *chance) below(n int) int {
	*c += 0x9e3779b97f4a7c15
	z := uint64(*c)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// linearizable lets clients read, insert and update the same few records, and repeat the same few
// creations, and asks whether what they were told could have happened one after the other.
func linearizable(t *testing.T, s store.Store) {
	const clients, acts, ids = 8, 60, 6
	var (
		clock   atomic.Int64 // of calls and answers; only their order matters
		running sync.WaitGroup
		told    [clients][]porcupine.Operation
	)
	for c := range clients {
		running.Go(func() {
			chance, seen := chance(c), map[string]int64{}
			for n := range acts {
				a := act{doc: fmt.Sprintf("%d/%d", c, n)}
				if i := chance.below(2 * ids); i < ids {
					a.verb, a.id = "create", fmt.Sprint("created-", (n/10*ids+i)%(2*ids)) // fresh ones while it runs
				} else {
					a.id = fmt.Sprint("updated-", i%ids/2)
					a.verb = []string{"read", "insert", "update", "update"}[chance.below(4)]
					a.expect = max(1, seen[a.id])
				}
				o := porcupine.Operation{ClientId: c, Input: a, Call: clock.Add(1)}
				got := a.do(s)
				o.Output, o.Return = got, clock.Add(1)
				told[c] = append(told[c], o)
				if got.version > 0 {
					seen[a.id] = got.version
				} else if got.refused == "version" {
					seen[a.id]++
				}
			}
		})
	}
	running.Wait()
	var history []porcupine.Operation
	updated := 0
	for _, ops := range told {
		history = append(history, ops...)
		for _, o := range ops {
			if o.Output.(outcome).version > 1 {
				updated++
			}
		}
	}
	if updated < acts/2 {
		t.Errorf("only %d updates went through: too few to prove anything", updated)
	}
	judge(t, history, porcupine.Ok)
}

func judge(t *testing.T, history []porcupine.Operation, want porcupine.CheckResult) {
	t.Helper()
	got, info := porcupine.CheckOperationsVerbose(sequential(), history, 30*time.Second)
	if got == want {
		return
	}
	t.Errorf("linearizable: %s, want %s", got, want)
	for _, longest := range info.PartialLinearizationsOperations() {
		for _, part := range longest {
			if len(part) > 0 && got == porcupine.Illegal {
				t.Logf("goes as far as %v", part[len(part)-1])
			}
		}
	}
}
