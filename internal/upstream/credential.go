// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/airside-travel/airside/internal/vault"
)

// credential is an API user's id and secret, as a vault's version has them.
type credential struct {
	client string
	secret vault.Secret
	held   vault.Held // as it was read; the zero Held when it did not come from the vault
}

// pair is the form of a secret that carries its client id.
type pair struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

// readCredential splits what a vault holds: a pair, or a secret alone that belongs to client.
func readCredential(h vault.Held, client string) (credential, error) {
	c := credential{client: client, secret: h.Secret, held: h}
	var bad error
	h.Secret.Use(func(b []byte) {
		if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
			return
		}
		var p pair
		if json.Unmarshal(b, &p) != nil || p.ClientID == "" || p.ClientSecret == "" {
			bad = errors.New("it begins as a JSON object but is not one of clientId and clientSecret")
			return
		}
		c.client, c.secret = p.ClientID, vault.NewSecret([]byte(p.ClientSecret))
	})
	if bad == nil && c.client == "" {
		bad = errors.New("the client id is neither configured nor in the vault")
	}
	return c, bad
}

// isPair reports whether the value carries its client id.
func isPair(s vault.Secret) (yes bool) {
	s.Use(func(b []byte) { yes = bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) })
	return yes
}

// value is what to write into the vault: a pair when asked for, else the secret alone.
func (c credential) value(asPair bool) vault.Secret {
	var out []byte
	c.secret.Use(func(b []byte) {
		if !asPair {
			out = bytes.Clone(b)
			return
		}
		out, _ = json.Marshal(pair{c.client, string(b)}) // two strings
	})
	return vault.NewSecret(out)
}

// source is where a credential is kept.
type source struct {
	vaults *vault.Vaults
	ref    vault.Ref
	client string
	name   string // environment, for errors
}

// get reads the current credential; refused is the one that the upstream did not take, if any.
func (s *source) get(ctx context.Context, refused *credential) (credential, error) {
	var h vault.Held
	var err error
	if refused == nil {
		h, err = s.vaults.Get(ctx, s.ref, vault.Current)
	} else {
		h, err = s.vaults.Refresh(ctx, s.ref, refused.held)
	}
	if err != nil {
		kind := ErrUnavailable
		if !errors.Is(err, vault.ErrUnavailable) {
			kind = ErrCredential
		}
		return credential{}, &Error{Kind: kind, Environment: s.name, Op: "read the secret", cause: safeCause(err)}
	}
	c, err := readCredential(h, s.client)
	if err != nil {
		return credential{}, &Error{Kind: ErrCredential, Environment: s.name, Op: "read the secret", Detail: err.Error()}
	}
	return c, nil
}
