// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"fmt"
	"slices"
	"strings"
)

// column is a field that a file can have: its names in HR exports, in comparable form, and the place
// in a user's profile that it goes to.
type column struct {
	name    string
	aliases string // separated by spaces
	path    string // as in a JSON pointer; empty for ACTION
	kind    kind
}

type kind int

const (
	plain  kind = iota
	upper       // an enum: written in capitals
	date        // 2006-01-02
	named       // something of the company, by id, external id or name
	person      // another user, by id, employee id or e-mail
	phones      // the list of business phone numbers, of which this is the only one
)

// clearing is what a cell holds to take a value away; an empty cell leaves it as it is.
const clearing = "-"

func columns() []column {
	return []column{
		{"action", "operation change status", "", upper},
		{"employeeId", "employeenumber employeeno empid personnelnumber staffid workerid id", "businessInfo/employeeId", plain},
		{"email", "businessemail workemail emailaddress mail companyemail", "businessInfo/email", plain},
		{"externalId", "external", "externalId", plain},
		{"persona", "", "persona", upper},
		{"tier", "", "tier", upper},
		{"givenName", "firstname given forename", "personalInfo/name/given", plain},
		{"middleName", "middle", "personalInfo/name/middle", plain},
		{"familyName", "lastname surname family", "personalInfo/name/family1", plain},
		{"preferredName", "nickname knownas", "personalInfo/name/preferred", plain},
		{"salutation", "honorific nametitle prefix", "personalInfo/title", upper},
		{"gender", "sex", "personalInfo/gender", upper},
		{"birthDate", "dob dateofbirth birthday", "personalInfo/dob/iso8601", date},
		{"nationality", "citizenship", "personalInfo/nationality", plain},
		{"language", "preferredlanguage", "personalInfo/preferredLanguage", plain},
		{"personalEmail", "privateemail homeemail", "personalInfo/email", plain},
		{"jobTitle", "title designation position role", "businessInfo/designation", plain},
		{"workerType", "employmenttype employeetype", "businessInfo/workerType", upper},
		{"accountingCode", "glcode", "businessInfo/accountingCode", plain},
		{"country", "countrycode", "businessInfo/countryCode", plain},
		{"phone", "phonenumber mobile mobilephone workphone telephone", "businessInfo/phoneNumbers", phones},
		{"legalEntity", "entity company legalentityid legalentityname", "businessInfo/legalEntityRef/id", named},
		{"office", "location site officeid officename", "businessInfo/officeRef/id", named},
		{"department", "departmentid departmentname dept", "businessInfo/departmentRef/id", named},
		{"costCenter", "costcenterid costcentre costcentreid costcentername", "businessInfo/costCenterRef/id", named},
		{"grade", "level gradeid gradename", "businessInfo/gradeRef/id", named},
		{"manager", "managerid manageremployeeid supervisor manageremail reportsto", "businessInfo/managerRef/id", person},
	}
}

// Fields lists the names that a column can be mapped to.
func Fields() []string {
	var out []string
	for _, c := range columns() {
		out = append(out, c.name)
	}
	return out
}

// plainName is a header without what spellings differ in: case, spaces and signs.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func columnOf(name string) *column {
	want := plainName(name)
	for _, c := range columns() {
		if want != "" && (want == plainName(c.name) || slices.Contains(strings.Fields(c.aliases), want)) {
			return &c
		}
	}
	return nil
}

// header says which column of the file is which field.
type header struct {
	names   []string  // as the file has them
	columns []*column // nil: not read
}

// readHeader maps the names of a file; given maps header names to fields first.
func readHeader(names []string, given map[string]string) (header, error) {
	h := header{names: slices.Clone(names), columns: make([]*column, len(names))}
	used := map[string]string{}
	left := map[string]bool{}
	for name := range given {
		left[name] = true
	}
	for i, name := range h.names {
		field, isGiven := given[name]
		if !isGiven {
			field, isGiven = given[strings.TrimSpace(name)]
		}
		if isGiven {
			delete(left, name)
			delete(left, strings.TrimSpace(name))
			if field == "" {
				continue // --map col= leaves the column out
			}
			if h.columns[i] = columnOf(field); h.columns[i] == nil {
				return h, fmt.Errorf("column %q is mapped to %q, which is no field; fields are %s", name, field, strings.Join(Fields(), ", "))
			}
		} else {
			h.columns[i] = columnOf(name)
		}
		c := h.columns[i]
		if c == nil {
			continue
		}
		if before, twice := used[c.name]; twice {
			if isGiven {
				return h, fmt.Errorf("columns %q and %q both mean %s", before, name, c.name)
			}
			h.columns[i] = nil // the first one counts
			continue
		}
		used[c.name] = name
	}
	for name := range left {
		return h, fmt.Errorf("there is no column %q to map; the file has %s", name, strings.Join(h.names, ", "))
	}
	if used["employeeId"] == "" && used["email"] == "" {
		return h, fmt.Errorf("no column is an employee id or a business e-mail; the file has %s; map one with --map COLUMN=employeeId", strings.Join(h.names, ", "))
	}
	return h, nil
}

// ignored are the columns that mean nothing here.
func (h header) ignored() []string {
	var out []string
	for i, c := range h.columns {
		if c == nil {
			out = append(out, h.names[i])
		}
	}
	return out
}
