// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestSectionsAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	plain := func(get func(context.Context, directory.UserIn) (json.RawMessage, error), op string) func() json.RawMessage {
		return func() json.RawMessage { return must(w, w.admin, op, get, directory.UserIn{UserID: id}) }
	}
	with := func(get func(context.Context, directory.UserReadIn) (json.RawMessage, error), op string) func() json.RawMessage {
		return func() json.RawMessage { return must(w, w.admin, op, get, directory.UserReadIn{UserID: id}) }
	}
	putPlain := func(put func(context.Context, directory.UserBodyIn) (struct{}, error), op string) func(string) {
		return func(body string) {
			must(w, w.admin, op, put, directory.UserBodyIn{UserID: id, Raw: w.raw(op, "%s", body)})
		}
	}
	putWith := func(put func(context.Context, directory.SectionIn) (struct{}, error), op string) func(string) {
		return func(body string) {
			must(w, w.admin, op, put, directory.SectionIn{UserID: id, Raw: w.raw(op, "%s", body)})
		}
	}
	refs := fmt.Sprintf(`"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}`, company, entity)
	for _, tc := range []struct {
		section     string
		get         func() json.RawMessage
		put         func(string)
		first, next string
		empty       string
	}{
		{"businessInfo", with(w.dir.GetBusinessInfo, "getBusinessInfo"), putWith(w.dir.UpdateBusinessInfo, "updateBusinessInfo"),
			`{"designation":"Engineer",` + refs + `}`, `{` + refs + `,"email":"ada@example.com"}`, ""},
		{"personalInfo", with(w.dir.GetPersonalInfo, "getPersonalInfo"), putWith(w.dir.UpdatePersonalInfo, "updatePersonalInfo"),
			`{"identityDocs":[{"ktn":{"number":"12345678","issueCountry":"US"}}],"gender":"FEMALE"}`, `{"gender":"UNSPECIFIED"}`, ""},
		{"travelPreferences", plain(w.dir.GetTravelPreferences, "getUserTravelPreferences"), putPlain(w.dir.UpdateTravelPreferences, "updateTravelPreferences"),
			`{"preferences":{"airPref":{"homeAirport":"LYS"},"preferredCurrency":"EUR"}}`, `{"preferences":{"preferredCurrency":"USD"}}`, `{}`},
		{"membershipInfo", plain(w.dir.GetMembershipInfo, "getMembershipInfo"), putPlain(w.dir.UpdateMembershipInfo, "updateMembershipInfo"),
			`{"membershipInfos":[{"id":"1","issuedBy":"ZZ","type":"AIR"}],"isLoyaltyBlocked":false}`, `{"membershipInfos":[],"isLoyaltyBlocked":false}`, `{"isLoyaltyBlocked":false}`},
		{"notificationPreferences", plain(w.dir.GetNotificationPreferences, "getNotificationPreferences"), putPlain(w.dir.UpdateNotificationPreferences, "updateNotificationPreferences"),
			`{"preferences":[{"notificationType":"BOOKING_NOTIFICATION","emailPreference":{"enabled":false,"ccEmails":["office@example.com"]}},{"notificationType":"FLIGHT_NOTIFICATION","emailPreference":{"enabled":true}}]}`,
			`{"preferences":[{"notificationType":"FLIGHT_NOTIFICATION","emailPreference":{"enabled":false}},{"notificationType":"BOOKING_NOTIFICATION","emailPreference":{"enabled":true}}]}`,
			`{"preferences":[{"notificationType":"FLIGHT_NOTIFICATION","emailPreference":{"enabled":true}},{"notificationType":"BOOKING_NOTIFICATION","emailPreference":{"enabled":true}}]}`},
	} {
		t.Run(tc.section, func(t *testing.T) {
			if tc.empty != "" {
				if got := string(tc.get()); got != tc.empty {
					t.Errorf("before anything was set: %s", got)
				}
			}
			for _, body := range []string{tc.first, tc.next} {
				tc.put(body)
				w.lastTold("UPDATE", id)
				if got := string(tc.get()); got != body {
					t.Errorf("got  %s\nwant %s", got, body)
				}
				var profile map[string]json.RawMessage
				if decode(t, w.get(id), &profile); string(profile[tc.section]) != body {
					t.Errorf("the profile shows %s", profile[tc.section])
				}
			}
		})
	}
}

func TestErrorsPointIntoTheSection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	w.person(company, entity, "Tomas", "Lindqvist")
	id := w.person(company, entity, "Ada", "Moreau")
	put := func(members string) error {
		_, err := call(w, w.admin, "updateBusinessInfo", w.dir.UpdateBusinessInfo, directory.SectionIn{UserID: id, Raw: w.raw("updateBusinessInfo",
			`{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}%s}`, company, entity, extra(members))})
		return err
	}
	wantCode(t, put(`"officeRef":{"id":"`+nobody+`"}`), errs.ReferenceNotFound, "/officeRef/id")
	wantCode(t, put(`"email":"tomas.lindqvist@example.com"`), errs.DuplicateValue, "/email")
}

func TestInactiveSections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: id})
	_, err := call(w, w.admin, "getPersonalInfo", w.dir.GetPersonalInfo, directory.UserReadIn{UserID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	must(w, w.admin, "updatePersonalInfo", w.dir.UpdatePersonalInfo, directory.SectionIn{UserID: id, Inactive: true, Raw: []byte(`{"gender":"MALE"}`)})
	w.lastTold("UPDATE", id)
	if got := must(w, w.admin, "getPersonalInfo", w.dir.GetPersonalInfo, directory.UserReadIn{UserID: id, Inactive: true}); string(got) != `{"gender":"MALE"}` {
		t.Errorf("got %s", got)
	}
	_, err = call(w, w.admin, "getMembershipInfo", w.dir.GetMembershipInfo, directory.UserIn{UserID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
}

func TestExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	w.user(company, entity, "", `"externalId":"taken"`)
	read := func() (json.RawMessage, error) {
		return call(w, w.admin, "getExternalId", w.dir.GetExternalID, directory.UserReadIn{UserID: id})
	}
	write := func(value string) error {
		_, err := call(w, w.admin, "updateExternalId", w.dir.UpdateExternalID,
			directory.SectionIn{UserID: id, Raw: w.raw("updateExternalId", `{"externalId":%q}`, value)})
		return err
	}
	_, err := read()
	wantCode(t, err, errs.ResourceNotFound, "")
	wantCode(t, write("taken"), errs.DuplicateValue, "/externalId")
	if err := write("x-9"); err != nil {
		t.Fatal(err)
	}
	w.lastTold("UPDATE", id)
	if got, err := read(); err != nil || string(got) != `{"externalId":"x-9"}` {
		t.Errorf("got %s %v", got, err)
	}
}

func TestBlockedLoyalty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme() // in France
	const cards = `{"membershipInfos":[{"id":"1","issuedBy":"ZZ","type":"AIR"}]}`
	put := func(id, body string) error {
		_, err := call(w, w.admin, "updateMembershipInfo", w.dir.UpdateMembershipInfo, directory.UserBodyIn{UserID: id, Raw: w.raw("updateMembershipInfo", "%s", body)})
		return err
	}
	french := w.person(company, entity, "Ada", "Moreau")
	swedish := w.user(company, entity, `"countryCode":"SE"`, "")
	if err := put(french, cards); err != nil {
		t.Fatal(err)
	}
	must(w, w.admin, "updateCompany", w.dir.UpdateCompany, directory.CompanyBodyIn{CompanyID: company, Raw: w.raw("updateCompany",
		`{"id":{"id":%q},"name":"Acme","billingCurrency":"EUR","companyRoles":["ORG"],"loyaltyBlockedCountries":["FR"]}`, company)})
	for id, blocked := range map[string]bool{french: true, swedish: false} {
		var got struct{ IsLoyaltyBlocked bool }
		decode(t, must(w, w.admin, "getMembershipInfo", w.dir.GetMembershipInfo, directory.UserIn{UserID: id}), &got)
		if got.IsLoyaltyBlocked != blocked {
			t.Errorf("blocked is %v, want %v", got.IsLoyaltyBlocked, blocked)
		}
	}
	wantCode(t, put(french, `{"membershipInfos":[{"id":"2","issuedBy":"ZZ","type":"AIR"}]}`), errs.StateForbids, "/membershipInfos")
	for _, body := range []string{cards, `{"membershipInfos":[]}`} { // what is there may stay or go
		if err := put(french, body); err != nil {
			t.Error(err)
		}
	}
	if err := put(swedish, cards); err != nil {
		t.Error(err)
	}
}

func TestEmailDomains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.company("Acme", `"emailDomains":["acme.example.com"]`)
	entity := w.entity(company, "")
	early := w.person(company, entity, "Ada", "Moreau") // at example.com, before the rule
	create := func(persona, email string) error {
		_, err := call(w, w.admin, "createUser", w.dir.CreateUser, directory.CreateUserIn{Raw: w.raw("createUser",
			`{"persona":%q,"businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q},"email":%q}}`, persona, company, entity, email)})
		return err
	}
	if err := create("EMPLOYEE", "a@other.example.com"); err != nil {
		t.Fatalf("without the feature every domain is admitted: %v", err)
	}
	set := func(value string) {
		must(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, w.patch(company, "RESTRICTED_EMAIL_DOMAINS", value))
	}
	set("true")
	wantCode(t, create("EMPLOYEE", "b@other.example.com"), errs.InvalidEmailDomain, "/businessInfo/email")
	if err := create("EMPLOYEE", "b@ACME.example.com"); err != nil {
		t.Error(err)
	}
	if err := create("GUEST", "guest@other.example.com"); err != nil {
		t.Errorf("guests have their own addresses: %v", err)
	}
	if err := w.put(early, "%s", w.get(early)); err != nil {
		t.Errorf("an address from before the rule must not block other changes: %v", err)
	}
	set("one.example.com, two.example.com")
	wantCode(t, create("EMPLOYEE", "c@acme.example.com"), errs.InvalidEmailDomain, "/businessInfo/email")
	if err := create("EMPLOYEE", "c@two.example.com"); err != nil {
		t.Error(err)
	}
}
