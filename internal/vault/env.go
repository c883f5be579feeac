// SPDX-License-Identifier: Apache-2.0

package vault

import "context"

// Env reads secrets from the environment it is given. Nothing can be written there.
type Env func(name string) (value string, ok bool)

// Get reads the variable; only the current stage exists.
func (e Env) Get(_ context.Context, ref Ref, stage Stage) (Held, error) {
	value, ok := e(ref.Path)
	if !ok || value == "" || stage != Current {
		return Held{}, fail("get", ref, ErrNotFound, "")
	}
	return Held{Secret: NewSecret([]byte(value)), Version: Version{ID: outside, Stages: []Stage{Current}}}, nil
}

// PutPending is ErrReadOnly.
func (Env) PutPending(_ context.Context, ref Ref, _ Secret, _ string) error {
	return fail("put", ref, ErrReadOnly, "the environment of a process cannot be rotated")
}

// Promote is ErrReadOnly.
func (Env) Promote(_ context.Context, ref Ref, _ string) error {
	return fail("promote", ref, ErrReadOnly, "the environment of a process cannot be rotated")
}

// Versions lists the one there is.
func (e Env) Versions(ctx context.Context, ref Ref) ([]Version, error) {
	h, err := e.Get(ctx, ref, Current)
	if err != nil {
		return nil, err
	}
	return []Version{h.Version}, nil
}
