// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/vault"
)

// The kinds of events about credentials that environments have in common.
const (
	EventShared   EventKind = "credential.shared"   // another environment has the same one; Detail: which, and where
	EventSeparate EventKind = "credential.separate" // none has
)

// Shared is a credential that is in two places. It says where, never what.
type Shared struct {
	Environments [2]string // the same twice: its own and that of its admin
	Refs         [2]vault.Ref
	What         string // the secret, or the client id
}

// Error says which two, as ValidateAll does of references.
func (s *Shared) Error() string {
	where := fmt.Sprintf("%s and %s hold one value", s.Refs[0], s.Refs[1])
	if s.Environments[0] == s.Environments[1] {
		return fmt.Sprintf("environment %q: admin secret: must be another API user's, but %s", s.Environments[0], where)
	}
	return fmt.Sprintf("environments %q and %q use the same %s: %s", s.Environments[0], s.Environments[1], s.What, where)
}

// Unwrap is ErrInvalid.
func (*Shared) Unwrap() error { return ErrInvalid }

// place is where one credential is.
type place struct {
	environment string
	ref         vault.Ref
}

// places are where the credentials of environments are.
func places(all []Environment) (out []place) {
	for _, e := range all {
		for _, ref := range []vault.Ref{e.Secret, e.AdminSecret} {
			if (ref != vault.Ref{}) {
				out = append(out, place{e.Name, ref})
			}
		}
	}
	return out
}

// Remote reports whether a credential of the environments is in a vault behind a network, which a start does not ask.
func Remote(all []Environment) bool {
	for _, p := range places(all) {
		if !local(p.ref) {
			return true
		}
	}
	return false
}

func local(ref vault.Ref) bool {
	return ref.Scheme == vault.SchemeFile || ref.Scheme == vault.SchemeEnv
}

// Compare reads the present credentials and finds those that are in two places, whatever the references say: two names for
// one secret are one secret. Values are compared where they are held in memory anyway, in constant time, and not kept.
// Without remote it looks only at sealed files and variables. unread is why something could not be compared, if so.
func Compare(ctx context.Context, vaults *vault.Vaults, all []Environment, remote bool) (found []*Shared, unread error) {
	type one struct {
		place
		credential
	}
	var have []one
	var missed []error
	for _, p := range places(all) {
		if !remote && !local(p.ref) {
			continue
		}
		h, err := vaults.Get(ctx, p.ref, vault.Current)
		if err != nil {
			missed = append(missed, fmt.Errorf("environment %q: %w", p.environment, cmp.Or(safeCause(err), ErrUnavailable)))
			continue
		}
		c, _ := readCredential(h, "") // without an id of its own a secret alone is compared as it is
		have = append(have, one{p, c})
	}
	for i, b := range have {
		for _, a := range have[:i] {
			s := &Shared{Environments: [2]string{a.environment, b.environment}, Refs: [2]vault.Ref{a.ref, b.ref}}
			switch {
			case a.ref.Overlaps(b.ref): // ValidateAll says so
			case !a.secret.Empty() && a.secret.Equal(b.secret):
				s.What = "secret"
			case a.client != "" && a.client == b.client:
				s.What = "client id"
			}
			if s.What != "" {
				found = append(found, s)
			}
		}
	}
	return found, errors.Join(missed...)
}
