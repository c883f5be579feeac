// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/upstream"
)

// TestTrailOfRotations: the audit trail has of each rotation when it began, why, and how it ended, once; what is tried again
// in vain is not written again.
func TestTrailOfRotations(t *testing.T) {
	t.Parallel()
	asked := upstream.Request{Tenant: "tmc", By: "lena"}
	for name, tc := range map[string]struct {
		act  func(t *testing.T, r *rig, c *upstream.Client)
		want []string
	}{
		"on demand": {func(t *testing.T, _ *rig, c *upstream.Client) {
			if _, err := c.Rotate(t.Context(), asked); err != nil {
				t.Error(err)
			}
		}, []string{"production rotation.started automatic on-demand started, tmc lena", "production rotation.done in-place on-demand done, tmc lena"}},
		"an incident": {func(t *testing.T, _ *rig, c *upstream.Client) {
			if _, err := c.Rotate(t.Context(), upstream.Request{Reason: upstream.Incident}); err != nil {
				t.Error(err)
			}
		}, []string{"production rotation.started automatic incident started,  ", "production rotation.done in-place incident done,  "}},
		"by age": {func(t *testing.T, r *rig, c *upstream.Client) {
			r.ahead.Add(int64(91 * 24 * time.Hour))
			c.Tend(t.Context())
			c.Tend(t.Context())
		}, []string{"production rotation.started automatic scheduled started,  ", "production rotation.done in-place scheduled done,  "}},
		"given up": {func(t *testing.T, r *rig, c *upstream.Client) {
			r.user("admin") // so that its secret in the vault is refused
			if _, err := c.Rotate(t.Context(), asked); !errors.Is(err, upstream.ErrCredential) || len(r.saw(upstream.EventAdmin)) != 1 || len(r.saw(upstream.EventCredential)) != 0 {
				t.Error(err)
			}
		}, []string{"production rotation.started automatic on-demand started, tmc lena", "production rotation.undone automatic on-demand started, tmc lena"}},
		"resumed": {func(t *testing.T, r *rig, c *upstream.Client) {
			r.after = func(path string) bool { return path != "/v2/api-users/rotate" }
			for range 3 {
				if _, err := c.Rotate(t.Context(), asked); !errors.Is(err, upstream.ErrUnavailable) {
					t.Error(err)
				}
				r.ahead.Add(int64(time.Minute))
			}
			r.after = nil
			c.Tend(t.Context())
		}, []string{
			"production rotation.started automatic on-demand started, tmc lena", "production rotation.failed in-place on-demand asking, tmc lena",
			"production rotation.resumed in-place on-demand asking, tmc lena", "production rotation.done in-place on-demand done, tmc lena",
		}},
		"by a person": {func(t *testing.T, r *rig, c *upstream.Client) {
			r.after = func(path string) bool { return path != "/v2/api-users/rotate" }
			if _, err := c.Rotate(t.Context(), asked); !errors.Is(err, upstream.ErrUnavailable) {
				t.Error(err)
			}
			r.after = nil
			r.fake.mu.Lock()
			delete(r.users, "prod")
			r.fake.mu.Unlock()
			if _, err := c.Resume(t.Context()); !errors.Is(err, upstream.ErrManual) {
				t.Error(err)
			}
		}, []string{
			"production rotation.started automatic on-demand started, tmc lena", "production rotation.failed in-place on-demand asking, tmc lena",
			"production rotation.manual in-place on-demand asking, tmc lena",
		}},
		"a trail that is full": {func(t *testing.T, r *rig, c *upstream.Client) {
			old := r.secret("prod")
			r.full = true
			if _, err := c.Rotate(t.Context(), asked); err == nil || r.secret("prod") != old {
				t.Error("it was rotated without an entry", err)
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.hasty()
			c := r.node(t)
			tc.act(t, r, c)
			r.mu.Lock()
			defer r.mu.Unlock()
			if diff := cmp.Diff(tc.want, r.trail); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOrphansInTheTrail: an API user whose secret nobody knows is named there.
func TestOrphansInTheTrail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hasty()
	r.env.Role = "TMC_ADMIN"
	lost := false
	r.after = func(path string) bool {
		lose := path == "/v2/api-users" && r.count("POST "+path) == 1 && !lost
		lost = lost || lose
		return !lose
	}
	c := r.node(t)
	rep, err := c.Rotate(t.Context(), upstream.Request{})
	if err != nil || len(rep.Orphans) != 1 {
		t.Fatal(rep, err)
	}
	want := []string{
		"production rotation.started automatic on-demand started,  ", "production rotation.orphan turns on-demand asking,  ", "production rotation.done turns on-demand done,  ",
	}
	if diff := cmp.Diff(want, r.trail); diff != "" {
		t.Error(diff)
	}
}

// TestCredentialRefused: that the upstream does not take the credential is told when it begins and once an hour, also while
// an older token still lives, and is over with the next token.
func TestCredentialRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.node(t)
		try := func(ok bool) {
			t.Helper()
			if _, _, err := call(t.Context(), c, r.env.BaseURL, ""); (err == nil) != ok || !ok && !errors.Is(err, upstream.ErrCredential) {
				t.Errorf("a call: %v", err)
			}
			synctest.Wait()
		}
		expect := func(when string, refused, taken int, denied bool) {
			t.Helper()
			is := []any{len(r.saw(upstream.EventCredential)), len(r.saw(upstream.EventToken)), c.Denied(), c.Status(t.Context()).Problem != ""}
			if diff := cmp.Diff([]any{refused, taken, denied, denied}, is); diff != "" {
				t.Errorf("%s: %s", when, diff)
			}
		}
		try(true)
		expect("at first", 0, 1, false)
		right := r.user("prod") // another secret than the vault's; the token lives on
		pass(r.life - time.Minute/2)
		try(true)
		expect("while the token lives", 1, 1, true)
		pass(time.Minute)
		for range 5 {
			try(false)
			pass(2 * time.Minute)
		}
		expect("after it", 1, 1, true)
		pass(time.Hour)
		try(false)
		expect("an hour later", 2, 1, true)
		id := "00000000-0000-0000-0000-0000000000aa"
		if err := errors.Join(r.vaults.PutPending(t.Context(), r.env.Secret, vaultSecret(right), id), r.vaults.Promote(t.Context(), r.env.Secret, id)); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Minute)
		try(true)
		expect("with the right secret", 2, 2, false)
		r.noCanary(t)
	})
}
