// SPDX-License-Identifier: Apache-2.0

package scim

import "strings"

// The URNs of RFC 7643 and RFC 7644.
const (
	coreURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	listURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// attribute is one attribute of a schema (RFC 7643, section 7), in the shape of ScimAttribute.
type attribute struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Multi       bool        `json:"multiValued"`
	Description string      `json:"description,omitempty"`
	Required    bool        `json:"required"`
	Canonical   []string    `json:"canonicalValues,omitempty"`
	CaseExact   bool        `json:"caseExact"`
	Mutability  string      `json:"mutability"`
	Returned    string      `json:"returned"`
	Uniqueness  string      `json:"uniqueness"`
	Refers      []string    `json:"referenceTypes,omitempty"`
	Subs        []attribute `json:"subAttributes,omitempty"`
}

func text(name, description string) attribute {
	return attribute{Name: name, Type: "string", Description: description, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
}

func flag(name, description string) attribute {
	a := text(name, description)
	a.Type = "boolean"
	return a
}

func group(name, description string, subs ...attribute) attribute {
	a := text(name, description)
	a.Type, a.Subs = "complex", subs
	return a
}

// values is a list of complex values; every one has type and primary.
func values(name, description string, subs ...attribute) attribute {
	a := group(name, description, append(subs, text("type", "What kind of value it is, such as work or home."),
		flag("primary", "Whether it is the preferred one; true at most once."))...)
	a.Multi = true
	return a
}

func (a attribute) as(change func(*attribute)) attribute {
	change(&a)
	return a
}

func readOnly(a *attribute) { a.Mutability = "readOnly" }

// coreAttributes are those of the core user that are kept.
func coreAttributes() []attribute {
	plain := func(name, description string) attribute {
		return values(name, description, text("value", "The value."), text("display", "A name for people."))
	}
	return []attribute{
		text("userName", "Login and e-mail address; unique in the company, case does not count.").as(func(a *attribute) {
			a.Required, a.Uniqueness = true, "server"
		}),
		text("externalId", "Id in the directory; unique in the company.").as(func(a *attribute) { a.CaseExact, a.Uniqueness = true, "server" }),
		group("name", "Parts of the name.",
			text("formatted", "The whole name; read only where the parts are missing."), text("familyName", "Family name."),
			text("givenName", "Given name."), text("middleName", "Middle name."),
			text("honorificPrefix", "Title before the name."), text("honorificSuffix", "What follows the name.")),
		text("displayName", "Preferred name."),
		text("nickName", "Kept and returned."),
		text("profileUrl", "Kept and returned."),
		text("title", "Job title."),
		text("userType", "Worker type."),
		text("preferredLanguage", "Language tag."),
		text("locale", "Kept and returned."),
		text("timezone", "Kept and returned."),
		flag("active", "False deactivates the profile; nothing is erased."),
		plain("emails", "E-mail addresses; home is the private one."),
		plain("phoneNumbers", "Phone numbers, best in E.164 form."),
		values("addresses", "Kept and returned.", text("formatted", "All lines."), text("streetAddress", "Street."), text("locality", "City."),
			text("region", "State or region."), text("postalCode", "Postal code."), text("country", "Country, two letters.")),
		plain("groups", "User groups; set elsewhere.").as(readOnly),
		plain("entitlements", "Kept and returned."),
		plain("roles", "Kept and returned; grants nothing here."),
		plain("photos", "Kept and returned."),
	}
}

// enterpriseAttributes are those of the enterprise extension.
func enterpriseAttributes() []attribute {
	return []attribute{
		text("employeeNumber", "Employee id; unique in the company."),
		text("costCenter", "Cost center, by external id or name; it must exist."),
		text("organization", "Legal entity, by external id or name; it must exist."),
		text("division", "Kept and returned."),
		text("department", "Department, by external id or name; it must exist."),
		group("manager", "The manager.", text("value", "Id of the manager's user.").as(func(a *attribute) { a.Refers = []string{"User"} }),
			text("displayName", "Name of the manager.").as(readOnly)),
	}
}

// commonAttributes are those that every resource has.
func commonAttributes() []attribute {
	stamp := func(name string) attribute {
		return text(name, "").as(readOnly).as(func(a *attribute) { a.Type = "dateTime" })
	}
	return []attribute{
		text("id", "").as(readOnly).as(func(a *attribute) { a.CaseExact = true }),
		text("schemas", "").as(readOnly).as(func(a *attribute) { a.Multi, a.CaseExact = true, true }),
		group("meta", "", text("resourceType", "").as(readOnly), stamp("created"), stamp("lastModified"), text("location", "").as(readOnly)).as(readOnly),
	}
}

// find looks an attribute up by its name, in which case does not count (RFC 7643, section 2.1).
func find(list []attribute, name string) *attribute {
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return &list[i]
		}
	}
	return nil
}
