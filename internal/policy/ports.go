// SPDX-License-Identifier: Apache-2.0

package policy

import "context"

// Thing is a kind of record of the directory that policies and questions refer to.
type Thing string

// The things.
const (
	User        Thing = "user"
	LegalEntity Thing = "legal_entity"
	Office      Thing = "office"
	Department  Thing = "department"
	CostCenter  Thing = "cost_center"
	Grade       Thing = "grade"
)

// Directory is what policies need to know of companies and people. All run in the caller's transaction.
type Directory interface {
	// Currency is the billing currency of a company (ISO 4217). RESOURCE_NOT_FOUND when it is absent or deleted.
	Currency(ctx context.Context, companyID string) (string, error)
	// Feature is the value of a company's feature, its default when it was never set.
	Feature(ctx context.Context, companyID, name string) (string, error)
	// Belongs reports whether the company has that thing now; users count while deactivated, too.
	Belongs(ctx context.Context, companyID string, what Thing, id string) (bool, error)
	// Things lists id and name of all things of a kind the company has, oldest first.
	Things(ctx context.Context, companyID string, what Thing) ([]Reference, error)
	// Person is an active user whom the caller may look at; RESOURCE_NOT_FOUND, ACCESS_DENIED.
	Person(ctx context.Context, userID string) (Person, error)
}

// Reference is an id with a name.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Person is a user by what user groups choose. References are ids; empty means none.
type Person struct {
	ID, CompanyID, Persona                                string
	LegalEntity, Office, Department, CostCenter, Grade    string
	Title, Country /* ISO 3166 */, WorkerType, Accounting string
}
