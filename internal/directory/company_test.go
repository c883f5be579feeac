// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func (w *world) readCompany(id string) json.RawMessage {
	w.t.Helper()
	return must(w, w.admin, "readCompany", w.dir.ReadCompany, directory.CompanyIn{CompanyID: id})
}

func TestCompanyIsShownAsItWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.company("Acme", `"externalId":"a-1", "emailDomains": ["example.com"],"supportConfigs":[{"portalUrls":["https://help.example.com"]}]`)
	want := fmt.Sprintf(`{"id":{"id":%q},"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"],"externalId":"a-1",`+
		`"emailDomains":["example.com"],"supportConfigs":{"length":1,"elements":[{"portalUrls":["https://help.example.com"]}]},`+
		`"isActive":true,"contractedBy":{"id":%q}}`, id, w.tmc)
	if got := string(w.readCompany(id)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(w.readCompany("Xa-1")); got != want {
		t.Errorf("by external id: got %s", got)
	}
	// What was read can be sent back and nothing changes.
	must(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: id, Raw: w.raw("updateCompany", "%s", want)})
	if got := string(w.readCompany(id)); got != want {
		t.Errorf("after PUT of what GET answered: %s", got)
	}
	// A member left out is gone; what only the server sets stays.
	must(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: id, Raw: w.raw("updateCompany",
		`{"id":{"id":%q},"name":"Acme 2","billingCurrency":"USD","companyRoles":["ORG"],"isActive":false}`, w.tmc)})
	want = fmt.Sprintf(`{"id":{"id":%q},"name":"Acme 2","billingCurrency":"USD","companyRoles":["ORG"],"isActive":true,"contractedBy":{"id":%q}}`, id, w.tmc)
	if got := string(w.readCompany(id)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCompanyRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	taken := w.company("Acme", `"externalId":"a-1"`)
	foreign, other := w.newTMC("Elsewhere Travel")
	_ = other
	for _, tc := range []struct {
		name, body string
		code       errs.Code
		pointer    string
	}{
		{"name taken", `{"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"]}`, errs.DuplicateValue, "/name"},
		{"external id taken", `{"name":"B","externalId":"a-1","billingCurrency":"EUR","companyRoles":["ORG"]}`, errs.DuplicateValue, "/externalId"},
		{"no name", `{"name":"","billingCurrency":"EUR","companyRoles":["ORG"]}`, errs.ValidationFailed, "/name"},
		{"no role", `{"name":"B","billingCurrency":"EUR","companyRoles":[]}`, errs.ValidationFailed, "/companyRoles"},
		{"redirect of a client", `{"name":"B","billingCurrency":"EUR","companyRoles":["ORG"],"redirectUrl":"https://example.com"}`, errs.ValidationFailed, "/redirectUrl"},
		{"copies of a TMC", `{"name":"B","billingCurrency":"EUR","companyRoles":["TMC"],"ccEmailAddresses":["a@example.com"]}`, errs.ValidationFailed, "/ccEmailAddresses"},
		{"defaults of a client", `{"name":"B","billingCurrency":"EUR","companyRoles":["ORG"],"tmcDefaultConfiguration":{}}`, errs.ValidationFailed, "/tmcDefaultConfiguration"},
		{"booking TMC of another tenant", `{"name":"B","billingCurrency":"EUR","companyRoles":["ORG"],"bookingTmcId":{"id":"` + foreign + `"}}`, errs.ReferenceNotFound, "/bookingTmcId/id"},
		{"contracted by another tenant", `{"name":"B","billingCurrency":"EUR","companyRoles":["ORG"],"contractedBy":{"id":"` + foreign + `"}}`, errs.ReferenceNotFound, "/contractedBy/id"},
		{"unknown country TMC", `{"name":"B","billingCurrency":"EUR","companyRoles":["TMC"],"tmcDefaultConfiguration":{"countryWiseBookingTmcs":[{"countryCode":"FR","bookingTmcId":"` + foreign + `"}]}}`,
			errs.ReferenceNotFound, "/tmcDefaultConfiguration/countryWiseBookingTmcs/0/bookingTmcId"},
		{"global role", `{"name":"B","billingCurrency":"EUR","companyRoles":["GLOBAL"]}`, errs.AccessDenied, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := call(w, w.admin, "createCompany", w.dir.CreateCompany, directory.CreateCompanyIn{Raw: w.raw("createCompany", "%s", tc.body)})
			wantCode(t, err, tc.code, tc.pointer)
			if tc.code == errs.DuplicateValue && errs.As(err).Params[0].Value != taken {
				t.Errorf("the error does not name who has the value: %v", errs.As(err).Params)
			}
		})
	}
	other2 := w.company("Beta", "")
	_, err := call(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: other2, Raw: w.raw("updateCompany",
		`{"id":{"id":%q},"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"]}`, other2)})
	wantCode(t, err, errs.DuplicateValue, "/name")
}

func TestDeletedCompanyIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	user := w.person(company, entity, "Ada", "Moreau")
	must(w, w.admin, "deleteCompany", w.dir.DeleteCompany, directory.CompanyIn{CompanyID: company})
	_, err := call(w, w.admin, "readCompany", w.dir.ReadCompany, directory.CompanyIn{CompanyID: company})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "deleteCompany", w.dir.DeleteCompany, directory.CompanyIn{CompanyID: company})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "getLegalEntity", w.dir.GetLegalEntity, directory.EntityIn{CompanyID: company, EntityID: entity})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "getUserInfo", w.dir.GetUserInfo, directory.UserReadIn{UserID: user})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.profile(company, entity, "", "")})
	wantCode(t, err, errs.ReferenceNotFound, "/businessInfo/organizationRef/id")
	_, listed, err := w.list(w.admin, `{"tmcId":{"id":"`+w.tmc+`"},"pagination":{}}`)
	if err != nil || listed != "/0" {
		t.Errorf("its people are still listed: %s %v", listed, err)
	}
	err = w.in(func(ctx ctx) error {
		_, err := w.dir.UserByEmail(ctx, w.tmc, "ada.moreau@example.com")
		return err
	})
	wantCode(t, err, errs.ResourceNotFound, "")
	w.company("Acme", "") // the name is free again
	_, err = call(w, w.admin, "deleteCompany", w.dir.DeleteCompany, directory.CompanyIn{CompanyID: w.tmc})
	wantCode(t, err, errs.StateForbids, "")
}

func TestWhoReachesACompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.company("Acme", `"externalId":"a-1"`)
	beta := w.company("Beta", `"externalId":"b-1"`)
	_, foreign := w.newTMC("Elsewhere Travel")
	company := w.as(of(acme, actor.CompanyAdmin), "")
	for _, tc := range []struct {
		name string
		as   *actor.Actor
		id   string
		code errs.Code // empty: allowed
	}{
		{"TMC", w.admin, acme, ""},
		{"TMC by external id", w.admin, "Xb-1", ""},
		{"TMC, unknown external id", w.admin, "Xnope", errs.ResourceNotFound},
		{"TMC, itself", w.admin, w.tmc, ""},
		{"own company", company, acme, ""},
		{"own company by external id", company, "Xa-1", ""},
		{"other company", company, beta, errs.CompanyForeign},
		{"other company by external id", company, "Xb-1", errs.CompanyForeign},
		{"unknown external id", company, "Xnope", errs.CompanyForeign},
		{"the TMC of the company", company, w.tmc, errs.CompanyForeign},
		{"another TMC", foreign, acme, errs.ResourceNotFound},
		{"nobody", &actor.Actor{Tenant: w.tmc}, acme, errs.CompanyForeign},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := call(w, tc.as, "readCompany", w.dir.ReadCompany, directory.CompanyIn{CompanyID: tc.id})
			if tc.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantCode(t, err, tc.code, "")
		})
	}
	_, err := call(w, w.admin, "readCompany", w.dir.ReadCompany, directory.CompanyIn{CompanyID: "acme"})
	wantCode(t, err, errs.ValidationFailed, "/companyId")
}

func TestOnlyTheTMCChangesTheStandingOfACompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.company("Acme", "")
	beta := w.company("Beta", "")
	admin := w.as(of(company, actor.CompanyAdmin), "")
	put := func(a *actor.Actor, roles, members string) error {
		_, err := call(w, a, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: company, Raw: w.raw("updateCompany",
			`{"id":{"id":%q},"name":"Acme","billingCurrency":"EUR","companyRoles":%s%s}`, company, roles, extra(members))})
		return err
	}
	if err := put(admin, `["ORG","ORG"]`, `"contractedBy":{"id":"`+w.tmc+`"}`); err != nil {
		t.Errorf("nothing of the kind changed: %v", err)
	}
	wantCode(t, put(admin, `["ORG","TMC"]`, ""), errs.AccessDenied, "/companyRoles")
	wantCode(t, put(admin, `["ORG"]`, `"contractedBy":{"id":"`+beta+`"}`), errs.AccessDenied, "/contractedBy")
	wantCode(t, put(admin, `["ORG"]`, `"bookingTmcId":{"id":"`+beta+`"}`), errs.AccessDenied, "/bookingTmcId")
	if err := put(w.admin, `["ORG","TMC"]`, `"bookingTmcId":{"id":"`+beta+`"}`); err != nil {
		t.Error(err)
	}
}

func TestListCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	partner := created(t, must(w, w.admin, "createCompany", w.dir.CreateCompany, directory.CreateCompanyIn{
		Raw: w.raw("createCompany", `{"name":"Partner","billingCurrency":"EUR","companyRoles":["PARTNER_TMC","TMC"]}`)}))
	acme := w.company("Acme", `"externalId":"a-1"`)
	beta := w.company("Beta", fmt.Sprintf(`"bookingTmcId":{"id":%q}`, partner))
	company := w.as(of(beta, actor.CompanyAdmin), "")
	for _, tc := range []struct {
		name  string
		as    *actor.Actor
		in    directory.ListCompaniesIn
		want  string
		total int
	}{
		{"all", w.admin, directory.ListCompaniesIn{Limit: 100}, "Meridian Travel Partner Acme Beta", 4},
		{"first page", w.admin, directory.ListCompaniesIn{Limit: 3}, "Meridian Travel Partner Acme", 4},
		{"second page", w.admin, directory.ListCompaniesIn{Offset: 3, Limit: 3}, "Beta", 4},
		{"beyond", w.admin, directory.ListCompaniesIn{Offset: 9, Limit: 3}, "", 4},
		{"only the total", w.admin, directory.ListCompaniesIn{}, "", 4},
		{"clients", w.admin, directory.ListCompaniesIn{Roles: []string{"ORG"}, Limit: 100}, "Acme Beta", 2},
		{"by external id", w.admin, directory.ListCompaniesIn{ExternalID: "a-1", Limit: 100}, "Acme", 1},
		{"by an external id of nobody", w.admin, directory.ListCompaniesIn{ExternalID: "a-2", Limit: 100}, "", 0},
		{"by external id, of other roles", w.admin, directory.ListCompaniesIn{ExternalID: "a-1", Roles: []string{"TMC"}, Limit: 100}, "", 0},
		{"by ids", w.admin, directory.ListCompaniesIn{IDs: []string{beta, acme}, Limit: 100}, "Acme Beta", 2},
		{"by booking TMC", w.admin, directory.ListCompaniesIn{BookingTMCs: []string{partner}, Limit: 100}, "Beta", 1},
		{"booked by the contracting one", w.admin, directory.ListCompaniesIn{BookingTMCs: []string{w.tmc}, Roles: []string{"ORG"}, Limit: 100}, "Acme", 1},
		{"contracted by", w.admin, directory.ListCompaniesIn{ContractingTMCs: []string{w.tmc}, Limit: 100}, "Meridian Travel Partner Acme Beta", 4},
		{"contracted by nobody", w.admin, directory.ListCompaniesIn{ContractingTMCs: []string{partner}, Limit: 100}, "", 0},
		{"as a company", company, directory.ListCompaniesIn{Limit: 100}, "Beta", 1},
		{"as a company, another", company, directory.ListCompaniesIn{ExternalID: "a-1", Limit: 100}, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got directory.ArrayOfReference
			decode(t, must(w, tc.as, "listCompanies", w.dir.ListCompanies, tc.in), &got)
			if names(got) != tc.want || got.Total != tc.total || got.Length != len(got.Elements) {
				t.Errorf("got %q of %d, want %q of %d", names(got), got.Total, tc.want, tc.total)
			}
		})
	}
}

func decode(t testing.TB, body json.RawMessage, v any) {
	t.Helper()
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
}

func names(list directory.ArrayOfReference) string {
	var out []string
	for _, r := range list.Elements {
		out = append(out, r.Name)
	}
	return strings.Join(out, " ")
}

func TestMailKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const config = `"emailClientConfig":{"client":"SENDGRID","credentials":{"emailClientSecretKey":{"secretKey":"sk-1","versionId":"v1"}},"defaultSenderAddress":"trips@example.com"}`
	id := w.company("Acme", config)
	shown := w.readCompany(id)
	if strings.Contains(string(shown), "sk-1") || !strings.Contains(string(shown), `"versionId":"v1"`) {
		t.Fatalf("shown: %s", shown)
	}
	must(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: id, Raw: shown})
	if again := w.readCompany(id); string(again) != string(shown) {
		t.Errorf("after sending it back: %s", again)
	}
	err := w.in(func(ctx ctx) error {
		c, err := w.dir.Company(ctx, id)
		if err == nil && !strings.Contains(string(c.Raw), "sk-1") {
			t.Errorf("sending back what was shown lost the key: %s", c.Raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
