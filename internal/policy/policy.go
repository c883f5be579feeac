// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Types and categories of policies, as PolicyType and PolicyCategory spell them.
const (
	typeDefault      = "DEFAULT"
	typeGroup        = "GROUP"
	categoryEmployee = "EMPLOYEE"
	categoryGuest    = "GUEST"
)

const (
	defaultField = "policy.default" // company/category, unique
	parentField  = "policy.parent"
	gradeField   = "policy.grade"
)

func (s *Service) policyCollection() store.Collection {
	return store.Collection{
		Kind: kindPolicy, What: "policy", Clocks: s.clocks,
		Validate: s.checkPolicy,
		Index: func(d *store.Draft) []store.Key {
			var keys []store.Key
			if d.Doc.String("type") == typeDefault {
				keys = append(keys, store.Key{Pointer: "/type", Entry: store.Entry{
					Field: defaultField, Value: d.Parent + "/" + d.Doc.String("category"), Unique: true}})
			}
			if id := d.Doc.String("parentPolicyId"); id != "" {
				keys = append(keys, store.Key{Entry: store.Entry{Field: parentField, Value: id}})
			}
			for _, id := range gradesOf(d.Doc) {
				keys = append(keys, store.Key{Entry: store.Entry{Field: gradeField, Value: id}})
			}
			return keys
		},
	}
}

// stamp sets what only the server sets.
func (s *Service) stamp(ctx context.Context, d *store.Draft, version int64) {
	d.Doc.First("id", d.ID)
	d.Doc.Set("version", version)
	d.Doc.Set("updatedAt", map[string]string{"iso8601": s.clocks.Now(actor.Tenant(ctx)).UTC().Format("2006-01-02T15:04:05Z")})
	d.Doc.Set("category", categoryOf(d.Doc))
	for _, member := range []string{"isMembershipViaHrFeed", "hrFeedPolicyDetails"} {
		d.Doc.Delete(member)
		if d.Old != nil && d.Old.Has(member) {
			d.Doc.SetRaw(member, d.Old.Get(member))
		}
	}
}

// keep stores the present state of a policy under its version too: bookings refer to the version they
// were judged by.
func (s *Service) keep(ctx context.Context, companyID, id string) error {
	r, err := s.policies.Record(ctx, companyID, id)
	if err != nil {
		return err
	}
	return store.From(ctx).Insert(&store.Record{
		Tenant: r.Tenant, Kind: kindVersion, ID: id + "/" + strconv.FormatInt(r.Version, 10), Parent: id, Company: companyID,
		CreatedAt: r.UpdatedAt, UpdatedAt: r.UpdatedAt, Doc: r.Doc,
	})
}

// CreatePolicy adds a policy to a company (schema CreatePolicyRequest). A company has one policy of type
// DEFAULT for each category; DUPLICATE_VALUE for another. Errors also: REFERENCE_NOT_FOUND for what
// user groups, approvers and parentPolicyId name, API_VALIDATION_FAILED.
func (s *Service) CreatePolicy(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	return s.create(ctx, in.CompanyID, in.Raw)
}

func (s *Service) create(ctx context.Context, companyID string, raw json.RawMessage) (EntityID, error) {
	out := EntityID{ids.UUID()}
	if err := s.policies.Create(ctx, companyID, out.ID, raw); err != nil {
		return EntityID{}, err
	}
	return out, s.keep(ctx, companyID, out.ID)
}

// CompanyCreated gives a new company its default policy for employees. CHOICE: it restricts nothing and
// counts in the company's billing currency; guests are judged by it until the company makes a default for them.
func (s *Service) CompanyCreated(ctx context.Context, companyID string) error {
	currency, err := s.dir.Currency(ctx, companyID)
	if err != nil {
		return err
	}
	doc := jsondoc.New().Set("name", "Default policy").Set("type", typeDefault).Set("category", categoryEmployee).
		Set("currency", map[string]string{"currencyCode": currency}).SetRaw("userGroups", []byte("[]"))
	_, err = s.create(ctx, companyID, doc.Bytes())
	return err
}

// ListIn is the input of listPolicies.
type ListIn struct {
	CompanyID  string   `path:"companyId"`
	Categories []string `query:"categories"`
}

// ListPolicies answers id and name of all policies of the categories, oldest first; without
// categories those for employees.
func (s *Service) ListPolicies(ctx context.Context, in ListIn) (ArrayOfReference, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return ArrayOfReference{}, err
	}
	if len(in.Categories) == 0 {
		in.Categories = []string{categoryEmployee}
	}
	var out []Reference
	for r, err := range s.policies.List(ctx, in.CompanyID) {
		if err != nil {
			return ArrayOfReference{}, err
		}
		doc, err := document(r)
		if err != nil {
			return ArrayOfReference{}, err
		}
		if slices.Contains(in.Categories, doc.String("category")) {
			out = append(out, Reference{r.ID, doc.String("name")})
		}
	}
	return references(out), nil
}

// PolicyIn is the input of operations on one policy without a body.
type PolicyIn struct {
	CompanyID string `path:"companyId"`
	PolicyID  string `path:"policyId"`
}

// ReadPolicy answers the present version of a policy (schema Policy).
func (s *Service) ReadPolicy(ctx context.Context, in PolicyIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	return s.policies.Get(ctx, in.CompanyID, in.PolicyID)
}

// UpdatePolicyIn is the input of updatePolicy.
type UpdatePolicyIn struct {
	CompanyID string          `path:"companyId"`
	PolicyID  string          `path:"policyId"`
	Raw       json.RawMessage `body:"raw"`
}

// UpdatePolicy replaces a policy; its version goes up by one. A version in the body must be the one
// stored (VERSION_CONFLICT). The type cannot change, nor the category of a default. ACCESS_DENIED for a default
// while the company's feature EDITING_DEFAULT_POLICIES_DISABLED is on.
func (s *Service) UpdatePolicy(ctx context.Context, in UpdatePolicyIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	if err := s.policies.Replace(ctx, in.CompanyID, in.PolicyID, in.Raw); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.keep(ctx, in.CompanyID, in.PolicyID)
}

// DeletePolicy deletes a policy; its versions stay for the bookings that name them. Policies of which it
// was the parent get the default instead, as a new version. STATE_DOES_NOT_ALLOW for a default.
func (s *Service) DeletePolicy(ctx context.Context, in PolicyIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	r, err := s.policies.Record(ctx, in.CompanyID, in.PolicyID)
	if err != nil {
		return struct{}{}, err
	}
	doc, err := document(r)
	if err != nil {
		return struct{}{}, err
	}
	if doc.String("type") == typeDefault {
		return struct{}{}, errs.New(errs.StateForbids, "a company always has its default policy; it can be changed, not deleted").With("id", r.ID)
	}
	var children []*store.Record
	for c, err := range store.Read(ctx).List(store.Query{Tenant: r.Tenant, Kind: kindPolicy, Field: parentField, Value: r.ID}) {
		if err != nil {
			return struct{}{}, err
		}
		children = append(children, c)
	}
	for _, c := range children {
		if err := s.orphan(ctx, c); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, s.policies.Delete(ctx, in.CompanyID, in.PolicyID)
}

// orphan takes the parent from a policy, as a new version. It is no replacement by the caller: a version he
// demands is that of the policy he deletes.
func (s *Service) orphan(ctx context.Context, r *store.Record) error {
	old, err := document(r)
	if err != nil {
		return err
	}
	d := &store.Draft{Parent: r.Parent, ID: r.ID, Old: old}
	if d.Doc, err = document(r); err != nil {
		return err
	}
	d.Doc.Delete("parentPolicyId")
	s.stamp(ctx, d, number(old, "version")+1)
	expect := r.Version
	r.Doc, r.UpdatedAt, r.Index = d.Doc.Bytes(), s.clocks.Now(r.Tenant), store.Entries(s.policies.Index(d))
	if err := store.From(ctx).Update(r, expect); err != nil {
		return store.Explain(err, "policy", r.ID, nil)
	}
	return s.keep(ctx, r.Parent, r.ID)
}

// RefersToGrade reports whether a policy of the company chooses people by the grade.
func (s *Service) RefersToGrade(ctx context.Context, companyID, gradeID string) (bool, error) {
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindPolicy, Parent: companyID, Field: gradeField, Value: gradeID}) {
		if err != nil {
			return false, err
		}
		return r != nil, nil
	}
	return false, nil
}

// Version is a policy as it stood at a version. RESOURCE_NOT_FOUND.
func (s *Service) Version(ctx context.Context, policyID string, version int64) (json.RawMessage, error) {
	id := policyID + "/" + strconv.FormatInt(version, 10)
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindVersion, id)
	if err != nil {
		return nil, store.Explain(err, "policy version", id, nil)
	}
	return r.Doc, nil
}
