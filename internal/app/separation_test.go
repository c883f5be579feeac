// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// TestSharedCredentialIsTold: what a start cannot know, since a vault behind a network has it, is an alert as soon as the
// vault has answered, and ends when the two are apart.
func TestSharedCredentialIsTold(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	held := map[string]string{"production": "the same", "stage": "the same"}
	g.secrets = vault.New(vault.Options{Clock: clock.System(), TTL: 1, Backends: map[vault.Scheme]vault.Backend{
		vault.SchemeKV: vault.Env(func(name string) (string, bool) { v, ok := held[name]; return v, ok }),
	}})
	at := func(name string) upstream.Environment {
		return upstream.Environment{Name: name, Secret: vault.Ref{Scheme: vault.SchemeKV, Mount: "secret", Path: name, Field: "f"}}
	}
	all := []upstream.Environment{at("production"), at("stage")}
	open := func() []string {
		return slices.DeleteFunc(g.alerts(g.demo.TMCID), func(a string) bool { return !strings.HasPrefix(a, "OPEN") })
	}
	if next := g.compare(t.Context(), all); next != compareAgain {
		t.Errorf("comes again after %s", next)
	}
	want := []string{"OPEN upstream-credential-shared HIGH production", "OPEN upstream-credential-shared HIGH stage"}
	if diff := cmp.Diff(want, open()); diff != "" {
		t.Errorf("the alerts: %s", diff)
	}
	delete(held, "stage")
	if next := g.compare(t.Context(), all); next != compareSoon {
		t.Errorf("while the vault has none: comes again after %s", next)
	}
	held["stage"] = "another"
	g.compare(t.Context(), all)
	if left := open(); len(left) > 0 {
		t.Errorf("once they are apart: %s", left)
	}
}
