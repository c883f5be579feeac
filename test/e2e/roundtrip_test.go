// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/contract/sample"
)

// What was read can be sent back: for every document that a PUT (or a POST without an answer) replaces, filled to the brim by the
// contract's own generator and with each alternative of its unions, GET, then PUT of the same bytes,
// then GET give the same document, and nothing that was sent is missing in it.
func TestWhatWasReadCanBeSentBack(t *testing.T) {
	t.Parallel()
	api, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := start(t)
	known := c.populate(api)
	elsewhere := []string{
		"replaceScimUser",                               // takes a SCIM token: see TestScimSendsBack
		"updateWebhookSettings", "setWebhookLaboratory", // tested with the webhooks
		"updatePnrV3",       // a sample of a booking fits no trip: see TestBookingsCanBeSentBack
		"updateApplication", // see TestApplicationsCanBeSentBack
		"updateTrip",        // the answer is another schema than the body
	}
	tested := 0
	for _, put := range api.Operations() {
		get := reader(api, put)
		if get == nil || slices.Contains(elsewhere, put.ID) || !known.reaches(put) {
			continue
		}
		tested++
		unions := variants{}
		schema := put.Body.Content["application/json"]
		for pick := range max(6, unions.of(schema, map[*contract.Schema]bool{})) {
			body := known.fill(sample.Request(put, sample.Options{Depth: 8, Items: 1, Pick: pick, Deprecated: pick == 0}))
			known.own(put, body)
			sent, ok := c.send(put.Method, known.path(put), body)
			if !ok {
				t.Errorf("%s, pick %d: no sample was taken; the last answer: %v", put.ID, pick, sent)
				continue
			}
			first := c.call(get.SuccessStatus, get.Method, known.path(get), nil)
			unions.met(schema, copied(first))
			for _, pointer := range missing("", sent, map[string]any(first)) {
				if !derived(put.ID, pointer) {
					t.Errorf("%s, pick %d: %s was sent and is not there", put.ID, pick, pointer)
				}
			}
			status, raw := c.srv.Call(t, c.token, put.Method, known.path(put), first)
			if status/100 != 2 {
				t.Errorf("%s, pick %d: what was read is refused: %d %s", put.ID, pick, status, raw)
				continue
			}
			second := c.call(get.SuccessStatus, get.Method, known.path(get), nil)
			if slices.Contains([]string{"updatePolicy", "updateRoleV3", "updateUserGroup"}, put.ID) { // these say in the document when, and how often, they were written
				for _, member := range []string{"version", "updatedAt"} {
					delete(first, member)
					delete(second, member)
				}
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("%s, pick %d: changed by sending it back (-before +after):\n%s", put.ID, pick, diff)
			}
		}
		if left := unions.left(); len(left) > 0 {
			t.Errorf("%s: nothing was written of %v", put.ID, left)
		}
	}
	if tested < 28 {
		t.Errorf("only %d documents were tested", tested)
	}
}

// reader is the GET of what an operation replaces, nil when it replaces nothing that can be read.
func reader(api *contract.Contract, put *contract.Operation) *contract.Operation {
	replaces := put.Method == http.MethodPut || put.Method == http.MethodPost && put.SuccessStatus == http.StatusNoContent
	if !replaces || put.Body == nil {
		return nil
	}
	for _, op := range api.Operations() {
		if op.Path == put.Path && op.Method == http.MethodGet {
			return op
		}
	}
	return nil
}

// derived are places where the answer says something else on purpose: secrets that are never shown, what
// follows from other records, and what only the server sets.
func derived(operation, pointer string) bool {
	for _, place := range []string{
		"updateUser /travelArrangers", "updateUser /membershipInfo/isLoyaltyBlocked", "updateMembershipInfo /isLoyaltyBlocked",
		"updateCompany /emailClientConfig/credentials/emailClientSecretKey", "updateCompanyWhiteLabelConfig /emailClientConfig/credentials/emailClientSecretKey",
		"updateCompanyManagersConfig /accountManagers/0/", "updateCompanyManagersConfig /customerSuccessManagers/0/", // of the users named
		"updateCompanyQuestion /optionInfo/options/", // of the departments or cost centers they are
		"updatePolicy /version", "updatePolicy /updatedAt", "updatePolicy /isMembershipViaHrFeed", "updatePolicy /hrFeedPolicyDetails",
	} {
		if strings.HasPrefix(operation+" "+pointer, place) {
			return true
		}
	}
	return false
}

// known is the ids that samples are filled with, by the names of path parameters.
type known map[string]string

// populate makes one of everything.
func (c *client) populate(api *contract.Contract) known {
	c.t.Helper()
	k := known{
		"companyId": c.srv.Demo.CompanyID, "legalEntityId": c.srv.Demo.LegalEntityID, "userId": c.srv.Demo.UserID, "clientId": c.srv.Demo.ClientID,
		"tmc": c.srv.Demo.TMCID,
	}
	k["boss"] = c.call(200, "GET", "/v2/users?companyId="+k["companyId"]+"&employeeId=E-1002", nil).str("elements/0/id")
	policies := c.call(200, "GET", "/v2/companies/"+k["companyId"]+"/policies", nil)
	k["policyId"] = policies.str("elements/0/id")
	for _, one := range []struct{ operation, name string }{
		{"createOffice", "officeId"}, {"createCostCenter", "costCenterId"}, {"createDepartment", "departmentId"}, {"createGrade", "gradeId"},
		{"createCompanyQuestion", "questionId"}, {"createRoleV3", "roleId"}, {"createUserGroup", "groupId"},
	} {
		op := api.Operation(one.operation)
		body := k.fill(contract.Example(op.ID).Request.Body)
		if m, _ := body.(map[string]any); m["isPlatformRole"] != nil {
			m["isPlatformRole"] = false // only global administrators make those
		}
		status, raw := 0, []byte(nil)
		for range 20 {
			if status, raw = c.srv.Call(c.t, c.token, op.Method, k.path(op), body); status != 400 || !repair(body, raw) {
				break
			}
		}
		var made struct{ ID string }
		if err := json.Unmarshal(raw, &made); err != nil || status/100 != 2 || made.ID == "" {
			c.t.Fatalf("%s: %d %s", op.ID, status, raw)
		}
		k[one.name] = made.ID
	}
	return k
}

func (k known) reaches(op *contract.Operation) bool {
	for i := range op.Params {
		if p := &op.Params[i]; p.In == contract.InPath && k[p.Name] == "" {
			return false
		}
	}
	return true
}

func (k known) path(op *contract.Operation) string {
	path := op.Path
	for name, id := range k {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	for i := range op.Params {
		if p := &op.Params[i]; p.Name == "companyRole" && p.Required {
			path += "?companyRole=ORG"
		}
	}
	return path
}

// fill puts ids that exist where a sample has invented ones.
func (k known) fill(body []byte) any {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil
	}
	k.walk(v)
	return v
}

// own gives a body the id of the document that it replaces, where it has one.
func (k known) own(put *contract.Operation, body any) {
	m, _ := body.(map[string]any)
	last := ""
	for i := range put.Params {
		if p := &put.Params[i]; p.In == contract.InPath {
			last = k[p.Name]
		}
	}
	switch m["id"].(type) {
	case string:
		m["id"] = last
	case map[string]any:
		m["id"] = doc{"id": last}
	}
	rules, _ := m["rules"].([]any)
	for _, r := range rules { // the kind of a rule and its value belong together
		rule, _ := r.(map[string]any)
		props, _ := object(rule).at("policyValue/universalProps").(map[string]any)
		for name := range props {
			rule["ruleType"] = upperSnake(strings.TrimSuffix(name, "Props"))
		}
	}
	roles, _ := m["roles"].([]any)
	for _, r := range roles { // and that of a role and its metadata
		role, _ := r.(map[string]any)
		role["roleType"] = object(role).str("metadata/roleType")
	}
	if m["companyRoles"] != nil {
		m["companyRoles"] = []any{"ORG"} // which roles a company may have is another matter
	}
	if m["persona"] != nil {
		m["persona"] = "EMPLOYEE" // a person who is one thing cannot be made another by an update
	}
}

// upperSnake spells likeThis as LIKE_THIS.
func upperSnake(name string) string {
	var out strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			out.WriteByte('_')
		}
		out.WriteRune(r)
	}
	return strings.ToUpper(out.String())
}

func (k known) walk(v any) {
	switch t := v.(type) {
	case []any:
		for _, e := range t {
			k.walk(e)
		}
	case map[string]any:
		for name, value := range t {
			id := k.idFor(name)
			switch member := value.(type) {
			case string:
				switch {
				case id != "":
					t[name] = id
				case name == "email" || name == "authorizerEmail":
					t[name] = "brim@example.com"
				}
				continue
			case map[string]any:
				if _, has := member["id"]; has && id != "" {
					member["id"] = id
					continue
				}
			case []any:
				for i, e := range member {
					switch e := e.(type) {
					case string:
						if id != "" {
							member[i] = id
						}
					case map[string]any:
						if _, has := e["id"]; has && id != "" {
							e["id"] = id
						}
					}
				}
			}
			k.walk(value)
		}
	}
}

// idFor is the id that a member of this name must hold: officeRef, officeId, officeIds, offices...
func (k known) idFor(name string) string {
	lower := strings.ToLower(name)
	for _, one := range []struct{ part, id string }{
		{"legalentit", "legalEntityId"}, {"office", "officeId"}, {"costcenter", "costCenterId"}, {"department", "departmentId"}, {"grade", "gradeId"},
		{"manager", "boss"}, {"approver", "boss"}, {"user", "boss"}, {"profileowner", "boss"}, {"organization", "companyId"}, {"companyref", "companyId"},
		{"companyid", "companyId"}, {"tmc", "tmc"}, {"contractedby", "tmc"},
	} {
		if strings.Contains(lower, one.part) && (strings.HasSuffix(lower, "ref") || strings.HasSuffix(lower, "refs") || strings.HasSuffix(lower, "id") ||
			strings.HasSuffix(lower, "ids") || strings.HasSuffix(lower, "s") || one.part == "contractedby") {
			return k[one.id]
		}
	}
	return ""
}

// send writes a sample; what the server refuses for what it names is taken out, and it is tried again.
func (c *client) send(method, path string, body any) (any, bool) {
	c.t.Helper()
	var raw []byte
	for range 40 {
		var status int
		if status, raw = c.srv.Call(c.t, c.token, method, path, body); status/100 == 2 {
			return body, true
		}
		if status >= 500 || !repair(body, raw) {
			break
		}
	}
	return string(raw), false
}

// repair takes the members out that an error points at, or gives them a value that the error allows;
// false when it points nowhere.
func repair(body any, raw []byte) bool {
	var e object
	if json.Unmarshal(raw, &e) != nil {
		return false
	}
	done := false
	for _, m := range e.list("errorMessages") {
		at := map[string]string{}
		for _, p := range m.list("errorParameters") {
			at[p.str("name")] = p.str("value")
		}
		if path := strings.Split(strings.TrimPrefix(at["pointer"], "/"), "/"); at["pointer"] != "" && mend(body, path, strings.Split(at["allowed"], ",")[0]) {
			done = true
		}
	}
	return done
}

func mend(v any, path []string, allowed string) bool {
	switch t := v.(type) {
	case map[string]any:
		have, ok := t[path[0]]
		switch {
		case !ok:
			return false // what is missing cannot be taken out, but what misses it can
		case len(path) > 1:
			if !mend(have, path[1:], allowed) {
				delete(t, path[0])
			}
		case allowed != "" && allowed != have:
			t[path[0]] = allowed
		default:
			delete(t, path[0])
		}
		return true
	case []any:
		i, err := strconv.Atoi(path[0])
		switch {
		case err != nil || i >= len(t):
			return false
		case len(path) > 1:
			return mend(t[i], path[1:], allowed)
		case allowed != "" && allowed != t[i]:
			t[i] = allowed
			return true
		}
	}
	return false
}

// missing lists what was sent and is not in the answer, or is another value there.
func missing(at string, sent, got any) []string {
	var out []string
	switch s := sent.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{at}
		}
		for name, v := range s {
			out = append(out, missing(at+"/"+name, v, g[name])...)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) < len(s) { // the server may add what it knows
			return []string{at}
		}
		for i := range s {
			out = append(out, missing(fmt.Sprintf("%s/%d", at, i), s[i], g[i])...)
		}
	default:
		if !cmp.Equal(sent, got) {
			out = append(out, at)
		}
	}
	return out
}

func TestBookingsCanBeSentBack(t *testing.T) {
	t.Parallel()
	c := start(t)
	trip := c.trip("Back and forth")
	found := c.search(leg("LHR", "JFK", c.day(45)))
	pnr := "/v3/trips/" + trip + "/pnrs/" + c.book(found.str("searchId"), found.str("itineraryDetails/itineraries/0/itineraryId"), trip)
	first := c.call(200, "GET", pnr, nil)
	status, raw := c.srv.Call(t, c.token, "PUT", pnr, first)
	if status/100 != 2 {
		t.Fatalf("what was read is refused: %d %s", status, raw)
	}
	second := c.call(200, "GET", pnr, nil)
	for _, o := range []object{first, second} { // a write leaves its mark in these
		for _, member := range []string{"version", "updatedAt", "bookingHistory"} {
			delete(o, member)
		}
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("changed by sending it back (-before +after):\n%s", diff)
	}
}

func TestScimSendsBack(t *testing.T) {
	t.Parallel()
	c := start(t)
	api, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := provision(c)
	body := object{}
	if err := json.Unmarshal(sample.Request(api.Operation("createScimUser"), sample.Options{Depth: 8}), &body); err != nil {
		t.Fatal(err)
	}
	body["userName"], body["schemas"] = "brim@example.com", []string{scimCore, scimEnterprise}
	body[scimEnterprise] = doc{"employeeNumber": "E-9", "manager": doc{"value": c.srv.Demo.UserID}, "division": "D"}
	text := func(o object) string {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	user := "/Users/" + p.scim(201, "POST", "/Users", text(body)).str("id")
	first := p.scim(200, "GET", user, "")
	p.scim(200, "PUT", user, text(first))
	second := p.scim(200, "GET", user, "")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("changed by sending it back (-before +after):\n%s", diff)
	}
	for _, name := range []string{"name", "displayName", "nickName", "emails", "phoneNumbers", "addresses", "roles", "photos", "entitlements", "locale", "timezone"} {
		if first[name] == nil {
			t.Errorf("%s was sent and is not there", name)
		}
	}
}
