// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// whose says whom a part of a document is about.
type whose int

const (
	nobodys whose = iota
	mine
	theirs // somebody else's, or a company's
)

// walk goes through one document.
type walk struct {
	*Person
	alone bool
	vague bool     // the name may be a namesake's, whose booking it is
	ids   []string // the person's: the user, and guests of a booking who are the person
}

// Redact takes the person out of a JSON object or list that is tied to the person (In). Every byte that is not
// about the person stays. alone says that the document is about nobody else, vague that a name in it may be a
// namesake's, whose id is not in it.
func (p *Person) Redact(doc []byte, alone, vague bool) (out []byte, changed bool, err error) {
	w := walk{Person: p, alone: alone, vague: vague, ids: p.idsIn(doc)}
	if p.Namesake(doc) {
		at, _ := p.Travels(doc)
		w.vague = vague || len(at) == 0
	}
	out, changed = w.value("", doc, nobodys)
	if !json.Valid(out) {
		return nil, false, fmt.Errorf("redact: not JSON")
	}
	return out, changed, nil
}

// In reports whether a document is tied to the person: by the id, or by something that is the person's alone. A
// name or a day of birth ties nothing.
func (p *Person) In(doc []byte) bool {
	lower := bytes.ToLower(unescaped(doc))
	if bytes.Contains(lower, []byte(p.ID)) {
		return true
	}
	return p.trace(lower, false) && p.tied(doc)
}

func (p *Person) tied(raw []byte) bool {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 {
		return false
	}
	switch trimmed[0] {
	case '{':
		o, err := jsondoc.Parse(trimmed)
		if err != nil {
			return false
		}
		return isPhone(o) && p.samePhone(o) || slices.ContainsFunc(o.Keys(), func(key string) bool { return p.tied(o.Get(key)) })
	case '[':
		var list []json.RawMessage
		return json.Unmarshal(trimmed, &list) == nil && slices.ContainsFunc(list, func(v json.RawMessage) bool { return p.tied(v) })
	case '"':
		var s string
		if json.Unmarshal(trimmed, &s) != nil {
			return false
		}
		if strings.Contains(strings.ToLower(s), p.ID) {
			return true
		}
		for _, m := range p.marks {
			if m.strict != nil && len(m.strict(s)) > 0 {
				return true
			}
		}
	}
	return false
}

// Namesake reports whether a document has the id of a user with the same name.
func (p *Person) Namesake(doc []byte) bool {
	if len(p.namesakes) == 0 {
		return false
	}
	lower := bytes.ToLower(doc)
	return slices.ContainsFunc(p.namesakes, func(id string) bool { return bytes.Contains(lower, []byte(id)) })
}

// Travels says at which places of a booking's list of travelers the person is, and whether there are others.
func (p *Person) Travels(pnr []byte) (at []int, others bool) {
	o, err := jsondoc.Parse(bytes.TrimSpace(pnr))
	if err != nil {
		return nil, true
	}
	w := walk{Person: p, ids: p.idsIn(pnr)}
	seat := func(list []*jsondoc.Object) (found []int) {
		for i, t := range list {
			if whose, _ := w.of(t, nobodys); whose == mine {
				found = append(found, place(t, i))
			} else {
				others = true
			}
		}
		return found
	}
	listed, flying := seat(objects(o, "pnrTravelers")), objects(o.Object("airPnr"), "travelerInfos")
	if old := seat(objects(o, "travelers")); len(listed) == 0 {
		listed = old
	}
	if len(flying) == 0 {
		return listed, others
	}
	var told []*jsondoc.Object // those that say by themselves who it is: ids are optional there
	var places []int
	for i, t := range flying {
		places = append(places, place(t, i))
		if len(userIDs(t)) > 0 {
			told = append(told, t.Set("travelerIdx", place(t, i)))
		}
	}
	if len(told) > 0 {
		return seat(told), others
	}
	return slices.DeleteFunc(listed, func(at int) bool { return !slices.Contains(places, at) }), others
}

// place is where in the list of travelers an entry belongs, which is the i-th of its own list.
func place(t *jsondoc.Object, i int) int {
	if n, err := strconv.Atoi(string(t.Get("travelerIdx"))); err == nil {
		return n
	}
	return i
}

// Listed reports whether a booking's list of travelers has the person's name, whoever that is.
func (p *Person) Listed(pnr []byte) bool {
	o, err := jsondoc.Parse(bytes.TrimSpace(pnr))
	return err == nil && slices.ContainsFunc(append(objects(o, "pnrTravelers"), objects(o, "travelers")...), func(t *jsondoc.Object) bool {
		return p.name.isFull(t.Object("personalInfo").Get("name")) || p.name.isFull(t.Object("user").Get("name"))
	})
}

// idsIn are the ids of the person in a booking. A guest without a profile has one that is good for the booking:
// the guest is the person when the full name and something else agree.
func (p *Person) idsIn(doc []byte) []string {
	ids := []string{p.ID}
	o, err := jsondoc.Parse(bytes.TrimSpace(doc))
	if err != nil {
		return ids
	}
	for _, t := range objects(o, "pnrTravelers") {
		who := t.Object("personalInfo")
		guest := t.String("persona") == "ADHOC" || t.Object("travelerInfo").Has("adhocTravelerInfo")
		born := who.Object("dob").String("iso8601")
		if guest && p.name.isFull(who.Get("name")) && (born == "" || born == p.born) && (born != "" || p.identifies(who)) && !p.isStrange(who) {
			ids = append(ids, userIDs(t)...)
		}
	}
	return ids
}

func objects(o *jsondoc.Object, key string) (out []*jsondoc.Object) {
	var list []json.RawMessage
	if json.Unmarshal(o.Get(key), &list) != nil {
		return nil
	}
	for _, raw := range list {
		if one, err := jsondoc.Parse(raw); err == nil {
			out = append(out, one)
		}
	}
	return out
}

// userIDs are the ids by which an object says whom it is about, in lower case.
func userIDs(o *jsondoc.Object) (out []string) {
	for _, id := range []string{o.String("userId"), o.Object("userId").String("id"), o.Object("userOrgId").Object("userId").String("id"),
		o.Object("travelerInfo").Object("userId").String("id")} {
		if id != "" {
			out = append(out, strings.ToLower(id))
		}
	}
	if id := o.String("id"); id != "" && o.Has("personalInfo") {
		out = append(out, strings.ToLower(id))
	}
	return out
}

// of tells whom an object is about, which stands in a part that is about around: the ids decide, and only where
// there are none, the full name does, with what else there is. itself says that the object tells so.
func (w *walk) of(o *jsondoc.Object, around whose) (in whose, itself bool) {
	if ids := userIDs(o); len(ids) > 0 {
		if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(w.ids, id) }) {
			return mine, true
		}
		return theirs, true
	}
	who := o
	for _, key := range []string{"personalInfo", "user"} {
		if section := o.Object(key); section.Has("name") {
			who = section
		}
	}
	name := who.Get("name")
	if name == nil {
		return around, false
	}
	known := w.identifies(who)
	switch born := who.Object("dob").String("iso8601"); {
	case w.name.isFull(name):
		if born != "" && born != w.born || w.isStrange(who) {
			return theirs, true
		}
		if known || around != theirs && !w.vague {
			return mine, true
		}
	case known && around != theirs && w.name.begins(name): // the family name may have been another
		return mine, true
	}
	return around, false
}

// isStrange reports whether an object has the address of a namesake.
func (p *Person) isStrange(o *jsondoc.Object) bool {
	return slices.Contains(p.strange, strings.ToLower(o.String("email")))
}

// value returns nil for a member that should go.
func (w *walk) value(key string, raw []byte, in whose) ([]byte, bool) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 {
		return raw, false
	}
	switch trimmed[0] {
	case '{':
		o, err := jsondoc.Parse(trimmed)
		if err != nil || !w.object(o, in) {
			return raw, false
		}
		return o.Bytes(), true
	case '[':
		return w.list(key, raw, in)
	case '"':
		return w.text(key, raw, in)
	}
	return raw, false
}

func (w *walk) list(key string, raw []byte, in whose) ([]byte, bool) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return raw, false
	}
	changed := false
	kept := list[:0]
	for _, v := range list {
		next, c := w.value(key, v, in)
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

var code = regexp.MustCompile(`^[A-Za-z0-9_]{1,6}$`) //nolint:gochecknoglobals // a constant

func (w *walk) text(key string, raw []byte, in whose) ([]byte, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil || s == Gone || key == "iso8601" || code.MatchString(s) && !typed(key) && (in != mine || !aPersonsName(key)) {
		return raw, false // locators, statuses and the like may look like somebody's number
	}
	free := typed(key)
	find := w.needles(in == mine || free && in != theirs || key == "addressLines" && in != theirs)
	if in == mine || in == nobodys && !w.vague {
		find = append(find, w.name.find)
	}
	if in == mine && (free || aPersonsName(key)) || in == nobodys && w.alone && free {
		find = append(find, w.parts...)
	}
	out, changed := cut(s, find)
	if !changed {
		return raw, false
	}
	if strings.Contains(strings.ToLower(key), "email") {
		return nil, true // another text would not be one of that format
	}
	return jsondoc.New().Set("x", out).Get("x"), true
}

// typed reports whether people write a member in their own words.
func typed(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"remark", "note", "comment", "instruction", "customtext", "userinput", "specialrequest"},
		func(s string) bool { return strings.Contains(key, s) })
}

func aPersonsName(key string) bool {
	switch strings.ToLower(key) {
	case "first", "last", "firstname", "lastname", "given", "family1", "family2", "middle", "preferred", "travelername", "passengername", "guestname", "nameoncard":
		return true
	}
	return false
}

// aCompanys reports whether a member tells of a company or a place, which may be called as a person is.
func aCompanys(key string) bool {
	if key == "companySpecifiedAttributes" {
		return false
	}
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"additionalmetadata", "company", "legalentity", "organization", "tmc", "supplier", "vendor", "airline", "costcenter", "department", "office"},
		func(s string) bool { return strings.HasPrefix(key, s) })
}

// personal are the members of an object about somebody that go, wherever it stands.
func personal(key string) bool {
	switch key {
	case "email", "phoneNumber", "phoneNumbers", "phone", "dob", "gender", "title", "nationality", "address", "addresses",
		"identityDocs", "identityDocuments", "emergencyContact", "emergencyContactInfo", "profilePicture", "employeeId", "designation",
		"loyalties", "loyaltyInfos", "originalBusinessInfo", "preferredName", "preferredPronoun", "preferredLanguage", "externalId",
		"companySpecifiedAttributes", "travelPreferences", "boardingPass", "paxCurrentAge", "travelerName":
		return true
	}
	return false
}

// object reports whether it changed anything.
func (w *walk) object(o *jsondoc.Object, around whose) (changed bool) {
	in, itself := w.of(o, around)
	if in == mine && itself {
		changed = w.clear(o)
	}
	if (in == mine || in == nobodys && !w.vague) && o.Has("given") && w.name.isFull(o.Bytes()) { // a name on its own
		for _, key := range o.Keys() {
			o.Delete(key)
		}
		o.Set("family1", Gone).Set("given", Gone)
		return true
	}
	if isPhone(o) && w.samePhone(o) && o.Has("nationalNumber") {
		o.Delete("nationalNumber")
		changed = true
	}
	for _, key := range o.Keys() {
		inside := in
		if key == "basicTripInfo" { // written anew from the trip
			continue
		}
		if aCompanys(key) {
			inside = theirs
		}
		next, c := w.value(key, o.Get(key), inside)
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

// clear cuts down an object about the person.
func (w *walk) clear(o *jsondoc.Object) (changed bool) {
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
	return changed
}

// nobody is a name of the same shape.
func nobody(name json.RawMessage) any {
	if len(name) > 0 && name[0] == '"' {
		return Gone
	}
	return jsondoc.New().Set("family1", Gone).Set("given", Gone)
}
