// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// part is a part that somebody plays.
type part struct {
	id, title, does string
	needed          bool // doctor complains while it is empty
}

// Upstream is the role of the integration team of the real API.
const Upstream = "UPSTREAM_INTEGRATION"

//nolint:gochecknoglobals // a constant table
var roles = []part{
	{"SECURITY_LEAD", "security lead", "decides about severity, and leads until there is a commander", true},
	{"INCIDENT_COMMANDER", "incident commander on call", "leads the response; does no work of his own meanwhile", true},
	{"ENGINEERING", "engineering on call", "changes, restarts, rotates", true},
	{Upstream, "the upstream's integration team", "helps when its API, its webhooks or its credentials are part of it", true},
	{"LEGAL_PRIVACY", "privacy counsel", "decides about reports to authorities and people", true},
	{"COMMUNICATIONS", "communications", "writes to customers and the press", false},
	{"PAYMENT", "payment and refunds", "talks to card companies and follows money back", false},
}

func roleTitle(id string) string {
	for _, r := range roles {
		if r.id == id {
			return r.title
		}
	}
	return id
}

// Contact is who plays a part (schema Contact).
type Contact struct {
	Role         string    `json:"role"`
	Title        string    `json:"title"`
	Does         string    `json:"does"`
	Needed       bool      `json:"needed"`
	Filled       bool      `json:"filled"`
	Name         string    `json:"name,omitempty"`
	Organisation string    `json:"organisation,omitempty"`
	Email        string    `json:"email,omitempty"`
	Phone        string    `json:"phone,omitempty"`
	Hours        string    `json:"hours,omitempty"`
	Portal       string    `json:"portal,omitempty"` // where a case is opened
	Account      string    `json:"accountReference,omitempty"`
	Notes        string    `json:"notes,omitempty"`
	UpdatedAt    time.Time `json:"updatedAt,omitzero"`
}

func contact(r store.Reader, tenant string, p part) (Contact, error) {
	c := Contact{Role: p.id, Title: p.title, Does: p.does, Needed: p.needed}
	rec, err := r.Get(tenant, kindContact, p.id)
	if errors.Is(err, store.ErrNotFound) {
		return c, nil
	} else if err != nil {
		return c, err
	}
	if err := json.Unmarshal(rec.Doc, &c); err != nil {
		return c, fmt.Errorf("contact %s is stored broken: %w", p.id, err)
	}
	c.Role, c.Title, c.Does, c.Needed = p.id, p.title, p.does, p.needed
	return c, nil
}

// ContactBook is the answer of listContacts: every role, those that are empty too.
type ContactBook struct {
	Contacts []Contact `json:"contacts"`
	Missing  []string  `json:"missing"` // roles that are needed and empty
}

// ListContacts is listContacts.
func (s *Service) ListContacts(ctx context.Context, _ struct{}) (ContactBook, error) {
	return book(store.Read(ctx), actor.Tenant(ctx))
}

func book(r store.Reader, tenant string) (ContactBook, error) {
	out := ContactBook{Missing: []string{}}
	for _, p := range roles {
		c, err := contact(r, tenant, p)
		if err != nil {
			return out, err
		}
		out.Contacts = append(out.Contacts, c)
		if c.Needed && !c.Filled {
			out.Missing = append(out.Missing, c.Role)
		}
	}
	return out, nil
}

// ContactIn fills a role.
type ContactIn struct {
	Role string `path:"role"`
	Body struct {
		Name         string `json:"name"`
		Organisation string `json:"organisation"`
		Email        string `json:"email"`
		Phone        string `json:"phone"`
		Hours        string `json:"hours"`
		Portal       string `json:"portal"`
		Account      string `json:"accountReference"`
		Notes        string `json:"notes"`
	} `body:"json"`
}

// UpdateContact is updateContact: the complete contact. RESOURCE_NOT_FOUND for a role that is none.
func (s *Service) UpdateContact(ctx context.Context, in ContactIn) (Contact, error) {
	tenant, tx, b := actor.Tenant(ctx), store.From(ctx), in.Body
	for _, p := range roles {
		if p.id != in.Role {
			continue
		}
		if b.Email == "" && b.Phone == "" && b.Portal == "" {
			return Contact{}, errs.Invalidf("/email", "required", "a contact needs an e-mail address, a phone number or a portal")
		}
		line := func(v string) string { return redact.Text(v, lineMax) }
		c := Contact{Role: p.id, Title: p.title, Does: p.does, Needed: p.needed, Filled: true, Name: line(b.Name), Organisation: line(b.Organisation), Email: line(b.Email),
			Phone: line(b.Phone), Hours: line(b.Hours), Portal: line(b.Portal), Account: line(b.Account), Notes: redact.Block(b.Notes, noteMax), UpdatedAt: s.now(tenant)}
		doc, err := json.Marshal(c)
		if err != nil {
			return c, err
		}
		r := &store.Record{Tenant: tenant, Kind: kindContact, ID: p.id, CreatedAt: c.UpdatedAt, UpdatedAt: c.UpdatedAt, Doc: doc}
		if err = tx.Update(r, 0); errors.Is(err, store.ErrNotFound) {
			err = tx.Insert(r)
		}
		return c, err
	}
	return Contact{}, errs.Missing("contact role", in.Role)
}

// RoleIn names a role.
type RoleIn struct {
	Role string `path:"role"`
}

// DeleteContact is deleteContact: the role is empty again.
func (s *Service) DeleteContact(ctx context.Context, in RoleIn) (struct{}, error) {
	err := store.From(ctx).Remove(actor.Tenant(ctx), kindContact, in.Role)
	if errors.Is(err, store.ErrNotFound) {
		return struct{}{}, errs.Missing("contact", in.Role)
	}
	return struct{}{}, err
}
