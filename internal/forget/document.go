// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// Document takes the person out of a JSON object. Every byte that is not about the person stays.
func (p *Person) Document(doc []byte) (out []byte, changed bool, err error) {
	out, changed = p.value("", doc)
	if !json.Valid(out) {
		return nil, false, fmt.Errorf("redact: not JSON")
	}
	return out, changed, nil
}

// value returns nil for a member that should go.
func (p *Person) value(key string, raw []byte) ([]byte, bool) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 {
		return raw, false
	}
	switch trimmed[0] {
	case '{':
		o, err := jsondoc.Parse(trimmed)
		if err != nil {
			return raw, false
		}
		if !p.object(o) {
			return raw, false
		}
		return o.Bytes(), true
	case '[':
		return p.list(key, raw)
	case '"':
		return p.text(key, raw)
	}
	if slices.Contains(p.sums, string(trimmed)) {
		return nil, true
	}
	return raw, false
}

func (p *Person) list(key string, raw []byte) ([]byte, bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return raw, false
	}
	changed := false
	kept := list[:0]
	for _, v := range list {
		next, c := p.value(key, v)
		changed = changed || c
		if next != nil {
			kept = append(kept, next)
		}
	}
	if !changed {
		return raw, false
	}
	out, err := json.Marshal(kept)
	if err != nil {
		return raw, false
	}
	return out, true
}

var code = regexp.MustCompile(`^[A-Z0-9_]+$`) //nolint:gochecknoglobals // a constant

func (p *Person) text(key string, raw []byte) ([]byte, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil || s == Gone {
		return raw, false
	}
	out, changed := p.Text(s)
	// Codes of airports, statuses and the like may be somebody's name; a member that is called a name is none.
	if !changed || code.MatchString(s) && !named(key) && !p.identifies(s) {
		return raw, false
	}
	if strings.Contains(strings.ToLower(key), "email") || key == "iso8601" {
		return nil, true // another text would not be one of that format
	}
	return jsondoc.New().Set("x", out).Get("x"), true
}

func named(key string) bool {
	key = strings.ToLower(key)
	return strings.Contains(key, "name") || key == "first" || key == "last"
}

// identifies reports whether a text is one of those that are looked for anywhere.
func (p *Person) identifies(s string) bool {
	s = strings.ToLower(s)
	for _, e := range p.exact {
		if strings.Contains(s, e) {
			return true
		}
	}
	return false
}

// about reports whether an object is about the person.
func (p *Person) about(o *jsondoc.Object) bool {
	is := func(id string) bool { return strings.ToLower(id) == p.ID }
	return is(o.String("userId")) || is(o.Object("userId").String("id")) || is(o.Object("userOrgId").Object("userId").String("id")) ||
		is(o.Object("travelerInfo").Object("userId").String("id")) || is(o.String("id")) && (o.Has("personalInfo") || o.Has("name"))
}

// personal are the members of an object about somebody that go, wherever it stands.
func personal(key string) bool {
	switch key {
	case "email", "phoneNumber", "phoneNumbers", "phone", "dob", "gender", "title", "nationality", "address", "addresses",
		"identityDocs", "identityDocuments", "emergencyContact", "emergencyContactInfo", "profilePicture", "employeeId", "designation",
		"loyalties", "loyaltyInfos", "originalBusinessInfo", "preferredName", "preferredPronoun", "preferredLanguage", "externalId",
		"companySpecifiedAttributes", "travelPreferences", "boardingPass", "paxCurrentAge":
		return true
	}
	return false
}

// object reports whether it changed anything.
func (p *Person) object(o *jsondoc.Object) (changed bool) {
	if p.about(o) {
		for _, key := range o.Keys() {
			switch {
			case personal(key):
				o.Delete(key)
			case key == "name":
				o.Set(key, nobody(o.Get(key)))
			case key == "personalInfo" || key == "user" || key == "travelerPersonalInfo":
				o.Set(key, jsondoc.New().Set("name", nobody([]byte("{}"))))
			case key == "businessInfo" || key == "userBusinessInfo":
				b := o.Object(key)
				for _, k := range b.Keys() {
					if personal(k) {
						b.Delete(k)
					}
				}
				o.Set(key, b)
			default:
				continue
			}
			changed = true
		}
	}
	for _, key := range o.Keys() {
		if key == "additionalMetadata" { // names of places and airlines
			continue
		}
		next, c := p.value(key, o.Get(key))
		if !c {
			continue
		}
		changed = true
		if next == nil {
			o.Delete(key)
		} else {
			o.SetRaw(key, next)
		}
	}
	return changed
}

// nobody is a name of the same shape.
func nobody(name json.RawMessage) any {
	if len(name) > 0 && name[0] == '"' {
		return Gone
	}
	return jsondoc.New().Set("family1", Gone).Set("given", Gone)
}
