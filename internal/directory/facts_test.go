// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestWhatOtherDomainsLearn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.user(company, entity, `"email":"Ada@example.com"`, `"externalId":"x-1","personalInfo":{"name":{"given":"Ada","middle":"B","family1":"Moreau"},
		"dob":{"iso8601":"1990-02-28"},"gender":"FEMALE"},"roles":[{"roleType":"COMPANY_ADMIN"}]`)
	err := w.in(func(ctx ctx) error {
		c, err := w.dir.Company(ctx, company)
		if err != nil {
			return err
		}
		want := &directory.CompanyFacts{ID: company, Name: "Acme", Currency: "EUR", Roles: []string{"ORG"}, ContractingTMC: w.tmc, BookingTMC: w.tmc}
		if diff := cmp.Diff(want, c, cmpopts.IgnoreFields(directory.CompanyFacts{}, "Raw")); diff != "" {
			t.Error(diff)
		}
		e, err := w.dir.LegalEntity(ctx, company, entity)
		if err != nil {
			return err
		}
		wantEntity := &directory.EntityFacts{ID: entity, CompanyID: company, Name: "Acme France SAS", Currency: "EUR", Country: "FR"}
		if diff := cmp.Diff(wantEntity, e, cmpopts.IgnoreFields(directory.EntityFacts{}, "Raw")); diff != "" {
			t.Error(diff)
		}
		u, err := w.dir.User(ctx, id)
		if err != nil {
			return err
		}
		wantUser := &directory.UserFacts{
			ID: id, CompanyID: company, LegalEntityID: entity, Persona: "EMPLOYEE", Tier: "BASIC", Active: true, Given: "Ada", Middle: "B", Family: "Moreau",
			Email: "Ada@example.com", Birth: "1990-02-28", Gender: "FEMALE", ExternalID: "x-1", Version: 1, CreatedAt: w.now, UpdatedAt: w.now,
		}
		if diff := cmp.Diff(wantUser, u, cmpopts.IgnoreFields(directory.UserFacts{}, "Raw")); diff != "" {
			t.Error(diff)
		}
		roles, err := w.dir.Roles(ctx, id)
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]directory.Role{{Type: "COMPANY_ADMIN"}}, roles); diff != "" {
			t.Error(diff)
		}
		_, err = w.dir.Company(ctx, nobody)
		wantCode(t, err, errs.ResourceNotFound, "")
		_, err = w.dir.User(ctx, nobody)
		wantCode(t, err, errs.ResourceNotFound, "")
		_, err = w.dir.LegalEntity(ctx, nobody, entity)
		wantCode(t, err, errs.ResourceNotFound, "")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUserByEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.user(company, entity, `"email":"Ada@example.com"`, "")
	find := func(tenant string) (found string, err error) {
		err = w.db.View(t.Context(), func(ctx ctx) error {
			u, err := w.dir.UserByEmail(ctx, tenant, "aDA@example.com")
			if err == nil {
				found = u.ID
			}
			return err
		})
		return found, err
	}
	if found, err := find(w.tmc); err != nil || found != id {
		t.Errorf("found %q %v", found, err)
	}
	other, _ := w.newTMC("Elsewhere Travel")
	_, err := find(other)
	wantCode(t, err, errs.ResourceNotFound, "")
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: id})
	_, err = find(w.tmc)
	wantCode(t, err, errs.ResourceNotFound, "")
}
