// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// UserIn is the input of getUserApplicablePolicies.
type UserIn struct {
	UserID string `path:"userId"`
}

// ApplicablePolicies is UserApplicablePolicies.
type ApplicablePolicies struct {
	Policies []Reference `json:"policies"`
}

// ApplicablePolicies answers the policies that govern bookings of a user now, the one that is applied first.
func (s *Service) ApplicablePolicies(ctx context.Context, in UserIn) (ApplicablePolicies, error) {
	p, err := s.dir.Person(ctx, in.UserID)
	if err != nil {
		return ApplicablePolicies{}, err
	}
	docs, err := s.applicable(ctx, &p)
	out := ApplicablePolicies{Policies: []Reference{}}
	for _, d := range docs {
		out.Policies = append(out.Policies, Reference{d.String("id"), d.String("name")})
	}
	return out, err
}

// applicable lists the policies of the person's category: every GROUP policy one of whose groups picks
// the person, most specific first and the older one of two alike, then the default (CHOICE). Guests and
// ad-hoc travelers are of the category GUEST; while the company has no default for it, the one for employees
// stands in. Policies of type INTERNAL govern nobody.
func (s *Service) applicable(ctx context.Context, p *Person) ([]*jsondoc.Object, error) {
	category := categoryEmployee
	if p.Persona == "GUEST" || p.Persona == "ADHOC" {
		category = categoryGuest
	}
	type candidate struct {
		doc      *jsondoc.Object
		specific int
	}
	var found []candidate
	defaults := map[string]*jsondoc.Object{}
	for r, err := range s.policies.List(ctx, p.CompanyID) {
		if err != nil {
			return nil, err
		}
		doc, err := document(r)
		if err != nil {
			return nil, err
		}
		if doc.String("type") == typeDefault {
			defaults[categoryOf(doc)] = doc
		}
		if doc.String("type") != typeGroup || doc.String("category") != category {
			continue
		}
		groups, err := groupsOf(doc)
		if err != nil {
			return nil, err
		}
		best := 0
		for i := range groups {
			if n, ok := groups[i].match(p); ok {
				best = max(best, n)
			}
		}
		if best > 0 {
			found = append(found, candidate{doc, best})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.specific, a.specific) })
	var out []*jsondoc.Object
	for _, c := range found {
		out = append(out, c.doc)
	}
	for _, c := range []string{category, categoryEmployee} {
		if defaults[c] != nil {
			return append(out, defaults[c]), nil
		}
	}
	return out, nil
}

// defaultOf is the company's default policy of a category, nil when it has none at all.
func (s *Service) defaultOf(ctx context.Context, companyID, category string) (*jsondoc.Object, error) {
	for _, c := range []string{category, categoryEmployee} {
		r, err := store.Read(ctx).Find(actor.Tenant(ctx), kindPolicy, defaultField, companyID+"/"+c)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return document(r)
	}
	return nil, nil
}

// above is the policy from which linked values of doc come: its parent, else the default of its category.
// nil above a default without parent.
func (s *Service) above(ctx context.Context, companyID string, doc *jsondoc.Object) (*jsondoc.Object, error) {
	if id := doc.String("parentPolicyId"); id != "" {
		r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindPolicy, id)
		if err == nil && !r.Deleted && r.Parent == companyID {
			return document(r)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	if doc.String("type") == typeDefault {
		return nil, nil
	}
	return s.defaultOf(ctx, companyID, categoryOf(doc))
}

// chain is the policy and everything above it. A circle, which no write lets in, ends it.
func (s *Service) chain(ctx context.Context, companyID string, doc *jsondoc.Object) ([]*jsondoc.Object, error) {
	out := []*jsondoc.Object{doc}
	for {
		up, err := s.above(ctx, companyID, out[len(out)-1])
		if err != nil || up == nil || slices.ContainsFunc(out, func(d *jsondoc.Object) bool { return d.String("id") == up.String("id") }) {
			return out, err
		}
		out = append(out, up)
	}
}

// RulesFor resolves the policy that is applied to bookings of a user; nil when none governs them. Errors:
// RESOURCE_NOT_FOUND, ACCESS_DENIED for the user.
func (s *Service) RulesFor(ctx context.Context, userID string) (*Rules, error) {
	p, err := s.dir.Person(ctx, userID)
	if err != nil {
		return nil, err
	}
	return s.RulesOf(ctx, &p)
}

// RulesOf resolves the policy that is applied to bookings of a person; nil when none governs them.
func (s *Service) RulesOf(ctx context.Context, p *Person) (*Rules, error) {
	docs, err := s.applicable(ctx, p)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	chain, err := s.chain(ctx, p.CompanyID, docs[0])
	if err != nil {
		return nil, err
	}
	currency, err := s.dir.Currency(ctx, p.CompanyID)
	if err != nil {
		return nil, err
	}
	return resolve(chain, currency)
}
