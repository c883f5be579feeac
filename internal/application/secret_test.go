// SPDX-License-Identifier: Apache-2.0

package application_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/vault"
)

// shelf is a vault that says what it is told to, and notes what is done to it.
type shelf struct {
	has vault.Traces
	did []string
}

func (s *shelf) Traces(context.Context, vault.Ref, string) (vault.Traces, error) { return s.has, nil }

func (s *shelf) Issue(context.Context, vault.Ref, string) (vault.Trace, error) {
	s.did = append(s.did, "issue")
	return *secretOf("new"), nil
}

func (s *shelf) Promote(_ context.Context, _ vault.Ref, token string) error {
	s.did = append(s.did, "promote "+token)
	return nil
}

func (s *shelf) Restore(context.Context, vault.Ref) error {
	s.did = append(s.did, "restore")
	return nil
}

// secretOf is a secret of ours, by the name of whose it is; foreign is what somebody else put there.
func secretOf(name string) *vault.Trace {
	return &vault.Trace{Digest: []byte(name), Token: name, Ours: name != "foreign"}
}

// holders knows whose secret has which digest.
type holders struct {
	*rig
	of map[string]holder
}

type holder struct {
	client string
	works  bool
}

func (h holders) Holder(_ context.Context, digest []byte) (id string, works bool, err error) {
	one := h.of[string(digest)]
	return one.client, one.works, nil
}

const (
	mine, others = "vault://secret/apps#mine", "vault://secret/apps#others"
	elsewhere    = "vault://secret/apps#elsewhere"
)

// shelved is a service with two applications, each with its place in a vault, and the client id of the first. Of each
// there is a secret that works, "mine" and "others", and one that does not any more, "my old" and "their old".
func shelved(t *testing.T, s *shelf) (r *rig, svc *application.Service, id string) {
	t.Helper()
	r = newRig(t)
	h := holders{r, map[string]holder{}}
	svc = application.New(application.Deps{Clock: clock.Func(func() time.Time { return r.now }), Store: r.store, Credentials: h,
		Environments: r, Companies: r, Permits: r.engine, Vault: s,
		Reserved: func(ref vault.Ref) string {
			if ref.Field == "reserved" {
				return "the environment production"
			}
			return ""
		}})
	for _, name := range []string{"mine", "others"} {
		in := application.SettingsIn{Body: application.Settings{Name: name, Owner: "lena@example.com", Environment: "production", SecretRef: "vault://secret/apps#" + name}}
		has := s.has
		s.has = vault.Traces{}
		ctx, after, err := svc.BeforeCreate(as(t), in)
		if err != nil || after != nil {
			t.Fatal(err)
		}
		s.has, s.did = has, nil
		if err := r.store.Update(ctx, func(ctx context.Context) error {
			made, err := svc.Create(ctx, in)
			if id == "" {
				id = made.ClientID
			}
			h.of[name] = holder{made.ClientID, true}
			h.of[map[string]string{"mine": "my old", "others": "their old"}[name]] = holder{made.ClientID, false}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return r, svc, id
}

// TestPlacesOfSecrets: an application names no place where another has its secret, and none that holds what works for
// somebody else or was not made here. What is there of nobody's, or does not work any more, may go.
func TestPlacesOfSecrets(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ref  string
		has  *vault.Trace
		rule string // that refuses it
	}{
		"its own":                   {mine, secretOf("mine"), ""},
		"another application's":     {others, nil, "reference"},
		"where nothing is":          {elsewhere, nil, ""},
		"where something else is":   {elsewhere, secretOf("foreign"), "occupied"},
		"where nobody's is":         {elsewhere, secretOf("nobody's"), ""},
		"where another's works":     {elsewhere, secretOf("others"), "occupied"},
		"where another's is dead":   {elsewhere, secretOf("their old"), ""},
		"where its own works":       {elsewhere, secretOf("mine"), ""},
		"the environment":           {"env:MAILER", nil, "reference"},
		"none":                      {"", secretOf("foreign"), ""},
		"what the configuration is": {"vault://secret/apps#reserved", nil, "reference"},
	} {
		s := &shelf{has: vault.Traces{Current: tc.has}}
		_, svc, id := shelved(t, s)
		_, _, err := svc.BeforeUpdate(as(t), application.UpdateIn{ClientID: id, Body: application.Settings{Name: "mine", Owner: "lena@example.com", Environment: "production", SecretRef: tc.ref}})
		rule := ""
		if e := errs.As(err); e != nil {
			rule = e.Fields[0].Rule
		}
		if rule != tc.rule || len(s.did) != 0 {
			t.Errorf("%s: %v, and to the vault it did %v; want %q", name, err, s.did, tc.rule)
		}
	}
}

// TestRotationsInTheVault: what an earlier rotation left staged becomes current when it counts for this application, and
// otherwise not; nothing of another's is replaced.
func TestRotationsInTheVault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		has     vault.Traces
		overlap int
		code    errs.Code
		did     []string
	}{
		"nothing is staged":             {vault.Traces{Current: secretOf("mine")}, 0, "", []string{"issue", "promote new"}},
		"the place is empty":            {vault.Traces{}, 0, "", []string{"issue", "promote new"}},
		"what counts is staged":         {vault.Traces{Current: secretOf("my old"), Pending: secretOf("mine")}, 0, "", []string{"promote mine", "issue", "promote new"}},
		"it counts, and the old is to":  {vault.Traces{Current: secretOf("my old"), Pending: secretOf("mine")}, 60, "", []string{"promote mine"}},
		"what is dead is staged":        {vault.Traces{Current: secretOf("mine"), Pending: secretOf("my old")}, 60, "", []string{"issue", "promote new"}},
		"what is another's is staged":   {vault.Traces{Current: secretOf("mine"), Pending: secretOf("others")}, 60, "", []string{"issue", "promote new"}},
		"what works for another is":     {vault.Traces{Current: secretOf("others")}, 0, errs.RotationRefused, nil},
		"what was not made here is":     {vault.Traces{Current: secretOf("foreign")}, 0, errs.RotationRefused, nil},
		"it is, and nothing of us else": {vault.Traces{Current: secretOf("foreign"), Pending: secretOf("my old")}, 0, errs.RotationRefused, nil},
	} {
		s := &shelf{has: tc.has}
		r, svc, id := shelved(t, s)
		in := application.RotateIn{ClientID: id}
		in.Body.OverlapSeconds = tc.overlap
		ctx, after, err := svc.BeforeRotate(as(t), in)
		if err == nil {
			err = r.store.Update(ctx, func(ctx context.Context) error { _, err := svc.Rotate(ctx, in); return err })
		}
		if err == nil && after != nil {
			err = after(ctx)
		}
		if diff := cmp.Diff(tc.did, s.did); code(err) != tc.code || diff != "" {
			t.Errorf("%s: %v, want %q; to the vault (-want +got)\n%s", name, err, tc.code, diff)
		}
	}
}

// TestProvideCompletes: of an application of the configuration the secret that counts becomes the current one, wherever
// in its place it is; and when it is nowhere there, that is said.
func TestProvideCompletes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		has  vault.Traces
		held bool
		did  []string
	}{
		"it is current":                         {vault.Traces{Current: secretOf("mine"), Previous: secretOf("my old")}, true, nil},
		"it is staged":                          {vault.Traces{Current: secretOf("my old"), Pending: secretOf("mine")}, true, []string{"promote mine"}},
		"it was replaced by nobody's":           {vault.Traces{Current: secretOf("nobody's"), Previous: secretOf("mine")}, true, []string{"restore"}},
		"it was replaced by another's":          {vault.Traces{Current: secretOf("their old"), Previous: secretOf("mine")}, false, nil},
		"it was replaced by what is not ours":   {vault.Traces{Current: secretOf("foreign"), Previous: secretOf("mine")}, false, nil},
		"it was removed":                        {vault.Traces{Previous: secretOf("mine")}, false, nil},
		"what was replaced is dead":             {vault.Traces{Current: secretOf("nobody's"), Previous: secretOf("my old")}, false, nil},
		"what was replaced is another's":        {vault.Traces{Current: secretOf("nobody's"), Previous: secretOf("others")}, false, nil},
		"what is staged is another's":           {vault.Traces{Pending: secretOf("others")}, false, nil},
		"what is current is another's":          {vault.Traces{Current: secretOf("others")}, false, nil},
		"nothing is there":                      {vault.Traces{}, false, nil},
		"it is current, and another's is ahead": {vault.Traces{Current: secretOf("mine"), Pending: secretOf("others")}, true, nil},
	} {
		s := &shelf{has: tc.has}
		_, svc, _ := shelved(t, s)
		_, held, err := svc.Provide(as(t), application.Settings{Name: "mine", SecretRef: mine})
		if diff := cmp.Diff(tc.did, s.did); err != nil || held != tc.held || diff != "" {
			t.Errorf("%s: held %v, %v; to the vault (-want +got)\n%s", name, held, err, diff)
		}
	}
}

// TestReferenceWithoutItsSecret: a secret that was not made ahead of the transaction is not taken for one.
func TestReferenceWithoutItsSecret(t *testing.T) {
	t.Parallel()
	r, svc, _ := shelved(t, &shelf{})
	err := r.store.Update(as(t), func(ctx context.Context) error {
		_, err := svc.Create(ctx, application.SettingsIn{Body: application.Settings{Name: "third", Owner: "lena@example.com", Environment: "production", SecretRef: elsewhere}})
		return err
	})
	if code(err) != errs.VersionConflict {
		t.Errorf("it was registered: %v", err)
	}
}
