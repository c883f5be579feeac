// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// The grants of the token endpoint.
const (
	GrantClient   = "client_credentials"
	GrantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
)

// TokenIn is the form of POST /v2/auth/oauth2-token (OAuthTokenRequest).
type TokenIn struct {
	GrantType        string `form:"grant_type"`
	ClientID         string `form:"client_id"`
	ClientSecret     string `form:"client_secret"`
	SubjectToken     string `form:"subject_token"`
	SubjectTokenType string `form:"subject_token_type"`
	Scope            string `form:"scope"`
	Address          string `request:"address"`
}

// TokenOut is OAuthTokenResponse.
type TokenOut struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// FetchToken is fetchOauth2Token. CLIENT_CREDENTIALS_INVALID, SUBJECT_TOKEN_INVALID, and what Admission says.
func (s *Service) FetchToken(ctx context.Context, in TokenIn) (TokenOut, error) {
	c, err := s.verify(ctx, in.ClientID, in.ClientSecret, in.Address)
	if err != nil {
		return TokenOut{}, err
	}
	g := &grant{Client: c.ID, Generation: c.Generation, Company: c.Company, Roles: c.roles()}
	out := TokenOut{TokenType: "Bearer", ExpiresIn: int(Lifetime / time.Second), Scope: in.Scope}
	if in.GrantType == GrantExchange {
		u, err := s.subject(ctx, c, in.SubjectToken, in.SubjectTokenType)
		if err != nil {
			return TokenOut{}, err
		}
		g.UserID, g.Company, g.Roles = u.ID, u.Company, u.Roles
		telemetry.IssuedTo(ctx, u.ID)
		if slices.ContainsFunc(u.Roles, func(r string) bool { return r == actor.TMCAdmin || r == actor.TMCAgent }) {
			g.Company = ""
		}
		// The exchange answers a refresh token that no published grant accepts (auth page §3); ours is
		// as random and as useless, so that clients which store it find one.
		out.Scope, out.RefreshToken = "openid", ids.Secret("asr_")
	}
	out.AccessToken, err = s.issue(ctx, c, g, Lifetime)
	return out, err
}

// LegacyIn is the body of POST /get-auth-token.
type LegacyIn struct {
	Body struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
	} `body:"json"`
	Address string `request:"address"`
}

// LegacyOut is its answer.
type LegacyOut struct {
	Token   string `json:"token"`
	Seconds int    `json:"expiryTimeInSeconds"`
	Type    string `json:"type"`
}

// LegacyToken is the deprecated endpoint: client credentials as JSON. CLIENT_CREDENTIALS_INVALID.
func (s *Service) LegacyToken(ctx context.Context, in LegacyIn) (LegacyOut, error) {
	c, err := s.verify(ctx, in.Body.ClientID, in.Body.ClientSecret, in.Address)
	if err != nil {
		return LegacyOut{}, err
	}
	g := &grant{Client: c.ID, Generation: c.Generation, Company: c.Company, Roles: c.roles()}
	token, err := s.issue(ctx, c, g, LegacyLifetime)
	return LegacyOut{Token: token, Seconds: int(LegacyLifetime / time.Second), Type: "Bearer"}, err
}

// tokenPrefix begins every access token.
const tokenPrefix = "ast_"

// issue stores the grant under the hash of a fresh token.
func (s *Service) issue(ctx context.Context, c *client, g *grant, life time.Duration) (string, error) {
	if s.peers != nil { // the call has no tenant yet, so nobody has looked at its clock
		if err := s.peers.Follow(ctx, c.Tenant); err != nil {
			return "", err
		}
	}
	now := s.clocks.Now(c.Tenant)
	g.Expires = now.Add(life)
	token := ids.Secret(tokenPrefix)
	h := sha256.Sum256([]byte(token))
	doc, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	tx := store.From(ctx)
	// The answer must not outlive a rotation that committed before this transaction.
	r, err := tx.Get(Platform, c.kind(), c.ID)
	if err != nil {
		return "", errs.New(errs.CredentialInvalid, "the client no longer exists").Because(err)
	}
	if stored, err := readClient(r); err != nil || stored.Generation != c.Generation {
		return "", errs.New(errs.CredentialInvalid, "the client's secret was rotated").Because(err)
	}
	err = tx.Insert(&store.Record{Tenant: Platform, Kind: kindToken, ID: hex.EncodeToString(h[:]), Parent: c.ID, CreatedAt: now, UpdatedAt: now, Doc: doc})
	if err != nil {
		return "", err
	}
	err = tx.PutJob(&store.Job{Tenant: c.Tenant, Kind: JobExpire, Key: hex.EncodeToString(h[:]), Due: g.Expires})
	if err != nil {
		return "", err
	}
	tx.AfterCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remember(h, g)
	})
	return token, nil
}

// JobExpire is the kind of the job that forgets a token when it has expired.
const JobExpire = "identity.expire"

// Expire carries out a JobExpire.
func (s *Service) Expire(ctx context.Context, j *store.Job) error {
	return s.forget(ctx, j.Key, ReasonExpiredToken)
}

func (s *Service) forget(ctx context.Context, id, reason string) error {
	tx := store.From(ctx)
	if err := ignoreMissing(tx.Remove(Platform, kindToken, id)); err != nil {
		return err
	}
	var h [32]byte
	if _, err := hex.Decode(h[:], []byte(id)); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.tokens, h)
		s.bury(h, reason)
	})
	return nil
}
