// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"time"
)

// UserDetail is a user as the list shows it.
type UserDetail struct {
	UserID       EntityID       `json:"userId"`
	Organization Reference      `json:"organization"`
	Persona      string         `json:"persona"`
	Active       bool           `json:"isActive"`
	ExternalID   string         `json:"externalId,omitempty"`
	Personal     PersonalDetail `json:"personalDetail"`
	Business     BusinessDetail `json:"businessDetail"`
	CreatedAt    localTime      `json:"createdAt"`
	UpdatedAt    localTime      `json:"lastUpdatedAt"`
}

// PersonalDetail is the part of it about the person, members as they are stored.
type PersonalDetail struct {
	Name        json.RawMessage `json:"name,omitempty"`
	Title       json.RawMessage `json:"title,omitempty"`
	Gender      json.RawMessage `json:"gender,omitempty"`
	Pronoun     json.RawMessage `json:"pronoun,omitempty"`
	Language    json.RawMessage `json:"preferredLanguage,omitempty"`
	Nationality json.RawMessage `json:"nationality,omitempty"`
	Picture     json.RawMessage `json:"profilePicture,omitempty"`
}

// BusinessDetail is the part of it about work; references carry their present names.
type BusinessDetail struct {
	Entity      Reference  `json:"legalEntity"`
	Office      *Reference `json:"office,omitempty"`
	Department  *Reference `json:"department,omitempty"`
	CostCenter  *Reference `json:"costCenter,omitempty"`
	Email       string     `json:"businessEmail,omitempty"`
	Designation string     `json:"designation,omitempty"`
	EmployeeID  string     `json:"employeeId,omitempty"`
}

// localTime is DateTimeLocal, in UTC.
type localTime struct {
	ISO string `json:"iso8601"`
}

func local(t time.Time) localTime { return localTime{t.UTC().Format("2006-01-02T15:04:05")} }

// userPage renders a page; names are read once each.
func (s *Service) userPage(ctx context.Context, page []*candidate, n int) (UserList, error) {
	names := map[string]string{}
	var failed error
	lookUp := func(kind string, ref Reference) Reference {
		name, known := names[ref.ID]
		if !known && ref.ID != "" {
			r, err := live(ctx, kind, ref.ID)
			if err == nil && r != nil {
				doc, e := document(r)
				if err = e; err == nil {
					name = doc.String("name")
				}
			}
			if err != nil {
				failed = err
			}
			names[ref.ID] = name
		}
		return Reference{ref.ID, name}
	}
	optional := func(kind string, ref Reference) *Reference {
		if ref.ID == "" {
			return nil
		}
		ref = lookUp(kind, ref)
		return &ref
	}
	out := UserList{Users: make([]UserDetail, 0, len(page)), Paging: total{n}}
	for _, c := range page {
		b := &c.doc.Business
		u := UserDetail{
			UserID: EntityID{c.rec.ID}, Organization: lookUp(kindCompany, Reference{ID: c.rec.Parent}),
			Persona: c.doc.Persona, Active: !c.rec.Deleted, ExternalID: c.doc.ExternalID,
			Personal: c.doc.Personal.PersonalDetail,
			Business: BusinessDetail{
				Entity: lookUp(kindEntity, b.Entity), Office: optional(kindOffice, b.Office),
				Department: optional(kindDepartment, b.Department), CostCenter: optional(kindCostCenter, b.CostCenter),
				Email: b.Email, Designation: b.Designation, EmployeeID: b.EmployeeID,
			},
			CreatedAt: local(c.rec.CreatedAt), UpdatedAt: local(c.rec.UpdatedAt),
		}
		u.Personal.Pronoun = c.doc.Personal.Pronoun
		out.Users = append(out.Users, u)
	}
	return out, failed
}
