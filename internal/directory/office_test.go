// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestOffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	second := w.entity(company, "")
	id := w.office(company, entity, `"externalId":"o-1","taxId":"7"`)
	in := directory.OfficeIn{CompanyID: company, EntityID: entity, OfficeID: id}
	get := func() string { return string(must(w, w.admin, "getOffice", w.dir.GetOffice, in)) }
	put := func(body string) error {
		_, err := call(w, w.admin, "updateOffice", w.dir.UpdateOffice, directory.UpdateOfficeIn{
			CompanyID: company, EntityID: entity, OfficeID: id, Raw: w.raw("updateOffice", "%s", body)})
		return err
	}
	want := fmt.Sprintf(`{"id":%q,"name":"Lyon","externalId":"o-1","taxId":"7"}`, id)
	if got := get(); got != want {
		t.Fatalf("got %s", got)
	}
	if err := put(want); err != nil || get() != want {
		t.Errorf("sending back what was read changed it: %v %s", err, get())
	}
	if err := put(`{"name":"Lyon Part-Dieu"}`); err != nil || get() != fmt.Sprintf(`{"id":%q,"name":"Lyon Part-Dieu"}`, id) {
		t.Errorf("a member left out must be cleared: %v %s", err, get())
	}
	w.office(company, second, `"externalId":"o-2"`)
	wantCode(t, put(`{"externalId":"o-2"}`), errs.DuplicateValue, "/externalId")
	_, err := call(w, w.admin, "getOffice", w.dir.GetOffice, directory.OfficeIn{CompanyID: company, EntityID: second, OfficeID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "createOffice", w.dir.CreateOffice, directory.CreateOfficeIn{CompanyID: company, EntityID: nobody, Raw: []byte(`{}`)})
	wantCode(t, err, errs.ResourceNotFound, "")

	var list directory.ArrayOfReference
	decode(t, must(w, w.admin, "listLegalEntityOffices", w.dir.ListLegalEntityOffices,
		directory.ListLegalEntityOfficesIn{CompanyID: company, EntityID: entity}), &list)
	if names(list) != "Lyon Part-Dieu" {
		t.Errorf("got %v", list)
	}
	decode(t, must(w, w.admin, "listLegalEntityOffices", w.dir.ListLegalEntityOffices,
		directory.ListLegalEntityOfficesIn{CompanyID: company, EntityID: entity, ExternalID: "o-2"}), &list)
	if list.Length != 0 {
		t.Errorf("an office of another legal entity is listed: %v", list)
	}
}

func TestDeleteOfficeDetachesUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	office := w.office(company, entity, "")
	id := w.user(company, entity, `"officeRef":{"id":"`+office+`"},"designation":"Engineer"`, "")
	in := directory.DeleteOfficeIn{CompanyID: company, EntityID: entity, OfficeID: office}
	_, err := call(w, w.admin, "deleteOffice", w.dir.DeleteOffice, in)
	wantCode(t, err, errs.StillReferenced, "")
	in.Detach = true
	must(w, w.admin, "deleteOffice", w.dir.DeleteOffice, in)
	w.lastTold("UPDATE", id)
	if got := string(w.get(id)); strings.Contains(got, "officeRef") || !strings.Contains(got, "Engineer") {
		t.Errorf("only the office goes: %s", got)
	}
	_, err = call(w, w.admin, "deleteOffice", w.dir.DeleteOffice, in)
	wantCode(t, err, errs.ResourceNotFound, "")
}

func TestListOffices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	second := created(t, must(w, w.admin, "createLegalEntity", w.dir.CreateLegalEntity, directory.CompanyBodyIn{CompanyID: company,
		Raw: w.raw("createLegalEntity", `{"name":"Acme Nordic AB","address":{"addressLines":["Storgatan 1"],"regionCode":"SE"},"billingCurrency":"SEK"}`)}))
	make := func(entity, name, country, tax, external string) string {
		return created(t, must(w, w.admin, "createOffice", w.dir.CreateOffice, directory.CreateOfficeIn{CompanyID: company, EntityID: entity,
			Raw: w.raw("createOffice", `{"name":%q,"address":{"addressLines":["x"],"regionCode":%q},"taxId":%q,"externalId":%q}`, name, country, tax, external)}))
	}
	lyon := make(entity, "Lyon", "FR", "3", "o-1")
	make(entity, "brest", "FR", "2", "o-2")
	make(second, "Malmo", "SE", "1", "o-3")
	for _, tc := range []struct{ name, query, want string }{
		{"all", `{"paginationParams":{}}`, "Lyon brest Malmo/3"},
		{"page", `{"paginationParams":{"offset":1,"limit":1}}`, "brest/3"},
		{"text", `{"searchText":"MAL","paginationParams":{}}`, "Malmo/1"},
		{"text in the legal entity", `{"searchText":"nordic","paginationParams":{}}`, "Malmo/1"},
		{"country", `{"paginationParams":{},"filters":[{"countries":["fr"]}]}`, "Lyon brest/2"},
		{"ids", `{"paginationParams":{},"filters":[{"officeIds":["` + lyon + `"]}]}`, "Lyon/1"},
		{"external ids", `{"paginationParams":{},"filters":[{"externalIds":["o-3","o-2"]}]}`, "brest Malmo/2"},
		{"legal entity", `{"paginationParams":{},"filters":[{"legalEntityIds":["` + second + `"]}]}`, "Malmo/1"},
		{"any filter is enough", `{"paginationParams":{},"filters":[{"countries":["SE"]},{"externalIds":["o-1"]}]}`, "Lyon Malmo/2"},
		{"any value is enough", `{"paginationParams":{},"filters":[{"countries":["SE"],"externalIds":["o-1"]}]}`, "Lyon Malmo/2"},
		{"by name", `{"paginationParams":{},"sortParams":{"sortBy":"NAME","sortOrder":"ASC"}}`, "brest Lyon Malmo/3"},
		{"by tax id, backwards", `{"paginationParams":{},"sortParams":{"sortBy":"TAX_ID","sortOrder":"DESC"}}`, "Lyon brest Malmo/3"},
		{"by country, backwards", `{"paginationParams":{},"sortParams":{"sortBy":"COUNTRY_CODE","sortOrder":"DESC"}}`, "Malmo Lyon brest/3"},
		{"by legal entity", `{"paginationParams":{},"sortParams":{"sortBy":"LEGAL_ENTITY_NAME","sortOrder":"DESC"}}`, "Malmo Lyon brest/3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := directory.ListOfficesIn{CompanyID: company}
			decode(t, w.raw("listOfficesV2", "%s", tc.query), &in.Query)
			var got struct {
				Offices []struct {
					Office         struct{ Name string }
					LegalEntityRef struct{ ID, Name string }
				}
				PaginationParams struct{ TotalNumResults int }
			}
			decode(t, must(w, w.admin, "listOfficesV2", w.dir.ListOffices, in), &got)
			var list []string
			for _, o := range got.Offices {
				list = append(list, o.Office.Name)
				if (o.Office.Name == "Malmo") != (o.LegalEntityRef.Name == "Acme Nordic AB") {
					t.Errorf("%s is said to belong to %s", o.Office.Name, o.LegalEntityRef.Name)
				}
			}
			if s := fmt.Sprintf("%s/%d", strings.Join(list, " "), got.PaginationParams.TotalNumResults); s != tc.want {
				t.Errorf("got %q, want %q", s, tc.want)
			}
		})
	}
}
