// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/policy"
)

func (w *world) ask(members string) (string, error) {
	w.t.Helper()
	raw, err := call(w, "createCompanyQuestion", w.svc.CreateQuestion, policy.CompanyBodyIn{CompanyID: acme,
		Raw: w.body("createCompanyQuestion", `{"name":"Purpose","isRequired":true,"isDisabled":false,`+members+`}`)})
	var out policy.EntityID
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out.ID, err
}

func (w *world) question(id string) map[string]any {
	w.t.Helper()
	return decode(w.t, must(w, "getCompanyQuestion", w.svc.GetQuestion, policy.QuestionIn{CompanyID: acme, QuestionID: id}))
}

func (w *world) reask(id string, doc map[string]any) error {
	w.t.Helper()
	_, err := call(w, "updateCompanyQuestion", w.svc.UpdateQuestion, policy.UpdateQuestionIn{
		CompanyID: acme, QuestionID: id, Raw: w.body("updateCompanyQuestion", string(encode(w.t, doc)))})
	return err
}

func TestLifeOfAQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.has(policy.Office, 1)
	id, err := w.ask(`"questionFormat":"RADIO_BUTTON","optionInfo":{"source":"MANUAL","options":[{"displayCode":"V","displayValue":"Visit"},{"displayCode":"F"}]},
		"customFieldLocations":["PNR_EMAIL"],"matchConditions":{"travelTypes":["AIR"],"travelerConditions":{"offices":[{"id":"` + thing(1) + `"}]}}`)
	if err != nil {
		t.Fatal(err)
	}
	got := w.question(id)
	if n := got["optionInfo"].(map[string]any)["totalNumOptions"]; got["id"] != id || n != 2.0 {
		t.Fatalf("created as %v", got)
	}
	w.things[policy.Office] = nil // gone, and yet the question can be sent back
	if err := w.reask(id, got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(got, w.question(id)); d != "" {
		t.Errorf("sending back what was read changed it: %s", d)
	}
	delete(got, "customFieldLocations")
	delete(got, "optionInfo")
	got["name"], got["questionType"] = "Why", map[string]any{"preSearchQuestionType": "PURPOSE_OF_TRIP"}
	if err := w.reask(id, got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(got, w.question(id)); d != "" {
		t.Errorf("what was left out is still there: %s", d)
	}
	raw := must(w, "getCompanyQuestions", w.svc.ListQuestions, policy.CompanyIn{CompanyID: acme})
	if d := cmp.Diff(map[string]any{"length": 1.0, "totalNumResults": 1.0, "elements": []any{map[string]any{"id": id, "name": "Why"}}}, decode(t, raw)); d != "" {
		t.Error(d)
	}
	must(w, "deleteCompanyQuestion", w.svc.DeleteQuestion, policy.QuestionIn{CompanyID: acme, QuestionID: id})
	_, err = call(w, "getCompanyQuestion", w.svc.GetQuestion, policy.QuestionIn{CompanyID: acme, QuestionID: id})
	wantCode(t, err, errs.ResourceNotFound, "")
	wantCode(t, w.reask(id, got), errs.ResourceNotFound, "")
}

func TestOptionsOfTheCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 12 {
		w.has(policy.CostCenter, i)
	}
	id, err := w.ask(`"questionFormat":"CHECKBOX","optionInfo":{"source":"COMPANY_CONFIG","sourceMetadata":{"companyConfig":{"optionsParam":"COST_CENTER"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	got := w.question(id)
	info := got["optionInfo"].(map[string]any)
	options := info["options"].([]any)
	if info["totalNumOptions"] != 12.0 || len(options) != 10 {
		t.Fatalf("options: %v", info)
	}
	if d := cmp.Diff(map[string]any{"displayCode": thing(0), "displayValue": "cost_center 0"}, options[0]); d != "" {
		t.Error(d)
	}
	if err := w.reask(id, got); err != nil {
		t.Fatal(err)
	}
	w.things[policy.CostCenter] = w.things[policy.CostCenter][11:]
	info = w.question(id)["optionInfo"].(map[string]any)
	if info["totalNumOptions"] != 1.0 || len(info["options"].([]any)) != 1 {
		t.Errorf("options are not those the company has now: %v", info)
	}
}

func TestRefusedQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for members, tc := range map[string]struct {
		code    errs.Code
		pointer string
	}{
		`"questionFormat":"CHECKBOX","optionInfo":{"source":"MANUAL","options":[{"displayCode":"A"},{"displayCode":"A"}]}`:  {errs.ValidationFailed, "/optionInfo/options/1/displayCode"},
		`"questionFormat":"CHECKBOX","optionInfo":{"source":"COMPANY_CONFIG"}`:                                              {errs.ValidationFailed, "/optionInfo/sourceMetadata"},
		`"questionFormat":"INPUT_BOX","matchConditions":{"travelerConditions":{"departments":[{"id":"` + thing(1) + `"}]}}`: {errs.ReferenceNotFound, "/matchConditions/travelerConditions/departments/0/id"},
	} {
		_, err := w.ask(members)
		wantCode(t, err, tc.code, tc.pointer)
	}
	id, err := w.ask(`"questionFormat":"INPUT_BOX"`)
	if err != nil {
		t.Fatal(err)
	}
	doc := w.question(id)
	doc["id"] = thing(1)
	wantCode(t, w.reask(id, doc), errs.ValidationFailed, "/id")
	doc["id"], doc["name"] = id, ""
	wantCode(t, w.reask(id, doc), errs.ValidationFailed, "/name")
}
