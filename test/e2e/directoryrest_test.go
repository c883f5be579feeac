// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"
	"testing"

	"github.com/airside-travel/airside/contract"
)

func (d *directory) liveSettings() {
	role := []string{"companyRole", "ORG"}
	for _, s := range []setting{
		{"getCompanyWhiteLabelConfig", "updateCompanyWhiteLabelConfig", "deleteCompanyWhiteLabelConfig", doc{"companyName": "Harbour", "fontFamily": "Inter"}, "/fontFamily", 404},
		{"getCompanyManagersConfig", "updateCompanyManagersConfig", "deleteCompanyManagersConfig", doc{
			"accountManagers": []doc{id(d.srv.Demo.UserID)}, "customerSuccessManagers": []doc{id(d.srv.Demo.UserID)},
		}, "/customerSuccessManagers", 404},
		{"getColorConfig", "updateColorConfig", "", doc{"profileColors": []doc{{"title": "PROFILE_TIER_PLATINUM_COLOR", "color": "#aabbcc"}}}, "/profileColors", 0},
		{"getCompanyTierConfig", "updateCompanyTierConfig", "", doc{"tiers": []doc{{"name": "Standard", "tier": "BASIC", "icon": "star"}}}, "/tiers/0/icon", 0},
		{"getCompanyStealthConfig", "updateCompanyStealthConfig", "", doc{"stealthModes": []doc{{"stealthType": "STEALTH_TYPE_1", "label": "Quiet"}}}, "/stealthModes", 0},
	} {
		d.lives(s, role...)
	}
	content := copied(contract.Example("updateCompanyTravelContentConfig").Request.Body)
	for _, s := range []setting{
		{"getCompanyTravelContentConfig", "updateCompanyTravelContentConfig", "deleteCompanyTravelContentConfig", content, "/airConfig", 200},
		{"getCompanyEnrollmentConfig", "updateCompanyEnrollmentConfig", "", doc{
			"termsAndConditions": "Be kind", "industryDropdownOptions": []string{"Shipping"}, "skipOfacComplianceCheck": false,
		}, "/industryDropdownOptions", 0},
		{"listPreferenceTiers", "storePreferenceTiers", "", doc{"preferenceTiersPerBookingType": []doc{{
			"bookingType": "AIR", "allowedEntityTypes": []string{"COMPANY"},
			"preferenceTiers": []doc{{"level": "TIER_1", "label": "Best", "description": "First choice", "showLabel": true}},
		}}}, "/preferenceTiersPerBookingType/0/preferenceTiers/0/description", 0},
	} {
		d.lives(s)
	}
	if status, answer := d.upload("AIRLINE", "code,preference,tier\nAF,PREFERRED,TIER_1\n"); status != 200 {
		d.t.Errorf("upload of vendors: %d %s", status, answer)
	}
	d.saw("uploadCompanyPreferences")
}

// saw records a call that another way of sending has made.
func (d *directory) saw(operation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.caused[operation] = map[string]bool{}
}

// liveProfile replaces each section of a profile.
func (d *directory) liveProfile() {
	profile := d.op("getUserInfo", nil)
	business := copied(profile["businessInfo"])
	business["designation"], business["accountingCode"] = "Engineer", "A-1"
	for _, s := range []setting{
		{"getBusinessInfo", "updateBusinessInfo", "", business, "/accountingCode", 0},
		{"getPersonalInfo", "updatePersonalInfo", "", doc{
			"name": doc{"given": "Ada", "family1": "Moreau", "middle": "J"}, "gender": "FEMALE", "dob": iso("1988-04-12"), "title": "MS", "nationality": "GB",
			"identityDocs": []doc{
				{"passport": doc{"docId": "P1234567", "expiryDate": iso("2031-01-01"), "issueCountry": "GB", "nationalityCountry": "GB"}}, {"ktn": doc{"number": "K1", "issueCountry": "US"}},
			},
			"emergencyContact": doc{"name": "Tom Moreau", "phoneNumbers": []doc{{"countryCode": 44, "nationalNumber": 2079460000}}},
		}, "/identityDocs", 0},
		{"getUserTravelPreferences", "updateTravelPreferences", "", doc{
			"preferences": doc{"airPref": doc{"homeAirport": "LHR", "airlinePrefs": []doc{{"airlines": []string{"BA"}}}}, "preferredCurrency": "GBP"}, "note": "Aisle, please",
		}, "/preferences/airPref/homeAirport", 0},
		{"getMembershipInfo", "updateMembershipInfo", "", doc{"membershipInfos": []doc{
			{"id": "BA123", "issuedBy": "BA", "type": "AIR", "appliedTo": []string{"BA"}, "tier": "Gold"},
		}}, "/membershipInfos/0/tier", 0},
		{"getNotificationPreferences", "updateNotificationPreferences", "", doc{"preferences": []doc{
			{"notificationType": "BOOKING_NOTIFICATION", "emailPreference": doc{"enabled": true, "ccEmails": []string{"desk@example.com"}}},
		}}, "/preferences/0/emailPreference/ccEmails", 0},
	} {
		d.lives(s)
	}
	d.op("updateExternalId", doc{"externalId": "X-1"})
	if got := d.op("getExternalId", nil).str("externalId"); got != "X-1" {
		d.t.Errorf("external id %q", got)
	}
}

// liveUsers ends a profile and brings it back; the id stays.
func (d *directory) liveUsers() {
	d.ids["userId"] = d.op("createUser", fullUser(d.srv)).str("id")
	d.op("deleteUser", nil)
	d.status(404, "getUserInfo", nil)
	if got := d.op("getUserInfo", nil, "includeInactive", "true"); got.at("isActive") != false {
		d.t.Errorf("deactivated: %v", got)
	}
	company := d.ids["companyId"]
	for _, tc := range []struct {
		status string
		want   bool
	}{{"ACTIVE", false}, {"INACTIVE", true}, {"ALL", true}} {
		body := doc{"companyId": id(company), "pagination": doc{}, "userStatusFilter": tc.status}
		if got := d.op("listUsersV3", body); got.shows(d.ids["userId"]) != tc.want {
			d.t.Errorf("listed as %s: %v", tc.status, got)
		}
	}
	d.op("activateUser", nil)
	if got := d.op("queryUser", nil, "companyId", company, "externalId", "E-2001"); got.str("elements/0/id") != d.ids["userId"] {
		d.t.Errorf("reactivated: %v", got)
	}
}

// liveReferences deletes what a profile names, which the profile then names no longer.
func (d *directory) liveReferences() {
	for _, k := range []struct{ create, remove, param, member string }{
		{"createOffice", "deleteOffice", "officeId", "officeRef"},
		{"createCostCenter", "deleteCostCenter", "costCenterId", "costCenterRef"},
		{"createDepartment", "deleteDepartment", "departmentId", "departmentRef"},
		{"createGrade", "deleteGrade", "gradeId", "gradeRef"},
	} {
		body := doc{"name": "Used"}
		if k.param == "officeId" {
			body["address"] = doc{"addressLines": []string{"1 Quay"}, "regionCode": "GB"}
		}
		d.ids[k.param] = d.op(k.create, body).str("id")
		info := d.op("getBusinessInfo", nil)
		info[k.member] = id(d.ids[k.param])
		d.op("updateBusinessInfo", info)
		d.status(400, k.remove, nil)
		if k.param == "gradeId" { // a grade is never taken from people
			info = d.op("getBusinessInfo", nil)
			delete(info, k.member)
			d.op("updateBusinessInfo", info)
			d.op(k.remove, nil)
			continue
		}
		d.op(k.remove, nil, "detachUsers", "true")
		if got := d.op("getBusinessInfo", nil); got[k.member] != nil {
			d.t.Errorf("%s still names what was deleted: %v", k.member, got)
		}
	}
}

func (d *directory) liveFeatures() {
	value := func(o object, name string) string {
		for _, f := range o.list("features") {
			if f.str("name") == name {
				return f.str("value")
			}
		}
		return ""
	}
	before := value(d.op("getCompanyFeatures", nil), "EVENT_BOOKING_ENABLED")
	changed := map[string]string{"true": "false"}[before]
	if changed == "" {
		changed = "true"
	}
	d.op("updateCompanyFeaturesPatch", doc{"featuresToUpdate": []doc{{"name": "EVENT_BOOKING_ENABLED", "value": changed}}})
	if got := value(d.op("getCompanyFeatures", nil), "EVENT_BOOKING_ENABLED"); got != changed {
		d.t.Errorf("set to %s, read as %q", changed, got)
	}
	d.op("updateCompanyFeaturesPatch", doc{"featuresToDelete": []string{"EVENT_BOOKING_ENABLED"}})
	if got := value(d.op("getCompanyFeatures", nil), "EVENT_BOOKING_ENABLED"); got != before {
		d.t.Errorf("%q after the deletion, %q before", got, before)
	}
}

func (d *directory) liveKeys() {
	p := newPartner(d.t.(*testing.T), "lives-1")
	d.op("addPartnerPublicKey", doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{p.jwk()}}})
	if got := d.op("listPartnerPublicKeys", nil); !got.shows("lives-1") {
		d.t.Errorf("keys: %v", got)
	}
	d.ids["kid"] = "lives-1"
	d.op("revokePartnerPublicKey", nil)
	if got := d.op("listPartnerPublicKeys", nil); got.shows("lives-1") {
		d.t.Errorf("active after the revocation: %v", got)
	}
	if got := d.op("listPartnerPublicKeys", nil, "status", "REVOKED"); !got.shows("lives-1") {
		d.t.Errorf("revoked keys: %v", got)
	}
	if got := d.op("provisionOrRotateTenantKey", nil); got["created"] != true {
		d.t.Errorf("key of the company: %v", got)
	}
	d.status(429, "provisionOrRotateTenantKey", nil)
}

func (d *directory) liveMoney() {
	charge := []doc{{"amount": 9.5, "currencyCode": "EUR"}}
	d.op("setCompanyPerTripSrvCharge", doc{"config": doc{"charges": charge, "defaultCurrencyCode": "EUR"}})
	if got := d.op("getCompanyPerTripSrvCharge", nil); got.str("config/defaultCurrencyCode") != "EUR" {
		d.t.Errorf("charges: %v", got)
	}
	d.op("setCompanyPerTripSrvCharge", doc{"config": doc{"charges": charge}})
	if got := d.op("getCompanyPerTripSrvCharge", nil); got.at("config/defaultCurrencyCode") != nil {
		d.t.Errorf("what was left out is there: %v", got)
	}
	d.ids["entityType"], d.ids["entityId"], d.ids["type"] = "USER", d.srv.Demo.UserID, "TMC_CHARGE"
	if got := d.op("listServiceCharges", doc{}); len(got.list("serviceCharges")) != 0 {
		d.t.Errorf("nothing was charged, and yet %v", got)
	}
}

func (d *directory) liveFavorites() {
	d.ids["favoriteId"] = d.op("addFavorite", doc{"type": "SEARCH", "displayName": "Home", "params": doc{"to": "LHR"}}).str("favorite/favoriteId")
	if got := d.op("listFavorites", nil, "query", "hom"); !got.shows(d.ids["favoriteId"]) {
		d.t.Errorf("favorites: %v", got)
	}
	d.op("removeFavorite", nil)
	if got := d.op("listFavorites", nil); got.shows(d.ids["favoriteId"]) {
		d.t.Errorf("removed: %v", got)
	}
}

func (d *directory) liveGroups() {
	if got := d.op("listPermissions", nil); !got.shows("TRIP_MANAGEMENT") {
		d.t.Errorf("permissions: %v", got)
	}
	if got := d.op("listPermissionsForCompany", nil); !got.shows("TRIP_MANAGEMENT") {
		d.t.Errorf("permissions of the company: %v", got)
	}
	user := d.srv.Demo.UserID
	d.ids["groupId"] = d.op("createUserGroup", doc{"name": "Desk", "description": ""}).str("id")
	role := d.op("createRoleV3", doc{
		"name": "Desk", "description": "", "isPlatformRole": false, "companyId": d.ids["companyId"],
		"permissions": []doc{{"permission": "TRIP_MANAGEMENT", "actions": []string{"READ"}}},
	}).str("id")
	scope := scopeOf("COMPANY", d.ids["companyId"])
	d.op("updateUserGroupRolesV3", doc{"rolesToAdd": []doc{{"roleId": role, "scope": scope}}})
	d.op("addUserGroupMembers", doc{"userIds": []string{user}})
	holds := func(want bool) {
		d.t.Helper()
		for operation, what := range map[string]string{"listUserGroupMembers": user, "listUserGroupsForUser": d.ids["groupId"], "listRolesForUser": role} {
			if got := d.op(operation, doc{"pagination": doc{}}); got.shows(what) != want {
				d.t.Errorf("%s: %v", operation, got)
			}
		}
	}
	holds(true)
	if got := d.op("listUserGroupRoles", nil); !got.shows(role) {
		d.t.Errorf("roles of the group: %v", got)
	}
	if got := d.op("getRbacInfo", nil); got.at("hasOthersTripAccess") != true {
		d.t.Errorf("what the member may do: %v", got)
	}
	d.op("removeUserGroupMembers", doc{"userIds": []string{user}})
	holds(false)
	d.op("updateUserGroupRolesV3", doc{"rolesToDelete": []doc{{"roleId": role, "scope": scope}}})
	if got := d.op("listUserGroupRoles", nil); got.shows(role) {
		d.t.Errorf("roles of the group: %v", got)
	}
}

func (d *directory) liveRoles() {
	other := d.call(200, "GET", "/v2/users?companyId="+d.ids["companyId"]+"&employeeId=E-1002", nil).str("elements/0/id")
	arranger := doc{"roleType": "TRAVEL_ARRANGER", "metadata": doc{"roleType": "TRAVEL_ARRANGER", "arrangerFor": []doc{{"userId": other}}}}
	d.op("updateUserRoles", doc{"roles": []doc{arranger, {"roleType": "COMPANY_ADMIN"}}})
	if got := d.op("getUserRoles", nil).list("roles"); len(got) != 2 {
		d.t.Errorf("roles: %v", got)
	}
	self := d.ids["userId"]
	d.ids["userId"] = other
	if got := d.op("getUserTravelArrangers", nil); !got.shows(self) {
		d.t.Errorf("arrangers: %v", got)
	}
	d.ids["userId"] = self
	d.op("updateUserRoles", doc{"roles": []doc{{"roleType": "COMPANY_ADMIN"}}})
	if got := d.op("getUserRoles", nil).list("roles"); len(got) != 1 {
		d.t.Errorf("the role that was left out is still there: %v", got)
	}
	d.ids["userId"] = other
	if got := d.op("getUserTravelArrangers", nil); got.shows(self) {
		d.t.Errorf("arrangers: %v", got)
	}
	if got := d.op("getUserApplicablePolicies", nil).list("policies"); len(got) != 1 || got[0].str("name") != "Default policy" {
		d.t.Errorf("policies: %v", got)
	}
}

func (d *directory) liveScim() {
	d.scim = provision(d.client).token
	for _, operation := range []string{"getScimServiceProviderConfig", "listScimResourceTypes", "listScimSchemas"} {
		if got := d.op(operation, nil); got.at("schemas") == nil {
			d.t.Errorf("%s: %v", operation, got)
		}
	}
	d.ids["id"] = d.op("createScimUser", doc{
		"schemas": []string{scimCore}, "userName": "nils.aker@example.com", "name": doc{"givenName": "Nils", "familyName": "Aker"}, "nickName": "Nisse", "active": true,
	}).str("id")
	first := d.op("getScimUser", nil)
	if !d.op("listScimUsers", nil).shows(d.ids["id"]) {
		d.t.Error("the list lacks a user")
	}
	d.op("replaceScimUser", without(first, "/nickName"))
	if got := d.op("getScimUser", nil); got["nickName"] != nil || got.str("userName") != first.str("userName") {
		d.t.Errorf("replaced: %v", got)
	}
	change := func(path string, value any) {
		d.op("patchScimUser", doc{"schemas": []string{scimPatch}, "Operations": []doc{{"op": "replace", "path": path, "value": value}}})
	}
	change("title", "Engineer")
	if got := d.op("getScimUser", nil).str("title"); got != "Engineer" {
		d.t.Errorf("title %q", got)
	}
	change("active", false)
	change("active", true)
	for _, active := range []bool{false, true} {
		o := d.op("getScimUser", nil)
		o["active"] = active
		d.op("replaceScimUser", o)
	}
	d.op("deleteScimUser", nil)
	d.status(404, "getScimUser", nil)
	if slices.ContainsFunc(d.op("listScimUsers", nil).list("Resources"), func(o object) bool { return o.str("id") == d.ids["id"] }) {
		d.t.Error("listed after the deletion")
	}
}
