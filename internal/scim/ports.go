// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"encoding/json"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// Directory is where the profiles are. All of it runs inside the caller's transaction.
type Directory interface {
	// Person reads a user of the company, active or not. RESOURCE_NOT_FOUND.
	Person(ctx context.Context, company, id string) (*Person, error)
	// Find lists the users of the company with an e-mail (any letter case) or an external id, active or
	// not, oldest first; with neither all of them.
	Find(ctx context.Context, company, email, externalID string) ([]Hit, error)
	// Create adds a user (schema UserCreateRequest) and answers the id.
	Create(ctx context.Context, body json.RawMessage) (string, error)
	// Edit changes the stored profile of a user, active or not.
	Edit(ctx context.Context, id string, edit func(profile *jsondoc.Object) error) error
	Activate(ctx context.Context, id string) error
	Deactivate(ctx context.Context, id string) error

	// Named finds a legal entity, department or cost center by external id, else by name; empty when
	// there is none. NameOf is the reverse; empty when it is gone.
	Named(ctx context.Context, company string, kind Kind, text string) (string, error)
	NameOf(ctx context.Context, kind Kind, id string) (string, error)
	// FirstEntity is the company's default legal entity, empty when it has none.
	FirstEntity(ctx context.Context, company string) (string, error)
}

// Kind is a kind of thing that a profile refers to.
type Kind string

// The kinds.
const (
	Entity     Kind = "legal_entity"
	Department Kind = "department"
	CostCenter Kind = "cost_center"
)

// Person is a profile as the directory has it.
type Person struct {
	ID               string
	Active           bool
	Profile          *jsondoc.Object
	Created, Updated time.Time
}

// Hit is a user that was found.
type Hit struct {
	ID     string
	Active bool
}
