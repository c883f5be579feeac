// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// Settings is what an operator says about vaults; Open explains none of it, config does.
type Settings struct {
	Address, Namespace, CAFile  string
	Auth, AuthMount, Role       string // Auth: token, approle, kubernetes
	Credential                  string // a reference, or the path of a mounted file
	AWSRegion, AWSEndpoint      string
	SealKeyFile, PassphraseFile string
	Cache                       time.Duration
	Lookup                      func(name string) (string, bool) // the environment
	Clock                       clock.Clock
}

// The settings as operators write them, for errors that name one.
const (
	settingAddress    = "AIRSIDE_VAULT_ADDRESS"
	settingCredential = "AIRSIDE_VAULT_CREDENTIAL"
	settingEndpoint   = "AIRSIDE_AWS_ENDPOINT"
)

// Open makes the vaults that are configured; the environment always is. No server is called yet. ErrLiteral when
// a credential stands where its place belongs, ErrInvalid for an address to which secrets would travel in clear.
func Open(s Settings) (*Vaults, error) {
	backends := map[Scheme]Backend{SchemeEnv: Env(s.Lookup)}
	if s.SealKeyFile != "" || s.PassphraseFile != "" {
		key, err := Seal(s)
		if err != nil {
			return nil, err
		}
		backends[SchemeFile] = NewSealed(key, s.Clock)
	}
	if s.Address != "" {
		if err := confidential(settingAddress, s.Address); err != nil {
			return nil, err
		}
		kv, err := s.kv(backends)
		if err != nil {
			return nil, err
		}
		backends[SchemeKV] = kv
	}
	if s.AWSRegion != "" {
		if s.AWSEndpoint != "" {
			if err := confidential(settingEndpoint, s.AWSEndpoint); err != nil {
				return nil, err
			}
		}
		credentials, err := awsCredentials(s.Lookup)
		if err != nil {
			return nil, err
		}
		aws, err := NewAWS(AWSOptions{Region: s.AWSRegion, Endpoint: s.AWSEndpoint, Credentials: credentials})
		if err != nil {
			return nil, err
		}
		backends[SchemeAWS] = aws
	}
	return New(Options{Backends: backends, Clock: s.Clock, TTL: s.Cache}), nil
}

// confidential refuses an address to which a login and secrets would travel in clear. Nothing of it is repeated: it
// may hold a password.
func confidential(setting, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return fail("open", Ref{}, ErrInvalid, setting+" is not a URL such as https://vault.example.com:8200")
	case u.User != nil:
		return fail("open", Ref{}, ErrInvalid, setting+" must not hold a user or a password")
	case u.Scheme == "https" || local(u.Hostname()):
		return nil
	}
	return fail("open", Ref{}, ErrInvalid, setting+" must begin with https://: over plain http the login and every secret travel in clear. "+
		"Plain http is taken for loopback addresses only, for instance of an agent of the vault on this machine that speaks TLS to it")
}

// local reports whether a host is this machine.
func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// Run keeps logins alive until ctx ends.
func (v *Vaults) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, b := range v.o.Backends {
		if r, ok := b.(interface{ Run(ctx context.Context) }); ok {
			wg.Go(func() { r.Run(ctx) })
		}
	}
	wg.Wait()
}

// Seal gives the key that the settings name for sealed files; ErrInvalid when there is none.
func Seal(s Settings) (SealKey, error) {
	if s.SealKeyFile == "" && s.PassphraseFile == "" {
		return SealKey{}, fail("seal", Ref{}, ErrInvalid, "neither a key file nor a passphrase file is set")
	}
	if s.SealKeyFile != "" && s.PassphraseFile != "" {
		return SealKey{}, fail("open", Ref{}, ErrInvalid, "sealed files have a key file or a passphrase, not both")
	}
	if s.SealKeyFile != "" {
		return KeyFile(s.SealKeyFile)
	}
	text, err := os.ReadFile(s.PassphraseFile)
	if err != nil {
		return SealKey{}, fileFailure("read the passphrase file", Ref{}, err)
	}
	return Passphrase(NewSecret(bytes.TrimRight(text, "\r\n")), 0)
}

func (s Settings) kv(backends map[Scheme]Backend) (*KV, error) {
	var from Source
	if s.Credential != "" || s.Auth != "kubernetes" {
		var err error
		if from, err = s.source(backends); err != nil {
			return nil, err
		}
	}
	var auth Auth = TokenAuth{Token: from}
	switch s.Auth {
	case "approle":
		auth = AppRoleAuth{Mount: s.AuthMount, RoleID: s.Role, SecretID: from}
	case "kubernetes":
		auth = KubernetesAuth{Mount: s.AuthMount, Role: s.Role, JWT: from}
	}
	o := KVOptions{Address: s.Address, Namespace: s.Namespace, Auth: auth, Clock: s.Clock}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fileFailure("read the CA file", Ref{}, err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fail("read the CA file", Ref{}, ErrInvalid, "it has no certificate")
		}
		o.HTTP = httpClient(roots)
	}
	return NewKV(o)
}

// source reads the credential of a login where the setting says. A vault cannot hold its own key.
func (s Settings) source(backends map[Scheme]Backend) (Source, error) {
	if strings.HasPrefix(s.Credential, "/") || strings.HasPrefix(s.Credential, "./") {
		return Mounted(s.Credential), nil
	}
	ref, err := ParseRef(s.Credential)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", settingCredential, err)
	}
	if b := backends[ref.Scheme]; b != nil {
		return func(ctx context.Context) (Secret, error) {
			h, err := b.Get(ctx, ref, Current)
			return h.Secret, err
		}, nil
	}
	return nil, fail("open", ref, ErrInvalid, settingCredential+": the credential of a vault is in the environment, a sealed file or a mounted file")
}
