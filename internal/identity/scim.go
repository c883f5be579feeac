// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// scimScope is the only scope of a SCIM token; every operation under /v2/scim demands it.
const scimScope = "scim:write"

// maxEnvelope bounds what is decoded of a bearer that might be a SCIM token.
const maxEnvelope = 1024

// envelope is a SCIM token once decoded (auth page §4.1). The secret is a random value that rests
// here as a hash; "encrypted" is the member's published name.
type envelope struct {
	Scope    string `json:"scope"`
	ClientID string `json:"clientId"`
	Secret   string `json:"encryptedSecret"`
}

func (e envelope) token() (string, error) {
	raw, err := json.Marshal(e)
	return base64.StdEncoding.EncodeToString(raw), err
}

// openEnvelope decodes a bearer that has the shape of a SCIM token.
func openEnvelope(token string) (e envelope, ok bool) {
	if len(token) > maxEnvelope || !strings.HasPrefix(token, "ey") { // what {" becomes in Base64
		return e, false
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &e) != nil {
		return e, false
	}
	return e, e.Scope == "scim" && e.ClientID != "" && e.Secret != ""
}

// scim is the identity of a SCIM token: an administrator of the client's company whose scope
// reaches nothing but SCIM. The secret is compared at each call, so that rotation and revocation
// work at once. ACCESS_TOKEN_INVALID.
func (s *Service) scim(ctx context.Context, e envelope) (*Identity, error) {
	c, err := s.client(ctx, e.ClientID)
	if err != nil {
		return nil, err
	}
	got := hashSecret(e.Secret)
	want := make([]byte, len(got))
	if c != nil && c.SCIM {
		copy(want, c.SecretHash)
	}
	if subtle.ConstantTimeCompare(got, want) != 1 || c == nil {
		return nil, errs.New(errs.TokenInvalid, "Access Token Invalid").
			Hinting("The SCIM token was rotated or revoked, or never existed. Put the current one into the directory's provisioning settings.")
	}
	a := &actor.Actor{Tenant: c.Tenant, ClientID: c.ID, Company: c.Company, Roles: []string{c.Role}, Scopes: []string{scimScope}}
	return &Identity{a, c.KeepsAll, c.Application}, nil
}
