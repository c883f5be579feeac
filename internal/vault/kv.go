// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	bao "github.com/openbao/openbao/api/v2"

	"github.com/airside-travel/airside/internal/clock"
)

// KV keeps secrets in a KV version 2 engine of HashiCorp Vault or OpenBao. The stages of a field are a second
// field of the same secret, so each change is one write under check-and-set, and other readers of the path
// see the current value whatever we do.
type KV struct {
	session *session
	clock   clock.Clock
}

// KVOptions is how to reach a server.
type KVOptions struct {
	Address   string // https://vault.example.com:8200
	Namespace string
	Auth      Auth
	HTTP      *http.Client // with the CA that signs the server, when it is not a public one
	Clock     clock.Clock
}

// callTimeout bounds one call of a vault; a secret that takes longer is not there.
const callTimeout = 10 * time.Second

// casTries bounds how often a write that lost a race is made again on top of the winner's.
const casTries = 8

// NewKV makes the backend; it calls the server first when a verb needs it. ErrInvalid for an unusable address.
func NewKV(o KVOptions) (*KV, error) {
	if o.HTTP == nil {
		o.HTTP = httpClient(nil)
	}
	client := func() (*bao.Client, error) {
		cfg := bao.NewConfig()
		cfg.Address, cfg.DisableEnvironment = o.Address, true // the environment is config's to read
		cfg.MaxRetries = 0                                    // we repeat whole verbs, which may be repeated
		cfg.Timeout = callTimeout
		cfg.HttpClient = o.HTTP
		c, err := bao.NewClient(cfg)
		if err != nil || o.Address == "" {
			return nil, fail("connect", Ref{}, ErrInvalid, "the address of the vault is not a URL")
		}
		if o.Namespace != "" {
			c.SetNamespace(o.Namespace)
		}
		return c, nil
	}
	out, err := client()
	if err != nil {
		return nil, err
	}
	in, err := client()
	if err != nil {
		return nil, err
	}
	return &KV{session: newSession(out, in, o.Auth, o.Clock), clock: o.Clock}, nil
}

// Run renews the login ahead of its expiry until ctx ends, so that a secret id that works once is used once.
func (k *KV) Run(ctx context.Context) { k.session.run(ctx) }

// Get reads one stage of a field.
func (k *KV) Get(ctx context.Context, ref Ref, stage Stage) (Held, error) {
	d, _, err := k.read(ctx, "get", ref)
	if err != nil {
		return Held{}, err
	}
	return d.get(ref, stage)
}

// Versions lists the stages of a field.
func (k *KV) Versions(ctx context.Context, ref Ref) ([]Version, error) {
	d, _, err := k.read(ctx, "versions", ref)
	if err != nil {
		return nil, err
	}
	return d.versions(ref)
}

// PutPending stages a value; a path that does not exist is made.
func (k *KV) PutPending(ctx context.Context, ref Ref, value Secret, token string) error {
	if err := checkPut(ref, value, token); err != nil {
		return err
	}
	return k.change(ctx, "put", ref, func(d *document) (bool, error) {
		return d.put(ref, value.text(), token, k.clock.Now())
	})
}

// Promote makes the pending version current.
func (k *KV) Promote(ctx context.Context, ref Ref, token string) error {
	if err := checkToken("promote", ref, token); err != nil {
		return err
	}
	return k.change(ctx, "promote", ref, func(d *document) (bool, error) {
		return d.promote(ref, token, k.clock.Now())
	})
}

// change reads, edits and writes under check-and-set. A lost race is no conflict yet: the edit decides again on
// what the winner wrote.
func (k *KV) change(ctx context.Context, op string, ref Ref, edit func(*document) (bool, error)) error {
	for range casTries {
		d, version, err := k.read(ctx, op, ref)
		if op == "put" && errors.Is(err, ErrNotFound) {
			d, err = &document{fields: map[string]any{}, stages: map[string]*stageSet{}}, nil
		}
		if err != nil {
			return err
		}
		changed, err := edit(d)
		if err != nil || !changed {
			return err
		}
		data, err := d.data()
		if err != nil {
			return err
		}
		err = k.session.do(ctx, op, ref, func(c *bao.Client) error {
			_, err := c.KVv2(ref.Mount).Put(ctx, ref.Path, data, bao.WithCheckAndSet(version))
			return err
		})
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fail(op, ref, ErrConflict, "others keep writing the same path")
}

// read gives the newest document and its version, which is 0 where there was never one. A deleted newest
// version is ErrNotFound, with its number.
func (k *KV) read(ctx context.Context, op string, ref Ref) (*document, int, error) {
	var got *bao.KVSecret
	err := k.session.do(ctx, op, ref, func(c *bao.Client) (err error) {
		got, err = c.KVv2(ref.Mount).Get(ctx, ref.Path)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if got.VersionMetadata == nil {
		return nil, 0, fail(op, ref, ErrInvalid, "the mount is not a KV engine of version 2")
	}
	v := got.VersionMetadata
	if got.Data == nil {
		return nil, v.Version, fail(op, ref, ErrNotFound, "its newest version is deleted")
	}
	d, ok := readDocument(got.Data, v.CreatedTime.UTC())
	if !ok {
		return nil, 0, fail(op, ref, ErrInvalid, "its record of stages cannot be read")
	}
	return d, v.Version, nil
}

// kvFailure translates what the client library returned.
func kvFailure(op string, ref Ref, err error) error {
	if err == nil {
		return nil
	}
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours
	}
	if errors.Is(err, bao.ErrSecretNotFound) {
		return fail(op, ref, ErrNotFound, "")
	}
	answer, ok := errors.AsType[*bao.ResponseError](err)
	if !ok {
		return unreachable(op, ref, err)
	}
	says := func(words string) bool {
		for _, e := range answer.Errors {
			if strings.Contains(e, words) {
				return true
			}
		}
		return false
	}
	switch status := answer.StatusCode; {
	case status == http.StatusNotFound:
		return fail(op, ref, ErrNotFound, "")
	case status == http.StatusForbidden:
		return fail(op, ref, ErrDenied, "")
	case status == http.StatusBadRequest && says("check-and-set"):
		return fail(op, ref, ErrConflict, "somebody else wrote it meanwhile")
	case says("sealed"):
		return fail(op, ref, ErrSealed, "")
	case status == http.StatusTooManyRequests, status == http.StatusPreconditionFailed, status >= 500:
		return fail(op, ref, ErrUnavailable, "it answered "+http.StatusText(status))
	default:
		return fail(op, ref, ErrInvalid, "it answered "+http.StatusText(status))
	}
}
