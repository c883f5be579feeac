// SPDX-License-Identifier: Apache-2.0

package environment_test

import (
	"context"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "platform"

// process is one that knows of one real API.
func process() *environment.Service {
	return environment.New(environment.Deps{
		Clock: clock.System(), Tenant: tenant, Specs: []environment.Spec{{Name: "production", Mode: environment.Live, Live: true}},
		Status: func(context.Context, string) environment.Status { return environment.Status{} }, Changed: func() {},
	})
}

func memory(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// TestModesFollowedOutOfOrder: what was read before a switch and arrives after it does not take the switch back.
func TestModesFollowedOutOfOrder(t *testing.T) {
	t.Parallel()
	before, after := memory(t), memory(t)
	var in environment.ModeIn
	in.Name, in.Body.Mode = "production", environment.ReadOnly
	who := actor.With(t.Context(), &actor.Actor{Tenant: tenant})
	if err := after.Update(who, func(ctx context.Context) error { _, err := process().SetMode(ctx, in); return err }); err != nil {
		t.Fatal(err)
	}
	s := process()
	for _, told := range []struct {
		st   store.Store
		n    int64
		want string
	}{{before, 1, environment.Live}, {after, 3, environment.ReadOnly}, {before, 2, environment.ReadOnly}, {before, 4, environment.Live}} {
		if err := told.st.View(t.Context(), func(ctx context.Context) error { return s.Follow(ctx, tenant, told.n) }); err != nil {
			t.Fatal(err)
		}
		if got := s.Mode("production"); got != told.want {
			t.Errorf("told of change %d: %s, want %s", told.n, got, told.want)
		}
	}
}
