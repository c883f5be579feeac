// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"strings"

	"github.com/airside-travel/airside/internal/ids"
)

// Trace is what may be known outside of a stored secret that this server hands out to an application.
type Trace struct {
	Digest []byte // SHA-256 of the value
	Token  string // of its version
	Ours   bool   // it has the prefix that was asked for, and the checksum of a secret that we made
}

// Traces are those of the stages of one reference; nil where there is nothing.
type Traces struct{ Current, Pending, Previous *Trace }

// Traces reads past the cache what a vault holds, and tells of it what may be known. The errors of Get; ErrNotFound only
// for a sealed file that is not there.
func (v *Vaults) Traces(ctx context.Context, ref Ref, prefix string) (out Traces, err error) {
	if ref.Scheme == SchemeFile {
		if _, err := os.Stat(ref.Path); err != nil {
			return out, fileFailure("get", ref, err)
		}
	}
	for _, stage := range []struct {
		name Stage
		into **Trace
	}{{Current, &out.Current}, {Pending, &out.Pending}, {Previous, &out.Previous}} {
		h, err := v.fetch(ctx, ref, stage.name)
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return Traces{}, err
		}
		t := trace(h.Secret, h.Version.ID, prefix)
		h.Secret.Zero()
		*stage.into = &t
	}
	return out, nil
}

func trace(s Secret, token, prefix string) (t Trace) {
	s.Use(func(b []byte) {
		sum := sha256.Sum256(b)
		t = Trace{sum[:], token, strings.HasPrefix(string(b), prefix) && ids.CheckedSecret(string(b)) == ids.ChecksumRight}
	})
	return t
}

// Issue makes a secret with the prefix and stages it, which proves that the vault can be written; Promote with the
// trace's token makes it current. The errors of PutPending.
func (v *Vaults) Issue(ctx context.Context, ref Ref, prefix string) (Trace, error) {
	s := NewSecret([]byte(ids.Secret(prefix)))
	defer s.Zero()
	t := trace(s, ids.UUID(), prefix)
	return t, v.PutPending(ctx, ref, s, t.Token)
}

// Restore makes the previous version current again. The errors of Get, PutPending and Promote.
func (v *Vaults) Restore(ctx context.Context, ref Ref) error {
	h, err := v.fetch(ctx, ref, Previous)
	if err != nil {
		return err
	}
	defer h.Secret.Zero()
	token := ids.UUID()
	if err := v.PutPending(ctx, ref, h.Secret, token); err != nil {
		return err
	}
	return v.Promote(ctx, ref, token)
}
