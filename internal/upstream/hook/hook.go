// SPDX-License-Identifier: Apache-2.0

package hook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/vault"
	"github.com/airside-travel/airside/webhook"
)

// Vault gives current secrets.
type Vault interface {
	Get(ctx context.Context, ref vault.Ref, stage vault.Stage) (vault.Held, error)
}

// Unready says that a secret could not be used, so that nobody knows whether it signed.
type Unready struct {
	Ref   string
	Cause error
}

func (e *Unready) Error() string { return fmt.Sprintf("hook: the secret %s: %v", e.Ref, e.Cause) }

// Unwrap gives the vault's error, or webhook.ErrSecret.
func (e *Unready) Unwrap() error { return e.Cause }

// Verifier checks signatures against several secrets, any of which may have signed.
type Verifier struct {
	vault Vault
	refs  []vault.Ref
}

// NewVerifier makes one; an empty list lets nothing pass.
func NewVerifier(v Vault, refs []vault.Ref) *Verifier { return &Verifier{v, refs} }

// References names the secrets.
func (v *Verifier) References() []string {
	out := make([]string, len(v.refs))
	for i, ref := range v.refs {
		out[i] = ref.String()
	}
	return out
}

// Verify says which secret signed the body as it was received. Every signature is compared with every secret,
// in constant time and without stopping at the first that matches.
func (v *Verifier) Verify(ctx context.Context, header http.Header, body []byte, now time.Time, tolerance time.Duration) (ref string, err error) {
	var unready *Unready
	result := webhook.ErrSignature
	for _, one := range v.refs {
		held, err := v.vault.Get(ctx, one, vault.Current)
		if err == nil {
			held.Secret.Use(func(b []byte) {
				err = webhook.Verify([]string{strings.TrimSpace(string(b))}, header, body, now, tolerance)
			})
		}
		switch {
		case err == nil, errors.Is(err, webhook.ErrTimestamp):
			if ref == "" {
				ref, result = one.String(), err
			}
		case errors.Is(err, webhook.ErrNoSignature):
			return "", err
		case !errors.Is(err, webhook.ErrSignature):
			unready = &Unready{one.String(), err}
		}
	}
	if ref == "" && unready != nil {
		return "", unready
	}
	return ref, result
}

// Signer signs what is passed on, in the headers of the reference.
type Signer struct {
	vault Vault
	ref   vault.Ref
}

// NewSigner makes one.
func NewSigner(v Vault, ref vault.Ref) *Signer { return &Signer{v, ref} }

// Sign sets id, timestamp and signature. *Unready when the secret cannot be had.
func (s *Signer) Sign(ctx context.Context, h http.Header, id string, at time.Time, body []byte) error {
	held, err := s.vault.Get(ctx, s.ref, vault.Current)
	if err == nil {
		held.Secret.Use(func(b []byte) {
			err = webhook.SetHeaders(h, []string{strings.TrimSpace(string(b))}, id, at, body)
		})
	}
	if err != nil {
		return &Unready{s.ref.String(), err}
	}
	return nil
}
