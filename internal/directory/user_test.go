// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

const nobody = "00000000-0000-4000-8000-000000000001"

func (w *world) put(id, format string, args ...any) error {
	w.t.Helper()
	_, err := call(w, w.admin, "updateUser", w.dir.UpdateUser, directory.UserBodyIn{UserID: id, Raw: w.raw("updateUser", format, args...)})
	return err
}

// told is the last notice, which must show the profile as it is read now.
func (w *world) lastTold(operation, id string) {
	w.t.Helper()
	if len(w.told) == 0 {
		w.t.Fatalf("nothing was told, want %s", operation)
	}
	n := w.told[len(w.told)-1]
	if n.Type != "TRAVELER_V2" || n.Operation != operation || n.Resource != "USER/"+id {
		w.t.Errorf("told %s %s %s, want %s", n.Type, n.Operation, n.Resource, operation)
	}
	if got := w.get(id); string(got) != string(n.Payload) {
		w.t.Errorf("told %s\nread %s", n.Payload, got)
	}
	var version int64
	if err := w.in(func(ctx ctx) error {
		u, err := w.dir.User(ctx, id)
		if err == nil {
			version = u.Version
		}
		return err
	}); err != nil || version != n.Version {
		w.t.Errorf("told version %d, stored %d (%v)", n.Version, version, err)
	}
}

func TestUserIsShownAsItWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.user(company, entity, `"email":"ada.moreau@example.com","employeeId":"E-7"`,
		`"externalId":"x-1","billingCurrency":"EUR","isActive":false,"id":"`+nobody+`",
		"personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"dob":{"iso8601":"1990-02-28"}},
		"membershipInfo":{"isLoyaltyBlocked":true,"membershipInfos":[{"id":"1","issuedBy":"ZZ","type":"AIR"}]}`)
	w.lastTold("CREATE", id)
	want := fmt.Sprintf(`{"id":%q,"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q},"email":"ada.moreau@example.com","employeeId":"E-7"},`+
		`"externalId":"x-1","personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"dob":{"iso8601":"1990-02-28"}},`+
		`"membershipInfo":{"membershipInfos":[{"id":"1","issuedBy":"ZZ","type":"AIR"}],"isLoyaltyBlocked":false},`+
		`"isActive":true,"contractingTmcRef":{"id":%q},"bookingTmcRef":{"id":%q}}`, id, company, entity, w.tmc, w.tmc)
	if got := string(w.get(id)); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if err := w.put(id, "%s", want); err != nil {
		t.Fatal(err)
	}
	w.lastTold("UPDATE", id)
	if got := string(w.get(id)); got != want {
		t.Errorf("after PUT of what GET answered:\ngot  %s\nwant %s", got, want)
	}
}

func TestUpdateReplacesSections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.user(company, entity, `"email":"ada.moreau@example.com","designation":"Engineer"`,
		`"tier":"SEAT1A","personalInfo":{"name":{"given":"Ada","family1":"Moreau"},"gender":"FEMALE"},
		"travelPreferences":{"preferences":{"preferredCurrency":"EUR"}}`)
	if err := w.put(id, `{"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}},
		"personalInfo":{"name":{"given":"Ada","family1":"Lindqvist"}}}`, company, entity); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tier              string
		BusinessInfo      map[string]any
		PersonalInfo      map[string]any
		TravelPreferences json.RawMessage
	}
	decode(t, w.get(id), &got)
	if got.BusinessInfo["designation"] != nil || got.BusinessInfo["email"] != nil || got.PersonalInfo["gender"] != nil {
		t.Errorf("a section that is present must be replaced as a whole: %v %v", got.BusinessInfo, got.PersonalInfo)
	}
	if got.Tier != "SEAT1A" || string(got.TravelPreferences) != `{"preferences":{"preferredCurrency":"EUR"}}` {
		t.Errorf("a section that is absent must stay: %q %s", got.Tier, got.TravelPreferences)
	}
}

func TestUserRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	beta := w.company("Beta", "")
	betaEntity := w.entity(beta, "")
	betaUser := w.person(beta, betaEntity, "Tomas", "Lindqvist")
	w.user(company, entity, `"email":"Taken@example.com","employeeId":"E-1"`, `"externalId":"x-1"`)
	for _, tc := range []struct {
		name, business, members string
		code                    errs.Code
		pointer                 string
	}{
		{"e-mail in other case", `"email":"tAKEN@example.com"`, "", errs.DuplicateValue, "/businessInfo/email"},
		{"private e-mail stands in", "", `"personalInfo":{"email":"taken@example.com"}`, errs.DuplicateValue, "/personalInfo/email"},
		{"employee id", `"employeeId":"E-1"`, "", errs.DuplicateValue, "/businessInfo/employeeId"},
		{"external id", "", `"externalId":"x-1"`, errs.DuplicateValue, "/externalId"},
		{"office", `"officeRef":{"id":"` + nobody + `"}`, "", errs.ReferenceNotFound, "/businessInfo/officeRef/id"},
		{"department", `"departmentRef":{"id":"` + nobody + `"}`, "", errs.ReferenceNotFound, "/businessInfo/departmentRef/id"},
		{"cost center", `"costCenterRef":{"id":"` + nobody + `"}`, "", errs.ReferenceNotFound, "/businessInfo/costCenterRef/id"},
		{"grade", `"gradeRef":{"id":"` + nobody + `"}`, "", errs.ReferenceNotFound, "/businessInfo/gradeRef/id"},
		{"manager of another company", `"managerRef":{"id":"` + betaUser + `"}`, "", errs.ReferenceNotFound, "/businessInfo/managerRef/id"},
		{"approver", `"designatedApproverRefs":[{"id":"` + betaUser + `"}]`, "", errs.ReferenceNotFound, "/businessInfo/designatedApproverRefs/0/id"},
		{"day that is none", "", `"personalInfo":{"dob":{"iso8601":"1990-02-30"}}`, errs.ValidationFailed, "/personalInfo/dob/iso8601"},
		{"born tomorrow", "", `"personalInfo":{"dob":{"iso8601":"2026-03-04"}}`, errs.ValidationFailed, "/personalInfo/dob/iso8601"},
		{"ad-hoc details of an employee", "", `"adhocUserInfo":{"profileOwner":{"userId":{"id":"` + betaUser + `"}}}`, errs.ValidationFailed, "/adhocUserInfo"},
		{"role over a stranger", "", `"roles":[{"roleType":"TRAVEL_ARRANGER","metadata":{"roleType":"TRAVEL_ARRANGER","arrangerFor":[{"userId":"` + betaUser + `"}]}}]`,
			errs.ReferenceNotFound, "/roles/0/metadata/arrangerFor/0/userId"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			told := len(w.told)
			_, err := call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.profile(company, entity, tc.business, tc.members)})
			wantCode(t, err, tc.code, tc.pointer)
			if len(w.told) != told {
				t.Error("a refused creation was told")
			}
		})
	}
	_, err := call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.profile(company, betaEntity, "", "")})
	wantCode(t, err, errs.ReferenceNotFound, "/businessInfo/legalEntityRef/id")
	_, err = call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.profile(nobody, entity, "", "")})
	wantCode(t, err, errs.ReferenceNotFound, "/businessInfo/organizationRef/id")
	_, err = call(w, w.as(of(beta, actor.CompanyAdmin), ""), "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.profile(company, entity, "", "")})
	wantCode(t, err, errs.CompanyForeign, "")
	// The same values are free in another company, and the company of a user is for ever.
	id := w.user(beta, betaEntity, `"email":"taken@example.com","employeeId":"E-1"`, `"externalId":"x-1"`)
	wantCode(t, w.put(id, "%s", w.profile(company, entity, "", "")), errs.ValidationFailed, "/businessInfo/organizationRef/id")
}

func TestAdhocProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	owner := w.person(company, entity, "Ada", "Moreau")
	body := func(info string) string {
		return fmt.Sprintf(`{"persona":"ADHOC","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}}%s}`, company, entity, extra(info))
	}
	make := func(info string) (string, error) {
		out, err := call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.raw("createUser", "%s", body(info))})
		if err != nil {
			return "", err
		}
		return created(t, out), nil
	}
	info := func(owner, saved string) string {
		return fmt.Sprintf(`"adhocUserInfo":{"profileOwner":{"userId":{"id":%q}}%s}`, owner, saved)
	}
	_, err := make("")
	wantCode(t, err, errs.ValidationFailed, "/adhocUserInfo")
	_, err = make(info(nobody, ""))
	wantCode(t, err, errs.ReferenceNotFound, "/adhocUserInfo/profileOwner/userId/id")
	id, err := make(info(owner, `,"isSaved":true`))
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.put(id, "%s", body(info(owner, `,"isSaved":false`))), errs.ValidationFailed, "/adhocUserInfo/isSaved")
	for _, saved := range []string{`,"isSaved":true`, ""} {
		if err := w.put(id, "%s", body(info(owner, saved))); err != nil {
			t.Fatal(err)
		}
		var got struct{ AdhocUserInfo struct{ IsSaved bool } }
		if decode(t, w.get(id), &got); !got.AdhocUserInfo.IsSaved {
			t.Errorf("isSaved was lost by a body with %q", saved)
		}
	}
}

func TestDeactivation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	before := w.get(id)
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: id})
	w.lastTold("DELETE", id)
	_, err := call(w, w.admin, "getUserInfo", w.dir.GetUserInfo, directory.UserReadIn{UserID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	_, err = call(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	wantCode(t, w.put(id, "%s", w.profile(company, entity, "", "")), errs.ResourceNotFound, "")

	// The address is free meanwhile; while somebody else has it, there is no way back.
	second := w.person(company, entity, "Ada", "Moreau")
	_, err = call(w, w.admin, "activateUser", w.dir.ActivateUser, directory.UserIn{UserID: id})
	wantCode(t, err, errs.DuplicateValue, "/businessInfo/email")
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: second})
	must(w, w.admin, "activateUser", w.dir.ActivateUser, directory.UserIn{UserID: id})
	w.lastTold("UPDATE", id)
	if diff := cmp.Diff(string(before), string(w.get(id))); diff != "" {
		t.Errorf("the profile came back changed:\n%s", diff)
	}
	told := len(w.told)
	must(w, w.admin, "activateUser", w.dir.ActivateUser, directory.UserIn{UserID: id})
	if len(w.told) != told {
		t.Error("activating an active user was told")
	}
}

func TestWhoReachesAUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	beta := w.company("Beta", "")
	ada := w.person(company, entity, "Ada", "Moreau")
	tomas := w.person(company, entity, "Tomas", "Lindqvist")
	must(w, w.admin, "updateUserRoles", w.dir.UpdateUserRoles, directory.UserBodyIn{UserID: tomas, Raw: w.raw("updateUserRoles",
		`{"roles":[{"roleType":"TRAVEL_ARRANGER","metadata":{"roleType":"TRAVEL_ARRANGER","arrangerFor":[{"userId":%q}]}}]}`, ada)})
	mira := w.person(company, entity, "Mira", "Okafor")
	_, foreign := w.newTMC("Elsewhere Travel")
	for _, tc := range []struct {
		name string
		as   *actor.Actor
		id   string
		code errs.Code // empty: allowed
	}{
		{"TMC administrator", w.admin, ada, ""},
		{"TMC agent", w.as(of("", actor.TMCAgent), ""), ada, ""},
		{"another TMC", foreign, ada, errs.ResourceNotFound},
		{"company administrator", w.as(of(company, actor.CompanyAdmin), ""), ada, ""},
		{"administrator of another company", w.as(of(beta, actor.CompanyAdmin), ""), ada, errs.ResourceNotFound},
		{"arranger of the company", w.as(of(company, actor.CompanyArranger), tomas), mira, ""},
		{"arranger, his traveler", w.as(of(company, actor.Arranger, actor.Traveler), tomas), ada, ""},
		{"arranger, himself", w.as(of(company, actor.Arranger, actor.Traveler), tomas), tomas, ""},
		{"arranger, somebody else", w.as(of(company, actor.Arranger, actor.Traveler), tomas), mira, errs.AccessDenied},
		{"arranger by role alone", w.as(of(company, actor.Arranger, actor.Traveler), mira), ada, errs.AccessDenied},
		{"traveler, himself", w.as(of(company, actor.Traveler), ada), ada, ""},
		{"traveler, a colleague", w.as(of(company, actor.Traveler), ada), tomas, errs.AccessDenied},
		{"traveler of another company", w.as(of(beta, actor.Traveler), ""), ada, errs.ResourceNotFound},
		{"report administrator", w.as(of(company, actor.ReportAdmin), mira), ada, errs.AccessDenied},
		{"nobody", &actor.Actor{Tenant: w.tmc}, ada, errs.ResourceNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := call(w, tc.as, "getUserInfo", w.dir.GetUserInfo, directory.UserReadIn{UserID: tc.id})
			_, err2 := call(w, tc.as, "updatePersonalInfo", w.dir.UpdatePersonalInfo, directory.SectionIn{UserID: tc.id, Raw: []byte(`{}`)})
			if tc.code == "" {
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				return
			}
			wantCode(t, err, tc.code, "")
			wantCode(t, err2, tc.code, "")
		})
	}
}

func TestBookingTMC(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tmc := func(name string) string {
		return created(t, must(w, w.admin, "createCompany", w.dir.CreateCompany, directory.CreateCompanyIn{
			Raw: w.raw("createCompany", `{"name":%q,"billingCurrency":"EUR","companyRoles":["TMC"]}`, name)}))
	}
	ofCompany, ofEntity, ofFrance, ofAll := tmc("A"), tmc("B"), tmc("C"), tmc("D")
	booked := func(company, entity string) string {
		id := w.user(company, entity, "", "")
		var got struct{ BookingTmcRef struct{ ID string } }
		decode(t, w.get(id), &got)
		if n := w.told[len(w.told)-1]; n.BookingTMC != got.BookingTmcRef.ID || n.Company != company {
			t.Errorf("told %s %s, read %s", n.Company, n.BookingTMC, got.BookingTmcRef.ID)
		}
		return got.BookingTmcRef.ID
	}
	acme, entity := w.acme()
	if got := booked(acme, entity); got != w.tmc {
		t.Errorf("the contracting TMC books when nobody is named, got %s", got)
	}
	must(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: w.tmc, Raw: w.raw("updateCompany",
		`{"id":{"id":%q},"name":"Meridian Travel","billingCurrency":"EUR","companyRoles":["TMC"],"tmcDefaultConfiguration":{"defaultBookingTmcId":%q,"countryWiseBookingTmcs":[{"countryCode":"FR","bookingTmcId":%q}]}}`,
		w.tmc, ofAll, ofFrance)})
	if got := booked(acme, entity); got != ofFrance {
		t.Errorf("for a French legal entity the TMC of France books, got %s", got)
	}
	german := created(t, must(w, w.admin, "createLegalEntity", w.dir.CreateLegalEntity, directory.CompanyBodyIn{CompanyID: acme,
		Raw: w.raw("createLegalEntity", `{"name":"Acme GmbH","address":{"addressLines":["Hauptstr. 1"],"regionCode":"DE"},"billingCurrency":"EUR"}`)}))
	if got := booked(acme, german); got != ofAll {
		t.Errorf("elsewhere the default books, got %s", got)
	}
	beta := w.company("Beta", fmt.Sprintf(`"bookingTmcId":{"id":%q}`, ofCompany))
	betaEntity := w.entity(beta, "")
	if got := booked(beta, betaEntity); got != ofCompany {
		t.Errorf("the company's TMC books, got %s", got)
	}
	must(w, w.admin, "updateLegalEntity", w.dir.UpdateLegalEntity, directory.UpdateLegalEntityIn{CompanyID: beta, EntityID: betaEntity,
		Raw: w.raw("updateLegalEntity", `{"bookingTmcRef":{"id":%q}}`, ofEntity)})
	if got := booked(beta, betaEntity); got != ofEntity {
		t.Errorf("the legal entity's TMC books, got %s", got)
	}
}
