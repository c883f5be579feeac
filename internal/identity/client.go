// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// Platform is the tenant under which credentials and tokens are kept.
const Platform = "00000000-0000-0000-0000-000000000000"

const (
	kindClient = "identity.client"
	kindToken  = "identity.token"
	kindKey    = "identity.key"
)

// MaxClients is how many API users a TMC may have (auth page; raised by the operator where needed).
const MaxClients = 5

// client is an API user as it is stored; its secret only as a hash.
type client struct {
	ID         string `json:"id"`
	Tenant     string `json:"tenant"`
	Company    string `json:"company,omitempty"`
	Role       string `json:"role"`
	SCIM       bool   `json:"scim,omitempty"`
	KeepsAll   bool   `json:"keepsAll,omitempty"` // complete-object updates may leave nothing out
	SecretHash []byte `json:"secretHash"`

	RetiredHash []byte `json:"retiredHash,omitempty"` // the secret before: it opens nothing, but who still uses it is worth knowing

	Application   bool      `json:"application,omitempty"`
	PreviousHash  []byte    `json:"previousHash,omitempty"` // of an application: works until PreviousUntil
	PreviousUntil time.Time `json:"previousUntil,omitzero"`

	Generation int       `json:"generation"` // grows at each rotation; tokens of an older one are dead
	CreatedAt  time.Time `json:"createdAt"`
	RotatedAt  time.Time `json:"rotatedAt"`
}

func (c *client) record() *store.Record {
	doc, err := json.Marshal(c)
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return &store.Record{Tenant: Platform, Kind: c.kind(), ID: c.ID, Parent: c.Tenant, CreatedAt: c.CreatedAt, UpdatedAt: c.RotatedAt, Doc: doc}
}

func (c *client) kind() string {
	if c.Application {
		return kindApplication
	}
	return kindClient
}

// roles are those of its tokens; an application may have none.
func (c *client) roles() []string {
	if c.Role == "" {
		return nil
	}
	return []string{c.Role}
}

func readClient(r *store.Record) (*client, error) {
	c := new(client)
	if err := json.Unmarshal(r.Doc, c); err != nil {
		return nil, fmt.Errorf("identity: client %s: %w", r.ID, err)
	}
	c.Application = c.Application || r.Kind == kindApplication // whatever the record forgot to say
	return c, nil
}

func hashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
