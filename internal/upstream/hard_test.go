// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// lame is a store whose writes fail while broken is set.
type lame struct {
	store.Store
	broken atomic.Bool
}

func (l *lame) Update(ctx context.Context, fn func(ctx context.Context) error) error {
	if l.broken.Load() {
		return store.Unavailable(errors.New("disk full"))
	}
	return l.Store.Update(ctx, fn)
}

// The store goes away at each act. Before the upstream was asked nothing happens; afterwards the secret gets into the
// vault all the same, and the journal is brought up to date later.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	for name, with := range strategies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n++ {
				r := newRigOn(t, kvServer(t).place)
				r.hasty()
				with(&r.env)
				r.limit = 10
				bad := &lame{Store: r.store}
				r.store = bad
				old := r.secret("prod")
				left, act := n, ""
				r.step = func(step string) error {
					if left--; left == -1 {
						act = step
						bad.broken.Store(true)
					}
					return nil
				}
				c := r.node(t)
				r.call(t, c, "")
				_, err := c.Rotate(t.Context(), upstream.Request{})
				r.call(t, c, `{"externalId":"meanwhile"}`)
				if act == "" {
					return
				}
				if len(r.kept(t)) == 0 {
					t.Errorf("%s: no working credential is anywhere", act)
				}
				if err != nil && !errors.Is(err, upstream.ErrUnavailable) {
					t.Errorf("%s: %v", act, err)
				}
				bad.broken.Store(false)
				r.step = nil
				r.ahead.Add(int64(time.Minute))
				if _, err := c.Resume(t.Context()); err != nil {
					t.Errorf("%s: %v", act, err)
				}
				if r.secret("prod") == old { // nothing was done
					if rep, err := c.Rotate(t.Context(), upstream.Request{}); err != nil {
						t.Fatalf("%s: %+v %v", act, rep, err)
					}
				}
				r.settled(t, old, 2+len(c.Status(t.Context()).Rotation.Orphans))
			}
		})
	}
}

// The escrow's disk is full when the answer comes: the vault takes it directly.
func TestEscrowFails(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, kvServer(t).place)
	r.hasty()
	r.step = func(step string) error {
		if step == "answer" {
			return errors.Join(os.RemoveAll(r.escrow), os.WriteFile(r.escrow, nil, 0o600))
		}
		return nil
	}
	old := r.secret("prod")
	rep, err := r.node(t).Rotate(t.Context(), upstream.Request{})
	if err != nil || rep.Step != "done" {
		t.Fatal(rep, err)
	}
	r.settled(t, old, 2)
	if len(r.saw(upstream.EventFailed)) != 1 {
		t.Error("nobody was told")
	}
}

// A node is silent for so long after it asked that another takes over, and wakes up with an answer. Whichever of the two
// secrets the upstream made last is the one that ends up in the vault.
func TestFrozenNode(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"asks before the other": false, "asks after the other": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, kvServer(t).place)
			r.hasty()
			old := r.secret("prod")
			act := "answer"
			if late {
				act = "ask"
			}
			other := r.node(t)
			r.step = func(step string) error {
				if step == act {
					r.step = nil
					r.ahead.Add(int64(2 * time.Minute))
					if rep, err := other.Rotate(t.Context(), upstream.Request{}); err != nil || rep.Step != "done" {
						t.Errorf("%+v %v", rep, err)
					}
				}
				return nil
			}
			o := r.options()
			frozen, err := upstream.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer stop(t, frozen)
			if _, err := frozen.Rotate(t.Context(), upstream.Request{}); !errors.Is(err, upstream.ErrBusy) || !strings.Contains(err.Error(), "another has taken over") {
				t.Fatal(err)
			}
			r.ahead.Add(int64(2 * time.Hour))
			_, _, err = call(t.Context(), frozen, r.env.BaseURL, "") // finds out when the vault's secret is dead
			if late != errors.Is(err, upstream.ErrCredential) {
				t.Errorf("%v", err)
			}
			if err != nil {
				frozen.Tend(t.Context())
				r.ahead.Add(int64(time.Minute))
			}
			r.call(t, frozen, "")
			r.call(t, other, "")
			for _, f := range r.files(t, r.escrow) {
				_ = os.Remove(f)
			}
			r.settled(t, old, 2)
		})
	}
}

// The upstream refuses a secret that it has just issued: in place another is asked for, by turns the new API user is
// revoked again and the old one stays.
func TestStillborn(t *testing.T) {
	t.Parallel()
	for name, with := range strategies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, kvServer(t).place)
			r.hasty()
			with(&r.env)
			old := r.secret("prod")
			once := true
			r.step = func(step string) error {
				if step == "prove" && once {
					once = false
					r.fake.mu.Lock()
					defer r.fake.mu.Unlock()
					for id := range r.users {
						if id != "admin" && (id != "prod" || name == "in-place") {
							r.users[id] = "killed by somebody else"
						}
					}
				}
				return nil
			}
			c := r.node(t)
			r.call(t, c, "")
			rep, err := c.Rotate(t.Context(), upstream.Request{})
			if name == "in-place" {
				if err != nil || rep.Step != "done" || rep.Asked != 2 {
					t.Fatal(rep, err)
				}
				r.settled(t, old, 2)
				return
			}
			if err == nil || rep.Step != "undone" || r.secret("prod") != old {
				t.Fatal(rep, err)
			}
			r.call(t, c, "")
			if rep, err = c.Rotate(t.Context(), upstream.Request{}); err != nil {
				t.Fatal(rep, err)
			}
			r.settled(t, old, 2)
		})
	}
}

// A request that does not end stops a rotation before anything is changed, but not in an incident.
func TestRequestThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		reason upstream.Reason
		kind   error
	}{"on demand": {upstream.OnDemand, upstream.ErrBusy}, "incident": {upstream.Incident, nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				old := r.secret("prod")
				c := r.node(t)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.env.BaseURL+"/v2/companies", nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := c.RoundTrip(req) // and its body is not read
				if err != nil {
					t.Fatal(err)
				}
				held := make(chan error, 1)
				go func() {
					pass(time.Second)
					_, _, err := call(t.Context(), c, r.env.BaseURL, "")
					held <- err
				}()
				rep, err := c.Rotate(t.Context(), upstream.Request{Reason: x.reason})
				if !errors.Is(err, x.kind) || (err == nil) != (x.kind == nil) {
					t.Errorf("%+v %v", rep, err)
				}
				if err := <-held; err != nil {
					t.Errorf("a request that was held: %v", err)
				}
				if (r.secret("prod") == old) != (x.kind != nil) {
					t.Error("the wrong thing was done")
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				r.call(t, c, "")
			})
		})
	}
}

// Ninety days go by: nothing for a while, then a warning a day, then one rotation, on one of the nodes.
func TestSchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	nodes := []*upstream.Client{r.node(t), r.node(t)}
	seen := -1
	for d := range 100 {
		for range 2 {
			r.ahead.Add(int64(12 * time.Hour))
			for _, n := range nodes {
				n.Tend(t.Context())
			}
		}
		if n := r.rotations(); n > 0 && seen < 0 {
			seen = d + 1
		}
		if d == 60 && len(r.saw(upstream.EventDue)) != 0 {
			t.Errorf("warned on day %d", d)
		}
	}
	if seen < 85 || seen > 91 || r.rotations() != 1 {
		t.Errorf("rotated %d times, first on day %d", r.rotations(), seen)
	}
	if n := len(r.saw(upstream.EventDue)); n < 12 || n > 15 {
		t.Errorf("%d warnings", n)
	}
	if n := len(r.saw(upstream.EventDone)); n != 1 {
		t.Errorf("%d rotations were told of", n)
	}
	r.call(t, nodes[1], "")
}

// A client that was started takes up by itself what a process that died has left, and uses the tokens that others fetch.
func TestStart(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, kvServer(t).place)
	r.hasty()
	old := r.secret("prod")
	r.crashAt(t, func(step string) bool { return step == "promote" })
	r.ahead.Add(int64(time.Minute))
	done := make(chan struct{})
	r.step = func(step string) error {
		if step == "clean" {
			close(done)
		}
		return nil
	}
	c := r.node(t)
	c.Start()
	c.Start()
	<-done
	stop(t, c)
	if old == r.secret("prod") {
		t.Error("nothing happened")
	}
	r.call(t, r.node(t), "")
}

func (r *rig) rotations() int {
	r.fake.mu.Lock()
	defer r.fake.mu.Unlock()
	return r.fake.rotates
}

// The caller leaves in the middle: the rotation stops between two steps, nothing is lost, and it is taken up again.
func TestCallerOfRotationLeaves(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"prove vault", "ask", "answer", "stage", "promote"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, kvServer(t).place)
			r.hasty()
			old := r.secret("prod")
			ctx, cancel := context.WithCancel(t.Context())
			r.step = func(step string) error {
				if step == at {
					cancel()
				}
				return nil
			}
			c := r.node(t)
			r.call(t, c, "")
			_, err := c.Rotate(ctx, upstream.Request{})
			if !errors.Is(err, upstream.ErrStopped) {
				t.Errorf("%v", err)
			}
			if len(r.kept(t)) == 0 {
				t.Error("no working credential is anywhere")
			}
			r.call(t, c, "")
			if rep, err := c.Rotate(t.Context(), upstream.Request{}); err != nil || rep.Step != "done" || rep.Lost != 0 {
				t.Fatal(rep, err)
			}
			r.settled(t, old, 2)
		})
	}
}

// A secret that cannot be written is not rotated, and doctor is told.
func TestEnvironmentVariable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	secret := r.secret("prod")
	r.open = func() *vault.Vaults {
		env := vault.Env(func(name string) (string, bool) { return secret, name == "PROD" })
		return vault.New(vault.Options{Backends: map[vault.Scheme]vault.Backend{vault.SchemeEnv: env}, Clock: r.clock()})
	}
	r.env.Secret, r.env.AdminClientID, r.env.AdminSecret = ref(t, "env:PROD"), "", vault.Ref{}
	c := r.node(t)
	r.call(t, c, "")
	if _, err := c.Rotate(t.Context(), upstream.Request{SelfOnly: true}); !errors.Is(err, upstream.ErrRisk) || !errors.Is(err, vault.ErrReadOnly) {
		t.Errorf("%v", err)
	}
	if s := c.Status(t.Context()); len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], "cannot be rotated") || !s.Age.Due.IsZero() || s.Age.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

// Neither a token nor a secret can be read from what is on disk while a rotation is unfinished.
func TestAtRest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "airside.db"), MasterKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	r.store, r.escrow = st, filepath.Join(dir, "escrow")
	r.call(t, r.node(t), "")
	r.crashAt(t, func(step string) bool { return step == "promote" })
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	n := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s has a secret", filepath.Base(path))
		}
		return err
	})
	if err != nil || n < 3 {
		t.Errorf("%d files: %v", n, err)
	}
}
