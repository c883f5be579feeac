// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"encoding/json"
	"net/mail"
	"reflect"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// The attributes that a profile has a place for. The value of each in a profile is compared with what
// it was when SCIM wrote it, so that a change by somebody else shows.
func mapped() []string {
	return []string{"userName", "externalId", "name", "displayName", "title", "userType", "preferredLanguage", "emails", "phoneNumbers"}
}

func mappedEnterprise() []string {
	return []string{"employeeNumber", "costCenter", "organization", "department", "manager"}
}

// derive is a profile in SCIM's terms: the mapped attributes only.
func (s *Service) derive(ctx context.Context, p *Person) (map[string]any, error) {
	personal, business := p.Profile.Object("personalInfo"), p.Profile.Object("businessInfo")
	out := map[string]any{}
	text := func(in map[string]any, name, value string) {
		if value != "" {
			in[name] = value
		}
	}
	work, home := business.String("email"), personal.String("email")
	text(out, "userName", firstOf(work, home, p.Profile.String("externalId"), p.ID))
	text(out, "externalId", p.Profile.String("externalId"))
	text(out, "title", business.String("designation"))
	text(out, "userType", business.String("workerType"))
	text(out, "preferredLanguage", personal.String("preferredLanguage"))
	if name := personal.Object("name"); name.Has("family1") {
		n := map[string]any{"formatted": strings.Join(strings.Fields(name.String("given")+" "+name.String("middle")+" "+name.String("family1")), " ")}
		text(n, "givenName", name.String("given"))
		text(n, "middleName", name.String("middle"))
		text(n, "familyName", name.String("family1"))
		out["name"] = n
		text(out, "displayName", firstOf(name.String("preferred"), n["formatted"].(string))) //nolint:forcetypeassert // set above
	}
	var emails, phones []any
	if work != "" {
		emails = append(emails, map[string]any{"value": work, "type": "work", "primary": true})
	}
	if home != "" && !strings.EqualFold(home, work) {
		emails = append(emails, map[string]any{"value": home, "type": "home"})
	}
	for _, n := range phoneNumbers(business.Get("phoneNumbers")) {
		phones = append(phones, map[string]any{"value": n.text(), "type": n.kind()})
	}
	put(out, "emails", emails)
	put(out, "phoneNumbers", phones)
	ext := map[string]any{}
	text(ext, "employeeNumber", business.String("employeeId"))
	for _, ref := range refs() {
		id := business.Object(ref.member).String("id")
		if id == "" {
			continue
		}
		name, err := s.directory.NameOf(ctx, ref.kind, id)
		if err != nil {
			return nil, err
		}
		text(ext, ref.attr, name)
	}
	if id := business.Object("managerRef").String("id"); id != "" {
		ext["manager"] = map[string]any{"value": id}
	}
	put(out, enterpriseURN, ext)
	return out, nil
}

// ref is an attribute of the extension that names something of the company.
type ref struct {
	attr, member string
	kind         Kind
}

func refs() []ref {
	return []ref{{"organization", "legalEntityRef", Entity}, {"department", "departmentRef", Department}, {"costCenter", "costCenterRef", CostCenter}}
}

// edits is what a change of a SCIM user means for the profile. The references are looked up before.
type edits struct {
	old, next map[string]any
	ids       map[string]string // by member of businessInfo
}

// plan looks up what next refers to. API_VALIDATION_FAILED (invalidValue) for what does not exist.
func (s *Service) plan(ctx context.Context, company string, old, next map[string]any) (*edits, error) {
	e := &edits{old, next, map[string]string{}}
	login, _ := next["userName"].(string)
	if a, err := mail.ParseAddress(login); err != nil || a.Address != login {
		return nil, errs.Invalidf("/userName", "invalidValue", "userName must be an e-mail address: people are known here by theirs")
	}
	for _, r := range refs() {
		name, _ := enterprise(next)[r.attr].(string)
		if name == "" || name == enterprise(old)[r.attr] {
			continue
		}
		id, err := s.directory.Named(ctx, company, r.kind, name)
		if err != nil {
			return nil, err
		}
		if id == "" {
			return nil, errs.Invalidf("/"+enterpriseURN+"/"+r.attr, "invalidValue",
				"the company has no %s with the external id or name %q", strings.ReplaceAll(string(r.kind), "_", " "), clip(name))
		}
		e.ids[r.member] = id
	}
	return e, nil
}

func enterprise(o map[string]any) map[string]any {
	m, _ := o[enterpriseURN].(map[string]any)
	return m
}

// apply changes the profile where an attribute changed; everything else of it stays.
func (e *edits) apply(doc *jsondoc.Object) error {
	personal, business := doc.Object("personalInfo"), doc.Object("businessInfo")
	if e.changed("externalId") {
		member(doc, "externalId", e.next["externalId"])
	}
	if e.changed("userName") {
		member(business, "email", e.next["userName"])
	}
	if e.changed("title") {
		member(business, "designation", e.next["title"])
	}
	if e.changed("preferredLanguage") {
		member(personal, "preferredLanguage", e.next["preferredLanguage"])
	}
	if e.changed("userType") {
		member(business, "workerType", workerType(e.next["userType"]))
	}
	if e.changed("emails") {
		if home := valueOfType(e.next["emails"], "home"); home != valueOfType(e.old["emails"], "home") {
			member(personal, "email", home)
		}
	}
	if e.changed("phoneNumbers") {
		if numbers := phonesOf(e.next["phoneNumbers"]); len(numbers) > 0 {
			business.Set("phoneNumbers", numbers)
		} else {
			business.Delete("phoneNumbers")
		}
	}
	if err := e.name(personal); err != nil {
		return err
	}
	e.extension(business)
	if len(personal.Keys()) > 0 || doc.Has("personalInfo") {
		doc.Set("personalInfo", personal)
	}
	doc.Set("businessInfo", business)
	return nil
}

func (e *edits) changed(name string) bool { return !reflect.DeepEqual(e.old[name], e.next[name]) }

// name writes the parts of the name. The profile wants given and family name together: what is written
// in one line is taken apart at its last space.
func (e *edits) name(personal *jsondoc.Object) error {
	if !e.changed("name") && !e.changed("displayName") {
		return nil
	}
	n, _ := e.next["name"].(map[string]any)
	part := func(key string) string { s, _ := n[key].(string); return strings.TrimSpace(s) }
	given, family := part("givenName"), part("familyName")
	if given == "" && family == "" {
		line := part("formatted")
		if i := strings.LastIndexByte(line, ' '); i > 0 {
			given, family = line[:i], line[i+1:]
		}
	}
	if given == "" && family == "" {
		personal.Delete("name")
		return nil
	}
	if given == "" || family == "" {
		return errs.Invalidf("/name", "invalidValue", "a traveler needs both givenName and familyName")
	}
	name := personal.Object("name").Set("given", given).Set("family1", family)
	member(name, "middle", part("middleName"))
	if e.changed("displayName") {
		member(name, "preferred", e.next["displayName"])
	}
	personal.Set("name", name)
	return nil
}

func (e *edits) extension(business *jsondoc.Object) {
	was, now := enterprise(e.old), enterprise(e.next)
	if was["employeeNumber"] != now["employeeNumber"] {
		member(business, "employeeId", now["employeeNumber"])
	}
	for _, r := range refs() {
		switch id := e.ids[r.member]; {
		case id != "":
			business.Set(r.member, map[string]string{"id": id})
		case now[r.attr] == nil && was[r.attr] != nil && r.kind != Entity: // a legal entity is never taken away
			business.Delete(r.member)
		}
	}
	boss := func(o map[string]any) string {
		m, _ := o["manager"].(map[string]any)
		id, _ := m["value"].(string)
		return id
	}
	if id := boss(now); id != boss(was) {
		if id == "" {
			business.Delete("managerRef")
		} else {
			business.Set("managerRef", map[string]string{"id": id})
		}
	}
}

// member sets a text, or takes the member away when there is none.
func member(doc *jsondoc.Object, name string, v any) {
	if s, _ := v.(string); s != "" {
		doc.Set(name, s)
		return
	}
	doc.Delete(name)
}

// workerType is the platform's word for a SCIM userType; other words are kept beside the profile.
func workerType(v any) string {
	s, _ := v.(string)
	switch up := strings.ToUpper(s); up {
	case "EMPLOYEE", "CONTINGENT", "SEASONAL", "INTERN", "GUEST":
		return up
	case "CONTRACTOR":
		return "CONTINGENT"
	}
	return ""
}

func valueOfType(v any, kind string) string {
	list, _ := v.([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		if t, _ := m["type"].(string); strings.EqualFold(t, kind) {
			s, _ := m["value"].(string)
			return s
		}
	}
	return ""
}

// phone is a PhoneNumber of the profile, as far as SCIM can say it.
type phone struct {
	CountryCode int    `json:"countryCode,omitempty"`
	National    int64  `json:"nationalNumber,omitempty"`
	Raw         string `json:"rawInput,omitempty"`
	Type        string `json:"type,omitempty"`
}

func (p phone) text() string {
	if p.Raw != "" || p.National == 0 {
		return p.Raw
	}
	n, _ := json.Marshal(p.National) // a number always can be
	if p.CountryCode == 0 {
		return string(n)
	}
	c, _ := json.Marshal(p.CountryCode) // as above
	return "+" + string(c) + string(n)
}

func (p phone) kind() string {
	if p.Type == "MOBILE" {
		return "mobile"
	}
	return "work"
}

func phoneNumbers(raw json.RawMessage) []phone {
	var list []phone
	if raw == nil || json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

func phonesOf(v any) []phone {
	list, _ := v.([]any)
	var out []phone
	for _, e := range list {
		m, _ := e.(map[string]any)
		number, _ := m["value"].(string)
		if number == "" {
			continue
		}
		kind := "LANDLINE"
		if t, _ := m["type"].(string); strings.EqualFold(t, "mobile") {
			kind = "MOBILE"
		}
		out = append(out, phone{Raw: number, Type: kind})
	}
	return out
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
