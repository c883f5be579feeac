// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/audience"
)

// Directory is what access needs of the directory. All run inside the caller's transaction and tenant;
// none but MayReach checks what the caller may see.
type Directory interface {
	// Company reads a live company. RESOURCE_NOT_FOUND.
	Company(ctx context.Context, id string) (*Company, error)
	// Owners says who books for each live company of the tenant.
	Owners(ctx context.Context) (map[string]audience.Owner, error)
	// User reads a user, active or not. RESOURCE_NOT_FOUND.
	User(ctx context.Context, id string) (*User, error)
	// MayReach is nil when the caller may see the user. RESOURCE_NOT_FOUND, ACCESS_DENIED.
	MayReach(ctx context.Context, userID string) error
}

// Company is a company as access sees it.
type Company struct {
	ID        string
	IsTMC     bool // a TMC or partner TMC: its roles may hold a TMC's permissions
	CreatedAt time.Time
}

// User is a user as access sees it.
type User struct {
	ID, CompanyID string
	Active        bool
	Roles         []string // the older roles, as RoleTypeEnum spells them
}
