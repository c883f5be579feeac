// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"maps"

	"github.com/google/go-cmp/cmp"
)

// collection is a kind of record with its operations.
type collection struct {
	param                        string // name of the path parameter that names one
	create, read, update, remove string
	lists                        []string
	body                         doc      // complete, for the creation
	set                          doc      // top-level members that the update changes
	drop                         []string // pointers of optional members that the update leaves out
	listBody                     doc      // of the lists that are POSTs
	query                        []string // of the lists that are GETs
}

func (d *directory) collections() []collection {
	page := doc{"paginationParams": doc{"offset": 0, "limit": 50}}
	address := doc{"addressLines": []string{"12 Quay Street"}, "locality": "London", "postalCode": "E14 5AB", "regionCode": "GB"}
	department, grade := d.op("createDepartment", doc{"name": "Kept"}).str("id"), d.op("createGrade", doc{"name": "Kept"}).str("id")
	return []collection{
		{
			param: "companyId", create: "createCompany", read: "readCompany", update: "updateCompany", remove: "deleteCompany", lists: []string{"listCompanies"},
			body: doc{"name": "Harbour Light", "billingCurrency": "GBP", "companyRoles": []string{"ORG"}, "emailDomains": []string{"harbour.example.com"},
				"externalId": "HL", "postalAddress": address, "ccEmailAddresses": []string{"cc@example.com"}},
			set: doc{"name": "Harbour Lights"}, drop: []string{"/externalId", "/postalAddress/locality", "/ccEmailAddresses"}, query: []string{"companyRole", "ORG"},
		},
		{
			param: "legalEntityId", create: "createLegalEntity", read: "getLegalEntity", update: "updateLegalEntity", remove: "deleteLegalEntity",
			lists: []string{"listLegalEntities"},
			body: doc{"name": "Harbour Ltd", "billingCurrency": "GBP", "address": address, "dba": "Harbour", "ein": "12-34", "externalId": "LE",
				"registeredName": "Harbour Limited", "ccEmailAddresses": []string{"cc@example.com"}},
			set: doc{"name": "Harbour and Sons"}, drop: []string{"/dba", "/externalId", "/address/postalCode"},
		},
		{
			param: "officeId", create: "createOffice", read: "getOffice", update: "updateOffice", remove: "deleteOffice",
			lists: []string{"listLegalEntityOffices", "listOfficesV2"}, listBody: page,
			body: doc{"name": "Quay", "address": address, "latlng": doc{"latitude": 51.5, "longitude": 0.01}, "externalId": "O", "taxId": "T-1"},
			set:  doc{"name": "Pier"}, drop: []string{"/latlng", "/taxId"},
		},
		{
			param: "costCenterId", create: "createCostCenter", read: "getCostCenter", update: "updateCostCenter", remove: "deleteCostCenter",
			lists: []string{"listCostCenters", "listCostCentersV3"}, listBody: page,
			body: doc{"name": "Research", "externalId": "CC"}, set: doc{"name": "Science"}, drop: []string{"/externalId"},
		},
		{
			param: "departmentId", create: "createDepartment", read: "getDepartment", update: "updateDepartment", remove: "deleteDepartment",
			lists: []string{"listDepartments", "listDepartmentsV3"}, listBody: page,
			body: doc{"name": "Research", "externalId": "D"}, set: doc{"name": "Science"}, drop: []string{"/externalId"},
		},
		{
			param: "gradeId", create: "createGrade", read: "getGrade", update: "updateGrade", remove: "deleteGrade", lists: []string{"listGrades"},
			listBody: page, body: doc{"name": "Senior"}, set: doc{"name": "Principal"},
		},
		{
			param: "policyId", create: "createPolicy", read: "readPolicy", update: "updatePolicy", remove: "deletePolicy", lists: []string{"listPolicies"},
			body: doc{"name": "Seniors", "type": "GROUP", "currency": doc{"currencyCode": "EUR"}, "userGroups": []doc{{"grades": []string{grade}}},
				"airPolicyRules": doc{"restrictedAirlines": doc{"isLinked": true}}, "rules": []doc{{"ruleType": "BASIC_ECONOMY_FARES_DOMESTIC"}}},
			set: doc{"name": "Principals"}, drop: []string{"/rules", "/airPolicyRules/restrictedAirlines"},
		},
		{
			param: "questionId", create: "createCompanyQuestion", read: "getCompanyQuestion", update: "updateCompanyQuestion", remove: "deleteCompanyQuestion",
			lists: []string{"getCompanyQuestions"},
			body: doc{"name": "Why?", "questionFormat": "INPUT_BOX", "isRequired": true, "isDisabled": false, "includeInItinerary": true,
				"customFieldLocations": []string{"PNR_EMAIL"}, "matchConditions": doc{"travelerConditions": doc{"departments": []doc{id(department)}}, "travelTypes": []string{"AIR"}}},
			set: doc{"name": "Why now?"}, drop: []string{"/customFieldLocations", "/matchConditions/travelTypes"},
		},
		{
			param: "roleId", create: "createRoleV3", read: "getRoleV3", update: "updateRoleV3", remove: "deleteRoleV3", lists: []string{"listRolesV3"}, listBody: doc{},
			body: doc{"name": "Desk", "description": "Reads trips", "isPlatformRole": false, "companyId": d.ids["companyId"],
				"permissions": []doc{{"permission": "USER_PROFILE", "actions": []string{"READ"}}, {"permission": "TRIP_MANAGEMENT", "actions": []string{"READ"}}}},
			set: doc{"permissions": []doc{{"permission": "TRIP_MANAGEMENT", "actions": []string{"READ"}}}}, // the other one is gone
		},
		{
			param: "groupId", create: "createUserGroup", read: "getUserGroup", update: "updateUserGroup", remove: "deleteUserGroup",
			lists: []string{"listUserGroupsForCompany"}, listBody: doc{"pagination": doc{}},
			body: doc{"name": "Desk", "description": "People at the desk"}, set: doc{"name": "Front desk", "description": ""},
		},
		{
			param: "userId", create: "createUser", read: "getUserInfo", update: "updateUser", remove: "deleteUser", lists: []string{"queryUser", "listUsersV3"},
			query: []string{"companyId", d.ids["companyId"]}, listBody: doc{"companyId": id(d.ids["companyId"]), "pagination": doc{}},
			body: with(fullUser(d.srv), "/businessInfo/designation", "Engineer"),
			drop: []string{"/businessInfo/phoneNumbers", "/businessInfo/designation", "/personalInfo/dob"},
		},
	}
}

// liveCollections takes one of each kind through its life.
func (d *directory) liveCollections() {
	for _, k := range d.collections() {
		home := d.ids[k.param]
		d.ids[k.param] = d.op(k.create, k.body).str("id")
		sees := func(want bool) {
			d.t.Helper()
			for _, list := range k.lists {
				body, query := any(k.listBody), k.query
				if d.api.Operation(list).Method == "GET" {
					body = nil
				} else {
					query = nil
				}
				if got := d.op(list, body, query...); got.shows(d.ids[k.param]) != want {
					d.t.Errorf("%s shows it: %t; %v", list, !want, got)
				}
			}
		}
		first := d.op(k.read, nil)
		for _, pointer := range missing("", copied(k.body), map[string]any(first)) {
			d.t.Errorf("%s: %s was sent and is not there", k.create, pointer)
		}
		sees(true)
		next := without(first, k.drop...)
		maps.Copy(next, k.set)
		sent := next
		if k.create == "createRoleV3" || k.create == "createUserGroup" { // these updates take only what can change
			sent = doc{"name": next["name"], "description": next["description"]}
			if next["permissions"] != nil {
				sent["permissions"] = next["permissions"]
			}
		}
		d.op(k.update, sent)
		second := d.op(k.read, nil)
		for _, o := range []doc{next, doc(second)} {
			delete(o, "version")
			delete(o, "updatedAt")
			delete(o, "updatedBy")
		}
		if diff := cmp.Diff(copied(next), copied(second)); diff != "" {
			d.t.Errorf("%s wrote something else than it was sent (-sent +read):\n%s", k.update, diff)
		}
		d.op(k.remove, nil)
		d.status(404, k.read, nil)
		sees(false)
		d.ids[k.param] = home
	}
}

// setting is a document that a company or a user has exactly once.
type setting struct {
	read, update, remove string
	body                 doc
	drop                 string // pointer of an optional member
	gone                 int    // the status of a read after the removal
}

func (d *directory) lives(s setting, query ...string) {
	d.t.Helper()
	if s.gone != 404 {
		d.op(s.read, nil, query...) // never set is empty
	}
	d.op(s.update, s.body, query...)
	first := d.op(s.read, nil, query...)
	for _, pointer := range missing("", copied(s.body), map[string]any(first)) {
		if !derived(s.update, pointer) {
			d.t.Errorf("%s: %s was sent and is not there", s.update, pointer)
		}
	}
	if first.at(s.drop[1:]) == nil {
		d.t.Fatalf("%s: there is no %s to leave out", s.update, s.drop)
	}
	next := without(first, s.drop)
	d.op(s.update, next, query...)
	if diff := cmp.Diff(next, copied(d.op(s.read, nil, query...))); diff != "" {
		d.t.Errorf("%s wrote something else than it was sent (-sent +read):\n%s", s.update, diff)
	}
	if s.remove != "" {
		d.op(s.remove, nil, query...)
		d.status(s.gone, s.read, nil, query...)
	}
}
