// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/store"
)

// candidate is what filters and the list read of a user. Users are read by the hundred, so they are decoded by
// hand; a test holds this and encoding/json together.
type candidate struct {
	rec  *store.Record
	doc  candidateDoc
	name struct{ Given, Middle, Family1, Family2, Preferred string }
}

type candidateDoc struct {
	ExternalID string            `json:"externalId"`
	Persona    string            `json:"persona"`
	Tier       string            `json:"tier"`
	Personal   candidatePersonal `json:"personalInfo"`
	Business   candidateBusiness `json:"businessInfo"`
	Adhoc      *candidateAdhoc   `json:"adhocUserInfo"`
}

type candidatePersonal struct {
	PersonalDetail
	Email   string          `json:"email"`
	Pronoun json.RawMessage `json:"preferredPronoun"`
}

type candidateBusiness struct {
	Email        string    `json:"email"`
	Designation  string    `json:"designation"`
	EmployeeID   string    `json:"employeeId"`
	Organization Reference `json:"organizationRef"`
	Entity       Reference `json:"legalEntityRef"`
	Office       Reference `json:"officeRef"`
	Department   Reference `json:"departmentRef"`
	CostCenter   Reference `json:"costCenterRef"`
}

type candidateAdhoc struct {
	Saved bool `json:"isSaved"`
}

func newCandidate(r *store.Record) (*candidate, error) {
	c := &candidate{rec: r}
	if err := c.doc.decode(jx.DecodeBytes(r.Doc)); err != nil {
		return nil, fmt.Errorf("%s %s is stored broken: %w", r.Kind, r.ID, err)
	}
	if len(c.doc.Personal.Name) > 0 {
		if err := members(jx.DecodeBytes(c.doc.Personal.Name), func(d *jx.Decoder, key []byte) error {
			switch string(key) {
			case "given":
				return readText(d, &c.name.Given)
			case "middle":
				return readText(d, &c.name.Middle)
			case "family1":
				return readText(d, &c.name.Family1)
			case "family2":
				return readText(d, &c.name.Family2)
			case "preferred":
				return readText(d, &c.name.Preferred)
			}
			return d.Skip()
		}); err != nil {
			return nil, fmt.Errorf("%s %s is stored broken: %w", r.Kind, r.ID, err)
		}
	}
	if c.doc.Tier == "" {
		c.doc.Tier = "BASIC"
	}
	return c, nil
}

// members reads an object; null is an empty one.
func members(d *jx.Decoder, fn func(d *jx.Decoder, key []byte) error) error {
	if d.Next() == jx.Null {
		return d.Null()
	}
	return d.ObjBytes(fn)
}

// readText reads a string; null leaves it as it is.
func readText(d *jx.Decoder, to *string) (err error) {
	if d.Next() == jx.Null {
		return d.Null()
	}
	*to, err = d.Str()
	return err
}

// readRaw keeps a value as it is stored; it shares the document's memory.
func readRaw(d *jx.Decoder, to *json.RawMessage) error {
	v, err := d.Raw()
	*to = json.RawMessage(v)
	return err
}

func (r *Reference) decode(d *jx.Decoder) error {
	return members(d, func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "id":
			return readText(d, &r.ID)
		case "name":
			return readText(d, &r.Name)
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
		case "organizationRef":
			return b.Organization.decode(d)
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
	return strings.ToLower(c.name.Family1 + " " + c.name.Family2 + " " + c.name.Given + " " + c.name.Middle)
}

// mentions reports whether name or e-mail contain the text.
func (c *candidate) mentions(text string) bool {
	n := c.name
	return contains(n.Given+" "+n.Family1, text) || contains(n.Family1+" "+n.Given, text) ||
		contains(n.Middle+" "+n.Family2+" "+n.Preferred, text) ||
		contains(c.doc.Business.Email, text) || contains(c.doc.Personal.Email, text)
}
