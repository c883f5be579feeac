// SPDX-License-Identifier: Apache-2.0

package identity

import "context"

// User is what a token for a person needs to know.
type User struct {
	ID, Company string
	Roles       []string
}

// Directory finds people and companies. Both run inside the caller's transaction.
type Directory interface {
	// UserByEmail finds the active user with this e-mail in the tenant; store.ErrNotFound when none.
	UserByEmail(ctx context.Context, tenant, email string) (*User, error)
	// HasCompany reports whether the tenant owns the company.
	HasCompany(ctx context.Context, tenant, company string) (bool, error)
}
