// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	bao "github.com/openbao/openbao/api/v2"
)

// Source gives a credential for logging in. It is asked at each login, because platforms replace mounted ones.
type Source func(ctx context.Context) (Secret, error)

// Mounted reads a credential from a plain file that the platform mounts; space around it is cut off.
func Mounted(path string) Source {
	return func(context.Context) (Secret, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return Secret{}, fileFailure("read the mounted credential", Ref{}, err)
		}
		return NewSecret(bytes.TrimSpace(b)), nil
	}
}

// login is what a server granted.
type login struct {
	token     Secret
	ttl       time.Duration // 0: does not expire
	renewable bool
}

// Auth is a way to log in to Vault or OpenBao.
type Auth interface {
	// login asks through c, which has no token; a refusal is ErrDenied.
	login(ctx context.Context, c *bao.Client) (login, error)
}

// TokenAuth uses a token that was issued elsewhere. It is looked up first, for its lifetime; when it can be
// renewed no more, the source has to have another one.
type TokenAuth struct{ Token Source }

func (a TokenAuth) login(ctx context.Context, c *bao.Client) (login, error) {
	token, err := a.Token(ctx)
	if err != nil {
		return login{}, err
	}
	own, err := c.Clone()
	if err != nil {
		return login{}, fail("log in", Ref{}, ErrInvalid, "")
	}
	own.SetToken(token.text())
	if ns := c.Namespace(); ns != "" {
		own.SetNamespace(ns)
	}
	s, err := own.Auth().Token().LookupSelfWithContext(ctx)
	if err != nil {
		return login{}, refused(err)
	}
	ttl, err := s.TokenTTL()
	if err != nil {
		return login{}, fail("log in", Ref{}, ErrUnavailable, "the answer has no lifetime")
	}
	if expires, ok := s.Data["expire_time"]; ok && expires != nil && ttl <= 0 {
		return login{}, fail("log in", Ref{}, ErrDenied, "the token has expired")
	}
	renewable, _ := s.TokenIsRenewable() // absent means no
	return login{token, ttl, renewable}, nil
}

// AppRoleAuth logs in with a role id and a secret id.
type AppRoleAuth struct {
	Mount    string // "approle" unless mounted elsewhere
	RoleID   string // names the role; not a secret
	SecretID Source
}

func (a AppRoleAuth) login(ctx context.Context, c *bao.Client) (login, error) {
	id, err := a.SecretID(ctx)
	if err != nil {
		return login{}, err
	}
	return post(ctx, c, or(a.Mount, "approle"), map[string]any{"role_id": a.RoleID, "secret_id": id.text()})
}

// KubernetesAuth logs in with the token of the pod's service account.
type KubernetesAuth struct {
	Mount string // "kubernetes" unless mounted elsewhere
	Role  string
	JWT   Source // nil reads it where Kubernetes mounts it
}

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // a path, not a token

func (a KubernetesAuth) login(ctx context.Context, c *bao.Client) (login, error) {
	jwt := a.JWT
	if jwt == nil {
		jwt = Mounted(serviceAccountToken)
	}
	token, err := jwt(ctx)
	if err != nil {
		return login{}, err
	}
	return post(ctx, c, or(a.Mount, "kubernetes"), map[string]any{"role": a.Role, "jwt": token.text()})
}

func post(ctx context.Context, c *bao.Client, mount string, body map[string]any) (login, error) {
	s, err := c.Logical().WriteWithContext(ctx, "auth/"+mount+"/login", body)
	if err != nil {
		return login{}, refused(err)
	}
	if s == nil || s.Auth == nil || s.Auth.ClientToken == "" {
		return login{}, fail("log in", Ref{}, ErrUnavailable, "the answer has no token")
	}
	return login{
		token: NewSecret([]byte(s.Auth.ClientToken)), renewable: s.Auth.Renewable,
		ttl: time.Duration(s.Auth.LeaseDuration) * time.Second,
	}, nil
}

// refused translates the failure of a login: Vault answers 400 to a wrong role or secret id.
func refused(err error) error {
	if a, ok := errors.AsType[*bao.ResponseError](err); ok && a.StatusCode == http.StatusBadRequest {
		return fail("log in", Ref{}, ErrDenied, "the credential is wrong, used up, or not valid from here")
	}
	return kvFailure("log in", Ref{}, err)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
