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

// noPolicies stands in where no policy domain is wired.
type noPolicies struct{}

func (noPolicies) CompanyCreated(context.Context, string) error { return nil }

func (noPolicies) RefersToGrade(context.Context, string, string) (bool, error) { return false, nil }
