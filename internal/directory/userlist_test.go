// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

// listed is the answer of listUsersV3 as a caller reads it.
type listed struct {
	Users []struct {
		UserID, Organization directory.Reference
		IsActive             bool
		PersonalDetail       struct{ Name struct{ Given string } }
		BusinessDetail       struct {
			LegalEntity, Department, CostCenter directory.Reference
			Office                              *directory.Reference
			BusinessEmail, EmployeeID           string
		}
		CreatedAt struct{ ISO8601 string }
	}
	Pagination struct{ TotalNumResults int }
}

func (w *world) list(a *actor.Actor, query string) (got listed, names string, err error) {
	w.t.Helper()
	var in directory.ListUsersIn
	decode(w.t, w.raw("listUsersV3", "%s", query), &in.Query)
	body, err := call(w, a, "listUsersV3", w.dir.ListUsers, in)
	if err != nil {
		return got, "", err
	}
	decode(w.t, body, &got)
	for _, u := range got.Users {
		names += u.PersonalDetail.Name.Given + " "
	}
	return got, strings.TrimSpace(names) + fmt.Sprintf("/%d", got.Pagination.TotalNumResults), nil
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	second := w.entity(company, `"externalId":"2"`)
	office := w.office(company, entity, "")
	dept := created(t, must(w, w.admin, "createDepartment", w.dir.CreateDepartment, directory.CompanyBodyIn{CompanyID: company, Raw: []byte(`{"name":"Research"}`)}))
	center := created(t, must(w, w.admin, "createCostCenter", w.dir.CreateCostCenter, directory.CompanyBodyIn{CompanyID: company, Raw: []byte(`{"name":"4711"}`)}))
	ada := w.user(company, entity, `"email":"ada@example.com","designation":"Engineer","officeRef":{"id":"`+office+`"}`,
		`"externalId":"x-1","personalInfo":{"name":{"given":"Ada","family1":"Moreau"}}`)
	tomas := w.user(company, second, `"email":"tl@example.com","departmentRef":{"id":"`+dept+`"},"costCenterRef":{"id":"`+center+`"}`,
		`"tier":"SEAT1A","personalInfo":{"name":{"given":"Tomas","family1":"Lindqvist"}}`)
	mira := w.person(company, entity, "Mira", "Okafor")
	gone := w.person(company, entity, "Gil", "Abrams")
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: gone})
	must(w, w.admin, "updateUserRoles", w.dir.UpdateUserRoles, directory.UserBodyIn{UserID: mira, Raw: []byte(`{"roles":[{"roleType":"COMPANY_ADMIN"}]}`)})
	for i, saved := range []string{"false", "true"} {
		must(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.raw("createUser",
			`{"persona":"ADHOC","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}},"personalInfo":{"name":{"given":"Adhoc%d","family1":"Guest"}},
			"adhocUserInfo":{"profileOwner":{"userId":{"id":%q}},"isSaved":%s}}`, company, entity, i, ada, saved)})
	}
	beta := w.company("Beta", "")
	ines := w.person(beta, w.entity(beta, ""), "Ines", "Novak")

	inCompany := `{"companyId":{"id":"` + company + `"},"pagination":{}`
	ref := func(id string) string { return `[{"id":"` + id + `"}]` }
	for _, tc := range []struct{ name, query, want string }{
		{"all active", inCompany + `}`, "Ada Tomas Mira Adhoc0 Adhoc1/5"},
		{"page", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":1,"limit":2}}`, "Tomas Mira/5"},
		{"beyond", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":7,"limit":2}}`, "/5"},
		{"whole TMC", `{"tmcId":{"id":"` + w.tmc + `"},"pagination":{}}`, "Ada Tomas Mira Adhoc0 Adhoc1 Ines/6"},
		{"inactive", inCompany + `,"userStatusFilter":"INACTIVE"}`, "Gil/1"},
		{"both", inCompany + `,"userStatusFilter":"ALL"}`, "Ada Tomas Mira Gil Adhoc0 Adhoc1/6"},
		{"by name", inCompany + `,"sort":{"sortBy":"NAME","sortOrder":"ASCENDING"}}`, "Adhoc0 Adhoc1 Tomas Ada Mira/5"},
		{"by name, backwards", inCompany + `,"sort":{"sortBy":"NAME","sortOrder":"DESCENDING"},"userStatusFilter":"ALL"}`, "Mira Ada Tomas Adhoc1 Adhoc0 Gil/6"},
		{"text in a name", inCompany + `,"searchText":"MOREAU"}`, "Ada/1"},
		{"text over both names", inCompany + `,"searchText":"mira oka"}`, "Mira/1"},
		{"text in an address", inCompany + `,"searchText":"tl@EXAMPLE"}`, "Tomas/1"},
		{"unsaved ad-hoc profiles are not found", inCompany + `,"searchText":"guest"}`, "Adhoc1/1"},
		{"legal entity", inCompany + `,"filters":[{"legalEntityIds":` + ref(second) + `}]}`, "Tomas/1"},
		{"office", inCompany + `,"filters":[{"officeIds":` + ref(office) + `}]}`, "Ada/1"},
		{"department", inCompany + `,"filters":[{"departmentIds":` + ref(dept) + `}]}`, "Tomas/1"},
		{"cost center", inCompany + `,"filters":[{"costCenterIds":` + ref(center) + `}]}`, "Tomas/1"},
		{"ids", inCompany + `,"filters":[{"userIds":[{"id":"` + mira + `"},{"id":"` + tomas + `"}]}]}`, "Tomas Mira/2"},
		{"addresses", inCompany + `,"filters":[{"emails":["ADA@example.com"]}]}`, "Ada/1"},
		{"external ids", inCompany + `,"filters":[{"externalIds":["x-1"]}]}`, "Ada/1"},
		{"personas", inCompany + `,"filters":[{"personas":["ADHOC"]}]}`, "Adhoc0 Adhoc1/2"},
		{"roles", inCompany + `,"filters":[{"roles":["COMPANY_ADMIN"]}]}`, "Mira/1"},
		{"job titles", inCompany + `,"filters":[{"designations":["Engineer"]}]}`, "Ada/1"},
		{"tiers", inCompany + `,"filters":[{"tiers":["SEAT1A"]}]}`, "Tomas/1"},
		{"AND inside an object", inCompany + `,"filters":[{"personas":["EMPLOYEE"],"tiers":["BASIC"]}]}`, "Ada Mira/2"},
		{"OR between objects", inCompany + `,"filters":[{"tiers":["SEAT1A"]},{"designations":["Engineer"]}]}`, "Ada Tomas/2"},
		{"nothing passes", inCompany + `,"filters":[{"tiers":["SEAT1A"],"designations":["Engineer"]}]}`, "/0"},
		{"found twice", inCompany + `,"filters":[{"userIds":` + ref(ada) + `},{"emails":["ada@example.com"]},{"officeIds":` + ref(office) + `}]}`, "Ada/1"},
		{"places of two kinds", inCompany + `,"filters":[{"departmentIds":` + ref(dept) + `},{"officeIds":` + ref(office) + `}]}`, "Ada Tomas/2"},
		{"a place and a tier", inCompany + `,"filters":[{"departmentIds":` + ref(dept) + `,"tiers":["BASIC"]}]}`, "/0"},
		{"a place where an office is asked for", inCompany + `,"filters":[{"officeIds":` + ref(dept) + `}]}`, "/0"},
		{"an id or a tier", inCompany + `,"filters":[{"userIds":` + ref(mira) + `},{"tiers":["SEAT1A"]}]}`, "Tomas Mira/2"},
		{"an id of another company", inCompany + `,"filters":[{"userIds":` + ref(ines) + `}]}`, "/0"},
		{"an id of somebody inactive", inCompany + `,"filters":[{"userIds":` + ref(gone) + `}]}`, "/0"},
		{"an id of somebody inactive, asked for", inCompany + `,"userStatusFilter":"ALL","filters":[{"userIds":` + ref(gone) + `}]}`, "Gil/1"},
		{"inactive ones with an id", inCompany + `,"userStatusFilter":"INACTIVE","filters":[{"userIds":[{"id":"` + gone + `"},{"id":"` + ada + `"}]}]}`, "Gil/1"},
		{"inactive ones of a place", inCompany + `,"userStatusFilter":"INACTIVE","filters":[{"legalEntityIds":` + ref(entity) + `}]}`, "Gil/1"},
		{"page of inactive ones, behind", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":1},"userStatusFilter":"INACTIVE"}`, "/1"},
		{"whole TMC, ids and addresses", `{"tmcId":{"id":"` + w.tmc + `"},"pagination":{},"filters":[{"userIds":` + ref(ines) + `},{"externalIds":["x-1"]}]}`, "Ada Ines/2"},
		{"page of a filter", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":1,"limit":1},"filters":[{"tiers":["BASIC"]}]}`, "Mira/4"},
		{"page by name", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":1,"limit":2},"sort":{"sortBy":"NAME","sortOrder":"ASCENDING"}}`, "Adhoc1 Tomas/5"},
		{"page by name, behind", `{"companyId":{"id":"` + company + `"},"pagination":{"offset":9,"limit":2},"sort":{"sortBy":"NAME","sortOrder":"ASCENDING"}}`, "/5"},
		{"an empty object passes all", inCompany + `,"filters":[{}]}`, "Ada Tomas Mira Adhoc0 Adhoc1/5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, got, err := w.list(w.admin, tc.query); err != nil || got != tc.want {
				t.Errorf("got %q (%v), want %q", got, err, tc.want)
			}
		})
	}
	got, _, err := w.list(w.admin, inCompany+`,"filters":[{"userIds":`+ref(tomas)+`}]}`)
	if err != nil {
		t.Fatal(err)
	}
	u := got.Users[0]
	if u.Organization.Name != "Acme" || u.BusinessDetail.LegalEntity.Name != "Acme France SAS" || u.BusinessDetail.Department.Name != "Research" ||
		u.BusinessDetail.CostCenter.Name != "4711" || u.BusinessDetail.Office != nil || u.CreatedAt.ISO8601 != "2026-03-02T09:30:15" {
		t.Errorf("got %+v", u)
	}
	admin := w.as(of(company, actor.CompanyAdmin), "")
	_, _, err = w.list(admin, `{"companyId":{"id":"`+beta+`"},"pagination":{}}`)
	wantCode(t, err, errs.CompanyForeign, "")
	_, _, err = w.list(admin, `{"tmcId":{"id":"`+w.tmc+`"},"pagination":{}}`)
	wantCode(t, err, errs.CompanyForeign, "")
}

func TestWalkWhileUsersAreAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	var want []string
	for range 5 {
		want = append(want, w.user(company, entity, "", ""))
	}
	var seen []string
	for offset := 0; ; offset += 2 {
		got, _, err := w.list(w.admin, fmt.Sprintf(`{"companyId":{"id":%q},"pagination":{"offset":%d,"limit":2}}`, company, offset))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range got.Users {
			seen = append(seen, u.UserID.ID)
		}
		if len(want) < 8 {
			want = append(want, w.user(company, entity, "", ""))
		}
		if len(got.Users) == 0 {
			break
		}
	}
	if !slices.Equal(seen, want) {
		t.Errorf("saw %v\nwant %v", seen, want)
	}
}

// Namesakes stay in order of creation, however many there are in front of the page.
func TestListByNameOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	families := []string{"Moreau", "Abrams", "Okafor"}
	want := map[string][]string{}
	for i := range 1500 {
		family := families[i%3]
		want[family] = append(want[family], w.user(company, entity, "", `"personalInfo":{"name":{"given":"Ada","family1":"`+family+`"}}`))
	}
	for _, tc := range []struct {
		offset int
		order  string
		want   []string
	}{
		{0, "ASCENDING", want["Abrams"][:3]}, {499, "ASCENDING", []string{want["Abrams"][499], want["Moreau"][0], want["Moreau"][1]}},
		{0, "DESCENDING", want["Okafor"][:3]}, {1498, "DESCENDING", want["Abrams"][498:]},
	} {
		got, _, err := w.list(w.admin, fmt.Sprintf(`{"companyId":{"id":%q},"pagination":{"offset":%d,"limit":3},"sort":{"sortBy":"NAME","sortOrder":%q}}`, company, tc.offset, tc.order))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, u := range got.Users {
			ids = append(ids, u.UserID.ID)
		}
		if !slices.Equal(ids, tc.want) || got.Pagination.TotalNumResults != 1500 {
			t.Errorf("from %d %s: got %v of %d, want %v", tc.offset, tc.order, ids, got.Pagination.TotalNumResults, tc.want)
		}
	}
}

func TestQueryUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	ada := w.user(company, entity, `"email":"Ada@example.com","employeeId":"E-1"`, `"externalId":"x-1","personalInfo":{"email":"ada.private@example.com"}`)
	tomas := w.user(company, entity, `"email":"tomas@example.com"`, "")
	gone := w.user(company, entity, `"email":"gone@example.com","employeeId":"E-2"`, `"externalId":"x-2"`)
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: gone})
	beta := w.company("Beta", "")
	other := w.user(beta, w.entity(beta, ""), `"email":"ada@example.com"`, `"externalId":"x-1"`)
	admin := w.as(of(company, actor.CompanyAdmin), "")
	for _, tc := range []struct {
		name string
		as   *actor.Actor
		in   directory.QueryUserIn
		want []string
		code errs.Code
	}{
		{"all of a company", w.admin, directory.QueryUserIn{CompanyID: company}, []string{ada, tomas}, ""},
		{"inactive ones too", w.admin, directory.QueryUserIn{CompanyID: company, Inactive: true}, []string{ada, tomas, gone}, ""},
		{"e-mail in any case", admin, directory.QueryUserIn{CompanyID: company, Email: "aDA@example.com"}, []string{ada}, ""},
		{"private e-mail", admin, directory.QueryUserIn{CompanyID: company, Email: "ada.private@example.com"}, []string{ada}, ""},
		{"external id", w.admin, directory.QueryUserIn{CompanyID: company, ExternalID: "x-1"}, []string{ada}, ""},
		{"employee id", w.admin, directory.QueryUserIn{CompanyID: company, EmployeeID: "E-1"}, []string{ada}, ""},
		{"two that agree", w.admin, directory.QueryUserIn{CompanyID: company, ExternalID: "x-1", Email: "ada@example.com"}, []string{ada}, ""},
		{"two that do not", w.admin, directory.QueryUserIn{CompanyID: company, ExternalID: "x-1", Email: "tomas@example.com"}, nil, ""},
		{"inactive by e-mail", w.admin, directory.QueryUserIn{CompanyID: company, Email: "gone@example.com"}, nil, ""},
		{"inactive by e-mail, asked for", w.admin, directory.QueryUserIn{CompanyID: company, Email: "gone@example.com", Inactive: true}, []string{gone}, ""},
		{"inactive by external id, asked for", w.admin, directory.QueryUserIn{CompanyID: company, ExternalID: "x-2", Inactive: true}, []string{gone}, ""},
		{"TMC, e-mail", w.admin, directory.QueryUserIn{TMCID: w.tmc, Email: "ada@example.com"}, []string{ada, other}, ""},
		{"TMC, external id", w.admin, directory.QueryUserIn{TMCID: w.tmc, ExternalID: "x-1"}, []string{ada, other}, ""},
		{"neither id", w.admin, directory.QueryUserIn{Email: "ada@example.com"}, nil, errs.InvalidUserIDsQuery},
		{"both ids", w.admin, directory.QueryUserIn{CompanyID: company, TMCID: w.tmc}, nil, errs.InvalidUserIDsQuery},
		{"no UUID", w.admin, directory.QueryUserIn{CompanyID: "acme"}, nil, errs.InvalidUserIDsQuery},
		{"another company", admin, directory.QueryUserIn{CompanyID: beta}, nil, errs.CompanyForeign},
		{"TMC as a company", admin, directory.QueryUserIn{TMCID: w.tmc}, nil, errs.CompanyForeign},
		{"another TMC", w.admin, directory.QueryUserIn{TMCID: nobody}, nil, errs.CompanyForeign},
		{"unknown company", w.admin, directory.QueryUserIn{CompanyID: nobody}, nil, errs.ResourceNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body, err := call(w, tc.as, "queryUser", w.dir.QueryUser, tc.in)
			if tc.code != "" {
				wantCode(t, err, tc.code, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Length   int
				Elements []struct{ ID string }
			}
			decode(t, body, &got)
			var found []string
			for _, e := range got.Elements {
				found = append(found, e.ID)
			}
			if !slices.Equal(found, tc.want) || got.Length != len(tc.want) {
				t.Errorf("got %v (%d), want %v", found, got.Length, tc.want)
			}
		})
	}
	var one struct{ Elements []json.RawMessage }
	decode(t, must(w, w.admin, "queryUser", w.dir.QueryUser, directory.QueryUserIn{CompanyID: company, ExternalID: "x-1"}), &one)
	want := fmt.Sprintf(`{"id":%q,"email":"Ada@example.com","externalId":"x-1","persona":"EMPLOYEE","isActive":true}`, ada)
	if string(one.Elements[0]) != want {
		t.Errorf("got  %s\nwant %s", one.Elements[0], want)
	}
}
