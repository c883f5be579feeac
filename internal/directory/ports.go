// SPDX-License-Identifier: Apache-2.0

package directory

import "context"

// Policies is what the directory needs of the policy domain. Both run inside the transaction.
type Policies interface {
	// CompanyCreated gives a new company its default policy.
	CompanyCreated(ctx context.Context, companyID string) error
	// RefersToGrade reports whether a policy of the company names the grade.
	RefersToGrade(ctx context.Context, companyID, gradeID string) (bool, error)
}

// Rights is told, inside the transaction, what may change the rights that somebody has.
type Rights interface {
	// UserChanged: a user was written, or his roles.
	UserChanged(ctx context.Context, userID string)
	// CompaniesChanged: a company came, went or has another TMC.
	CompaniesChanged(ctx context.Context)
}

// noRights stands in where nobody keeps rights.
type noRights struct{}

func (noRights) UserChanged(context.Context, string) {}

func (noRights) CompaniesChanged(context.Context) {}

// noPolicies stands in where no policy domain is wired.
type noPolicies struct{}

func (noPolicies) CompanyCreated(context.Context, string) error { return nil }

func (noPolicies) RefersToGrade(context.Context, string, string) (bool, error) { return false, nil }
