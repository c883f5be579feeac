// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
)

// The kinds of records and their index entries.
const (
	kindRole   = "access.role"
	kindGroup  = "access.group"
	kindMember = "access.member" // parent: the group

	roleName   = "access.role.name"   // company/name in lower case, unique
	groupName  = "access.group.name"  // company/name in lower case, unique
	groupRole  = "access.group.role"  // id of a role that the group holds
	memberKey  = "access.member.key"  // group/user, unique
	memberUser = "access.member.user" // user
)

// Viewer opens read transactions for those who have none yet.
type Viewer interface {
	View(ctx context.Context, fn func(ctx context.Context) error) error
}

// Service is Access Management.
type Service struct {
	clocks   *clock.Tenants
	store    Viewer
	dir      Directory
	platform []*role // of the table; never changed
	cache    cache
}

// New makes the service.
func New(clocks *clock.Tenants, store Viewer, dir Directory) *Service {
	return &Service{clocks: clocks, store: store, dir: dir, platform: platformRoles()}
}

// open checks that the caller may act for a company and that it exists. COMPANY_NOT_ACCESSIBLE,
// RESOURCE_NOT_FOUND.
func (s *Service) open(ctx context.Context, companyID string) (*Company, error) {
	if err := actor.From(ctx).MayCompany(companyID); err != nil {
		return nil, err
	}
	return s.dir.Company(ctx, companyID)
}

// now is the tenant's time.
func (s *Service) now(ctx context.Context) time.Time { return s.clocks.Now(actor.Tenant(ctx)) }

// who is the id under which the caller's changes are noted.
func who(ctx context.Context) string {
	a := actor.From(ctx)
	if a.UserID != "" {
		return a.UserID
	}
	return a.ClientID
}

// CreatedID is the schema AccessCreatedId.
type CreatedID struct {
	ID string `json:"id"`
}

// moment is DateTimeOffset.
type moment struct {
	ISO string `json:"iso8601"`
}

func at(t time.Time) moment { return moment{t.UTC().Format(time.RFC3339)} }

// paging is OffsetBasedPaginationRequestParams; the contract gives 0 and 100 when absent.
type paging struct {
	Offset int  `json:"offset"`
	Limit  *int `json:"limit"`
}

// total is OffsetBasedPaginationResponseParams.
type total struct {
	N int `json:"totalNumResults"`
}

func window[T any](all []T, p paging) []T {
	limit := 100
	if p.Limit != nil {
		limit = *p.Limit
	}
	from := min(max(p.Offset, 0), len(all))
	return all[from : from+min(max(limit, 0), len(all)-from)]
}

// mentions reports whether a name contains the text, in any case.
func mentions(name, text string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(text))
}

// sorting is RoleSortParams and UserGroupSortParams; by name when absent.
type sorting struct {
	By    string `json:"sortBy"`    // NAME, CREATED_AT
	Order string `json:"sortOrder"` // ASC, DESC
}

type sortable interface {
	sortKeys() (name string, created time.Time, id string)
}

// before orders two records; equal ones by id, so that pages do not overlap.
func before[T sortable](by *sorting) func(a, b T) int {
	return func(a, b T) int {
		if by != nil && by.Order == "DESC" {
			a, b = b, a
		}
		an, at, ai := a.sortKeys()
		bn, bt, bi := b.sortKeys()
		order := strings.Compare(strings.ToLower(an), strings.ToLower(bn))
		if by != nil && by.By == "CREATED_AT" {
			order = at.Compare(bt)
		}
		if order == 0 {
			order = strings.Compare(ai, bi)
		}
		return order
	}
}

// unmodifiable is the refusal to change what ships with the platform.
func unmodifiable(what, id string) error {
	return errs.New(errs.AccessDenied, "this %s ships with the platform and cannot be changed", what).With("id", id).
		Hinting("Create one of your own with the same content and change that.")
}
