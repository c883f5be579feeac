// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/store"
)

var errNoText = errors.New("not a string")

// candidate is what filters and the list read of a user. Users are read by the hundred, so they are decoded by
// hand, into parts of the document; a test holds this and encoding/json together.
type candidate struct {
	rec *store.Record
	doc candidateDoc
}

type candidateDoc struct {
	ExternalID jsonText          `json:"externalId"`
	Persona    jsonText          `json:"persona"`
	Tier       jsonText          `json:"tier"`
	Personal   candidatePersonal `json:"personalInfo"`
	Business   candidateBusiness `json:"businessInfo"`
	Adhoc      *candidateAdhoc   `json:"adhocUserInfo"`
}

type candidatePersonal struct {
	Name        json.RawMessage `json:"name"`
	Title       json.RawMessage `json:"title"`
	Gender      json.RawMessage `json:"gender"`
	Pronoun     json.RawMessage `json:"preferredPronoun"`
	Language    json.RawMessage `json:"preferredLanguage"`
	Nationality json.RawMessage `json:"nationality"`
	Picture     json.RawMessage `json:"profilePicture"`
	Email       jsonText        `json:"email"`
}

type candidateBusiness struct {
	Email       jsonText     `json:"email"`
	Designation jsonText     `json:"designation"`
	EmployeeID  jsonText     `json:"employeeId"`
	Entity      candidateRef `json:"legalEntityRef"`
	Office      candidateRef `json:"officeRef"`
	Department  candidateRef `json:"departmentRef"`
	CostCenter  candidateRef `json:"costCenterRef"`
}

type candidateRef struct {
	ID jsonText `json:"id"`
}

type candidateAdhoc struct {
	Saved bool `json:"isSaved"`
}

// jsonText is a string as it stands in the document, with its quotes; empty when it is absent or null.
type jsonText []byte

// plain is the string without quotes and escapes.
func (t jsonText) plain() string {
	if len(t) < 2 {
		return ""
	}
	if bytes.IndexByte(t, '\\') < 0 {
		return string(t[1 : len(t)-1])
	}
	s, err := jx.DecodeBytes(t).Str()
	if err != nil { // it was read once
		return ""
	}
	return s
}

// is compares without making a string of it.
func (t jsonText) is(s string) bool {
	if bytes.IndexByte(t, '\\') >= 0 {
		return t.plain() == s
	}
	return len(t) < 2 && s == "" || len(t) == len(s)+2 && string(t[1:len(t)-1]) == s
}

func (t jsonText) empty() bool { return len(t) <= 2 }

// UnmarshalJSON is for the test that compares with encoding/json.
func (t *jsonText) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		var s string
		*t = bytes.Clone(b)
		return json.Unmarshal(b, &s)
	}
	return nil
}

func (c *candidate) read(d *jx.Decoder, r *store.Record) error {
	c.rec = r
	d.ResetBytes(r.Doc)
	if err := c.doc.decode(d); err != nil {
		return fmt.Errorf("%s %s is stored broken: %w", r.Kind, r.ID, err)
	}
	if c.doc.Tier.empty() {
		c.doc.Tier = jsonText(`"BASIC"`)
	}
	return nil
}

type candidateName struct{ given, middle, family1, family2, preferred string }

// name reads the parts of the name; what is not as the contract says is left out.
func (c *candidate) name() (n candidateName) {
	if len(c.doc.Personal.Name) == 0 {
		return n
	}
	_ = members(jx.DecodeBytes(c.doc.Personal.Name), func(d *jx.Decoder, key []byte) error {
		var t jsonText
		if d.Next() != jx.String {
			return d.Skip()
		}
		if err := readText(d, &t); err != nil {
			return err
		}
		switch string(key) {
		case "given":
			n.given = t.plain()
		case "middle":
			n.middle = t.plain()
		case "family1":
			n.family1 = t.plain()
		case "family2":
			n.family2 = t.plain()
		case "preferred":
			n.preferred = t.plain()
		}
		return nil
	})
	return n
}

// members reads an object; null is an empty one.
func members(d *jx.Decoder, fn func(d *jx.Decoder, key []byte) error) error {
	if d.Next() == jx.Null {
		return d.Null()
	}
	return d.ObjBytes(fn)
}

// readText reads a string, which shares the document's memory; null leaves it as it is.
func readText(d *jx.Decoder, to *jsonText) error {
	switch d.Next() {
	case jx.Null:
		return d.Null()
	case jx.String:
		v, err := d.Raw()
		*to = jsonText(v)
		return err
	}
	return errNoText
}

// readRaw keeps a value as it is stored; it shares the document's memory.
func readRaw(d *jx.Decoder, to *json.RawMessage) error {
	v, err := d.Raw()
	*to = json.RawMessage(v)
	return err
}

func (r *candidateRef) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) error {
		if string(key) == "id" {
			return readText(d, &r.ID)
		}
		return d.Skip()
	})
}

func (c *candidateDoc) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "externalId":
			return readText(d, &c.ExternalID)
		case "persona":
			return readText(d, &c.Persona)
		case "tier":
			return readText(d, &c.Tier)
		case "personalInfo":
			return c.Personal.decode(d)
		case "businessInfo":
			return c.Business.decode(d)
		case "adhocUserInfo":
			if d.Next() == jx.Null {
				return d.Null()
			}
			c.Adhoc = &candidateAdhoc{}
			return c.Adhoc.decode(d)
		}
		return d.Skip()
	})
}

func (a *candidateAdhoc) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) (err error) {
		if string(key) == "isSaved" && d.Next() == jx.Bool {
			a.Saved, err = d.Bool()
			return err
		}
		return d.Skip()
	})
}

func (p *candidatePersonal) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "name":
			return readRaw(d, &p.Name)
		case "title":
			return readRaw(d, &p.Title)
		case "gender":
			return readRaw(d, &p.Gender)
		case "preferredLanguage":
			return readRaw(d, &p.Language)
		case "nationality":
			return readRaw(d, &p.Nationality)
		case "profilePicture":
			return readRaw(d, &p.Picture)
		case "email":
			return readText(d, &p.Email)
		case "preferredPronoun":
			return readRaw(d, &p.Pronoun)
		}
		return d.Skip()
	})
}

func (b *candidateBusiness) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "email":
			return readText(d, &b.Email)
		case "designation":
			return readText(d, &b.Designation)
		case "employeeId":
			return readText(d, &b.EmployeeID)
		case "legalEntityRef":
			return b.Entity.decode(d)
		case "officeRef":
			return b.Office.decode(d)
		case "departmentRef":
			return b.Department.decode(d)
		case "costCenterRef":
			return b.CostCenter.decode(d)
		}
		return d.Skip()
	})
}

func (c *candidate) sortName() string {
	n := c.name()
	return strings.ToLower(n.family1 + " " + n.family2 + " " + n.given + " " + n.middle)
}

// mentions reports whether name or e-mail contain the text.
func (c *candidate) mentions(text string) bool {
	n := c.name()
	return contains(n.given+" "+n.family1, text) || contains(n.family1+" "+n.given, text) ||
		contains(n.middle+" "+n.family2+" "+n.preferred, text) ||
		contains(c.doc.Business.Email.plain(), text) || contains(c.doc.Personal.Email.plain(), text)
}
