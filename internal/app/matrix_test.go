// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
	"github.com/airside-travel/airside/internal/actor"
)

var update = flag.Bool("update", false, "write the golden files of the permission matrix")

// written is what the contract's text says about an operation, read without the package that enforces it.
type written struct {
	Roles      []string                                  `json:"x-roles"`
	Permission struct{ Permission, Action, Over string } `json:"x-permission"`
	Security   *[]any                                    `json:"security"`
}

func policies(t *testing.T, c *contract.Contract) map[string]written {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(c.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]written{}
	for _, item := range doc.Paths {
		for _, raw := range item {
			var op struct {
				OperationID string
				written
			}
			if json.Unmarshal(raw, &op) == nil && op.OperationID != "" && op.Security == nil {
				out[op.OperationID] = op.written
			}
		}
	}
	return out
}

// subject is somebody who calls every operation.
type subject struct {
	name   string
	roles  []string // older roles
	person bool     // a user, not a client
	grants []string // PERMISSION ACTION, of his group
	wide   bool     // the scope of the grants is all that the TMC books, else the own company
}

// tableOfRoles reads the golden table of platform roles, which decides what subjects hold.
func tableOfRoles(t *testing.T, s *stage) (names []string, grants map[string][]string, ids map[string]string) {
	t.Helper()
	var list struct {
		Roles []struct {
			ID, Name    string
			Permissions []struct {
				Permission string
				Actions    []string
			}
		}
	}
	a := send(s.keep, "admin", "POST", "/v3/companies/"+s.own.company+"/roles", []byte(`{"filters":[{"roleProvidedBy":["PLATFORM"]}]}`))
	if err := json.Unmarshal(a.body, &list); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	ids = map[string]string{}
	for _, r := range list.Roles {
		ids[r.Name] = r.ID
		for _, p := range r.Permissions {
			fmt.Fprintf(&text, "%s: %s %s\n", r.Name, p.Permission, strings.Join(p.Actions, " "))
		}
	}
	grants = map[string][]string{}
	for line := range strings.Lines(golden(t, "roles", text.String())) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ": ")
		words := strings.Fields(rest)
		for _, action := range words[1:] {
			grants[name] = append(grants[name], words[0]+" "+action)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, grants, ids
}

// golden compares with a file of testdata and answers what the file says.
func golden(t *testing.T, name, got string) string {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what is expected; if the change is meant, run the test with -update and have the difference reviewed\n%s", file, difference(string(want), got))
	}
	return string(want)
}

func difference(want, got string) string {
	var out strings.Builder
	old := strings.Split(want, "\n")
	for line := range strings.SplitSeq(got, "\n") {
		if !slices.Contains(old, line) {
			fmt.Fprintf(&out, "+ %s\n", line)
		}
	}
	for _, line := range old {
		if !strings.Contains(got, line) {
			fmt.Fprintf(&out, "- %s\n", line)
		}
	}
	return out.String()
}

// subjects are one of each older role and one holder of each platform role.
func subjects(t *testing.T, s *stage) []subject {
	t.Helper()
	client := s.actors["admin"].ClientID
	s.actors["TMC_ADMIN"] = s.actors["admin"]
	s.actors["COMPANY_ADMIN"] = &actor.Actor{Tenant: s.tmc, ClientID: client, Company: s.own.company, Bound: s.own.company, Roles: []string{actor.CompanyAdmin}}
	list := []subject{{name: "TMC_ADMIN", roles: []string{actor.TMCAdmin}}, {name: "COMPANY_ADMIN", roles: []string{actor.CompanyAdmin}}}
	entity := s.entity("admin", s.tmc)
	for _, name := range []string{"TRAVELER", actor.TMCAgent, actor.GlobalAgent, actor.CompanyArranger, actor.Arranger, actor.ReportAdmin} {
		company, at := s.own.company, s.own.entity
		if name == actor.TMCAgent || name == actor.GlobalAgent {
			company, at = s.tmc, entity
		}
		one := subject{name: name, person: true}
		user := s.user("admin", company, at, name)
		if name != "TRAVELER" {
			one.roles = []string{name}
			s.make("global admin", "PUT", "/v2/users/"+user+"/roles", `{"roles":[{"roleType":%q}]}`, name)
		}
		s.actors[name] = &actor.Actor{Tenant: s.tmc, ClientID: client, UserID: user}
		list = append(list, one)
	}
	names, grants, ids := tableOfRoles(t, s)
	for _, name := range names {
		s.holder(s.own.company, s.own.entity, name, ids[name], `{"audiences":[{"predicates":[{"type":"COMPANY","values":["`+s.own.company+`"]}]}]}`)
		list = append(list, subject{name: name, person: true, grants: grants[name]})
	}
	for _, name := range []string{"TMC Admin", "Trip Manager"} {
		s.holder(s.tmc, entity, name+" of the TMC", ids[name], `{"audiences":[{"predicates":[{"type":"BOOKING_TMC","values":["`+s.tmc+`"]}]}]}`)
		list = append(list, subject{name: name + " of the TMC", person: true, grants: grants[name], wide: true})
	}
	return list
}

// What the thing in a path belongs to.
const (
	ofNobody  = "nobody"  // only the operation as such is decided
	ofCompany = "company" // everybody in the company whom the operation is open to
	ofPerson  = "person"  // those who look after the whole company, not everybody for himself
)

// owned says whose the thing is that an operation is about.
func owned(op *contract.Operation) string {
	if inBody(op.ID) {
		return ofPerson
	}
	for name, kind := range map[string]string{"companyId": ofCompany, "roleId": ofCompany, "subscriptionId": ofCompany, "userId": ofPerson, "tripId": ofPerson, "arrangerId": ofPerson} {
		if strings.Contains(op.Path, "{"+name+"}") {
			return kind
		}
	}
	return ofNobody
}

// expected is the decision by the letter of the contract: for the own company, another one of the TMC,
// and one of another TMC.
func expected(op string, p written, kind string, who subject) string {
	company, tmc, self := false, false, who.person && slices.Contains(p.Roles, "TRAVELER")
	for _, r := range who.roles {
		as := r
		if r == actor.GlobalAgent {
			as = actor.TMCAgent
		}
		if !slices.Contains(p.Roles, as) {
			continue
		}
		switch {
		case as == actor.TMCAdmin || as == actor.TMCAgent:
			tmc = true
		case as == actor.Arranger, as == actor.CompanyArranger && op == "getArrangerManagedTripSummariesList": // the trips they manage themselves
			self = true
		default:
			company = true
		}
	}
	held := slices.Contains(who.grants, p.Permission.Permission+" "+p.Permission.Action) || slices.Contains(who.grants, p.Permission.Permission+" ALL")
	switch {
	case p.Permission.Over == "CLIENT" || p.Permission.Over == "TMC" && !who.wide:
	case held && who.wide:
		tmc = true
	case held:
		company = true
	}
	sign := func(ok bool) string {
		if ok {
			return "+"
		}
		return "-"
	}
	switch kind {
	case ofNobody:
		return strings.Repeat(sign(company || tmc || self), 3)
	case ofCompany:
		return sign(company || tmc || self && who.name != actor.TMCAgent && who.name != actor.GlobalAgent && !who.wide) + sign(tmc) + "-"
	}
	return sign(company || tmc) + sign(tmc) + "-"
}

// request makes the call of an operation about a place.
func (s *stage) request(op *contract.Operation, p *place) (path string, body []byte) {
	path = op.Path
	for name, id := range map[string]string{
		"companyId": p.company, "userId": p.user, "arrangerId": p.arranger, "tripId": p.trip, "roleId": p.role, "groupId": p.group, "subscriptionId": p.subscription,
		"legalEntityId": p.entity,
	} {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	for name, values := range sample.Params(op, "path", false) {
		path = strings.ReplaceAll(path, "{"+name+"}", values[0])
	}
	query := sample.Params(op, "query", false)
	if op.ID == "queryUser" {
		query.Set("companyId", p.company)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	switch op.ID {
	case "listUsersV3":
		return path, fmt.Appendf(nil, `{"companyId":{"id":%q},"pagination":{}}`, p.company)
	case "listOrganisationTrips":
		return path, fmt.Appendf(nil, `{"organizationId":{"id":%q},"pnrType":"ALL"}`, p.company)
	case "createTrip":
		return path, fmt.Appendf(nil, `{"tripName":"Oslo","userId":{"id":%q}}`, p.user)
	case "createUser":
		return path, fmt.Appendf(nil, `{"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}}}`, p.company, p.entity)
	case "createRoleV3":
		return path, fmt.Appendf(nil, `{"name":"New","description":"","isPlatformRole":false,"companyId":%q,"permissions":[{"permission":"ACCESS_MANAGEMENT","actions":["READ"]}]}`, p.company)
	case "createWebhookSubscription":
		return path, fmt.Appendf(nil, `{"subscriberId":%q,"name":"Feed","url":"https://example.com/hook","eventTypes":["PNR_V3"],
			"eventSource":{"scopes":[{"predicates":[{"type":"COMPANY","values":[%q]}]}]}}`, p.company, p.company)
	case "updateTrip":
		return path, fmt.Appendf(nil, `{"tripId":%q,"tripName":"Oslo"}`, p.trip)
	case "updateUserRoles":
		return path, []byte(`{"roles":[]}`)
	case "setClock", "advanceClock", "freezeClock", "resumeClock":
		return path, []byte(`{"now":1}`) // they have transactions of their own; a body that is refused keeps them from acting
	}
	if op.Body != nil {
		body = sample.Request(op, sample.Options{})
	}
	return path, body
}

// inBody are the operations that name the company, or a user of it, in body or query.
func inBody(id string) bool {
	return slices.Contains([]string{"listUsersV3", "queryUser", "listOrganisationTrips", "createTrip", "createUser", "createRoleV3", "createWebhookSubscription"}, id)
}

// refused reports whether an answer says that the caller has no business here; usual is what somebody
// gets who has.
func (a answer) refused(op *contract.Operation, kind string, usual answer) bool {
	switch {
	case a.gate || kind == ofNobody:
		return a.gate
	case a.status == 403 || a.status == 404:
		return !a.field && a.status != usual.status
	}
	return inBody(op.ID) && a.code == "REFERENCE_NOT_FOUND"
}

// TestPermissionMatrix calls every operation as everybody, about one's own company, another one and one
// of another TMC, through the real edge, and compares each decision with the contract's policy.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	all := policies(t, s.app.contract)
	who := subjects(t, s)
	var text strings.Builder
	names := make([]string, len(who))
	for i, w := range who {
		names[i] = w.name
	}
	fmt.Fprintf(&text, "# own company, another company, another TMC: %s\n", strings.Join(names, ", "))
	cells, seen := 0, 0
	for _, op := range s.app.contract.Operations() {
		p, ok := all[op.ID]
		if !ok {
			continue
		}
		kind := owned(op)
		fmt.Fprintf(&text, "%s %s:", op.ID, kind)
		for _, w := range who {
			want := expected(op.ID, p, kind, w)
			text.WriteString(" " + want)
			for i, at := range []*place{s.own, s.other, s.alien} {
				if kind == ofNobody && i > 0 {
					break
				}
				path, body := s.request(op, at)
				got := send(s.dry, w.name, op.Method, path, body)
				if got.status >= 500 && got.status != 501 || got.status == 401 {
					t.Fatalf("%s as %s: %d %s", op.ID, w.name, got.status, got.body)
				}
				// What the TMC's administrator gets says what the answer is about when it is not a refusal.
				usual := send(s.dry, "admin", op.Method, path, body)
				if i == 2 {
					usual = send(s.dry, "alien", op.Method, path, body)
				}
				cells++
				if usual.status == 501 && got.status == 501 && kind != ofNobody {
					continue // not built: nothing but the company in the path is decided yet
				}
				if usual.status == 404 && got.status == 404 || usual.status == 415 {
					continue // there is nothing, whoever asks, or the call is not made here
				}
				seen++
				if refused := got.refused(op, kind, usual); refused == (want[i] == '+') {
					t.Errorf("%s as %s about place %d: %d %s (usually %d), want %c\n%.300s", op.ID, w.name, i, got.status, got.code, usual.status, want[i], got.body)
				}
			}
		}
		text.WriteString("\n")
	}
	golden(t, "matrix", text.String())
	if seen < cells*8/10 {
		t.Errorf("only %d of %d cells could be told apart", seen, cells)
	}
}
