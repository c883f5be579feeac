// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.company("Acme", "")
	get := func(op string, fn func(context.Context, directory.CompanyIn) (json.RawMessage, error)) func() (json.RawMessage, error) {
		return func() (json.RawMessage, error) {
			return call(w, w.admin, op, fn, directory.CompanyIn{CompanyID: company})
		}
	}
	put := func(op string, fn func(context.Context, directory.CompanyBodyIn) (struct{}, error)) func(string) error {
		return func(body string) error {
			_, err := call(w, w.admin, op, fn, directory.CompanyBodyIn{CompanyID: company, Raw: w.raw(op, "%s", body)})
			return err
		}
	}
	getRole := func(op string, fn func(context.Context, directory.RoleIn) (json.RawMessage, error)) func() (json.RawMessage, error) {
		return func() (json.RawMessage, error) {
			return call(w, w.admin, op, fn, directory.RoleIn{CompanyID: company, Role: "ORG"})
		}
	}
	putRole := func(op string, fn func(context.Context, directory.RoleBodyIn) (struct{}, error)) func(string) error {
		return func(body string) error {
			_, err := call(w, w.admin, op, fn, directory.RoleBodyIn{CompanyID: company, Role: "ORG", Raw: w.raw(op, "%s", body)})
			return err
		}
	}
	d := w.dir
	for _, tc := range []struct {
		name, empty, first, next string // no empty: 404 while nothing is stored
		get                      func() (json.RawMessage, error)
		put                      func(string) error
	}{
		{"content", `{}`, `{"airConfig":{"fareCategoryFilter":[]}}`, `{}`, get("getCompanyTravelContentConfig", d.GetTravelContentConfig), put("updateCompanyTravelContentConfig", d.UpdateTravelContentConfig)},
		{"enrollment", `{"termsAndConditions":""}`, `{"termsAndConditions":"x","industryDropdownOptions":["Research"]}`, `{"termsAndConditions":"y"}`, get("getCompanyEnrollmentConfig", d.GetEnrollmentConfig), put("updateCompanyEnrollmentConfig", d.UpdateEnrollmentConfig)},
		{"tiers", `{}`, `{"tiers":[{"name":"Everybody","tier":"BASIC"}]}`, `{"tiers":[]}`, getRole("getCompanyTierConfig", d.GetTierConfig), putRole("updateCompanyTierConfig", d.UpdateTierConfig)},
		{"stealth", `{}`, `{"stealthModes":[{"stealthType":"STEALTH_TYPE_1","label":"Board"}]}`, `{}`, getRole("getCompanyStealthConfig", d.GetStealthConfig), putRole("updateCompanyStealthConfig", d.UpdateStealthConfig)},
		{"branding", "", `{"companyName":"Acme","fontFamily":"Inter"}`, `{"companyName":"Acme"}`, getRole("getCompanyWhiteLabelConfig", d.GetWhiteLabelConfig), putRole("updateCompanyWhiteLabelConfig", d.UpdateWhiteLabelConfig)},
		{"preference tiers", `{"preferenceTiersPerBookingType":[]}`,
			`{"preferenceTiersPerBookingType":[{"bookingType":"AIR","allowedEntityTypes":["COMPANY"],"preferenceTiers":[{"level":"TIER_1","label":"Best","showLabel":true}]}]}`,
			`{"preferenceTiersPerBookingType":[]}`, get("listPreferenceTiers", d.ListPreferenceTiers), put("storePreferenceTiers", d.StorePreferenceTiers)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.get()
			if tc.empty == "" {
				wantCode(t, err, errs.ResourceNotFound, "")
			} else if err != nil || string(got) != tc.empty {
				t.Errorf("before anything was set: %s %v", got, err)
			}
			for _, body := range []string{tc.first, tc.next} {
				if err := tc.put(body); err != nil {
					t.Fatal(err)
				}
				if got, err := tc.get(); err != nil || string(got) != body {
					t.Errorf("got %s %v, want %s", got, err, body)
				}
			}
		})
	}
	_, err := call(w, w.admin, "getCompanyWhiteLabelConfig", d.GetWhiteLabelConfig, directory.RoleIn{CompanyID: company, Role: "TMC"})
	wantCode(t, err, errs.ResourceNotFound, "") // stored for the role ORG only
	must(w, w.admin, "deleteCompanyWhiteLabelConfig", d.DeleteWhiteLabelConfig, directory.RoleIn{CompanyID: company, Role: "ORG"})
	_, err = call(w, w.admin, "getCompanyWhiteLabelConfig", d.GetWhiteLabelConfig, directory.RoleIn{CompanyID: company, Role: "ORG"})
	wantCode(t, err, errs.ResourceNotFound, "")
	must(w, w.admin, "deleteCompanyTravelContentConfig", d.DeleteTravelContentConfig, directory.CompanyIn{CompanyID: company})
	must(w, w.admin, "deleteCompanyTravelContentConfig", d.DeleteTravelContentConfig, directory.CompanyIn{CompanyID: company})
	_, err = call(w, w.admin, "getCompanyTravelContentConfig", d.GetTravelContentConfig, directory.CompanyIn{CompanyID: nobody})
	wantCode(t, err, errs.ResourceNotFound, "")

	tier := `{"level":"TIER_1","label":"Best","showLabel":true}`
	of := func(kind, tiers string) string {
		return `{"bookingType":"` + kind + `","allowedEntityTypes":["COMPANY"],"preferenceTiers":[` + tiers + `]}`
	}
	store := put("storePreferenceTiers", d.StorePreferenceTiers)
	wantCode(t, store(`{"preferenceTiersPerBookingType":[`+of("AIR", tier+","+tier)+`]}`), errs.ValidationFailed, "/preferenceTiersPerBookingType/0/preferenceTiers/1/level")
	wantCode(t, store(`{"preferenceTiersPerBookingType":[`+of("AIR", tier)+","+of("AIR", "")+`]}`), errs.ValidationFailed, "/preferenceTiersPerBookingType/1/bookingType")
}

func TestManagers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	agent := w.person(w.tmc, w.entity(w.tmc, ""), "Ines", "Novak")
	gone := w.person(company, entity, "Gil", "Abrams")
	put := func(body string) error {
		_, err := call(w, w.admin, "updateCompanyManagersConfig", w.dir.UpdateManagersConfig,
			directory.RoleBodyIn{CompanyID: company, Role: "ORG", Raw: w.raw("updateCompanyManagersConfig", "%s", body)})
		return err
	}
	wantCode(t, put(`{"customerSuccessManagers":[{"id":"`+agent+`"},{"id":"`+nobody+`"}]}`), errs.ReferenceNotFound, "/customerSuccessManagers/1/id")
	if err := put(`{"accountManagers":[{"id":"` + agent + `","fullName":"Somebody Else"},{"id":"` + gone + `"}]}`); err != nil {
		t.Fatal(err)
	}
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: gone})
	got := string(must(w, w.admin, "getCompanyManagersConfig", w.dir.GetManagersConfig, directory.RoleIn{CompanyID: company, Role: "ORG"}))
	want := fmt.Sprintf(`{"accountManagers":[{"id":%q,"fullName":"Ines Novak","email":"ines.novak@example.com","isActive":true},`+
		`{"id":%q,"fullName":"Gil Abrams","email":"gil.abrams@example.com","isActive":false}]}`, agent, gone)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	must(w, w.admin, "deleteCompanyManagersConfig", w.dir.DeleteManagersConfig, directory.RoleIn{CompanyID: company, Role: "ORG"})
	_, err := call(w, w.admin, "getCompanyManagersConfig", w.dir.GetManagersConfig, directory.RoleIn{CompanyID: company, Role: "ORG"})
	wantCode(t, err, errs.ResourceNotFound, "")
}

func TestStealthModeOfAProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.user(company, entity, "", `"stealthType":"STEALTH_TYPE_2"`)
	if strings.Contains(string(w.get(id)), "stealthMode") {
		t.Errorf("a mode that the company does not have: %s", w.get(id))
	}
	must(w, w.admin, "updateCompanyStealthConfig", w.dir.UpdateStealthConfig, directory.RoleBodyIn{CompanyID: company, Role: "ORG",
		Raw: w.raw("updateCompanyStealthConfig", `{"stealthModes":[{"stealthType":"STEALTH_TYPE_2","label":"Board"}]}`)})
	if got := string(w.get(id)); !strings.Contains(got, `"stealthMode":{"stealthType":"STEALTH_TYPE_2","label":"Board"}`) {
		t.Errorf("got %s", got)
	}
	if err := w.put(id, "%s", w.get(id)); err != nil {
		t.Error(err)
	}
}
