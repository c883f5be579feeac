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

// Viewer opens read transactions; inside another transaction it joins that one.
type Viewer interface {
	View(ctx context.Context, fn func(ctx context.Context) error) error
}

// Follower makes sure that what is remembered of a tenant is not out of date (package peers).
type Follower interface {
	Follow(ctx context.Context, tenant string) error
}
