// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// subjectTypeJWT is the natural subject_token_type of a signed JWT (RFC 8693); the reference's page is
// cut before it names one, so an absent type is taken for it too.
const subjectTypeJWT = "urn:ietf:params:oauth:token-type:jwt"

// skew is how far the partner's clock may differ from the tenant's.
const skew = time.Minute

// claims are what we read of a subject token (auth page §5.1).
type claims struct {
	jwt.Claims
	Email string `json:"email"`
}

// subject checks the partner's JWT and finds the user it speaks of. RS256 only: the key's algorithm
// is fixed here and never taken from the token, which closes the "none" and HMAC confusions.
func (s *Service) subject(ctx context.Context, c *client, token, kind string) (*User, error) {
	refuse := func(format string, args ...any) *errs.Error { return errs.New(errs.SubjectInvalid, format, args...) }
	if token == "" {
		return nil, &errs.Error{Code: errs.ValidationFailed, Message: "subject_token is required for a token exchange", Fields: []errs.Field{
			{In: "body", Pointer: "/subject_token", Rule: "required", Message: "subject_token is required for a token exchange"}}}
	}
	if kind != "" && kind != subjectTypeJWT {
		return nil, &errs.Error{Code: errs.ValidationFailed, Message: "subject_token_type is not supported", Fields: []errs.Field{
			{In: "body", Pointer: "/subject_token_type", Rule: "enum", Message: "subject_token_type must name a JWT", Allowed: []string{subjectTypeJWT}}}}
	}
	if strings.Count(token, ".") != 2 {
		return nil, refuse("subject_token is not a signed JWT")
	}
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, refuse("subject_token is not a JWT signed with RS256").Because(err)
	}
	kid := t.Headers[0].KeyID
	if kid == "" {
		return nil, refuse("the header of subject_token names no key (kid)")
	}
	keys, err := s.activeKeys(ctx, c, kid)
	if err != nil {
		return nil, err
	}
	keys = append(keys, s.jwks.Keys(kid)...)
	if len(keys) == 0 {
		return nil, refuse("no active partner key has the kid %q", clip(kid))
	}
	now := s.clocks.Now(c.Tenant)
	for _, k := range keys {
		var got claims
		if t.Claims(k.Key, &got) != nil {
			continue
		}
		if got.Expiry == nil {
			return nil, refuse("subject_token has no exp")
		}
		if err := got.ValidateWithLeeway(jwt.Expected{Time: now}, skew); err != nil {
			return nil, refuse("subject_token is not valid at this time of the tenant's clock (%s)", now.Format(time.RFC3339)).Because(err)
		}
		if got.Email == "" {
			return nil, refuse("subject_token has no email")
		}
		u, err := s.directory.UserByEmail(ctx, c.Tenant, got.Email)
		if errors.Is(err, store.ErrNotFound) || (err == nil && c.Company != "" && u.Company != c.Company) {
			return nil, refuse("no active user of this client has the e-mail of subject_token")
		}
		return u, err
	}
	return nil, refuse("the signature of subject_token does not match the key %q", clip(kid))
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}
