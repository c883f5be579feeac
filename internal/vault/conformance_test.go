// SPDX-License-Identifier: Apache-2.0

package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// harness is one backend under test, with a secret of its own that does not exist yet.
type harness struct {
	vault.Backend
	ref, sibling vault.Ref               // two fields of one secret
	reopen       func() vault.Backend    // another process's view of the same vault
	outside      func(fields string)     // somebody else writes the whole secret: a JSON object
	fault        func(f fault) (ok bool) // arranges a fault for the next write; false when the backend knows none such
	heal         func()
}

// canary begins every secret of these tests, so that a leak can be recognized.
const canary = "cnry-7f3a9-"

func secret(s string) vault.Secret { return vault.NewSecret([]byte(canary + s)) }

// clean fails the test when an error shows a secret, however it is printed, and returns it.
func clean(t *testing.T, err error) error {
	t.Helper()
	if err == nil {
		return nil
	}
	encoded, _ := json.Marshal(struct{ E error }{err}) //nolint:errchkjson // an error that cannot be encoded shows nothing
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", err, err, err, err, err, err.Error()) + string(encoded) +
		errors.Join(err, err).Error() + fmt.Errorf("outer: %w", err).Error()
	for e := err; e != nil; e = errors.Unwrap(e) {
		shown += fmt.Sprintf("%+v %#v", e, e)
	}
	if strings.Contains(shown, canary) || strings.Contains(shown, fmt.Sprintf("%x", canary)) {
		t.Errorf("an error shows a secret: %s", shown)
	}
	return err
}

func want(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(clean(t, err), kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func (h *harness) put(t *testing.T, value, token string) {
	t.Helper()
	want(t, h.PutPending(t.Context(), h.ref, secret(value), token), nil)
}

func (h *harness) promote(t *testing.T, token string) {
	t.Helper()
	want(t, h.Promote(t.Context(), h.ref, token), nil)
}

// seed makes a value current.
func (h *harness) seed(t *testing.T, value string) string {
	t.Helper()
	token := ids.UUID()
	h.put(t, value, token)
	h.promote(t, token)
	return token
}

// holds checks what a stage holds; empty means there must be no such stage.
func (h *harness) holds(t *testing.T, stage vault.Stage, value string) {
	t.Helper()
	got, err := h.Get(t.Context(), h.ref, stage)
	if value == "" {
		want(t, err, vault.ErrNotFound)
		return
	}
	want(t, err, nil)
	if !got.Secret.Equal(secret(value)) {
		t.Errorf("%s is not %q", stage, value)
	}
}

// issues goes through the life of a secret that is made and kept without anybody seeing it.
func issues(t *testing.T, h *harness) {
	t.Helper()
	v := vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{h.ref.Scheme: h.Backend}, Clock: clock.System()})
	looks := func(prefix string) vault.Traces {
		t.Helper()
		out, err := v.Traces(t.Context(), h.ref, prefix)
		want(t, err, nil)
		return out
	}
	h.seed(t, "one")
	one := looks("aap_").Current
	if one == nil || one.Ours {
		t.Fatalf("what somebody else put there is %+v", one)
	}
	made, err := v.Issue(t.Context(), h.ref, "aap_")
	want(t, err, nil)
	if diff := cmp.Diff(vault.Traces{Current: one, Pending: &made}, looks("aap_")); diff != "" || !made.Ours {
		t.Errorf("issued: %s", diff)
	}
	want(t, v.Promote(t.Context(), h.ref, made.Token), nil)
	if diff := cmp.Diff(vault.Traces{Current: &made, Previous: one}, looks("aap_")); diff != "" {
		t.Errorf("promoted: %s", diff)
	}
	if looks("asc_").Current.Ours {
		t.Error("a secret of another prefix is taken for ours")
	}
	want(t, v.Restore(t.Context(), h.ref), nil)
	back := looks("aap_")
	if !bytes.Equal(back.Current.Digest, one.Digest) || !bytes.Equal(back.Previous.Digest, made.Digest) {
		t.Errorf("restored: %+v", back)
	}
	h.holds(t, vault.Current, "one")
}

// conform is what every backend that can be written has to do.
func conform(t *testing.T, open func(t *testing.T) *harness) {
	t.Helper()
	run := func(name string, f func(t *testing.T, h *harness)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t))
		})
	}
	run("a secret that is not there", func(t *testing.T, h *harness) {
		for _, s := range []vault.Stage{vault.Current, vault.Pending, vault.Previous} {
			h.holds(t, s, "")
		}
		_, err := h.Versions(t.Context(), h.ref)
		want(t, err, vault.ErrNotFound)
		want(t, h.Promote(t.Context(), h.ref, ids.UUID()), vault.ErrNotFound)
	})
	run("secrets that we hand out", issues)
	run("stages", func(t *testing.T, h *harness) {
		first := h.seed(t, "one")
		h.holds(t, vault.Current, "one")
		h.holds(t, vault.Pending, "")
		h.holds(t, vault.Previous, "")
		second := ids.UUID()
		h.put(t, "two", second)
		h.holds(t, vault.Current, "one")
		h.holds(t, vault.Pending, "two")
		h.promote(t, second)
		h.holds(t, vault.Current, "two")
		h.holds(t, vault.Pending, "")
		h.holds(t, vault.Previous, "one")
		third := ids.UUID()
		h.put(t, "three", third)
		stages := h.stages(t)
		for token, stage := range map[string]vault.Stage{first: vault.Previous, second: vault.Current, third: vault.Pending} {
			if stages[stage] != token {
				t.Errorf("%s is version %q, want %q", stage, stages[stage], token)
			}
		}
	})
	run("fields of one secret are apart", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		token := ids.UUID()
		want(t, h.PutPending(t.Context(), h.sibling, secret("other"), token), nil)
		want(t, h.Promote(t.Context(), h.sibling, token), nil)
		h.holds(t, vault.Current, "one")
		got, err := h.Get(t.Context(), h.sibling, vault.Current)
		if want(t, err, nil); !got.Secret.Equal(secret("other")) {
			t.Error("the other field has another value")
		}
	})
	run("verbs repeat", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		token := ids.UUID()
		for range 3 {
			h.put(t, "two", token)
		}
		want(t, h.PutPending(t.Context(), h.ref, secret("another"), token), vault.ErrConflict)
		for range 3 {
			h.promote(t, token)
		}
		h.put(t, "two", token) // a late repetition changes nothing
		want(t, h.PutPending(t.Context(), h.ref, secret("another"), token), vault.ErrConflict)
		h.holds(t, vault.Current, "two")
		h.holds(t, vault.Previous, "one")
		h.holds(t, vault.Pending, "")
	})
	run("a stale writer", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		stale, winner := ids.UUID(), ids.UUID()
		h.put(t, "stale", stale)
		h.put(t, "winner", winner)
		want(t, h.Promote(t.Context(), h.ref, stale), vault.ErrConflict)
		want(t, h.PutPending(t.Context(), h.ref, secret("stale"), stale), vault.ErrConflict)
		h.promote(t, winner)
		want(t, h.Promote(t.Context(), h.ref, stale), vault.ErrConflict)
		h.holds(t, vault.Current, "winner")
		h.holds(t, vault.Previous, "one")
	})
	run("writers at once", func(t *testing.T, h *harness) {
		h.seed(t, "zero")
		const writers = 6
		var done [writers]error
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				b, token := h.reopen(), ids.UUID()
				if done[i] = b.PutPending(t.Context(), h.ref, secret(fmt.Sprint(i)), token); done[i] == nil {
					done[i] = b.Promote(t.Context(), h.ref, token)
				}
			})
		}
		wg.Wait()
		current, err := h.Get(t.Context(), h.ref, vault.Current)
		want(t, err, nil)
		found := false
		for i, err := range done {
			if err != nil {
				want(t, err, vault.ErrConflict)
			} else if current.Secret.Equal(secret(fmt.Sprint(i))) {
				found = true
			}
		}
		if !found {
			t.Errorf("the current value is of no writer that was told it succeeded: %v", done)
		}
	})
	run("one token promoted at once by many", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		token := ids.UUID()
		h.put(t, "two", token)
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = h.reopen().Promote(t.Context(), h.ref, token) })
		}
		wg.Wait()
		want(t, errors.Join(errs...), nil)
		h.holds(t, vault.Current, "two")
		h.holds(t, vault.Previous, "one")
	})
	run("a crash between pending and promote", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		token := ids.UUID()
		h.put(t, "two", token)
		h.Backend = h.reopen()
		h.holds(t, vault.Current, "one")
		h.holds(t, vault.Pending, "two")
		h.promote(t, token)
		h.holds(t, vault.Current, "two")
	})
	run("somebody else writes", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		h.outside(fmt.Sprintf(`{%q:%q,"count":7}`, h.ref.Field, canary+"theirs"))
		h.holds(t, vault.Current, "theirs")
		token := ids.UUID()
		h.put(t, "two", token)
		h.promote(t, token)
		h.holds(t, vault.Current, "two")
		h.holds(t, vault.Previous, "theirs")
	})
	run("misuse", func(t *testing.T, h *harness) {
		want(t, h.PutPending(t.Context(), h.ref, vault.Secret{}, ids.UUID()), vault.ErrInvalid)
		want(t, h.PutPending(t.Context(), h.ref, secret("x"), "short"), vault.ErrInvalid)
		want(t, h.Promote(t.Context(), h.ref, strings.Repeat("/", 40)), vault.ErrInvalid)
		h.seed(t, "one")
		_, err := h.Get(t.Context(), h.ref, "later")
		want(t, err, vault.ErrInvalid)
	})
	run("a caller that gave up", func(t *testing.T, h *harness) {
		h.seed(t, "one")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := clean(t, h.PutPending(ctx, h.ref, secret("two"), ids.UUID())); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func (h *harness) stages(t *testing.T) map[vault.Stage]string {
	t.Helper()
	list, err := h.Versions(t.Context(), h.ref)
	want(t, err, nil)
	out := map[vault.Stage]string{}
	for _, v := range list {
		for _, s := range v.Stages {
			out[s] = v.ID
		}
	}
	return out
}

// fault is something that happens to one write.
type fault int

const (
	before fault = iota // nothing is done
	after               // done, but nobody is told
	broken              // nothing is done; the vault says it is broken
	slow                // done, but the answer does not come
	sealed
	denied
	expired // the login has ended
)

// conformFaults is what has to hold when a write goes wrong in each way.
func conformFaults(t *testing.T, open func(t *testing.T) *harness) {
	t.Helper()
	for name, tc := range map[string]struct {
		fault
		kind error // nil: the backend may get over it
	}{
		"before the write":             {before, vault.ErrUnavailable},
		"after the write":              {after, vault.ErrUnavailable},
		"broken":                       {broken, vault.ErrUnavailable},
		"slow":                         {slow, context.DeadlineExceeded},
		"sealed":                       {sealed, vault.ErrSealed},
		"denied":                       {denied, vault.ErrDenied},
		"the login ends in the middle": {expired, nil},
	} {
		for _, verb := range []string{"put", "promote"} {
			t.Run(name+"/"+verb, func(t *testing.T) {
				t.Parallel()
				h := open(t)
				h.seed(t, "one")
				token := ids.UUID()
				act := func(ctx context.Context) error { return h.PutPending(ctx, h.ref, secret("two"), token) }
				if verb == "promote" {
					h.put(t, "two", token)
					act = func(ctx context.Context) error { return h.Promote(ctx, h.ref, token) }
				}
				if !h.fault(tc.fault) {
					return // this backend cannot fail in this way
				}
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tc.fault == slow {
					ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				}
				err := clean(t, act(ctx))
				cancel()
				switch {
				case tc.kind != nil && !errors.Is(err, tc.kind):
					t.Fatalf("got %v, want %v", err, tc.kind)
				case tc.kind == nil && err != nil:
					want(t, err, vault.ErrDenied)
				}
				h.heal()
				done := err == nil || tc.fault == after || tc.fault == slow
				for _, stage := range []vault.Stage{vault.Current, vault.Pending} {
					h.holds(t, stage, map[string]map[vault.Stage]string{
						"put false": {vault.Current: "one"}, "put true": {vault.Current: "one", vault.Pending: "two"},
						"promote false": {vault.Current: "one", vault.Pending: "two"}, "promote true": {vault.Current: "two"},
					}[fmt.Sprint(verb, " ", done)][stage])
				}
				want(t, act(t.Context()), nil) // whatever happened, the same call again completes it
				h.promote(t, token)
				h.holds(t, vault.Current, "two")
				h.holds(t, vault.Previous, "one")
			})
		}
	}
}
