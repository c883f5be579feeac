// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/scim"
)

// provisioning lets SCIM keep the directory's profiles.
type provisioning struct{ d *directory.Service }

func (p provisioning) Person(ctx context.Context, company, id string) (*scim.Person, error) {
	u, err := p.d.User(ctx, id)
	if err != nil {
		return nil, err
	}
	if u.CompanyID != company {
		return nil, errs.Missing("user", id)
	}
	doc, err := jsondoc.Parse(u.Raw)
	if err != nil {
		return nil, err
	}
	return &scim.Person{ID: u.ID, Active: u.Active, Profile: doc, Created: u.CreatedAt, Updated: u.UpdatedAt}, nil
}

func (p provisioning) Find(ctx context.Context, company, email, externalID string) ([]scim.Hit, error) {
	var out []scim.Hit
	for u, err := range p.d.UsersBy(ctx, company, directory.UserBy{Email: email, ExternalID: externalID}) {
		if err != nil {
			return nil, err
		}
		out = append(out, scim.Hit{ID: u.ID, Active: u.Active})
	}
	return out, nil
}

func (p provisioning) Create(ctx context.Context, body json.RawMessage) (string, error) {
	out, err := p.d.CreateUser(ctx, directory.CreateUserIn{Raw: body})
	return out.ID, err
}

func (p provisioning) Edit(ctx context.Context, id string, edit func(*jsondoc.Object) error) error {
	return p.d.EditUser(ctx, id, edit)
}

func (p provisioning) Activate(ctx context.Context, id string) error {
	_, err := p.d.ActivateUser(ctx, directory.UserIn{UserID: id})
	return err
}

func (p provisioning) Deactivate(ctx context.Context, id string) error {
	_, err := p.d.DeleteUser(ctx, directory.UserIn{UserID: id})
	return err
}

func (p provisioning) Named(ctx context.Context, company string, kind scim.Kind, text string) (string, error) {
	return p.d.Named(ctx, company, string(kind), text)
}

func (p provisioning) NameOf(ctx context.Context, kind scim.Kind, id string) (string, error) {
	return p.d.NameOf(ctx, string(kind), id)
}

func (p provisioning) FirstEntity(ctx context.Context, company string) (string, error) {
	return p.d.FirstEntity(ctx, company)
}
