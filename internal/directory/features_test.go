// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

// patch sets one feature of a company.
func (w *world) patch(company, name, value string) directory.PatchFeaturesIn {
	w.t.Helper()
	in := directory.PatchFeaturesIn{CompanyID: company}
	decode(w.t, w.raw("updateCompanyFeaturesPatch", `{"featuresToUpdate":[{"name":%q,"value":%q}]}`, name, value), &in.Patch)
	return in
}

func (w *world) feature(in directory.FeaturesIn, name string) directory.FeatureConfig {
	w.t.Helper()
	var got directory.FeatureList
	decode(w.t, must(w, w.admin, "getCompanyFeatures", w.dir.GetFeatures, in), &got)
	if got.Length != 122 || len(got.Features) != 122 {
		w.t.Errorf("%d features, want 122", len(got.Features))
	}
	for _, f := range got.Features {
		if f.Name == name {
			return f
		}
	}
	w.t.Fatalf("no feature %s", name)
	return directory.FeatureConfig{}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.company("Acme", "")
	in := directory.FeaturesIn{CompanyID: company}
	const name = "PRODUCT_OBT_AIR_DISABLED"
	want := directory.FeatureConfig{Name: name, Type: "BOOL", Value: "false"}
	if got := w.feature(in, name); got != want {
		t.Errorf("default: %+v", got)
	}
	must(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, w.patch(company, name, "true"))
	must(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, w.patch(company, "FLIGHT_RESULTS_OOP", "false"))
	want.Enabled, want.Value = true, "true"
	if got := w.feature(in, name); got != want {
		t.Errorf("set: %+v", got)
	}
	for role, value := range map[string]string{"ORG": "false", "": "true"} {
		p := w.patch(company, name, value)
		p.Role = role
		must(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, p)
	}
	if got := w.feature(directory.FeaturesIn{CompanyID: company, Role: "ORG"}, name); got.Value != "false" {
		t.Errorf("the role's value must win: %+v", got)
	}
	if got := w.feature(in, name); got.Value != "true" {
		t.Errorf("and only for the role: %+v", got)
	}
	remove := directory.PatchFeaturesIn{CompanyID: company}
	decode(t, w.raw("updateCompanyFeaturesPatch", `{"featuresToDelete":[%q]}`, name), &remove.Patch)
	must(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, remove)
	if got := w.feature(in, name); got.Value != "false" {
		t.Errorf("deleting resets: %+v", got)
	}
	if got := w.feature(in, "FLIGHT_RESULTS_OOP"); got.Value != "false" {
		t.Errorf("others stay: %+v", got)
	}
	for _, bad := range [][2]string{{name, "yes"}, {"GEO_CUSTOMIZATIONS", "{"}} {
		_, err := call(w, w.admin, "updateCompanyFeaturesPatch", w.dir.PatchFeatures, w.patch(company, bad[0], bad[1]))
		wantCode(t, err, errs.ValidationFailed, "/featuresToUpdate/0/value")
	}
	if err := w.in(func(ctx ctx) error {
		value, err := w.dir.Feature(ctx, company, "FLIGHT_RESULTS_OOP")
		if err == nil && value != "false" {
			err = fmt.Errorf("other domains read %q", value)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// Every feature of the contract is listed: the enum and the table must not drift apart.
func TestEveryFeatureIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company := w.company("Acme", "")
	var got directory.FeatureList
	decode(t, must(w, w.admin, "getCompanyFeatures", w.dir.GetFeatures, directory.FeaturesIn{CompanyID: company}), &got)
	for _, f := range got.Features {
		w.raw("updateCompanyFeaturesPatch", `{"featuresToDelete":[%q]}`, f.Name)
	}
}
