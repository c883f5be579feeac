// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

var errCrash = errors.New("the process dies")

// strategies are the environments that lead to each; plain: with the admin and without a role.
var strategies = map[string]func(e *upstream.Environment){
	"in-place": func(*upstream.Environment) {},
	"turns":    func(e *upstream.Environment) { e.Role = "TMC_ADMIN" },
	"turns without admin": func(e *upstream.Environment) {
		e.Role, e.AdminClientID, e.AdminSecret = "TMC_ADMIN", "", vault.Ref{}
	},
}

// inUse reads a credential the way another program would: a pair, or a secret that belongs to "prod".
func inUse(t *testing.T, s vault.Secret) (id, secret string) {
	t.Helper()
	var text string
	s.Use(func(b []byte) { text = string(b) })
	var p struct{ ClientID, ClientSecret string }
	if json.Unmarshal([]byte(text), &p) == nil && p.ClientID != "" {
		return p.ClientID, p.ClientSecret
	}
	return "prod", text
}

// works reports whether the upstream takes a credential.
func (r *rig) works(t *testing.T, s vault.Secret) bool {
	t.Helper()
	id, secret := inUse(t, s)
	r.fake.mu.Lock()
	defer r.fake.mu.Unlock()
	return r.users[id] == secret
}

// kept finds working credentials in the vault, at any stage, and in the escrow.
func (r *rig) kept(t *testing.T) (out []string) {
	t.Helper()
	fresh := r.open()
	for _, stage := range []vault.Stage{vault.Current, vault.Pending, vault.Previous} {
		if h, err := fresh.Get(t.Context(), r.env.Secret, stage); err == nil && r.works(t, h.Secret) {
			out = append(out, string(stage))
		}
	}
	files, err := filepath.Glob(filepath.Join(r.escrow, "*.age"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		h, err := vault.NewSealed(*r.key, r.clock()).Get(t.Context(), vault.Ref{Scheme: vault.SchemeFile, Path: f, Field: "credential"}, vault.Pending)
		if err == nil && r.works(t, h.Secret) {
			out = append(out, "escrow")
		}
	}
	return out
}

// settled checks what has to be true after a rotation, however it came about.
func (r *rig) settled(t *testing.T, old string, users int) {
	t.Helper()
	h, err := r.open().Get(t.Context(), r.env.Secret, vault.Current)
	if err != nil {
		t.Fatal(err)
	}
	if !r.works(t, h.Secret) {
		t.Errorf("the upstream refuses what is in the vault")
	}
	if _, secret := inUse(t, h.Secret); secret == old {
		t.Errorf("the vault still has the old secret")
	}
	r.fake.mu.Lock()
	n := len(r.users)
	for id, s := range r.users {
		if s == old {
			t.Errorf("the old secret still works, as %s", id)
		}
	}
	r.fake.mu.Unlock()
	if n != users {
		t.Errorf("there are %d API users, want %d", n, users)
	}
	r.call(t, r.node(t), `{"externalId":"after"}`)
	if files, _ := os.ReadDir(r.escrow); len(files) != 0 {
		t.Errorf("%d files were left in the escrow", len(files))
	}
	r.noCanary(t)
}

// noCanary looks for secrets in all that was told.
func (r *rig) noCanary(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if s := fmt.Sprintf("%+v %v", e, e.Err); strings.Contains(s, canary) {
			t.Errorf("an event has a secret: %s", s)
		}
	}
}

func (r *rig) secret(id string) string {
	r.fake.mu.Lock()
	defer r.fake.mu.Unlock()
	return r.users[id]
}

func TestRotate(t *testing.T) {
	t.Parallel()
	for name, with := range strategies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.hasty()
			with(&r.env)
			c, other := r.node(t), r.node(t)
			r.call(t, c, "")
			r.call(t, other, "")
			for n := range 3 { // by turns the second starts from a pair
				h, err := r.open().Get(t.Context(), r.env.Secret, vault.Current)
				if err != nil {
					t.Fatal(err)
				}
				_, old := inUse(t, h.Secret)
				rep, err := c.Rotate(t.Context(), upstream.Request{})
				if err != nil || rep.Step != "done" || rep.Asked != 1 || rep.Resumed || !strings.HasPrefix(name, string(rep.Strategy)) {
					t.Fatalf("%d: %+v %v", n, rep, err)
				}
				r.settled(t, old, 2)
				r.call(t, c, "")
				r.call(t, other, `{"externalId":"other"}`)
			}
			s := c.Status(t.Context())
			if s.Rotation == nil || !s.Rotation.Over || s.Held || s.Problem != "" || !s.Ready || s.OnTheWay != 0 {
				t.Errorf("%+v", s)
			}
			if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), canary) {
				t.Errorf("%s %v", text, err)
			}
		})
	}
}

// crash runs a rotation that dies at the n-th act; the act's name, or "" when it has fewer.
func (r *rig) crash(t *testing.T, n int) string {
	t.Helper()
	return r.crashAt(t, func(string) bool { n--; return n < 0 })
}

func (r *rig) crashAt(t *testing.T, die func(step string) bool) (act string) {
	t.Helper()
	o := r.options()
	o.Step = func(step string) error {
		if die(step) {
			act = step
			return errCrash
		}
		return nil
	}
	c, err := upstream.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, c)
	if _, err := c.Rotate(t.Context(), upstream.Request{}); act != "" && !errors.Is(err, errCrash) {
		t.Fatalf("%s: %v", act, err)
	}
	return act
}

// The process dies at each act of both strategies. Until then a credential that works is in the vault or the escrow,
// apart from the moment between the upstream's answer and the escrow, which the admin credential is there for. Afterwards
// another process finishes, with the dead one's escrow or on another machine without it. The vault is a fake, and a real
// one where its address is given (realServers).
func TestCrash(t *testing.T) {
	t.Parallel()
	vaults := realServers(t)
	vaults["a fake KV"] = func(t *testing.T) place { return kvServer(t).place } //nolint:thelper // it makes one
	for vault, at := range vaults {
		for name, with := range strategies {
			for _, sameDisk := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, %s, same disk %v", vault, name, sameDisk), func(t *testing.T) {
					t.Parallel()
					n := 0
					for crashOnce(t, name, with, at(t), n, sameDisk) {
						n++
					}
					if n < 12 {
						t.Errorf("a rotation has %d acts only", n)
					}
				})
			}
		}
	}
}

// crashOnce dies at the n-th act and lets another process finish; false when there are fewer acts.
func crashOnce(t *testing.T, name string, with func(e *upstream.Environment), at place, n int, sameDisk bool) bool {
	t.Helper()
	r := newRigOn(t, at)
	r.hasty()
	with(&r.env)
	old := r.secret("prod")
	r.call(t, r.node(t), "")
	act := r.crash(t, n)
	if act == "" {
		return false
	}
	if kept := r.kept(t); len(kept) == 0 && act != "answer" {
		t.Errorf("%s: no working credential is anywhere", act)
	}
	users := 2
	if act == "answer" && name != "in-place" || act == "escrow" && name != "in-place" && !sameDisk {
		users = 3 // an orphan: made, and its secret lost
	}
	left := r.escrow
	if !sameDisk {
		r.escrow = t.TempDir()
	}
	next := r.node(t)
	if _, err := next.Resume(t.Context()); !errors.Is(err, upstream.ErrBusy) && act != "lease" && act != "clean" && act != "journal revoking" { // before the last, simulated time goes by
		t.Errorf("%s: the dead node's lease was not kept to: %v", act, err)
	}
	r.ahead.Add(int64(time.Minute))
	rep, err := next.Rotate(t.Context(), upstream.Request{})
	if err != nil || rep.Step != "done" {
		t.Fatalf("%s: %+v %v", act, rep, err)
	}
	if act == "clean" && sameDisk { // it was done, and another one was made
		for _, f := range r.files(t, left) {
			_ = os.Remove(f)
		}
	}
	r.settled(t, old, users)
	if (len(rep.Orphans) > 0) != (users == 3) {
		t.Errorf("%s: orphans %v", act, rep.Orphans)
	}
	return true
}

func (r *rig) files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Answers are lost: the call was carried out, or not, and nobody can tell. Every rotation ends well all the same, in one
// run or when it is taken up again.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	calls := map[string][]string{
		"in-place": {"/v2/api-users/rotate", "/v2/auth/oauth2-token", "/v2/api-users"},
		"turns":    {"/v2/api-users", "/v2/api-users/revoke", "/v2/auth/oauth2-token"},
	}
	for name, paths := range calls {
		for _, path := range paths {
			for _, done := range []bool{true, false} {
				for _, times := range []int{1, 3, 12} {
					t.Run(fmt.Sprintf("%s%s, done %v, %d times", name, path, done, times), func(t *testing.T) {
						t.Parallel()
						r := newRigOn(t, kvServer(t).place)
						r.hasty()
						strategies[name](&r.env)
						if name == "turns" {
							r.limit = 10
						}
						old := r.secret("prod")
						r.call(t, r.node(t), "")
						left := times
						lose := func(p string) bool {
							if p == path && left > 0 {
								left--
								return false
							}
							return true
						}
						if done {
							r.after = lose
						} else {
							r.before = lose
						}
						c := r.node(t)
						rep, err := c.Rotate(t.Context(), upstream.Request{})
						for n := 0; err != nil || rep.Step != "done"; n++ {
							if !errors.Is(err, upstream.ErrUnavailable) || n > 20 {
								t.Fatalf("%+v %v", rep, err)
							}
							if len(r.kept(t)) == 0 && path != "/v2/api-users/rotate" {
								t.Fatal("no working credential is anywhere")
							}
							r.ahead.Add(int64(2 * time.Minute))
							rep, err = c.Rotate(t.Context(), upstream.Request{})
						}
						r.settled(t, old, 2+len(rep.Orphans))
					})
				}
			}
		}
	}
}

// A lone credential does not rotate itself in place unless told to; then a lost answer is what it was warned of: the
// upstream's operator issues a new secret, and the rotation goes on with that.
func TestAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	r.env.AdminClientID, r.env.AdminSecret = "", vault.Ref{}
	c := r.node(t)
	r.call(t, c, "")
	if _, err := c.Rotate(t.Context(), upstream.Request{}); !errors.Is(err, upstream.ErrRisk) || !strings.Contains(err.Error(), "self-only") {
		t.Fatal(err)
	}
	r.call(t, c, "")
	old := r.secret("prod")
	rep, err := c.Rotate(t.Context(), upstream.Request{SelfOnly: true})
	if err != nil || rep.Step != "done" {
		t.Fatal(rep, err)
	}
	r.settled(t, old, 2)

	r.after = func(path string) bool { return path != "/v2/api-users/rotate" }
	if _, err = c.Rotate(t.Context(), upstream.Request{SelfOnly: true}); !errors.Is(err, upstream.ErrManual) || !strings.Contains(err.Error(), "issue a new secret for prod") {
		t.Fatal(err)
	}
	if s := c.Status(t.Context()); s.Rotation == nil || !s.Rotation.Manual || s.Rotation.Over {
		t.Errorf("%+v", s.Rotation)
	}
	r.after = nil
	c.Tend(t.Context()) // leaves it to the person
	id := "00000000-0000-0000-0000-0000000000aa"
	if err := errors.Join(r.vaults.PutPending(t.Context(), r.env.Secret, vaultSecret(r.user("prod")), id), r.vaults.Promote(t.Context(), r.env.Secret, id)); err != nil {
		t.Fatal(err)
	}
	old = r.secret("prod")
	if rep, err = c.Rotate(t.Context(), upstream.Request{SelfOnly: true}); err != nil || rep.Step != "done" || !rep.Resumed {
		t.Fatal(rep, err)
	}
	r.settled(t, old, 2)
}

// What stands in the way is found before anything is changed, and said.
func TestRefusedBeforehand(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		with func(t *testing.T, r *rig)
		kind error
		says string
	}{
		"no escrow":   {func(_ *testing.T, r *rig) { r.key = nil }, upstream.ErrRisk, "there is no escrow"},
		"escrow full": {func(t *testing.T, r *rig) { r.escrow = blocked(t) }, upstream.ErrRisk, "escrow cannot be written"},
		"no slot": {func(_ *testing.T, r *rig) {
			r.env.Role, r.env.Rotation.Strategy, r.limit = "TMC_ADMIN", upstream.Turns, 2
		}, upstream.ErrRisk, ""},
		"admin refused": {func(_ *testing.T, r *rig) { r.user("admin") }, upstream.ErrCredential, "do not belong together"},
		"admin of another TMC": {func(_ *testing.T, r *rig) {
			r.base = direct{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if q.Method == http.MethodGet && q.URL.Path == "/v2/api-users" {
					_, _ = w.Write([]byte(`{"apiUsers":[{"clientId":"other"}]}`))
					return
				}
				r.fake.ServeHTTP(w, q)
			})}
		}, upstream.ErrRisk, "does not see the API user"},
		"admin may not": {func(_ *testing.T, r *rig) {
			r.base = direct{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if strings.HasPrefix(q.URL.Path, "/v2/api-users") {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				r.fake.ServeHTTP(w, q)
			})}
		}, upstream.ErrRisk, "TMC admin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.hasty()
			x.with(t, r)
			if name == "no slot" {
				r.env.AdminClientID, r.env.AdminSecret = "", vault.Ref{}
			}
			before := r.secret("prod")
			c := r.node(t)
			_, err := c.Rotate(t.Context(), upstream.Request{})
			if !errors.Is(err, x.kind) || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), canary) {
				t.Errorf("%v", err)
			}
			if r.secret("prod") != before {
				t.Error("the secret was changed")
			}
			r.call(t, c, "")
			r.noCanary(t)
		})
	}
}

// blocked is a directory that cannot be made.
func blocked(t *testing.T) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(f, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(f, "escrow")
}

// When the TMC is full, automatic rotation falls back to rotating in place.
func TestNoFreeSlot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	r.env.Role, r.limit = "TMC_ADMIN", 2
	c := r.node(t)
	r.call(t, c, "")
	old := r.secret("prod")
	rep, err := c.Rotate(t.Context(), upstream.Request{})
	if err != nil || rep.Strategy != upstream.InPlace || rep.Step != "done" {
		t.Fatal(rep, err)
	}
	r.settled(t, old, 2)
}
