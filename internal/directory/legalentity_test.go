// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestLegalEntity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	in := directory.EntityIn{CompanyID: company, EntityID: entity}
	get := func() string {
		return string(must(w, w.admin, "getLegalEntity", w.dir.GetLegalEntity, in))
	}
	put := func(body string) error {
		_, err := call(w, w.admin, "updateLegalEntity", w.dir.UpdateLegalEntity, directory.UpdateLegalEntityIn{
			CompanyID: company, EntityID: entity, Raw: w.raw("updateLegalEntity", "%s", body)})
		return err
	}
	const address = `{"addressLines":["1 rue de la Paix"],"regionCode":"FR"}`
	want := fmt.Sprintf(`{"id":%q,"name":"Acme France SAS","address":%s,"billingCurrency":"EUR"}`, entity, address)
	if got := get(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if err := put(`{"ein":"FR 40 303 265 045","externalId":"le-1"}`); err != nil {
		t.Fatal(err)
	}
	want = fmt.Sprintf(`{"id":%q,"ein":"FR 40 303 265 045","externalId":"le-1","name":"Acme France SAS","address":%s,"billingCurrency":"EUR"}`, entity, address)
	if got := get(); got != want {
		t.Errorf("name, address and currency must survive, all else is replaced:\ngot  %s\nwant %s", got, want)
	}
	if err := put(want); err != nil || get() != want {
		t.Errorf("sending back what was read changed it: %v %s", err, get())
	}
	if err := put(`{}`); err != nil {
		t.Fatal(err)
	}
	if got := get(); got != fmt.Sprintf(`{"id":%q,"name":"Acme France SAS","address":%s,"billingCurrency":"EUR"}`, entity, address) {
		t.Errorf("a member left out must be cleared: %s", got)
	}
	wantCode(t, put(`{"bookingTmcRef":{"id":"00000000-0000-4000-8000-000000000001"}}`), errs.ReferenceNotFound, "/bookingTmcRef/id")
	wantCode(t, put(`{"name":""}`), errs.ValidationFailed, "/name")

	second := w.entity(company, `"externalId":"le-2"`)
	wantCode(t, put(`{"externalId":"le-2"}`), errs.DuplicateValue, "/externalId")
	beta := w.company("Beta", "")
	w.entity(beta, `"externalId":"le-2"`) // unique in the company only

	must(w, w.admin, "deleteLegalEntity", w.dir.DeleteLegalEntity, directory.EntityIn{CompanyID: company, EntityID: second})
	if err := put(`{"externalId":"le-2"}`); err != nil {
		t.Errorf("the id of a deleted one must be free: %v", err)
	}
}

func TestLegalEntityOfAnotherCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	beta := w.company("Beta", "")
	_, foreign := w.newTMC("Elsewhere Travel")
	admin := w.as(of(beta, actor.CompanyAdmin), "")
	for _, tc := range []struct {
		name    string
		as      *actor.Actor
		company string
		code    errs.Code
	}{
		{"TMC, wrong company", w.admin, beta, errs.ResourceNotFound},
		{"other company in the path", admin, company, errs.CompanyForeign},
		{"own company, foreign entity", admin, beta, errs.ResourceNotFound},
		{"other tenant", foreign, company, errs.ResourceNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := directory.EntityIn{CompanyID: tc.company, EntityID: entity}
			_, err := call(w, tc.as, "getLegalEntity", w.dir.GetLegalEntity, in)
			wantCode(t, err, tc.code, "")
			_, err = call(w, tc.as, "deleteLegalEntity", w.dir.DeleteLegalEntity, in)
			wantCode(t, err, tc.code, "")
			_, err = call(w, tc.as, "updateLegalEntity", w.dir.UpdateLegalEntity,
				directory.UpdateLegalEntityIn{CompanyID: tc.company, EntityID: entity, Raw: []byte(`{}`)})
			wantCode(t, err, tc.code, "")
		})
	}
}

func TestListLegalEntitiesWhileTheyAreAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, _ := w.acme()
	for i := range 4 {
		w.entity(company, fmt.Sprintf(`"externalId":"le-%d"`, i))
	}
	page := func(in directory.ListLegalEntitiesIn) (out directory.ArrayOfReference) {
		in.CompanyID = company
		decode(t, must(w, w.admin, "listLegalEntities", w.dir.ListLegalEntities, in), &out)
		return out
	}
	seen := map[string]bool{}
	for number := 1; ; number++ {
		p := page(directory.ListLegalEntitiesIn{Page: number, Size: 2})
		for _, e := range p.Elements {
			if seen[e.ID] {
				t.Errorf("%s is on two pages", e.ID)
			}
			seen[e.ID] = true
		}
		if number <= 2 {
			w.entity(company, "") // somebody adds one while we read
		}
		if p.Length < 2 {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("saw %d of 7", len(seen))
	}
	if got := page(directory.ListLegalEntitiesIn{ExternalID: "le-2", Page: 1, Size: 1000}); got.Total != 1 || got.Length != 1 {
		t.Errorf("by external id: %+v", got)
	}
	if got := page(directory.ListLegalEntitiesIn{ExternalID: "none", Page: 1, Size: 1000}); got.Total != 0 || got.Elements == nil {
		t.Errorf("by unknown external id: %+v", got)
	}
}

func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	office := w.office(company, entity, "")
	drop := func() error {
		_, err := call(w, w.admin, "deleteLegalEntity", w.dir.DeleteLegalEntity, directory.EntityIn{CompanyID: company, EntityID: entity})
		return err
	}
	wantCode(t, drop(), errs.StillReferenced, "")
	must(w, w.admin, "deleteOffice", w.dir.DeleteOffice, directory.DeleteOfficeIn{CompanyID: company, EntityID: entity, OfficeID: office})
	user := w.person(company, entity, "Ada", "Moreau")
	wantCode(t, drop(), errs.StillReferenced, "")
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: user})
	if err := drop(); err != nil {
		t.Fatalf("nobody uses it any more: %v", err)
	}
	_, err := call(w, w.admin, "activateUser", w.dir.ActivateUser, directory.UserIn{UserID: user})
	wantCode(t, err, errs.ReferenceNotFound, "/businessInfo/legalEntityRef/id")
}
