// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// listed is a list and the read of one of its rows.
type listed struct {
	method, path, body string
	rows, id           string // members of the answer, and of a row ("a/b" for nested ones)
	read               string // %s is the id
}

// lists are the lists about a place and about the whole TMC.
func lists(p *place) []listed {
	const page = `"pagination":{"limit":100}`
	company := "/v3/companies/" + p.company
	return []listed{
		{"GET", "/v2/companies?limit=100", "", "elements", "id", "/v2/companies/%s"},
		{"POST", "/v3/users/list", `{"companyId":{"id":"` + p.company + `"},` + page + `}`, "users", "userId/id", "/v2/users/%s"},
		{"POST", "/v3/users/list", `{"tmcId":{"id":"` + p.tmc + `"},` + page + `}`, "users", "userId/id", "/v2/users/%s"},
		{"POST", "/v3/users/list", `{"tmcId":{"id":"` + p.tmc + `"},"searchText":"a",` + page + `}`, "users", "userId/id", "/v2/users/%s"},
		{"GET", "/v2/users?companyId=" + p.company, "", "elements", "id", "/v2/users/%s"},
		{"GET", "/v2/users?tmcId=" + p.tmc, "", "elements", "id", "/v2/users/%s"},
		{"POST", "/v3/trips/companies/" + p.company + "/list", `{"paginationRequestParams":{}}`, "tripSummaries", "tripId", "/v3/trips/%s/detail"},
		{"POST", "/v3/trips/users/" + p.user + "/list", `{"paginationRequestParams":{}}`, "tripSummaries", "tripId", "/v2/trips/%s"},
		{"POST", "/v3/trips/arrangers/" + p.arranger + "/list", `{"paginationRequestParams":{}}`, "tripSummaries", "tripId", "/v2/trips/%s"},
		{"POST", "/v2/list-organisation-trips", `{"organizationId":{"id":"` + p.company + `"},"pnrType":"ALL"}`, "trips", "tripId", "/v2/trips/%s"},
		{"POST", company + "/roles", `{` + page + `}`, "roles", "id", "/v3/roles/%s"},
		{"POST", company + "/user-groups/list", `{` + page + `}`, "userGroups", "id", company + "/user-groups/%s"},
		{"POST", "/v3/users/" + p.user + "/user-groups", `{` + page + `}`, "userGroups", "id", company + "/user-groups/%s"},
		{"GET", "/v3/webhooks/subscriptions?limit=100", "", "subscriptions", "id", "/v3/webhooks/subscriptions/%s"},
		{"GET", "/v2/companies/" + p.company + "/legal-entities?limit=100", "", "elements", "id", "/v2/companies/" + p.company + "/legal-entities/%s"},
		{"GET", "/v2/companies/" + p.company + "/departments", "", "elements", "id", "/v2/companies/" + p.company + "/departments/%s"},
		{"GET", "/v2/companies/" + p.company + "/cost-centers", "", "elements", "id", "/v2/companies/" + p.company + "/cost-centers/%s"},
		{"GET", "/v2/companies/" + p.company + "/policies", "", "elements", "id", "/v2/companies/" + p.company + "/policies/%s"},
		{"GET", "/v2/companies/" + p.company + "/questions", "", "elements", "id", "/v2/companies/" + p.company + "/questions/%s"},
	}
}

func (l *listed) ids(t *testing.T, body []byte) (out []string) {
	t.Helper()
	var answer map[string]json.RawMessage
	var rows []map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer[l.rows], &rows); err != nil {
		t.Fatalf("%s %s has no rows: %v in %s", l.method, l.path, err, body)
	}
	for _, row := range rows {
		var v any = row
		for step := range strings.SplitSeq(l.id, "/") {
			m, _ := v.(map[string]any)
			v = m[step]
		}
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// TestListsShowWhatCanBeRead lists as everybody, about every place, and reads each row that came: a row
// that a list shows and a read refuses would tell of something that the caller must not know.
func TestListsShowWhatCanBeRead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	who := subjects(t, s)
	shown := map[string]int{}
	for _, w := range who {
		for _, p := range []*place{s.own, s.other, s.alien} {
			for _, l := range lists(p) {
				got := send(s.dry, w.name, l.method, l.path, []byte(l.body))
				if got.status >= 400 {
					if got.status != 403 && got.status != 404 {
						t.Fatalf("%s %s as %s: %d %s", l.method, l.path, w.name, got.status, got.body)
					}
					continue
				}
				for _, id := range l.ids(t, got.body) {
					shown[l.rows]++
					if one := send(s.dry, w.name, "GET", fmt.Sprintf(l.read, id), nil); one.status != 200 {
						t.Errorf("%s sees %s in %s %s, and reading it answers %d %s", w.name, id, l.method, l.path, one.status, one.code)
					}
				}
			}
		}
	}
	for _, rows := range []string{"elements", "users", "tripSummaries", "trips", "roles", "userGroups", "subscriptions"} {
		if shown[rows] == 0 {
			t.Errorf("no list showed any %s: the test proves nothing about them", rows)
		}
	}
	// Grants narrow the lists of a TMC: an administrator of one client's people sees that client alone.
	for name, want := range map[string]int{"TMC_ADMIN": 3, "COMPANY_ADMIN": 1, "Company Management Admin (Read Only)": 1, "TMC Admin of the TMC": 3} {
		l := lists(s.own)[0]
		if got := len(l.ids(t, send(s.dry, name, l.method, l.path, nil).body)); got != want {
			t.Errorf("%s sees %d companies, want %d", name, got, want)
		}
	}
}
