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

// named is one of the three kinds that are a name and an external id, with its calls.
type named struct {
	what, ref       string
	create          func(company, body string) (json.RawMessage, error)
	get             func(company, id string) (json.RawMessage, error)
	update          func(company, id, body string) error
	remove          func(company, id string, detach bool) error
	list            func(company, query string) json.RawMessage
	old             func(company, externalID string) json.RawMessage
	shown           string // format of what get answers, with %s for id and %s for further members
	idFilter, items string
}

func kinds(w *world) []named {
	create := func(op string, fn func(context.Context, directory.CompanyBodyIn) (directory.EntityID, error)) func(string, string) (json.RawMessage, error) {
		return func(company, body string) (json.RawMessage, error) {
			return call(w, w.admin, op, fn, directory.CompanyBodyIn{CompanyID: company, Raw: w.raw(op, "%s", body)})
		}
	}
	query := func(op, q string) (out directory.NamedListIn) {
		decode(w.t, w.raw(op, "%s", q), &out.Query)
		return out
	}
	return []named{
		{
			what: "cost center", ref: "costCenterRef", create: create("createCostCenter", w.dir.CreateCostCenter),
			shown: `{"id":{"id":%q},%s}`, idFilter: "costCenterIds", items: "costCenters",
			get: func(company, id string) (json.RawMessage, error) {
				return call(w, w.admin, "getCostCenter", w.dir.GetCostCenter, directory.CostCenterIn{CompanyID: company, ID: id})
			},
			update: func(company, id, body string) error {
				_, err := call(w, w.admin, "updateCostCenter", w.dir.UpdateCostCenter, directory.UpdateCostCenterIn{CompanyID: company, ID: id,
					Raw: w.raw("updateCostCenter", `{"id":{"id":%q},%s`, id, strings.TrimPrefix(body, "{"))})
				return err
			},
			remove: func(company, id string, detach bool) error {
				_, err := call(w, w.admin, "deleteCostCenter", w.dir.DeleteCostCenter, directory.DeleteCostCenterIn{CompanyID: company, ID: id, Detach: detach})
				return err
			},
			list: func(company, q string) json.RawMessage {
				in := query("listCostCentersV3", q)
				in.CompanyID = company
				return must(w, w.admin, "listCostCentersV3", w.dir.ListCostCenters, in)
			},
			old: func(company, externalID string) json.RawMessage {
				return must(w, w.admin, "listCostCenters", w.dir.ListCostCentersV2, directory.ByExternalIDIn{CompanyID: company, ExternalID: externalID})
			},
		},
		{
			what: "department", ref: "departmentRef", create: create("createDepartment", w.dir.CreateDepartment),
			shown: `{"id":%q,%s}`, idFilter: "departmentIds", items: "departments",
			get: func(company, id string) (json.RawMessage, error) {
				return call(w, w.admin, "getDepartment", w.dir.GetDepartment, directory.DepartmentIn{CompanyID: company, ID: id})
			},
			update: func(company, id, body string) error {
				_, err := call(w, w.admin, "updateDepartment", w.dir.UpdateDepartment, directory.UpdateDepartmentIn{CompanyID: company, ID: id,
					Raw: w.raw("updateDepartment", `{"id":%q,%s`, id, strings.TrimPrefix(body, "{"))})
				return err
			},
			remove: func(company, id string, detach bool) error {
				_, err := call(w, w.admin, "deleteDepartment", w.dir.DeleteDepartment, directory.DeleteDepartmentIn{CompanyID: company, ID: id, Detach: detach})
				return err
			},
			list: func(company, q string) json.RawMessage {
				in := query("listDepartmentsV3", q)
				in.CompanyID = company
				return must(w, w.admin, "listDepartmentsV3", w.dir.ListDepartments, in)
			},
			old: func(company, externalID string) json.RawMessage {
				return must(w, w.admin, "listDepartments", w.dir.ListDepartmentsV2, directory.ByExternalIDIn{CompanyID: company, ExternalID: externalID})
			},
		},
		{
			what: "grade", ref: "gradeRef", create: create("createGrade", w.dir.CreateGrade),
			shown: `{"id":%q,%s}`, idFilter: "gradeIds", items: "grades",
			get: func(company, id string) (json.RawMessage, error) {
				return call(w, w.admin, "getGrade", w.dir.GetGrade, directory.GradeIn{CompanyID: company, ID: id})
			},
			update: func(company, id, body string) error {
				_, err := call(w, w.admin, "updateGrade", w.dir.UpdateGrade, directory.UpdateGradeIn{CompanyID: company, ID: id, Raw: w.raw("updateGrade", "%s", body)})
				return err
			},
			remove: func(company, id string, _ bool) error {
				_, err := call(w, w.admin, "deleteGrade", w.dir.DeleteGrade, directory.GradeIn{CompanyID: company, ID: id})
				return err
			},
			list: func(company, q string) json.RawMessage {
				in := query("listGrades", q)
				in.CompanyID = company
				return must(w, w.admin, "listGrades", w.dir.ListGrades, in)
			},
		},
	}
}

func TestNamedThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	beta := w.company("Beta", "")
	for _, k := range kinds(w) {
		t.Run(k.what, func(t *testing.T) {
			make := func(body string) string {
				out, err := k.create(company, body)
				if err != nil {
					t.Fatal(err)
				}
				return created(t, out)
			}
			one := make(`{"name":"Research"}`)
			two := make(`{"name":"Sales"}`)
			get := func(id string) string {
				out, err := k.get(company, id)
				if err != nil {
					t.Fatal(err)
				}
				return string(out)
			}
			if got := get(one); got != fmt.Sprintf(k.shown, one, `"name":"Research"`) {
				t.Errorf("got %s", got)
			}
			_, err := k.create(company, `{"name":"Sales"}`)
			wantCode(t, err, errs.DuplicateValue, "/name")
			wantCode(t, k.update(company, one, `{"name":"Sales"}`), errs.DuplicateValue, "/name")
			wantCode(t, k.update(company, one, `{"name":""}`), errs.ValidationFailed, "/name")
			if err := k.update(company, one, `{"name":"Labs"}`); err != nil || get(one) != fmt.Sprintf(k.shown, one, `"name":"Labs"`) {
				t.Errorf("after the update: %v %s", err, get(one))
			}
			if _, err := k.create(beta, `{"name":"Sales"}`); err != nil {
				t.Errorf("names are unique in a company only: %v", err)
			}
			_, err = k.get(beta, one)
			wantCode(t, err, errs.ResourceNotFound, "")
			wantCode(t, k.remove(beta, one, true), errs.ResourceNotFound, "")

			lists := func(query string) string {
				var got map[string]json.RawMessage
				decode(t, k.list(company, query), &got)
				var items []directory.Reference
				decode(t, got[k.items], &items)
				return names(directory.ArrayOfReference{Elements: items}) + string(got["paginationParams"])
			}
			for query, want := range map[string]string{
				`{"paginationParams":{}}`:                                                                       `Labs Sales{"totalNumResults":2}`,
				`{"paginationParams":{"offset":1,"limit":1}}`:                                                   `Sales{"totalNumResults":2}`,
				`{"paginationParams":{"offset":5,"limit":1}}`:                                                   `{"totalNumResults":2}`,
				`{"searchText":"LAB","paginationParams":{}}`:                                                    `Labs{"totalNumResults":1}`,
				`{"paginationParams":{},"filters":[{"` + k.idFilter + `":["` + two + `"]}]}`:                    `Sales{"totalNumResults":1}`,
				`{"searchText":"lab","paginationParams":{},"filters":[{"` + k.idFilter + `":["` + two + `"]}]}`: `{"totalNumResults":0}`,
			} {
				if got := lists(query); got != want {
					t.Errorf("%s: got %s, want %s", query, got, want)
				}
			}
			user := w.user(company, entity, `"`+k.ref+`":{"id":"`+one+`"}`, "")
			wantCode(t, k.remove(company, one, false), errs.StillReferenced, "")
			if k.what == "grade" {
				must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: user})
			}
			if err := k.remove(company, one, true); err != nil {
				t.Fatal(err)
			}
			if k.what != "grade" {
				w.lastTold("UPDATE", user)
				if strings.Contains(string(w.get(user)), k.ref) {
					t.Errorf("the user still refers to it: %s", w.get(user))
				}
			}
			_, err = k.get(company, one)
			wantCode(t, err, errs.ResourceNotFound, "")
			if k.old == nil {
				return
			}
			three := make(`{"name":"Labs","externalId":"x-1"}`)
			_, err = k.create(company, `{"name":"Other","externalId":"x-1"}`)
			wantCode(t, err, errs.DuplicateValue, "/externalId")
			if got := lists(`{"paginationParams":{},"filters":[{"externalIds":["x-1"]},{"` + k.idFilter + `":["` + two + `"]}]}`); got != `Sales Labs{"totalNumResults":2}` {
				t.Errorf("any filter object is enough: %s", got)
			}
			var refs directory.ArrayOfReference
			if decode(t, k.old(company, ""), &refs); names(refs) != "Sales Labs" {
				t.Errorf("old list: %v", refs)
			}
			if decode(t, k.old(company, "x-1"), &refs); names(refs) != "Labs" || refs.Elements[0].ID != three {
				t.Errorf("old list by external id: %v", refs)
			}
			refs = directory.ArrayOfReference{}
			if decode(t, k.old(company, "none"), &refs); refs.Total != 0 {
				t.Errorf("old list by unknown external id: %v", refs)
			}
		})
	}
}
