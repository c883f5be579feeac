// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func (w *world) upload(company, kind, file string) error {
	w.t.Helper()
	_, err := call(w, w.admin, "uploadCompanyPreferences", w.dir.UploadPreferences,
		directory.UploadPreferencesIn{CompanyID: company, Kind: kind, File: []byte(file)})
	return err
}

func (w *world) vendors(company, kind string) (list []directory.VendorPreference) {
	w.t.Helper()
	if err := w.in(func(c ctx) (err error) { list, err = w.dir.VendorPreferences(c, company, kind); return err }); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestVendorPreferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	if err := w.upload(company, "HOTEL", "\ufeffNAME,Code,preference,TIER,entityType,entityId\r\n"+
		"\"Hotel \"\"Mer\"\", Nice\",H1,,tier_2,,\r\n,H2,blocked,,LEGAL_ENTITY,"+strings.ToUpper(entity)+"\r\n,H1,,,country,fr\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.upload(company, "AIRLINE", "code\nAF\nLH"); err != nil {
		t.Fatal(err)
	}
	want := []directory.VendorPreference{
		{Code: "H1", Name: `Hotel "Mer", Nice`, Preference: "PREFERRED", Tier: "TIER_2", EntityType: "COMPANY"},
		{Code: "H2", Preference: "BLOCKED", EntityType: "LEGAL_ENTITY", EntityID: entity},
		{Code: "H1", Preference: "PREFERRED", EntityType: "COUNTRY", EntityID: "FR"},
	}
	if d := cmp.Diff(want, w.vendors(company, "HOTEL")); d != "" {
		t.Error(d)
	}
	if err := w.upload(company, "HOTEL", "code\nH9\n"); err != nil {
		t.Fatal(err)
	}
	if got := w.vendors(company, "HOTEL"); len(got) != 1 || got[0].Code != "H9" {
		t.Errorf("after another upload: %v", got)
	}
	if got := w.vendors(company, "AIRLINE"); len(got) != 2 {
		t.Errorf("another kind has %v", got)
	}
}

func TestBadVendorFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, _ := w.acme()
	if err := w.upload(company, "CAR", "code\nZE\n"); err != nil {
		t.Fatal(err)
	}
	const head = "code,preference,tier,entityType,entityId\n"
	for file, want := range map[string]string{
		"":                           "must be a CSV file",
		"\ufeff":                     "header row",
		"kode\nZE":                   `line 1, column 1: there is no column "kode"`,
		"code,Code\nZE,ZE":           "line 1, column 2: the column code is there twice",
		"name\nHertz":                "the column code is missing",
		"code\n\"ZE":                 "line 2",
		"code,name\nZE":              "line 2",
		"code\n\xe9":                 "must be UTF-8",
		head + "ZE,,,,\n,,,,":        "line 3, column 1 (code): must not be empty",
		head + "ZE,liked,,,":         "line 2, column 2 (preference)",
		head + "ZE,,TIER_7,,":        "line 2, column 3 (tier)",
		head + "ZE,BLOCKED,TIER_1,,": "a blocked vendor has no tier",
		head + "ZE,,,CITY,":          "line 2, column 4 (entityType)",
		head + "ZE,,,,FR":            "must be empty for the whole company",
		head + "ZE,,,COUNTRY,France": "line 2, column 5 (entityId)",
		head + "ZE,,,LEGAL_ENTITY,x": "the company has no legal entity",
		head + "ZE,,,,\n\nze,,,,":    "line 4, column 1 (code): \"ze\" stands for the same travelers on line 2",
	} {
		err := w.upload(company, "CAR", file)
		wantCode(t, err, errs.ValidationFailed, "/file")
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
	}
	all := errs.As(w.upload(company, "CAR", head+strings.Repeat(",,,,\n", 50)))
	if all == nil || len(all.Fields) != 32 {
		t.Errorf("many bad cells: %v", all)
	}
	if got := w.vendors(company, "CAR"); len(got) != 1 || got[0].Code != "ZE" {
		t.Errorf("a refused file changed the list: %v", got)
	}
}

func TestVendorsFollowTheTiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, _ := w.acme()
	must(w, w.admin, "storePreferenceTiers", w.dir.StorePreferenceTiers, directory.CompanyBodyIn{CompanyID: company,
		Raw: w.raw("storePreferenceTiers", `{"preferenceTiersPerBookingType":[{"bookingType":"AIR","allowedEntityTypes":["COMPANY"],
			"preferenceTiers":[{"level":"TIER_2","label":"Good","showLabel":true}]}]}`)})
	row := func(tier, entity string) string {
		return fmt.Sprintf("code,tier,entityType,entityId\nAF,%s,%s\n", tier, entity)
	}
	if err := w.upload(company, "AIRLINE", row("TIER_2", "COMPANY,")); err != nil {
		t.Error(err)
	}
	wantCode(t, w.upload(company, "AIRLINE", row("TIER_1", "COMPANY,")), errs.ValidationFailed, "/file")
	wantCode(t, w.upload(company, "AIRLINE", row("", "COUNTRY,FR")), errs.ValidationFailed, "/file")
	if err := w.upload(company, "HOTEL_CHAIN", row("TIER_1", "COUNTRY,FR")); err != nil {
		t.Errorf("tiers of flights bind hotels: %v", err)
	}
}
