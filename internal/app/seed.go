// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
)

// Demo names what the demo seed made.
type Demo struct {
	TMCID         string `json:"tmcId"`
	CompanyID     string `json:"companyId"`
	LegalEntityID string `json:"legalEntityId"`
	UserID        string `json:"userId"`
	ClientID      string `json:"clientId"`
	ClientSecret  string `json:"clientSecret,omitempty"` // empty when the data was there already: it is shown once
}

// TMC is a new travel company and its first API user; the secret is shown once.
type TMC struct {
	ID           string `json:"tmcId"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

const kindDemo = "app.demo"

// The people and places of the demo. All invented; mail goes to example.com.
const (
	demoCompany = `{"name":"Fjordlight Analytics","externalId":"DEMO-COMPANY","billingCurrency":"USD","companyRoles":["ORG"],"emailDomains":["example.com"]}`
	demoEntity  = `{"name":"Fjordlight Analytics Ltd","externalId":"DEMO-ENTITY","billingCurrency":"USD",
		"address":{"addressLines":["12 Quay Street"],"locality":"London","postalCode":"E14 5AB","regionCode":"GB"}}`
)

//nolint:gochecknoglobals // constant list
var demoPeople = []string{
	`{"given":"Ada","family1":"Moreau"}|ada.moreau@example.com|E-1001|FEMALE|1988-04-12`,
	`{"given":"Tomas","family1":"Lindqvist"}|tomas.lindqvist@example.com|E-1002|MALE|1979-11-02`,
	`{"given":"Priya","family1":"Raman"}|priya.raman@example.com|E-1003|FEMALE|1993-07-25`,
}

// CreateTMC starts a tenant: a travel company and an API user that administers it.
func (a *App) CreateTMC(ctx context.Context, name string) (out TMC, err error) {
	defer errs.Wrap(&err, "create TMC")
	err = a.store.Update(ctx, func(ctx context.Context) (err error) {
		out, err = a.createTMC(ctx, name)
		return err
	})
	return out, err
}

func (a *App) createTMC(ctx context.Context, name string) (TMC, error) {
	id, err := a.services.directory.BootstrapTMC(ctx, name)
	if err != nil {
		return TMC{}, err
	}
	user, err := a.services.identity.Issue(ctx, id, "", actor.TMCAdmin, false)
	if err != nil {
		return TMC{}, err
	}
	err = trail{a.clocks}.Record(ctx, bootstrapAct(id, user.ClientID))
	return TMC{id, user.ClientID, user.ClientSecret}, err
}

// SeedDemo makes the demo TMC with a company and travelers, unless it is there already.
func (a *App) SeedDemo(ctx context.Context) (out Demo, err error) {
	defer errs.Wrap(&err, "seed")
	err = a.store.Update(ctx, func(ctx context.Context) error {
		out = Demo{}
		tx := store.From(ctx)
		r, err := tx.Get(identity.Platform, kindDemo, "demo")
		if err == nil {
			return json.Unmarshal(r.Doc, &out)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		t, err := a.createTMC(ctx, "Airside Demo Travel")
		if err != nil {
			return err
		}
		out = Demo{TMCID: t.ID, ClientID: t.ClientID}
		if err := a.seedCompany(actor.With(ctx, &actor.Actor{Tenant: t.ID, ClientID: t.ClientID, Roles: []string{actor.TMCAdmin}}), &out); err != nil {
			return err
		}
		doc, err := json.Marshal(out)
		if err != nil {
			return err
		}
		out.ClientSecret = t.ClientSecret
		now := a.o.Clock.Now()
		return tx.Insert(&store.Record{Tenant: identity.Platform, Kind: kindDemo, ID: "demo", CreatedAt: now, UpdatedAt: now, Doc: doc})
	})
	return out, err
}

func (a *App) seedCompany(ctx context.Context, out *Demo) error {
	d := a.services.directory
	company, err := d.CreateCompany(ctx, directory.CreateCompanyIn{Raw: json.RawMessage(demoCompany)})
	if err != nil {
		return err
	}
	entity, err := d.CreateLegalEntity(ctx, directory.CompanyBodyIn{CompanyID: company.ID, Raw: json.RawMessage(demoEntity)})
	if err != nil {
		return err
	}
	out.CompanyID, out.LegalEntityID = company.ID, entity.ID
	for i, p := range demoPeople {
		user, err := d.CreateUser(ctx, directory.CreateUserIn{Raw: demoUser(p, company.ID, entity.ID)})
		if err != nil {
			return err
		}
		if i == 0 {
			out.UserID = user.ID
		}
	}
	return nil
}
